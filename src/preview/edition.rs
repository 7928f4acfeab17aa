//! Which changes only the edition causes: the base's own files under the head's edition come to the
//! same.

use std::sync::Arc;

use super::{Cause, Preview};
use crate::build::{Build, build};
use crate::source::{Entry, RepoPath, Sources};
use crate::spec::names::ClusterName;
use crate::yaml;

/// The file that names the edition.
const ROOT: &str = "tidegate.yaml";

/// Labels the changes that only another edition causes. `base` is what `preview` came from, before
/// it was built.
pub fn label_editions(
    preview: &mut Preview,
    base: &Sources,
    head: &Build,
    cluster: Option<&ClusterName>,
) {
    let Some(edition) = head.fleet.as_ref().map(|fleet| fleet.edition.as_str()) else {
        return;
    };
    let Some(moved) = under(base, edition) else {
        return;
    };
    let moved = build(&moved, cluster);
    for row in &mut preview.rows {
        let digest = |build: &Build| {
            let mut bundles = build.bundles.iter();
            bundles.find(|it| it.unit == row.unit).map(|it| it.bundle)
        };
        if digest(&moved).is_some() && digest(&moved) == digest(head) {
            row.cause = Cause::Edition;
        }
    }
}

/// The sources under another edition; `None` where theirs is the same, or cannot be found.
fn under(sources: &Sources, edition: &str) -> Option<Sources> {
    let path = RepoPath::from(ROOT);
    let Entry::File(bytes) = sources.get(&path)? else {
        return None;
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let (documents, _) = yaml::load(&path, bytes);
    let mut editions = documents
        .iter()
        .filter_map(|it| it.pointer("/spec/edition"));
    let span = &editions.next()?.span;
    let (before, after) = (text.get(..span.start.offset)?, text.get(span.end.offset..)?);
    let moved = format!("{before}{edition}{after}");
    if moved == text {
        return None;
    }
    let mut sources = sources.clone();
    sources
        .entries
        .insert(path, Entry::File(Arc::from(moved.as_bytes())));
    Some(sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::preview;

    const FLEET: &str =
        "kind: Fleet\nmetadata: {name: f}\nspec: {edition: 2026-11, clusters: [{name: c}]}\n";
    const SKUA: &str = "kind: Strategy\nspec:\n  class: service\n  image: e.example/skua@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";

    fn sources(fleet: &str, args: &str) -> Sources {
        Sources::from_texts([
            ("tidegate.yaml", fleet),
            (
                "desks/d/desk.yaml",
                "kind: Desk\nspec: {email: d@example.com}\n",
            ),
            ("desks/d/skua.yaml", &format!("{SKUA}{args}")),
        ])
    }

    #[test]
    fn only_the_edition_is_another() {
        let old = FLEET.replace("2026-11", "2019-01");
        let moved = under(&sources(&old, ""), "2026-11").unwrap();
        assert_eq!(moved, sources(FLEET, ""));
        assert_eq!(under(&sources(FLEET, ""), "2026-11"), None);
    }

    #[test]
    fn what_somebody_changed_is_not_the_editions() {
        // The edition of the base is one that nobody knows any more, so it comes to nothing.
        let base = sources(&FLEET.replace("2026-11", "2019-01"), "");
        for (args, cause) in [("", Cause::Edition), ("  args: [x]\n", Cause::Spec)] {
            let head = build(&sources(FLEET, args), None);
            let mut preview = preview(&build(&base, None), &head);
            label_editions(&mut preview, &base, &head, None);
            let row = preview.rows.iter().find(|row| row.class.is_some()).unwrap();
            assert_eq!(row.cause, cause, "{args}");
        }
    }
}

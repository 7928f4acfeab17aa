//! Names near a mistyped one.

/// How many names a message offers.
const OFFERED: usize = 3;

/// The known names nearest to `wanted`, nearest first; none when nothing is near.
///
/// A known name that ends in `/wanted` is near: `origin/main` answers `main`.
pub(super) fn near<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| Some((distance(wanted, name)?, name)))
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored
        .into_iter()
        .take(OFFERED)
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn distance(wanted: &str, name: &str) -> Option<usize> {
    let tail_of = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.ends_with('/'))
    };
    if tail_of(name, wanted) || tail_of(wanted, name) {
        return Some(0);
    }
    let edits = strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
    (edits * 3 <= wanted.chars().count().max(3)).then_some(edits)
}

/// Renders offered names as the tail of a message.
pub(super) fn did_you_mean(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", quoted.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_missing_remotes_are_near() {
        let known = ["main", "origin/main", "origin/desk-mm", "v1.0"];
        assert_eq!(near("mian", known), ["main"]);
        assert_eq!(near("desk-mm", known), ["origin/desk-mm"]);
        assert_eq!(near("upstream/main", known), ["main"]);
        assert!(near("release", known).is_empty());
        assert_eq!(did_you_mean(&near("mian", known)), "; did you mean `main`?");
    }
}

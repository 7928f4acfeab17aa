//! The configuration files of a strategy, taken from the fleet's own files.

use super::case::Case;
use super::{ConfigFile, leak};
use crate::diagnostic::{Diagnostic, Span, suggest};
use crate::source::{Entry, RepoPath};
use crate::spec::class::Mode;
use crate::yaml::{self, Node};

/// What all of a strategy's files may have together: a ConfigMap ends at 1 MiB, names included.
const MAX_TOTAL: usize = 1_000_000;

/// Every configuration file, a job's table included.
pub(super) fn settle(case: &mut Case) -> Vec<ConfigFile> {
    let mut files = Vec::new();
    for (index, spec) in case.spec.config.clone().into_iter().enumerate() {
        let pointer = format!("/config/{index}/from");
        if let Some((source, text)) = text(case, &pointer, &spec.from) {
            files.push(ConfigFile {
                path: spec.path.to_string(),
                text,
                source,
                writable: spec.writable,
            });
        }
    }
    check_modes(case);
    files.extend(super::job::table(case));
    let total: usize = files.iter().map(|file| file.text.len()).sum();
    if total > MAX_TOTAL {
        case.error(
            "config-too-large",
            "/config",
            format!("the configuration has {total} bytes, more than the {MAX_TOTAL} that Kubernetes keeps for one strategy"),
            "put data into a model artefact or the image",
        );
    }
    for (index, file) in files.iter().enumerate() {
        check_leak(case, &format!("/config/{index}/from"), file);
    }
    files
}

/// Files that only another mode mounts: whoever changes the mode should not be the first to see.
fn check_modes(case: &mut Case) {
    let active = case.spec.mode.map(Mode::as_str);
    let modes = case.document.node.pointer("/spec/modes");
    let others = modes.map_or(&[][..], Node::entries);
    for mode in others
        .iter()
        .filter(|mode| Some(mode.key.as_str()) != active)
    {
        let files = mode.node.get("config").map_or(&[][..], Node::items);
        for from in files.iter().filter_map(|file| file.get("from")) {
            if let Err(finding) = read(case, from.as_str().unwrap_or_default(), &from.span) {
                case.findings.push(*finding);
            }
        }
    }
}

/// The text of a file of the fleet, named relative to the strategy's own.
pub(super) fn text(case: &mut Case, pointer: &str, from: &str) -> Option<(RepoPath, String)> {
    let span = case.span(pointer);
    match read(case, from, &span) {
        Ok(found) => Some(found),
        Err(finding) => {
            case.findings.push(*finding);
            None
        }
    }
}

fn read(case: &Case, from: &str, span: &Span) -> Result<(RepoPath, String), Box<Diagnostic>> {
    let refusal = |code, message: String, help: String| {
        Box::new(Diagnostic::error(code, span.clone(), message).with_help(help))
    };
    let Some(path) = case.document.span.file.sibling(from) else {
        return Err(refusal(
            "config-outside",
            format!("`{from}` is outside of the fleet"),
            "write a path relative to this file that stays in the repository".to_owned(),
        ));
    };
    let Some(entry) = case.tables.sources.get(&path) else {
        return Err(missing(case, &path, span));
    };
    let bytes = yaml::bytes(&path, entry).map_err(|finding| {
        let help = finding.help.clone().unwrap_or_default();
        refusal("config-unreadable", finding.message, help)
    })?;
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok((path, text.to_owned())),
        _ => Err(refusal(
            "config-not-text",
            format!("`{path}` is not text in UTF-8"),
            "put binary data into a model artefact or the image".to_owned(),
        )),
    }
}

fn missing(case: &Case, path: &RepoPath, span: &Span) -> Box<Diagnostic> {
    if let Some((link, entry)) = parent_that_is_no_folder(case, path) {
        let what = match entry {
            Entry::Symlink { .. } => "a symbolic link, and links are not followed",
            Entry::Submodule => "a Git submodule, whose content is in another repository",
            _ => "no folder",
        };
        let message = format!("`{path}` cannot be read: `{link}` is {what}");
        let finding = Diagnostic::error("config-unreadable", span.clone(), message);
        return Box::new(finding.with_help("put the files themselves into this repository"));
    }
    let message = format!("there is no file `{path}`");
    let finding = Diagnostic::error("config-missing", span.clone(), message);
    let known = case.tables.sources.entries.keys().map(RepoPath::as_str);
    Box::new(match suggest(path.as_str(), known) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => {
            finding.with_help("add the file, or correct the path, which is relative to this file")
        }
    })
}

fn parent_that_is_no_folder<'a>(case: &'a Case, path: &RepoPath) -> Option<(String, &'a Entry)> {
    let text = path.as_str();
    text.match_indices('/').find_map(|(end, _)| {
        let parent = text.get(..end)?;
        let entry = case.tables.sources.get(&RepoPath::from(parent))?;
        Some((parent.to_owned(), entry))
    })
}

fn check_leak(case: &mut Case, pointer: &str, file: &ConfigFile) {
    let Some(found) = leak::find(&file.text) else {
        return;
    };
    let message = format!(
        "`{}` looks as if it held a secret in plain text: {}",
        file.source, found.what
    );
    let place = leak::span(file, &found);
    let finding = Diagnostic::warning("secret-in-plain-text", place, message)
        .with_label(case.span(pointer), "mounted from here")
        .with_help(
            "put it into a Secret, name that under `secrets`, and change it: it is in Git's history",
        );
    case.findings.push(finding);
}

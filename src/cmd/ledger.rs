//! `tidegate ledger show` and `ledger verify`: offline, from what Git holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::input::Input;
use super::run::cache;
use super::{Exit, Failure, Screen};
use crate::cli::{LedgerCommand, LedgerSource, Output, ShowOptions, VerifyOptions};
use crate::digest::short;
use crate::git::mirror::Mirror;
use crate::git::{self, Credentials};
use crate::ledger::{self, Chain, Entry, Finding, Head, Link, REFERENCE, Read};
use crate::signature::{Fingerprint, PublicKey};

/// How long a fetch may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_mins(2);

/// A ledger that was read and looked at.
pub(super) struct Judged {
    pub(super) chain: Chain,
    /// Each entry that could be read.
    pub(super) entries: Vec<Line>,
    pub(super) findings: Vec<Finding>,
}

/// An entry, and what holds it.
pub(super) struct Line {
    /// Its commit.
    pub(super) commit: String,
    /// The entry, as far as this version knows it.
    pub(super) read: Read,
    /// All of it.
    pub(super) whole: Value,
}

pub(super) fn run(command: &LedgerCommand, screen: Screen) -> Result<Exit, Failure> {
    match command {
        LedgerCommand::Show(options) => show(options, screen),
        LedgerCommand::Verify(options) => verify(options, screen),
    }
}

fn show(options: &ShowOptions, screen: Screen) -> Result<Exit, Failure> {
    let judged = judged(&options.ledger.source, None)?;
    tell(&judged.findings, screen);
    let wanted = |line: &&Line| {
        let release = line.read.entry.fact.release.as_ref();
        options.strategy.is_empty() || release.is_some_and(|it| options.strategy.contains(it))
    };
    let entries = judged.entries.iter().filter(wanted);
    match options.ledger.output {
        Output::Text => {
            let lines: String = entries.map(|it| line(&it.read.entry)).collect();
            screen.data(&lines)?;
        }
        Output::Json => {
            let entries: Vec<Value> = entries
                .map(|it| json!({"commit": it.commit, "entry": it.whole}))
                .collect();
            screen.json(&json!({"version": 1, "entries": entries}))?;
        }
    }
    Ok(exit(&judged.findings))
}

fn verify(options: &VerifyOptions, screen: Screen) -> Result<Exit, Failure> {
    let seen: Option<Head> = options
        .seen
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| Failure::usage(format!("--seen: {error}")))?;
    let judged = judged(&options.ledger.source, seen)?;
    let head = judged.chain.head().map(|head| head.to_string());
    match options.ledger.output {
        Output::Text => {
            tell(&judged.findings, screen);
            screen.data(&conclusion(&judged, head.as_deref()))?;
        }
        Output::Json => {
            let finding = |it: &Finding| {
                json!({
                    "sequence": it.sequence,
                    "commit": it.commit,
                    "message": it.problem.to_string(),
                })
            };
            let findings: Vec<Value> = judged.findings.iter().map(finding).collect();
            let entries = judged.entries.len();
            screen.json(
                &json!({"version": 1, "entries": entries, "head": head, "findings": findings}),
            )?;
        }
    }
    Ok(exit(&judged.findings))
}

fn conclusion(judged: &Judged, head: Option<&str>) -> String {
    let count = judged.entries.len();
    match (judged.findings.len(), head) {
        (0, None) => "The ledger is empty\n".to_owned(),
        (0, Some(head)) => format!("{count} entries, all sound; the last one is {head}\n"),
        (findings, _) => format!("{count} entries, {findings} findings: do not rely on it\n"),
    }
}

fn exit(findings: &[Finding]) -> Exit {
    if findings.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    }
}

pub(super) fn tell(findings: &[Finding], screen: Screen) {
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "error: {finding}");
    }
    screen.words(&text);
}

/// Reads a ledger and looks at it.
pub(super) fn judged(options: &LedgerSource, seen: Option<Head>) -> Result<Judged, Failure> {
    let keys = keys(options)?;
    let (mut chain, mut entries, mut findings) = (Chain::default(), Vec::new(), Vec::new());
    let mut see = |link: Link| {
        let (read, wrong) = chain.extend(&link, &keys, seen);
        findings.extend(wrong);
        let whole = link.entry.as_deref().map(serde_json::from_slice);
        let whole = whole.and_then(Result::ok).unwrap_or_default();
        entries.extend(read.map(|read| Line {
            commit: link.commit,
            read,
            whole,
        }));
    };
    match &options.repo {
        None => local(options, &mut see)?,
        Some(url) => remote(options, url, &mut see)?,
    }
    findings.extend(seen.and_then(|seen| chain.cut(seen)));
    Ok(Judged {
        chain,
        entries,
        findings,
    })
}

fn local(options: &LedgerSource, see: &mut dyn FnMut(Link)) -> Result<(), Failure> {
    if git::ledger::read(&options.fleet.dir, see)? {
        return Ok(());
    }
    Err(Failure {
        exit: Exit::World,
        message: format!("this clone has no `{REFERENCE}`"),
        help: Some(format!(
            "fetch it: `git fetch origin {REFERENCE}:{REFERENCE}`; or give `--repo`"
        )),
    })
}

fn remote(options: &LedgerSource, url: &str, see: &mut dyn FnMut(Link)) -> Result<(), Failure> {
    git::limit_network_waits();
    let url = url
        .parse()
        .map_err(|error| Failure::usage(format!("--repo: {error}")))?;
    let credentials = match &options.credentials {
        Some(folder) => Credentials::from_folder(folder)?,
        None => Credentials::None,
    };
    let mirror = Mirror::open(&cache().join("ledgers"), url)?;
    if let Some(head) = mirror.fetch_ledger(&credentials, TIMEOUT)? {
        mirror.ledger(head, None, see)?;
    }
    Ok(())
}

/// The keys that count.
fn keys(options: &LedgerSource) -> Result<BTreeSet<Fingerprint>, Failure> {
    if !options.key.is_empty() {
        let keys = options.key.iter().map(|text| {
            let key: PublicKey = text
                .trim()
                .parse()
                .map_err(|error| Failure::usage(format!("--key: {error}")))?;
            Ok(key.fingerprint())
        });
        return keys.collect();
    }
    let input = Input::from_folder(&options.fleet)?;
    let Some(fleet) = &input.build.fleet else {
        return Err(Failure {
            exit: Exit::SpecErrors,
            message: "`tidegate.yaml` cannot be read, and it says which keys count".to_owned(),
            help: Some("`tidegate check` says why; or give them: `--key 'ssh-ed25519 …'`".into()),
        });
    };
    fleet.ledger.clone().ok_or_else(|| {
        Failure::usage("the fleet keeps no ledger: `tidegate.yaml` has no `ledger:`")
            .with_help("give the keys that count: `--key 'ssh-ed25519 …'`")
    })
}

/// An entry in one line.
fn line(entry: &Entry) -> String {
    let ledger::Fact {
        at,
        cluster,
        release,
        event,
        ..
    } = &entry.fact;
    let scope = event.scope().map(|reach| reach.scope().to_string());
    let about = release.clone().or(scope);
    let about = about.unwrap_or_else(|| "the fleet".to_owned());
    let revision = event.revision().map_or_else(String::new, |revision| {
        format!(" {}", short(&revision.behaviour))
    });
    let by = event
        .by()
        .map_or_else(String::new, |by| format!(", by {by}"));
    let at = crate::calendar::whole_second(*at);
    format!(
        "{:>5} {at} {} of {about} in {cluster}:{revision}{by}\n",
        entry.sequence,
        event.kind(),
    )
}

//! From the files of a fleet to its documents: each with its name, its place and, unless it has an
//! error, its typed content.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use super::place::{self, Place, Stray};
use crate::diagnostic::{Diagnostic, Span, suggest};
use crate::source::{Entry, RepoPath, Sources};
use crate::spec::account::{AccountDocument, AccountSpec};
use crate::spec::calendar::{CalendarDocument, CalendarName, CalendarSpec};
use crate::spec::desk::{DeskDocument, DeskSpec};
use crate::spec::engine::{EngineDocument, EngineSpec};
use crate::spec::fleet::{FleetDocument, FleetSpec};
use crate::spec::kind::Kind;
use crate::spec::names::{AccountName, DeskName, EngineName, FleetName, StrategyName};
use crate::spec::structure;
use crate::yaml::{self, Node, Value};

/// A document that is referred to by name.
#[derive(Debug, Clone)]
pub(super) struct Named<S> {
    /// Where its name stands.
    pub(super) span: Span,
    /// The whole document.
    pub(super) node: Node,
    /// What it says; `None` when it has an error of its own.
    pub(super) spec: Option<S>,
}

/// A strategy's document. It is typed only after the layers below it are known.
#[derive(Debug, Clone)]
pub(super) struct StrategyDoc {
    /// Its name.
    pub(super) name: StrategyName,
    /// The desk in whose folder it is.
    pub(super) desk: DeskName,
    /// Where its name stands.
    pub(super) span: Span,
    /// The whole document.
    pub(super) node: Node,
    /// Whether it has the shape of its kind.
    pub(super) fits: bool,
}

/// Every document of a fleet.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// `tidegate.yaml`.
    pub(super) fleet: Option<(FleetName, Named<FleetSpec>)>,
    /// `tidegate.lock`, when there is one.
    pub(super) lock: Option<(RepoPath, Entry)>,
    /// The desks.
    pub(super) desks: BTreeMap<DeskName, Named<DeskSpec>>,
    /// The accounts.
    pub(super) accounts: BTreeMap<AccountName, Named<AccountSpec>>,
    /// The fleet's own engine profiles.
    pub(super) engines: BTreeMap<EngineName, Named<EngineSpec>>,
    /// The fleet's own calendars, and its corrections of built-in ones.
    pub(super) calendars: BTreeMap<CalendarName, Named<CalendarSpec>>,
    /// The strategies, in the order of files.
    pub(super) strategies: Vec<StrategyDoc>,
    /// What is wrong so far.
    pub(super) findings: Vec<Diagnostic>,
    /// Whether something could not be read, so that it is not known what the fleet holds.
    pub(super) unreadable: bool,
}

/// Reads every document of a fleet.
pub(super) fn documents(sources: &Sources) -> Documents {
    let mut documents = Documents::default();
    for (path, entry) in &sources.entries {
        match place::of(path) {
            Place::Lock => documents.lock = Some((path.clone(), entry.clone())),
            Place::Stray(stray) => documents.findings.push(stray_file(path, stray)),
            Place::Material if place::hides_documents(path, entry) => {
                documents.read_file(path, entry, Place::Material);
            }
            Place::Material => {}
            place => documents.read_file(path, entry, place),
        }
    }
    if !sources
        .entries
        .contains_key(&RepoPath::from("tidegate.yaml"))
    {
        documents.unreadable = true;
        documents.findings.push(no_fleet(sources));
    }
    documents
}

fn stray_file(path: &RepoPath, stray: Stray) -> Diagnostic {
    let span = Span::start_of(path.clone());
    let finding = Diagnostic::warning("ignored-file", span, format!("`{path}` is not read"));
    match stray {
        Stray::Ending => finding.with_help("rename it: documents end in `.yaml`"),
        Stray::Depth => finding.with_help(
            "documents are `accounts/*.yaml`, `calendars/*.yaml`, `engines/*.yaml` and `desks/<desk>/*.yaml`",
        ),
    }
}

fn no_fleet(sources: &Sources) -> Diagnostic {
    let span = Span::start_of(RepoPath::from("tidegate.yaml"));
    let finding = Diagnostic::error("no-fleet", span, "there is no `tidegate.yaml`");
    if sources
        .entries
        .contains_key(&RepoPath::from("tidegate.yml"))
    {
        finding.with_help("rename `tidegate.yml` to `tidegate.yaml`")
    } else {
        finding.with_help(
            "run Tidegate in the root of the fleet, or add `tidegate.yaml` with `kind: Fleet`; until then nothing is pruned",
        )
    }
}

/// A file being read.
struct File<'a> {
    path: &'a RepoPath,
    place: Place<'a>,
    /// Whether a part of it could not be read, so that none of it counts.
    damaged: bool,
}

impl Documents {
    fn read_file(&mut self, path: &RepoPath, entry: &Entry, place: Place) {
        let (nodes, findings) = yaml::load_entry(path, entry);
        let damaged = findings.iter().any(Diagnostic::is_error);
        self.unreadable |= damaged;
        self.findings.extend(findings);
        if nodes.is_empty() && !damaged && place == Place::Fleet {
            self.refuse(
                Diagnostic::error(
                    "no-fleet",
                    Span::start_of(path.clone()),
                    "`tidegate.yaml` is empty",
                )
                .with_help("write `kind: Fleet` and its `spec`; until then nothing is pruned"),
            );
        }
        let file = File {
            path,
            place,
            damaged,
        };
        for node in nodes {
            self.read_document(&file, node);
        }
    }

    fn read_document(&mut self, file: &File, node: Node) {
        let kind = match kind_of(file, &node) {
            Ok(kind) => kind,
            Err(finding) => return self.refuse(*finding),
        };
        let findings = structure::check(kind, &node);
        let fits = findings.is_empty() && !file.damaged;
        self.findings.extend(findings);
        match kind {
            Kind::Fleet => self.read_fleet(file, node, fits),
            Kind::Desk => self.read_desk(file, node, fits),
            Kind::Account => {
                let read =
                    self.read_named(file, node, fits, |document: AccountDocument| document.spec);
                self.keep(kind, read, |documents| &mut documents.accounts);
            }
            Kind::Engine => {
                let read =
                    self.read_named(file, node, fits, |document: EngineDocument| document.spec);
                self.keep(kind, read, |documents| &mut documents.engines);
            }
            Kind::Calendar => {
                let read =
                    self.read_named(file, node, fits, |document: CalendarDocument| document.spec);
                self.keep(kind, read, |documents| &mut documents.calendars);
            }
            Kind::Strategy => self.read_strategy(file, node, fits),
        }
    }

    fn read_fleet(&mut self, file: &File, node: Node, fits: bool) {
        if let Some((_, known)) = &self.fleet {
            let finding = Diagnostic::error(
                "misplaced-document",
                node.span,
                "`tidegate.yaml` holds a second document",
            )
            .with_label(known.span.clone(), "the first one")
            .with_help("keep one `kind: Fleet` in it, and move everything else to its folder");
            return self.refuse(finding);
        }
        self.fleet = self.read_named(file, node, fits, |document: FleetDocument| document.spec);
        self.unreadable |= self
            .fleet
            .as_ref()
            .is_none_or(|(_, fleet)| fleet.spec.is_none());
    }

    fn read_desk(&mut self, file: &File, node: Node, fits: bool) {
        let read: Option<(DeskName, _)> =
            self.read_named(file, node, fits, |document: DeskDocument| document.spec);
        let Some((name, desk)) = read else { return };
        let Place::Desk(folder) = file.place else {
            return;
        };
        if name.as_str() != folder {
            let finding = Diagnostic::error(
                "desk-name",
                desk.span,
                format!("the desk is called `{name}`, but its folder `desks/{folder}`"),
            )
            .with_help("give both the same name, or leave `metadata` out");
            return self.refuse(finding);
        }
        // A desk's own objects must not be pruned while it is not known what they should be.
        self.unreadable |= desk.spec.is_none();
        self.keep(Kind::Desk, Some((name, desk)), |documents| {
            &mut documents.desks
        });
    }

    fn read_strategy(&mut self, file: &File, node: Node, fits: bool) {
        let Some((name, span)) = self.name(file, &node) else {
            return;
        };
        let Place::Desk(folder) = file.place else {
            return;
        };
        let desk: DeskName = match folder.parse() {
            Ok(desk) => desk,
            Err(error) => {
                let place = Span::start_of(file.path.clone());
                let finding = Diagnostic::error("invalid-name", place, error.to_string())
                    .with_help(format!("rename the folder `desks/{folder}`"));
                return self.refuse(finding);
            }
        };
        self.strategies.push(StrategyDoc {
            name,
            desk,
            span,
            node,
            fits,
        });
    }

    fn read_named<N, S, D>(
        &mut self,
        file: &File,
        node: Node,
        fits: bool,
        spec: impl Fn(D) -> S,
    ) -> Option<(N, Named<S>)>
    where
        N: FromStr<Err: Display>,
        D: DeserializeOwned,
    {
        let (name, span) = self.name(file, &node)?;
        let typed = if fits {
            typed::<D>(&node)
                .map_err(|finding| self.findings.push(*finding))
                .ok()
        } else {
            None
        };
        let spec = typed.map(spec);
        Some((name, Named { span, node, spec }))
    }

    /// A document's name and where it stands. Without a name it is not known what the document
    /// is about, so that nothing may be pruned.
    fn name<N>(&mut self, file: &File, node: &Node) -> Option<(N, Span)>
    where
        N: FromStr<Err: Display>,
    {
        if let Some(written) = node.pointer("/metadata/name") {
            let name = written.as_str().and_then(|text| text.parse().ok());
            self.unreadable |= name.is_none();
            return name.map(|name| (name, written.span.clone()));
        }
        let stem = match file.place {
            Place::Desk(folder) if file.path.as_str().ends_with("/desk.yaml") => folder,
            _ => stem(file.path),
        };
        let span = node
            .get("kind")
            .map_or_else(|| node.span.clone(), |kind| kind.span.clone());
        match stem.parse() {
            Ok(name) => Some((name, span)),
            Err(error) => {
                let error: N::Err = error;
                let finding = Diagnostic::error("invalid-name", span, error.to_string());
                self.refuse(finding.with_help(rename(file)));
                None
            }
        }
    }

    fn keep<N: Ord + Display, S>(
        &mut self,
        kind: Kind,
        read: Option<(N, Named<S>)>,
        map: impl Fn(&mut Self) -> &mut BTreeMap<N, Named<S>>,
    ) {
        let Some((name, document)) = read else { return };
        match map(self).get_mut(&name) {
            None => {
                map(self).insert(name, document);
            }
            Some(known) => {
                known.spec = None;
                let first = known.span.clone();
                self.findings
                    .push(duplicate(kind, &name.to_string(), document.span, first));
            }
        }
    }

    /// Tells a finding after which it is not known what the fleet holds.
    fn refuse(&mut self, finding: Diagnostic) {
        self.unreadable = true;
        self.findings.push(finding);
    }
}

/// The finding about a second document of the same name.
pub(super) fn duplicate(kind: Kind, name: &str, second: Span, first: Span) -> Diagnostic {
    let kind = kind.as_str().to_lowercase();
    Diagnostic::error(
        "duplicate-name",
        second,
        format!("there are two documents of {kind} `{name}`"),
    )
    .with_label(first, "the first one")
    .with_help("rename one of them, or delete it")
}

/// How a document gets another name: a desk's is its folder's.
fn rename(file: &File) -> String {
    match file.place {
        Place::Desk(folder) if file.path.as_str().ends_with("/desk.yaml") => {
            format!("rename the folder `desks/{folder}`")
        }
        _ => "rename the file, or add `metadata: {name: …}`".to_owned(),
    }
}

/// A document as its type.
fn typed<D: DeserializeOwned>(node: &Node) -> Result<D, Box<Diagnostic>> {
    serde_json::from_value(node.to_json()).map_err(|error| {
        let finding = Diagnostic::error("invalid-value", node.span.clone(), error.to_string());
        Box::new(finding.with_help("correct the value that the message names"))
    })
}

fn stem(path: &RepoPath) -> &str {
    let file = path.as_str().rsplit('/').next().unwrap_or_default();
    file.strip_suffix(".yaml").unwrap_or(file)
}

fn kind_of(file: &File, node: &Node) -> Result<Kind, Box<Diagnostic>> {
    let Value::Map(_) = node.value else {
        let found = node.value.kind();
        let message =
            format!("a document should be a mapping with `kind` and `spec`, but is {found}");
        return Err(Box::new(
            Diagnostic::error("no-kind", node.span.clone(), message)
                .with_help(not_a_document(file)),
        ));
    };
    let Some(written) = node.get("kind") else {
        let finding = Diagnostic::error("no-kind", node.span.clone(), "the document has no `kind`");
        return Err(Box::new(finding.with_help(not_a_document(file))));
    };
    let word = written.as_str().unwrap_or_default();
    let Some(kind) = Kind::from_word(word) else {
        return Err(Box::new(unknown_kind(file, written, word)));
    };
    if homes(file).contains(&kind) {
        return Ok(kind);
    }
    let finding = Diagnostic::error(
        "misplaced-document",
        written.span.clone(),
        format!("`kind: {kind}` does not belong in `{}`", file.path),
    );
    Err(Box::new(
        finding.with_help(format!("move it to `{}`", kind.home())),
    ))
}

fn unknown_kind(file: &File, written: &Node, word: &str) -> Diagnostic {
    let known = homes(file);
    let finding = Diagnostic::error(
        "unknown-kind",
        written.span.clone(),
        format!("`{word}` is not a kind of document"),
    );
    match suggest(word, known.iter().map(|kind| kind.as_str())) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => finding.with_help(not_a_document(file)),
    }
}

/// The kinds of documents that a file may hold.
fn homes(file: &File) -> &'static [Kind] {
    match file.place {
        Place::Fleet => &[Kind::Fleet],
        Place::Account => &[Kind::Account],
        Place::Calendar => &[Kind::Calendar],
        Place::Engine => &[Kind::Engine],
        Place::Desk(_) if file.path.as_str().ends_with("/desk.yaml") => {
            &[Kind::Desk, Kind::Strategy]
        }
        Place::Desk(_) => &[Kind::Strategy],
        Place::Lock | Place::Stray(_) | Place::Material => &[],
    }
}

fn not_a_document(file: &File) -> String {
    let kinds: Vec<String> = homes(file)
        .iter()
        .map(|kind| format!("`kind: {kind}`"))
        .collect();
    let kinds = kinds.join(" or ");
    match file.place {
        Place::Desk(desk) => format!(
            "write {kinds}; a configuration file belongs in a folder below, such as `desks/{desk}/{}/`",
            stem(file.path)
        ),
        _ => format!("write {kinds}"),
    }
}

//! One strategy being resolved: its layers laid over each other, and where findings about it go.

use super::later::Later;
use super::merge::{Block, Home, merge};
use super::read::{Named, StrategyDoc};
use super::tables::Tables;
use super::{Layer, Origins, profile};
use crate::diagnostic::{Code, Diagnostic, Severity, Span, suggest};
use crate::digest::Digest;
use crate::spec::class::Mode;
use crate::spec::desk::DeskSpec;
use crate::spec::engine::EngineSpec;
use crate::spec::fleet::ClusterSpec;
use crate::spec::names::{ClusterName, DeskName, EngineName};
use crate::spec::strategy::StrategySpec;
use crate::yaml::{Entry, Node, Value};

/// One strategy being resolved.
pub(super) struct Case<'a> {
    /// What it can refer to.
    pub(super) tables: &'a Tables<'a>,
    /// Its document.
    pub(super) document: &'a StrategyDoc,
    /// Its layers, laid over each other.
    pub(super) node: Node,
    /// The same as its type.
    pub(super) spec: StrategySpec,
    /// Where each value came from.
    pub(super) origins: Origins,
    /// Its engine's name.
    pub(super) engine_name: &'a EngineName,
    /// The digest of its engine's document.
    pub(super) engine_digest: Digest,
    /// What its engine says.
    pub(super) engine: &'a EngineSpec,
    /// The cluster it runs in.
    pub(super) cluster: &'a ClusterSpec,
    /// What is wrong with it.
    pub(super) findings: Vec<Diagnostic>,
    /// What only an instant can tell.
    pub(super) later: Later,
}

/// The fields of an engine profile that a strategy has too.
const FROM_ENGINE: &[&str] = &[
    "image",
    "command",
    "args",
    "env",
    "secrets",
    "accountKeys",
    "resources",
    "ports",
    "probes",
    "observe",
];

impl<'a> Case<'a> {
    /// Lays a strategy's layers over each other.
    pub(super) fn open(
        tables: &'a Tables<'a>,
        document: &'a StrategyDoc,
    ) -> Result<Self, Vec<Diagnostic>> {
        let desk = desk(tables, document).map_err(|finding| vec![*finding])?;
        let (engine_name, engine_doc, engine) =
            engine(tables, document, desk).map_err(|finding| vec![*finding])?;
        let (node, origins) = layers(tables, document, desk, engine_doc);
        let spec: StrategySpec = serde_json::from_value(node.to_json()).map_err(|error| {
            let finding =
                Diagnostic::error("invalid-value", document.span.clone(), error.to_string());
            vec![finding.with_help("correct the value that the message names")]
        })?;
        let cluster = cluster(tables, document, &node, spec.cluster.as_ref())
            .map_err(|finding| vec![*finding])?;
        Ok(Self {
            tables,
            document,
            node,
            spec,
            origins,
            engine_name,
            engine_digest: tables
                .engine_digests
                .get(engine_name)
                .copied()
                .expect("every engine of the tables has its digest"),
            engine,
            cluster,
            findings: Vec::new(),
            later: Later::default(),
        })
    }

    /// Where the value at a JSON pointer stands, or the nearest one to it.
    pub(super) fn span(&self, pointer: &str) -> Span {
        let span = &self.node.nearest(pointer).span;
        if profile::is_built_in(span) {
            self.document.span.clone()
        } else {
            span.clone()
        }
    }

    /// Where the key at a JSON pointer stands, or the nearest value to it.
    pub(super) fn key_span(&self, pointer: &str) -> Span {
        match self.node.key_span(pointer) {
            Some(span) if !profile::is_built_in(span) => span.clone(),
            _ => self.span(pointer),
        }
    }

    /// Tells an error at the value of a JSON pointer.
    pub(super) fn error(
        &mut self,
        code: Code,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = Diagnostic::error(code, self.span(pointer), message);
        self.findings.push(finding.with_help(help));
    }

    /// Tells a warning at the value of a JSON pointer.
    pub(super) fn warn(
        &mut self,
        code: Code,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = Diagnostic::warning(code, self.span(pointer), message);
        self.findings.push(finding.with_help(help));
    }

    /// What is told as a warning, but as an error where orders are real.
    pub(super) fn weight(&self) -> Severity {
        match self.spec.mode {
            Some(Mode::Live) => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// Whether an error was told.
    pub(super) fn failed(&self) -> bool {
        self.findings.iter().any(Diagnostic::is_error)
    }
}

/// A finding about a name that nobody has.
pub(super) fn unknown<'n>(
    code: Code,
    span: Span,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
    remedy: &str,
) -> Diagnostic {
    let finding = Diagnostic::error(code, span, format!("there is no {what} `{name}`"));
    match suggest(name, known) {
        Some(meant) => finding.with_help(format!("did you mean `{meant}`?")),
        None => finding.with_help(remedy),
    }
}

fn desk<'a>(
    tables: &'a Tables,
    document: &StrategyDoc,
) -> Result<(&'a Named<DeskSpec>, &'a DeskSpec), Box<Diagnostic>> {
    let name = &document.desk;
    let Some(desk) = tables.desks.get(name) else {
        return Err(Box::new(unknown(
            "unknown-desk",
            document.span.clone(),
            "desk",
            name.as_str(),
            tables.desks.keys().map(DeskName::as_str),
            &format!("add `desks/{name}/desk.yaml` with `kind: Desk`"),
        )));
    };
    match &desk.spec {
        Some(spec) => Ok((desk, spec)),
        None => Err(Box::new(has_errors(
            document.span.clone(),
            &format!("the desk `{name}`"),
            desk.span.clone(),
        ))),
    }
}

/// The finding of a strategy that refers to a document with errors of its own.
pub(super) fn has_errors(span: Span, what: &str, place: Span) -> Diagnostic {
    Diagnostic::error(
        "depends-on-error",
        span,
        format!("{what} has errors, so that this strategy cannot be resolved"),
    )
    .with_label(place, "it is here")
    .with_help("correct them first")
}

type Profile<'a> = (&'a EngineName, &'a Named<EngineSpec>, &'a EngineSpec);

fn engine<'a>(
    tables: &'a Tables,
    document: &'a StrategyDoc,
    (desk, _): (&'a Named<DeskSpec>, &'a DeskSpec),
) -> Result<Profile<'a>, Box<Diagnostic>> {
    let written = document
        .node
        .pointer("/spec/engine")
        .or_else(|| desk.node.pointer("/spec/defaults/engine"))
        .or_else(|| tables.fleet.node.pointer("/spec/defaults/engine"));
    let name = written.and_then(Node::as_str).unwrap_or(profile::PLAIN);
    let span = written.map_or_else(|| document.span.clone(), |node| node.span.clone());
    let Some((name, found)) = tables
        .engines
        .iter()
        .find(|(known, _)| known.as_str() == name)
    else {
        return Err(Box::new(unknown(
            "unknown-engine",
            span,
            "engine",
            name,
            tables.engines.keys().map(|engine| engine.as_str()),
            &format!("add `engines/{name}.yaml` with `kind: Engine`, or leave `engine` out"),
        )));
    };
    match &found.spec {
        Some(spec) => Ok((name, found, spec)),
        None => Err(Box::new(has_errors(
            span,
            &format!("the engine `{name}`"),
            found.span.clone(),
        ))),
    }
}

fn layers(
    tables: &Tables,
    document: &StrategyDoc,
    (desk, _): (&Named<DeskSpec>, &DeskSpec),
    engine: &Named<EngineSpec>,
) -> (Node, Origins) {
    let profile = only(engine.node.get("spec"), |key| FROM_ENGINE.contains(&key));
    let own = only(document.node.get("spec"), |key| key != "modes");
    let mode = own.get("mode").and_then(Node::as_str).unwrap_or_default();
    let overlay = document.node.pointer(&format!("/spec/modes/{mode}"));
    let fleet = tables.fleet.node.pointer("/spec/defaults");
    let desk = desk.node.pointer("/spec/defaults");
    let block = |layer, node| Block {
        layer,
        node,
        home: if profile::is_built_in(&node.span) {
            Home::BuiltIn
        } else {
            Home::Fleet
        },
    };
    let edition = profile::edition(tables.fleet_spec.edition);
    let mut blocks = vec![block(Layer::Edition, edition)];
    blocks.extend(fleet.map(|node| block(Layer::Fleet, node)));
    blocks.extend(desk.map(|node| block(Layer::Desk, node)));
    blocks.push(block(Layer::Engine, &profile));
    blocks.push(block(Layer::Strategy, &own));
    blocks.extend(overlay.map(|node| block(Layer::Mode, node)));
    merge(&blocks, &document.span)
}

/// A mapping with only some of its keys.
fn only(node: Option<&Node>, keep: impl Fn(&str) -> bool) -> Node {
    let kept = |entry: &&Entry| keep(&entry.key);
    let (entries, span) = match node {
        Some(node) => (
            node.entries().iter().filter(kept).cloned().collect(),
            node.span.clone(),
        ),
        None => (
            Vec::new(),
            Span::start_of(crate::source::RepoPath::from("tidegate.yaml")),
        ),
    };
    Node {
        value: Value::Map(entries),
        span,
    }
}

fn cluster<'a>(
    tables: &'a Tables,
    document: &StrategyDoc,
    node: &Node,
    name: Option<&ClusterName>,
) -> Result<&'a ClusterSpec, Box<Diagnostic>> {
    let names = || tables.clusters.keys().map(ClusterName::as_str);
    let Some(name) = name else {
        let mut clusters = tables.clusters.values();
        return match (clusters.next(), clusters.next()) {
            (Some(sole), None) => Ok(*sole),
            _ => Err(Box::new(
                Diagnostic::error(
                    "no-cluster",
                    document.span.clone(),
                    "the fleet has several clusters, and this strategy names none",
                )
                .with_help(format!(
                    "add `cluster: …` here or to the desk's `defaults`; there are {}",
                    names().collect::<Vec<_>>().join(", ")
                )),
            )),
        };
    };
    match tables.clusters.get(name) {
        Some(cluster) => Ok(cluster),
        None => Err(Box::new(unknown(
            "unknown-cluster",
            node.nearest("/cluster").span.clone(),
            "cluster",
            name.as_str(),
            names(),
            "add it to `clusters` in `tidegate.yaml`",
        ))),
    }
}

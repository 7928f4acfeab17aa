//! A fleet with every default settled: fleet → desk → engine → mode → strategy.
//!
//! What the compiler reads. Nothing here is optional "because nobody said": where a value can be
//! absent, its absence means something. Where a value came from is in [`Origins`].
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod authority;
mod calendar;
mod case;
mod class;
mod config;
mod cross;
mod deferred;
mod desk;
mod engine;
#[cfg(test)]
pub(crate) mod fixture;
mod freeze;
mod gate;
mod holding;
mod job;
mod later;
mod leak;
mod lock;
mod merge;
mod metric;
mod model;
mod network;
mod notify;
mod outcome;
mod place;
mod placement;
mod profile;
mod read;
pub mod rollout;
mod root;
pub mod run;
mod scale;
mod scan;
mod secret;
mod serve;
mod settle;
mod state;
mod strategy;
mod tables;
#[cfg(test)]
mod tests;
mod window;

pub use later::Later;
pub use notify::{Email, Notifier, Way};
pub use outcome::Outcome;
pub use run::When;
pub use settle::fleet;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::Span;
use crate::signature::Fingerprint;
use crate::source::RepoPath;
pub use crate::spec::class::{Capacity, Class, KeyScope, Mode};
pub use crate::spec::image::Image;
use crate::spec::names::{AccountName, ClusterName, DeskName, EngineName, FleetName, StrategyName};
use crate::spec::net::Venue;
use crate::spec::notify::CommitUrl;
pub use crate::spec::quantity::Quantity;

/// A fleet as it concerns one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// The fleet's name.
    pub name: FleetName,
    /// The dated set of defaults it asked for.
    pub edition: String,
    /// The cluster.
    pub cluster: Cluster,
    /// The desks that have something in this cluster.
    pub desks: BTreeMap<DeskName, Desk>,
    /// The strategies of this cluster that have no error.
    pub strategies: BTreeMap<StrategyName, Strategy>,
    /// The strategies of this cluster that have one: they are left as they are, and never pruned.
    pub broken: BTreeMap<StrategyName, DeskName>,
    /// Who is told what happens, by desk.
    pub notifiers: BTreeMap<DeskName, Vec<Notifier>>,
    /// Where a commit can be looked at.
    pub commit_url: Option<CommitUrl>,
    /// By which keys its ledger is signed; `None` when it keeps none.
    pub ledger: Option<BTreeSet<Fingerprint>>,
    /// Times in which no rollout begins or goes on.
    pub freezes: Vec<Freeze>,
    /// Who is who.
    pub people: crate::people::People,
    /// What may be deleted, and until when.
    pub consents: Vec<Consent>,
    /// When venues trade: what windows ask.
    pub calendars: crate::calendar::Tables,
    /// More deletions than this in one reconcile need a consent.
    pub deletion_cap: usize,
}

/// A cluster's facts that objects depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: ClusterName,
    /// Where it is, for example `ap-northeast-1`.
    pub region: Option<String>,
    /// Its storage classes: the spec's name for one, and what the cluster calls it.
    pub storage: BTreeMap<String, StorageClass>,
    /// The namespace that scrapes metrics.
    pub monitoring_namespace: String,
    /// The namespace of the cluster's DNS.
    pub dns_namespace: String,
}

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass {
    /// Its name in the cluster.
    pub name: String,
    /// Whether a CSI driver serves it; only then can a claim be `ReadWriteOncePod`.
    pub csi: bool,
}

/// A time in which no rollout begins or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The desk it is for; `None` for all of them.
    pub desk: Option<DeskName>,
    /// The venue on which those trade that it is for; `None` for all of them.
    pub venue: Option<Venue>,
    /// When it is over.
    pub until: Option<jiff::Timestamp>,
    /// Why.
    pub reason: String,
}

/// A permission to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The digest of the sorted deletion set, which `diff --live` and `apply` print, or of one object.
    pub digest: crate::digest::Digest,
    /// It counts before this instant.
    pub expires: jiff::Timestamp,
    /// Why.
    pub reason: String,
}

/// A desk: one namespace and what surrounds its strategies.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    /// Its name.
    pub name: DeskName,
    /// Its namespace.
    pub namespace: String,
    /// Where to reach it; the linters' `email` annotation.
    pub email: String,
    /// Kubernetes groups that may read the namespace.
    pub viewers: Vec<String>,
    /// Kubernetes groups that may also restart and read logs.
    pub operators: Vec<String>,
    /// The namespace's quota: canonical resource names and quantities.
    pub quota: BTreeMap<String, Quantity>,
    /// Whose signatures its changes need; `None` where they need none.
    pub authority: Option<crate::people::Authority>,
    /// Where its file is.
    pub span: Span,
}

/// A deployable unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Its name.
    pub name: StrategyName,
    /// Its desk.
    pub desk: DeskName,
    /// What it is.
    pub class: Class,
    /// How near to real orders it runs; `None` where the word means nothing (most services, jobs).
    pub mode: Option<Mode>,
    /// What is known about its program.
    pub engine: Engine,
    /// Its image.
    pub image: Image,
    /// Replaces the image's entry point.
    pub command: Vec<String>,
    /// The arguments.
    pub args: Vec<String>,
    /// Plain environment variables.
    pub env: BTreeMap<String, String>,
    /// Secrets it may read.
    pub secrets: Vec<SecretUse>,
    /// Configuration files.
    pub config: Vec<ConfigFile>,
    /// Model artefacts; mounted as image volumes, pinned by digest.
    pub models: Vec<Model>,
    /// The account whose orders it sends.
    pub account: Option<Holding>,
    /// Compute resources.
    pub resources: Resources,
    /// What it keeps on disk.
    pub state: Vec<StateVolume>,
    /// Where it runs.
    pub placement: Placement,
    /// Whom it may talk to.
    pub network: Network,
    /// The ports it serves, by name order.
    pub ports: Vec<Port>,
    /// The probes.
    pub probes: Probes,
    /// The port and path of its metrics.
    pub metrics: Option<MetricsEndpoint>,
    /// How many: always 1 for an algo and a gateway.
    pub replicas: u32,
    /// What scales it; `None` where nothing does.
    pub scale: Option<Scale>,
    /// How a change reaches it.
    pub rollout: rollout::Rollout,
    /// Who may approve its changes, and what they have to ask at least; `None` where nobody has to.
    pub authority: Option<crate::people::Authority>,
    /// When it runs; `None` for a job that runs once, and for everything else that always does.
    pub run: Option<When>,
    /// How a job splits and retries.
    pub job: JobShape,
    /// Deployed after these are healthy.
    pub after: Vec<StrategyName>,
    /// What it needs as long as it runs.
    pub requires: Vec<StrategyName>,
    /// Its name before, whose claims it mounts.
    pub renamed_from: Option<StrategyName>,
    /// What to do with orders when it stops: `keep`, `cancel` or `flatten`.
    pub on_stop: Option<String>,
    /// Keys that are accepted and digested but not enforced yet, as written.
    pub deferred: BTreeMap<String, Value>,
    /// Where each value came from, by JSON pointer into the resolved document.
    pub origins: Origins,
    /// Where its name stands.
    pub span: Span,
}

/// Where values came from: JSON pointer of the resolved value → layer and place.
pub type Origins = BTreeMap<String, Origin>;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which layer said so.
    pub layer: Layer,
    /// Where; `None` for what an edition or a built-in profile says.
    pub span: Option<Span>,
}

/// The layers a value can come from, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The edition's defaults.
    Edition,
    /// `tidegate.yaml`.
    Fleet,
    /// The desk.
    Desk,
    /// The engine profile.
    Engine,
    /// The strategy's own block.
    Strategy,
    /// The strategy's `modes.<mode>` block, which exists to differ from it.
    Mode,
}

/// A secret and how the program gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// The Secret's name.
    pub secret: String,
    /// The Secret's key; `None` takes all of them as files.
    pub key: Option<String>,
    /// Where it goes.
    pub target: SecretTarget,
    /// What the key may do, when it is an account's: digested with the name.
    pub scope: Option<KeyScope>,
}

/// Where a secret goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretTarget {
    /// A file (one key) or a folder (all keys).
    File(String),
    /// An environment variable, for programs that read nothing else: a waiver of the default.
    Env(String),
}

/// A configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// Where the program finds it.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The file of the fleet it is from.
    pub source: RepoPath,
    /// Whether the program rewrites it: then an init container copies it to a writable place.
    pub writable: bool,
}

/// A model artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The OCI reference, pinned by digest.
    pub reference: Image,
    /// Where it is mounted, read-only.
    pub mount_path: String,
    /// How old it may be, and what then: digested, not enforced yet.
    pub freshness: BTreeMap<String, Value>,
}

/// The account a strategy's orders go to, and what one holder at a time means there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The account.
    pub account: AccountName,
    /// The venue, for example `crypto:binance` or a MIC.
    pub venue: String,
    /// The exclusive holdings, each of which has at most one pod: `account`, `account/instrument`, ….
    pub exclusive: Vec<String>,
}

/// Compute resources; requests equal limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// Processor.
    pub cpu: Quantity,
    /// Memory.
    pub memory: Quantity,
    /// Scratch space.
    pub ephemeral_storage: Quantity,
}

/// What scales a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// The fewest pods, at least one.
    pub min: u32,
    /// The most pods.
    pub max: u32,
    /// The processor time that is used, in percent of what is requested.
    pub cpu: Option<u32>,
    /// The memory that is used, in percent of what is requested.
    pub memory: Option<u32>,
    /// Metrics of the pods, each with its average for a pod.
    pub metrics: BTreeMap<String, Quantity>,
}

/// Something kept on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateVolume {
    /// Its name.
    pub name: String,
    /// Where it is mounted.
    pub mount_path: String,
    /// Its size.
    pub size: Quantity,
    /// Its storage class; `None` is the cluster's default.
    pub class: Option<StorageClass>,
}

/// Where a strategy runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// Node labels that must match: label → values.
    pub require: BTreeMap<String, Vec<String>>,
    /// Node labels that should match: label → values.
    pub prefer: BTreeMap<String, Vec<String>>,
    /// Not on a node with these strategies.
    pub apart_from: Vec<StrategyName>,
    /// Whether preemptible nodes will do.
    pub capacity: Capacity,
}

/// Whom a strategy may talk to. DNS is always allowed, everything else is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Outgoing.
    pub egress: Vec<Egress>,
    /// Incoming, besides the metrics scrape.
    pub ingress: Vec<Ingress>,
}

/// An outgoing permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Egress {
    /// To whom.
    pub to: Peer,
    /// On which TCP port.
    pub port: u16,
}

/// An incoming permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// From whom.
    pub from: Peer,
    /// On which TCP port.
    pub port: u16,
}

/// The other side of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A strategy of the fleet, in its desk's namespace.
    Strategy {
        /// The strategy.
        name: StrategyName,
        /// Its namespace.
        namespace: String,
    },
    /// Every pod of a namespace.
    Namespace(String),
    /// Addresses in CIDR form; what a venue's name stands for.
    Cidrs {
        /// The word of the spec, for example `venue:crypto:binance`.
        name: String,
        /// The addresses.
        cidrs: Vec<String>,
        /// The ranges inside them that stay closed.
        except: Vec<String>,
    },
}

/// A port that a program serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its number.
    pub port: u16,
}

/// The probes of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probes {
    /// Has it started?
    pub startup: Option<Probe>,
    /// Does it live?
    pub liveness: Option<Probe>,
    /// Can it work?
    pub readiness: Option<Probe>,
}

/// A probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What it does.
    pub action: ProbeAction,
    /// Seconds between two.
    pub period_seconds: u32,
    /// Seconds one may take.
    pub timeout_seconds: u32,
    /// Failures in a row that count.
    pub failure_threshold: u32,
}

/// What a probe does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAction {
    /// `GET` on a named port.
    Http {
        /// The path.
        path: String,
        /// The port's name.
        port: String,
    },
    /// Opens a connection to a named port.
    Tcp {
        /// The port's name.
        port: String,
    },
    /// Runs a command of the image.
    Exec(Vec<String>),
}

/// Where metrics are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsEndpoint {
    /// The port's name.
    pub port: String,
    /// The path.
    pub path: String,
}

/// How a job splits and retries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobShape {
    /// The rows of its matrix, one index each; `None` for a job of one.
    pub completions: Option<u32>,
    /// How many at a time.
    pub parallelism: u32,
    /// Retries of one index.
    pub retries: u32,
    /// Whether a preempted pod does not count as a failure.
    pub ignore_preemption: bool,
    /// Seconds one run may take.
    pub deadline_seconds: Option<u32>,
}

/// What is known about a program, settled from its profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Engine {
    /// The profile's name.
    pub name: EngineName,
    /// The digest of the whole profile, an input of `behaviour`.
    pub digest: crate::digest::Digest,
    /// The user the image runs as.
    pub uid: u32,
    /// The group the image runs as.
    pub gid: u32,
    /// Folders that must be writable scratch space.
    pub writable: Vec<String>,
    /// Whether the root file system stays writable: a waiver.
    pub writable_root: bool,
    /// Seconds from the signal to the kill.
    pub grace_seconds: u32,
    /// What runs before the signal: only where the program wants another signal than TERM.
    pub pre_stop: Option<Vec<String>>,
    /// Where the profile falls short of the hardened default, and why: rule → reason.
    pub waivers: BTreeMap<String, String>,
}

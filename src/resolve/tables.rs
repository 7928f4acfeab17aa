//! What a strategy can refer to, by name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::calendar::Calendars;
use super::lock::Lock;
use super::profile;
use super::read::{Documents, Named};
use crate::diagnostic::Span;
use crate::digest::Digest;
use crate::source::Sources;
use crate::spec::account::{AccountSpec, KeySpec};
use crate::spec::desk::DeskSpec;
use crate::spec::engine::EngineSpec;
use crate::spec::fleet::{ClusterSpec, FleetSpec};
use crate::spec::names::{AccountName, ClusterName, DeskName, EngineName, StrategyName};
use crate::yaml::Node;

/// What a strategy can refer to.
pub(super) struct Tables<'a> {
    /// The files.
    pub(super) sources: &'a Sources,
    /// `tidegate.yaml`.
    pub(super) fleet: &'a Named<FleetSpec>,
    /// What it says.
    pub(super) fleet_spec: &'a FleetSpec,
    /// The clusters.
    pub(super) clusters: BTreeMap<ClusterName, &'a ClusterSpec>,
    /// The desks.
    pub(super) desks: &'a BTreeMap<DeskName, Named<DeskSpec>>,
    /// The accounts.
    pub(super) accounts: &'a BTreeMap<AccountName, Named<AccountSpec>>,
    /// The engine profiles, the fleet's own before the built-in ones.
    pub(super) engines: BTreeMap<&'a EngineName, &'a Named<EngineSpec>>,
    /// The calendars, the fleet's own before the built-in ones.
    pub(super) calendars: &'a Calendars,
    /// The digest of each profile.
    pub(super) engine_digests: BTreeMap<&'a EngineName, Digest>,
    /// The desk of each strategy, whether it has errors or not.
    pub(super) strategies: BTreeMap<&'a StrategyName, &'a DeskName>,
    /// The Secrets that hold keys of accounts.
    pub(super) keys: BTreeMap<&'a str, Vec<(&'a AccountName, &'a KeySpec)>>,
    /// Where tags became digests.
    pub(super) lock: &'a Lock,
}

impl<'a> Tables<'a> {
    /// The tables of a fleet.
    pub(super) fn new(
        sources: &'a Sources,
        documents: &'a Documents,
        fleet: &'a Named<FleetSpec>,
        fleet_spec: &'a FleetSpec,
        (lock, calendars): (&'a Lock, &'a Calendars),
    ) -> Self {
        let clusters = fleet_spec
            .clusters
            .iter()
            .map(|cluster| (cluster.name.clone(), cluster))
            .collect();
        let own = documents.engines.iter();
        let engines: BTreeMap<_, _> = profile::engines().iter().chain(own).collect();
        let engine_digests = engines
            .iter()
            .map(|(name, engine)| (*name, digest(&engine.node)))
            .collect();
        let strategies = documents
            .strategies
            .iter()
            .map(|document| (&document.name, &document.desk))
            .collect();
        Self {
            sources,
            fleet,
            fleet_spec,
            clusters,
            desks: &documents.desks,
            accounts: &documents.accounts,
            engines,
            engine_digests,
            calendars,
            strategies,
            keys: keys(&documents.accounts),
            lock,
        }
    }

    /// The namespace of a desk.
    pub(super) fn namespace(&self, desk: &DeskName) -> String {
        let spec = self.desks.get(desk).and_then(|desk| desk.spec.as_ref());
        namespace(desk, spec)
    }

    /// Where the fleet's document says something.
    pub(super) fn fleet_span(&self, pointer: &str) -> Span {
        self.fleet.node.nearest(pointer).span.clone()
    }
}

/// The namespace of a desk: its own name unless it says otherwise.
pub(super) fn namespace(name: &DeskName, spec: Option<&DeskSpec>) -> String {
    spec.and_then(|spec| spec.namespace.as_ref())
        .map_or_else(|| name.to_string(), ToString::to_string)
}

/// The digest of a document; the order in which it is written does not count.
fn digest(node: &Node) -> Digest {
    let mut json = node.to_json();
    // What gates look at changes no pod.
    if let Some(Value::Object(spec)) = json.get_mut("spec") {
        spec.shift_remove("metrics");
    }
    json.sort_all_objects();
    Digest::of(json.to_string())
}

fn keys(
    accounts: &BTreeMap<AccountName, Named<AccountSpec>>,
) -> BTreeMap<&str, Vec<(&AccountName, &KeySpec)>> {
    let mut keys: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (name, account) in accounts {
        for key in account.spec.iter().flat_map(|spec| &spec.keys) {
            keys.entry(key.secret.as_str())
                .or_default()
                .push((name, key));
        }
    }
    keys
}

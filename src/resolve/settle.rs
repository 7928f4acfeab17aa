//! From the files of a fleet to the fleet as it concerns one cluster.

use std::collections::BTreeMap;

use super::calendar::Calendars;
use super::case::{Case, unknown};
use super::lock::Lock;
use super::outcome::{Outcome, order};
use super::read::{Documents, Named, documents};
use super::tables::Tables;
use super::{
    Desk, Fleet, Strategy, authority, cross, desk, engine, freeze, metric, notify, root, strategy,
};
use crate::source::Sources;
use crate::spec::names::{ClusterName, DeskName, FleetName, StrategyName};

/// More deletions than this in one reconcile need a consent, unless the fleet says otherwise.
const DELETION_CAP: u32 = 10;

/// Resolves a fleet for a cluster; without a name, for the only one it has.
///
/// Every strategy is checked, whichever cluster it runs in. One that has an error stops only
/// itself.
pub fn fleet(sources: &Sources, cluster: Option<&ClusterName>) -> Outcome {
    let mut documents = documents(sources);
    let (lock, findings) = Lock::read(documents.lock.as_ref());
    documents.findings.extend(findings);
    let calendars = Calendars::settle(&mut documents);
    desk::check(&mut documents);
    engine::check(&mut documents);
    documents.findings.extend(metric::check(&documents));
    let mut outcome = Outcome {
        findings: std::mem::take(&mut documents.findings),
        unreadable: documents.unreadable,
        ..Outcome::default()
    };
    if let Some((name, document)) = &documents.fleet
        && let Some(spec) = &document.spec
    {
        let tables = Tables::new(sources, &documents, document, spec, (&lock, &calendars));
        resolve(name, &tables, &documents, cluster, &mut outcome);
    }
    order(&mut outcome.findings);
    outcome
}

/// A strategy and what became of it.
struct Settled {
    name: StrategyName,
    desk: DeskName,
    /// Where it runs, when that is known.
    cluster: Option<ClusterName>,
    /// The strategy, unless an error stops it.
    strategy: Option<Strategy>,
}

fn resolve(
    name: &FleetName,
    tables: &Tables,
    documents: &Documents,
    cluster: Option<&ClusterName>,
    outcome: &mut Outcome,
) {
    outcome.clusters = tables.clusters.keys().cloned().collect();
    outcome.findings.extend(root::check(tables));
    outcome.findings.extend(notify::check(tables));
    outcome.findings.extend(freeze::check(tables, documents));
    let ambiguous = root::clusters(tables);
    if !ambiguous.is_empty() {
        outcome.findings.extend(ambiguous);
        outcome.unreadable = true;
        return;
    }
    outcome.later.due = root::expiries(tables);
    outcome.later.calendars = tables.calendars.tables.clone();
    let settled = strategies(tables, documents, outcome);
    let Some(chosen) = choose(tables, cluster, outcome) else {
        return;
    };
    outcome.fleet = Some(assemble(name, tables, &chosen, settled));
}

fn choose(
    tables: &Tables,
    cluster: Option<&ClusterName>,
    outcome: &mut Outcome,
) -> Option<ClusterName> {
    let Some(name) = cluster else {
        let mut names = tables.clusters.keys();
        return match (names.next(), names.next()) {
            (Some(sole), None) => Some(sole.clone()),
            _ => None,
        };
    };
    if tables.clusters.contains_key(name) {
        return Some(name.clone());
    }
    outcome.findings.push(unknown(
        "unknown-cluster",
        tables.fleet_span("/spec/clusters"),
        "cluster",
        name.as_str(),
        tables.clusters.keys().map(ClusterName::as_str),
        "add it here, or name another cluster",
    ));
    None
}

fn strategies(tables: &Tables, documents: &Documents, outcome: &mut Outcome) -> Vec<Settled> {
    let mut settled: Vec<Settled> = Vec::new();
    for document in &documents.strategies {
        let mut one = Settled {
            name: document.name.clone(),
            desk: document.desk.clone(),
            cluster: None,
            strategy: None,
        };
        if document.fits {
            match Case::open(tables, document) {
                Ok(mut case) => {
                    one.cluster = Some(case.cluster.name.clone());
                    one.strategy = strategy::settle(&mut case);
                    outcome.findings.extend(case.findings);
                    outcome.later.merge(case.later);
                }
                Err(findings) => outcome.findings.extend(findings),
            }
        }
        settled.push(one);
    }
    let sound: Vec<(&Strategy, &ClusterName)> = settled
        .iter()
        .filter_map(|it| Some((it.strategy.as_ref()?, it.cluster.as_ref()?)))
        .collect();
    for clashes in [
        cross::duplicates(&documents.strategies),
        cross::check(&sound),
    ] {
        outcome.findings.extend(clashes.findings);
        for one in &mut settled {
            if clashes.stopped.contains(&one.name) {
                one.strategy = None;
            }
        }
    }
    settled
}

fn assemble(
    name: &FleetName,
    tables: &Tables,
    cluster: &ClusterName,
    settled: Vec<Settled>,
) -> Fleet {
    let desks = desks(tables, cluster, &settled);
    let notifiers = desks.keys();
    let notifiers = notifiers
        .map(|desk| (desk.clone(), notify::settle(tables, desk)))
        .collect();
    let mut strategies = BTreeMap::new();
    let mut broken = BTreeMap::new();
    for one in settled {
        match (one.strategy, one.cluster) {
            (Some(strategy), Some(home)) if home == *cluster => {
                strategies.insert(one.name, strategy);
            }
            (Some(_), _) => {}
            // One whose cluster is not known could be anybody's, so everybody leaves it alone.
            (None, Some(home)) if home != *cluster => {}
            (None, _) => {
                broken.insert(one.name, one.desk);
            }
        }
    }
    let spec = tables
        .clusters
        .get(cluster)
        .copied()
        .expect("the cluster was chosen from these");
    let cap = tables.fleet_spec.deletion_cap.unwrap_or(DELETION_CAP);
    Fleet {
        name: name.clone(),
        edition: tables.fleet_spec.edition.as_str().to_owned(),
        cluster: root::cluster(spec),
        desks,
        strategies,
        broken,
        notifiers,
        commit_url: tables.fleet_spec.commit_url.clone(),
        ledger: root::ledger(tables),
        freezes: freeze::settle(tables),
        people: authority::people(tables),
        consents: root::consents(tables),
        calendars: tables.calendars.tables.clone(),
        deletion_cap: usize::try_from(cap).unwrap_or(usize::MAX),
    }
}

/// The desks that have something in the cluster, or that would put it there.
fn desks(tables: &Tables, cluster: &ClusterName, settled: &[Settled]) -> BTreeMap<DeskName, Desk> {
    let is_here = |name: &DeskName, document: &Named<_>| {
        let mut own = settled.iter().filter(|it| it.desk == *name);
        tables.clusters.len() == 1
            || home(tables, document) == Some(cluster.as_str())
            || own.any(|it| it.cluster.as_ref() == Some(cluster))
    };
    tables
        .desks
        .iter()
        .filter(|(name, document)| is_here(name, document))
        .filter_map(|(name, document)| {
            let spec = document.spec.as_ref()?;
            Some((
                name.clone(),
                desk::settle(name, document, spec, authority::of_desk(tables)),
            ))
        })
        .collect()
}

/// The cluster of a desk's strategies that name none.
fn home<'a, S>(tables: &'a Tables, desk: &'a Named<S>) -> Option<&'a str> {
    let own = desk.node.pointer("/spec/defaults/cluster");
    own.or_else(|| tables.fleet.node.pointer("/spec/defaults/cluster"))?
        .as_str()
}

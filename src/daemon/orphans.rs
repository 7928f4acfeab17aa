//! Units that neither Git nor a record knows, found by the owner label on what they left behind.
//!
//! Their records went with an earlier install, and they went from Git before there was another. An
//! owner label is a hash, so a unit is only believed to be one when its name and a desk's make the
//! very label that its objects carry.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::ResourceExt;
use tokio::time::sleep;
use tracing::{info, warn};

use super::keeper::Keeper;
use super::snapshot::Snapshot;
use crate::cluster::{Error, releases};
use crate::compile::{Owner, UnitId};
use crate::error::chain;
use crate::object::{Object, ObjectId, mark};
use crate::release::{ReleaseSpec, ReleaseStatus};
use crate::rollout::{holdings, inventory};
use crate::spec::names::{DeskName, StrategyName};

/// How long to let a failing API server be.
const PAUSE: Duration = Duration::from_secs(2);

/// A unit without a record.
struct Orphan {
    key: String,
    spec: ReleaseSpec,
    holdings: Vec<String>,
}

impl Keeper {
    /// Opens a record for each of them, so that it is retired like any other. However long that
    /// takes: whoever comes next on a holding must know that somebody was there.
    pub(super) async fn find_orphans(&self, snapshot: &Snapshot) {
        while let Err(error) = self.open_orphans(snapshot).await {
            warn!(
                error = chain(&error),
                "what an earlier install left could not be recorded; nothing is changed until it is"
            );
            sleep(PAUSE).await;
        }
    }

    async fn open_orphans(&self, snapshot: &Snapshot) -> Result<(), Error> {
        for Orphan {
            key,
            spec,
            holdings,
        } in self.orphans(snapshot)
        {
            let release = releases::create(&self.writer, &self.namespace, &key, spec).await?;
            let status = ReleaseStatus {
                version: ReleaseStatus::VERSION,
                held: holdings,
                ..ReleaseStatus::default()
            };
            releases::put_status(&self.writer, &release, status).await?;
            info!(unit = key, "found by its owner label");
        }
        Ok(())
    }

    fn orphans(&self, snapshot: &Snapshot) -> Vec<Orphan> {
        let releases = self.cache.releases();
        let wanted = snapshot.units.values().map(|packed| packed.owner.clone());
        let recorded = releases
            .iter()
            .map(|release| Owner::named(&release.spec.owner));
        let known: BTreeSet<Owner> = wanted.chain(recorded).collect();
        let names: BTreeSet<String> = releases.iter().map(ResourceExt::name_any).collect();
        let is_taken = |key: &String| {
            names.contains(key)
                || snapshot.units.contains_key(key)
                || snapshot.broken.contains_key(key)
        };
        let owners = self.cache.owners();
        owners
            .difference(&known)
            .filter_map(|owner| identify(owner, &self.cache.unit(owner), snapshot))
            .filter(|orphan| !is_taken(&orphan.key))
            .collect()
    }
}

/// Which unit left these objects.
fn identify(
    owner: &Owner,
    objects: &BTreeMap<ObjectId, Object>,
    snapshot: &Snapshot,
) -> Option<Orphan> {
    let (fleet, cluster) = snapshot.place.as_ref()?;
    let object = objects.values().find(|object| inventory::is_ours(object))?;
    let namespace = object.namespace().unwrap_or(object.name());
    let strategy: Option<StrategyName> = match object.label(mark::STRATEGY) {
        Some(name) => Some(name.parse().ok()?),
        None => None,
    };
    let named: Option<DeskName> = namespace.parse().ok();
    let mut desks = snapshot.units.values().map(|packed| &packed.desk);
    let desk = desks
        .by_ref()
        .chain(&named)
        .find(|desk| Owner::of(fleet, cluster, desk, strategy.as_ref()) == *owner)?;
    let unit = match &strategy {
        Some(strategy) => UnitId::Strategy(strategy.clone()),
        None => UnitId::Desk(desk.clone()),
    };
    Some(Orphan {
        key: unit.release_name(),
        spec: ReleaseSpec {
            fleet: fleet.to_string(),
            cluster: cluster.to_string(),
            desk: desk.to_string(),
            strategy: strategy.map(|strategy| strategy.to_string()),
            namespace: namespace.to_owned(),
            owner: owner.as_str().to_owned(),
        },
        holdings: objects
            .values()
            .filter_map(holdings::said)
            .flatten()
            .collect(),
    })
}

//! Git against the cluster, by dry-run; and what would be deleted, with the consent it needs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::build::Build;
use crate::cli::DiffOptions;
use crate::cluster::live::{Prediction, predict};
use crate::cluster::{self, Client, Fault, connect, releases};
use crate::cmd::input::Input;
use crate::cmd::{Failure, apply, runtime};
use crate::compile::{Bundle, UnitId};
use crate::diff::{self, ObjectDiff};
use crate::object::{Object, ObjectId};
use crate::release::{InventoryEntry, Release};
use crate::rollout::consent::{self, Deletion, Permission, Question, Wanted};
use crate::rollout::rename;

/// Compares, and says what deletions wait for.
pub(super) fn compare(
    options: &DiffOptions,
    head: &Input,
) -> Result<(Vec<ObjectDiff>, Vec<String>), Failure> {
    let bundles: Vec<Bundle> = head
        .bundles(&options.strategy)?
        .into_iter()
        .cloned()
        .collect();
    runtime()?.block_on(async {
        let client = connect(&apply::options(&options.connection)).await?;
        let records = match releases::list(&client, &options.connection.namespace).await {
            Ok(records) => records,
            // Before the first install there are no records, so nothing of ours is there.
            Err(error) if matches!(error.fault(), Fault::KindMissing { .. } | Fault::NotFound) => {
                Vec::new()
            }
            Err(error) => return Ok((vec![unknown_records(&error)], Vec::new())),
        };
        let objects = adopted(bundles, &records);
        let mut diffs: Vec<ObjectDiff> = predict(&client, &objects)
            .await
            .into_iter()
            .map(|(id, prediction)| verdict(id, prediction))
            .collect();
        let mut notes = Vec::new();
        if options.strategy.is_empty() {
            let deletions = deletions(&client, &head.build, &objects, &records).await;
            notes = consents(&head.build, &deletions);
            diffs.extend(deletions.into_iter().map(|(_, diff)| diff));
        }
        Ok((diffs, notes))
    })
}

/// Without the records it cannot be told what is ours, so nothing at all can be called the same.
fn unknown_records(error: &cluster::Error) -> ObjectDiff {
    let id = ObjectId {
        group: "tidegate.dev".to_owned(),
        kind: "Release".to_owned(),
        namespace: None,
        name: "*".to_owned(),
    };
    ObjectDiff::cannot_tell(id, crate::error::chain(error))
}

/// The objects as the cluster gets them: a renamed strategy keeps the claims it has.
fn adopted(bundles: Vec<Bundle>, records: &[Release]) -> Vec<Object> {
    let adopt = |bundle: Bundle| {
        let name = bundle.unit.release_name();
        let record = records
            .iter()
            .find(|record| record.metadata.name.as_deref() == Some(&name));
        match record.and_then(|record| record.status.as_ref()) {
            Some(status) => rename::adopt(&bundle, &status.claims),
            None => bundle,
        }
    };
    bundles
        .into_iter()
        .map(adopt)
        .flat_map(|bundle| bundle.objects)
        .collect()
}

fn verdict(id: ObjectId, prediction: Prediction) -> ObjectDiff {
    match prediction {
        Prediction::Present { live, predicted } => diff::live_object(Some(&live), &predicted),
        Prediction::Absent { predicted } => diff::live_object(None, &predicted),
        Prediction::CannotTell { reason } => ObjectDiff::cannot_tell(id, reason),
    }
}

type Deletions = Vec<(UnitId, ObjectDiff)>;

/// What the records know and Git no longer wants.
async fn deletions(
    client: &Client,
    build: &Build,
    objects: &[Object],
    records: &[Release],
) -> Deletions {
    let desired: BTreeSet<ObjectId> = objects.iter().map(Object::id).collect();
    let mut deletions = Vec::new();
    for record in records {
        let Some(unit) = unit(record).filter(|unit| !is_broken(build, unit)) else {
            continue;
        };
        let inventory = record.status.iter().flat_map(|status| &status.inventory);
        for entry in inventory.filter(|entry| !desired.contains(&entry.id())) {
            if let Some(diff) = deletion(client, entry, &record.spec.owner).await {
                deletions.push((unit.clone(), diff));
            }
        }
    }
    deletions
}

async fn deletion(client: &Client, entry: &InventoryEntry, owner: &str) -> Option<ObjectDiff> {
    match cluster::read(client, &entry.api_version, &entry.id()).await {
        Ok(live) => {
            let live = live.filter(|live| live.label(crate::object::mark::OWNER) == Some(owner))?;
            Some(ObjectDiff::deleted(&live))
        }
        Err(error) => Some(ObjectDiff::cannot_tell(
            entry.id(),
            crate::error::chain(&error),
        )),
    }
}

/// The consents that the deletions need, ready to be put into `tidegate.yaml`.
fn consents(build: &Build, deletions: &Deletions) -> Vec<String> {
    let Some(fleet) = &build.fleet else {
        return Vec::new();
    };
    let now = Timestamp::now();
    let mut wanted: BTreeMap<UnitId, Wanted> = BTreeMap::new();
    let mut notes = Vec::new();
    for (unit, diff) in deletions {
        let Some(live) = &diff.before else { continue };
        if !consent::is_protected(&live.id()) {
            wanted
                .entry(unit.clone())
                .or_default()
                .asked
                .insert(Deletion::of(live));
        } else if !consent::object_consented(live, &fleet.consents, now) {
            notes.push(format!(
                "{} stays; to delete it, add to `consents:` in `tidegate.yaml`:\n  {}",
                live.id(),
                consent::object_entry(live)
            ));
        }
    }
    let question = Question {
        wanted: &wanted,
        remaining: fleet.strategies.len() + fleet.broken.len(),
        cap: fleet.deletion_cap,
        consents: &fleet.consents,
        now,
    };
    match consent::judge(&question) {
        Permission::Withheld { why, entry, .. } => {
            notes.push(format!("nothing is deleted: {why}; to allow it, add to `consents:` in `tidegate.yaml`:\n  {entry}"));
        }
        Permission::Granted | Permission::Recording | Permission::Unreadable => {}
    }
    if build.unreadable {
        notes.push("nothing is deleted while a file of the fleet cannot be read".to_owned());
    }
    notes
}

fn unit(record: &Release) -> Option<UnitId> {
    match &record.spec.strategy {
        Some(strategy) => strategy.parse().ok().map(UnitId::Strategy),
        None => record.spec.desk.parse().ok().map(UnitId::Desk),
    }
}

fn is_broken(build: &Build, unit: &UnitId) -> bool {
    match unit {
        UnitId::Strategy(name) => build
            .fleet
            .as_ref()
            .is_none_or(|fleet| fleet.broken.contains_key(name)),
        UnitId::Desk(_) => build.fleet.is_none(),
    }
}

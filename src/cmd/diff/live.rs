//! Git against the cluster, by dry-run.

use super::unwanted::{self, Unwanted};
use super::{Comparison, labels};
use crate::build::Build;
use crate::cli::DiffOptions;
use crate::cluster::live::{Prediction, predict};
use crate::cluster::{Fault, connect, releases};
use crate::cmd::input::Input;
use crate::cmd::{Failure, apply, runtime};
use crate::compile::Bundle;
use crate::daemon;
use crate::diff::{self, ObjectDiff};
use crate::error::chain;
use crate::object::{Object, ObjectId, mark};
use crate::release::{Release, ReleaseStatus};
use crate::rollout;

/// Compares, and says what stays and what deletions wait for.
pub(super) fn compare(options: &DiffOptions, head: &Input) -> Result<Comparison, Failure> {
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
            Err(error) => return Ok(nothing_known(chain(&error))),
        };
        if let Some(why) = stranger(&head.build, &records, &options.connection.namespace) {
            return Ok(nothing_known(format!("`tidegate apply` refuses to {why}")));
        }
        let labels = labels::of(&options.fleet, head, &bundles, &records);
        let objects = adopted(bundles, &records);
        let mut diffs: Vec<ObjectDiff> = predict(&client, &objects)
            .await
            .into_iter()
            .map(|(id, prediction)| verdict(id, prediction, &records))
            .collect();
        if !options.strategy.is_empty() {
            return Ok(Comparison {
                labels,
                ..Comparison::of(diffs)
            });
        }
        let unwanted = unwanted::look(&client, &head.build, &objects, &records).await;
        let Unwanted { kept, notes, .. } = unwanted;
        diffs.extend(unwanted.diffs);
        Ok(Comparison {
            labels,
            diffs,
            kept,
            notes,
        })
    })
}

/// Without records of this very fleet it cannot be told what is ours, so nothing at all can be
/// called the same.
fn nothing_known(reason: String) -> Comparison {
    let id = ObjectId {
        group: "tidegate.dev".to_owned(),
        kind: "Release".to_owned(),
        namespace: None,
        name: "*".to_owned(),
    };
    Comparison::of(vec![ObjectDiff::cannot_tell(id, reason)])
}

fn stranger(build: &Build, records: &[Release], namespace: &str) -> Option<String> {
    let fleet = build.fleet.as_ref()?;
    let place = (fleet.name.clone(), fleet.cluster.name.clone());
    daemon::stranger(&place, records, namespace)
}

/// The objects as the cluster gets them: a renamed strategy keeps the claims it has, and a service
/// the track that it came under.
fn adopted(bundles: Vec<Bundle>, records: &[Release]) -> Vec<Object> {
    let adopt = |bundle: Bundle| {
        let name = bundle.unit.release_name();
        let record = records
            .iter()
            .find(|record| record.metadata.name.as_deref() == Some(&name));
        match record.and_then(|record| record.status.as_ref()) {
            Some(status) => rollout::at_rest(&bundle, status),
            None => bundle,
        }
    };
    bundles
        .into_iter()
        .map(adopt)
        .flat_map(|bundle| bundle.objects)
        .collect()
}

fn verdict(id: ObjectId, prediction: Prediction, records: &[Release]) -> ObjectDiff {
    match prediction {
        Prediction::Present { live, predicted } => diff::live_object(Some(&live), &predicted),
        Prediction::Absent { predicted } if has_run(&predicted, records) => ObjectDiff::same(id),
        Prediction::Absent { predicted } => diff::live_object(None, &predicted),
        Prediction::CannotTell { reason } => ObjectDiff::cannot_tell(id, reason),
    }
}

/// Whether it is a Job that ran to its end and is gone since: nothing makes it again.
fn has_run(desired: &Object, records: &[Release]) -> bool {
    let owner = desired.label(mark::OWNER);
    let mut own = records.iter().filter(|it| owner == Some(&it.spec.owner));
    own.any(|record| {
        let ran = |status: &ReleaseStatus| rollout::has_run(status, desired);
        record.status.as_ref().is_some_and(ran)
    })
}

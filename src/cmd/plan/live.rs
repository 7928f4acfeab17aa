//! From what runs in a cluster to what Git says.

use std::collections::BTreeMap;

use crate::cli::PlanOptions;
use crate::cluster::bundles::{LoadError, Shelf};
use crate::cluster::{Client, Fault, connect, releases};
use crate::cmd::input::{Commits, Input};
use crate::cmd::{Failure, apply, runtime};
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::forecast::{self, Coming, Forecast, Premise, Standing};
use crate::preview::{self, Running};
use crate::release::{Release, ReleaseStatus};
use crate::rollout::Kept;

/// Foresees what comes of every unit that is not yet what Git says.
pub(super) fn forecast(
    options: &PlanOptions,
    head: &Input,
    premise: Premise<'_>,
) -> Result<Forecast, Failure> {
    let standings = runtime()?.block_on(look(options, head))?;
    let mut commits = Commits::new(&options.fleet);
    let mut units: Vec<Coming> = Vec::new();
    let bundles = &head.build.bundles;
    for bundle in bundles {
        let standing = standings.get(&bundle.unit.release_name());
        let standing = standing.cloned().unwrap_or_default();
        let stable = standing.record.stable.as_ref();
        let running = Running {
            stable,
            bundle: stable.and_then(|stable| standing.kept.get(&stable.bundle)),
            base: stable.and_then(|stable| commits.at(stable)),
        };
        if let Some(row) = preview::against(running, bundle, &head.build) {
            units.push(forecast::coming(row, &head.build, &standing, premise));
        }
    }
    units.sort_by(|a, b| (a.row.change, &a.row.unit).cmp(&(b.row.change, &b.row.unit)));
    Ok(Forecast {
        at: premise.at,
        unchanged: bundles.len() - units.len(),
        units,
    })
}

/// The records of the cluster, and the bundles that those need that are not what Git says.
async fn look(options: &PlanOptions, head: &Input) -> Result<BTreeMap<String, Standing>, Failure> {
    let namespace = &options.connection.namespace;
    let client = connect(&apply::options(&options.connection)).await?;
    let records = match releases::list(&client, namespace).await {
        Ok(records) => records,
        // Before the first install there are no records, so nothing of ours is there.
        Err(error) if matches!(error.fault(), Fault::KindMissing { .. } | Fault::NotFound) => {
            return Ok(BTreeMap::new());
        }
        Err(error) => return Err(error.into()),
    };
    let shelf = Shelf::open(&client, namespace).await?;
    let mut standings = BTreeMap::new();
    for Release {
        metadata, status, ..
    } in records
    {
        let (Some(name), Some(record)) = (metadata.name, status) else {
            continue;
        };
        let mut bundles = head.build.bundles.iter();
        let Some(git) = bundles.find(|it| it.unit.release_name() == name) else {
            continue;
        };
        let kept = kept(&client, &shelf, &record, git).await?;
        standings.insert(name, Standing { record, kept });
    }
    Ok(standings)
}

/// The bundles that a record names, if it is not where Git says already. One that is not stored is
/// left out: the plan then says what to do about it.
async fn kept(
    client: &Client,
    shelf: &Shelf,
    record: &ReleaseStatus,
    git: &Bundle,
) -> Result<Kept, Failure> {
    let mut kept = Kept::new();
    let git = git.bundle.to_string();
    let named = record.stable.iter().chain(&record.candidate);
    let named: Vec<_> = named.chain(&record.pinned).collect();
    if named.iter().all(|revision| revision.bundle == git) {
        return Ok(kept);
    }
    for revision in named {
        let Ok(digest) = revision.bundle.parse::<Digest>() else {
            continue;
        };
        match shelf.load(client, digest).await {
            Ok(bundle) => {
                kept.insert(revision.bundle.clone(), bundle);
            }
            Err(LoadError::Api(error)) => return Err(error.into()),
            Err(LoadError::Missing(_) | LoadError::Broken { .. }) => {}
        }
    }
    Ok(kept)
}

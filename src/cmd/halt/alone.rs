//! Stopping without a daemon: algos and candidates are scaled to 0 with the caller's own rights.

use std::time::Instant;

use super::super::Failure;
use super::LOOK;
use super::scope::Target;
use crate::cluster::resource::Resource;
use crate::cluster::{self, Client, scale};
use crate::halt::Scope;
use crate::object::{Object, mark};
use crate::release::{Release, ReleaseStatus};

/// What was done without a daemon.
pub(super) struct Alone {
    /// What was scaled to 0.
    pub(super) scaled: Vec<String>,
    /// Of what nobody here can tell whether it is to stop.
    pub(super) unknown: Vec<String>,
}

/// What becomes of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It goes to 0.
    Stops,
    /// It keeps running.
    Stays,
    /// That stands in a record, which cannot be read.
    Unknown,
}

/// Scales to 0 what is to stop, as far as can be told.
pub(super) async fn stop(client: &Client, target: &Target) -> Result<Alone, Failure> {
    let mut alone = Alone {
        scaled: Vec::new(),
        unknown: Vec::new(),
    };
    for (workload, fate) in workloads(client, target).await? {
        let is_up = workload.number("/spec/replicas") != Some(0);
        match fate {
            Fate::Stops if is_up => {
                scale::to_zero(client, &workload).await?;
                alone.scaled.push(workload.id().to_string());
            }
            Fate::Unknown if is_up => alone.unknown.push(workload.id().to_string()),
            Fate::Stops | Fate::Stays | Fate::Unknown => {}
        }
    }
    Ok(alone)
}

/// What would be scaled to 0.
pub(super) async fn would_stop(client: &Client, target: &Target) -> Result<Vec<String>, Failure> {
    let workloads = workloads(client, target).await?;
    let stops = workloads.into_iter().filter(|(workload, fate)| {
        *fate == Fate::Stops && workload.number("/spec/replicas") != Some(0)
    });
    Ok(stops
        .map(|(workload, _)| workload.id().to_string())
        .collect())
}

/// Waits until nothing runs any more that is to stop; gives what still does in the end.
pub(super) async fn wait(
    client: &Client,
    target: &Target,
    until: Instant,
) -> Result<Vec<String>, Failure> {
    loop {
        let running = running(client, target).await?;
        if running.is_empty() || Instant::now() >= until {
            return Ok(running);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What still runs that is to stop: workloads that are not at 0, and pods.
pub(super) async fn running(client: &Client, target: &Target) -> Result<Vec<String>, Failure> {
    let mut running = Vec::new();
    let pods = Resource::of("", "Pod").expect("a kind that Tidegate knows");
    for (workload, fate) in workloads(client, target).await? {
        if fate != Fate::Stops {
            continue;
        }
        if workload.number("/spec/replicas") != Some(0) {
            running.push(workload.id().to_string());
            continue;
        }
        let namespace = workload.namespace().unwrap_or_default();
        let instance = workload.label(mark::INSTANCE).unwrap_or_default();
        let selector = format!("{}={instance}", mark::INSTANCE);
        let pods = cluster::list(client, pods, namespace, &selector).await?;
        running.extend(pods.iter().map(|pod| pod.id().to_string()));
    }
    Ok(running)
}

async fn workloads(client: &Client, target: &Target) -> Result<Vec<(Object, Fate)>, Failure> {
    let mut workloads = Vec::new();
    for namespace in &target.namespaces {
        for kind in ["StatefulSet", "Deployment"] {
            let resource = Resource::of("apps", kind).expect("a kind that Tidegate knows");
            let found = cluster::list(client, resource, namespace, mark::OWNER).await?;
            workloads.extend(found);
        }
    }
    workloads.retain(|workload| is_in(target, workload));
    let fates = workloads.into_iter().map(|workload| {
        let fate = fate(target, &workload);
        (workload, fate)
    });
    Ok(fates.collect())
}

fn is_in(target: &Target, workload: &Object) -> bool {
    let strategy = workload.label(mark::STRATEGY);
    match (&target.scope, &target.releases) {
        (Scope::Strategy(named), _) => strategy == Some(named.name.as_str()),
        (_, Some(_)) => release_of(target, workload).is_some(),
        (_, None) => true,
    }
}

fn release_of<'a>(target: &'a Target, workload: &Object) -> Option<&'a Release> {
    let owner = workload.label(mark::OWNER)?;
    let mut releases = target.releases.iter().flatten();
    releases.find(|release| release.spec.owner == owner)
}

/// Algos stop; of a service, what is not the version that ran before; a gateway keeps running.
fn fate(target: &Target, workload: &Object) -> Fate {
    match workload.label("app.kubernetes.io/component") {
        Some("algo") => Fate::Stops,
        Some("service") => {
            let release = release_of(target, workload);
            match release.and_then(|release| release.status.as_ref()) {
                Some(status) => fate_of_track(status, workload),
                None => Fate::Unknown,
            }
        }
        _ => Fate::Stays,
    }
}

fn fate_of_track(status: &ReleaseStatus, workload: &Object) -> Fate {
    let is_stable = workload.label(mark::TRACK) == Some(status.tracks.stable_label());
    match (&status.stable, &status.candidate) {
        (Some(_), None) if is_stable => Fate::Stays,
        // In place of what ran before, pods of both stand under one name.
        (Some(_), Some(_)) if is_stable && status.tracks.candidate.is_some() => Fate::Stays,
        (Some(_), Some(_)) if is_stable => Fate::Unknown,
        (None, None) => Fate::Unknown,
        (Some(_), _) | (None, Some(_)) => Fate::Stops,
    }
}

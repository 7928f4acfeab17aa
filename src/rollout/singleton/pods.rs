//! The pods of a singleton: which are there, which are wrong, and which may still be ending.

use jiff::{SignedDuration, Timestamp};

use crate::object::{Object, mark};

use super::super::health::{self, Health};
use super::super::holdings;
use super::super::unit::{Unit, changes_template};
use super::super::waiting::{By, Wait};
use super::{by_itself, not_taken_in, ready, replicas};

/// How long after its time a pod may still be there before its node is suspected.
const LATE: SignedDuration = SignedDuration::from_secs(30);

/// A pod that is not of the revision that Git says, or that a person wants to be started anew.
pub(super) fn wrong<'a>(unit: &Unit<'a>, live: &Object) -> Option<&'a Object> {
    let mut pods = unit.pods().into_iter();
    pods.find(|pod| unit.is_restarting(pod) || !is_right(unit, live, pod))
}

/// The annotation says which behaviour a pod is of; the revision it was made from says whether
/// somebody edited the template in between.
fn is_right(unit: &Unit<'_>, live: &Object, pod: &Object) -> bool {
    let behaviour = unit.bundle.behaviour.hex();
    if pod.annotation(mark::BEHAVIOUR) != Some(behaviour.as_str()) {
        return false;
    }
    let (Some(desired), Some(revision)) = (unit.workload().0, revision(unit, pod)) else {
        return true;
    };
    let Some(template) = revision.at("/data/spec/template") else {
        return true;
    };
    let mut made_from = live.clone();
    if let Some(slot) = made_from.value_mut().pointer_mut("/spec/template") {
        *slot = template.clone();
    }
    !changes_template(&unit.drift(desired, &made_from))
}

fn revision<'a>(unit: &Unit<'a>, pod: &Object) -> Option<&'a Object> {
    let name = pod.label("controller-revision-hash")?;
    let revisions = unit.of_kind("ControllerRevision");
    revisions
        .into_iter()
        .find(|revision| revision.name() == name)
}

/// What is still there of workloads that are to be down. Their controllers are asked too, whether
/// they have seen that and what they count: the pods and the workloads are watched apart, and one may
/// lag behind the other.
pub(in super::super) fn ending(
    pods: &[&Object],
    workloads: &[&Object],
    now: Timestamp,
) -> (Vec<Wait>, Option<Timestamp>) {
    let (waits, wakes): (Vec<_>, Vec<_>) = pods.iter().map(|pod| wait_for_end(pod, now)).unzip();
    if waits.is_empty() {
        return (
            workloads.iter().filter_map(|it| not_down(it)).collect(),
            None,
        );
    }
    (waits, wakes.into_iter().flatten().min())
}

/// The wait for a workload to be down. That none of its pods is seen says nothing: its controller
/// may be making one.
fn not_down(workload: &Object) -> Option<Wait> {
    let id = workload.id();
    if workload.is_terminating() {
        let what = format!("{id}, which {}", health::deletion(workload));
        return Some(Wait::new(By::Others, what, "it is gone"));
    }
    if replicas(workload) != 0 {
        let what = format!("{id}, which is about to be stopped");
        return Some(by_itself(what, "it is scaled to 0".to_owned()));
    }
    if !holdings::is_seen(workload) {
        return Some(not_taken_in(workload));
    }
    (workload.number("/status/replicas").unwrap_or(0) != 0).then(|| {
        let what = format!(
            "the {} controller, which still counts a pod of {id}",
            id.kind
        );
        by_itself(what, "its `status.replicas` is 0".to_owned())
    })
}

/// The wait for a pod that nothing is going to stop: it does not end, and its workload is gone.
pub(super) fn orphaned(pod: &Object) -> Wait {
    Wait::new(
        By::Others,
        format!("{}, whose workload is gone", pod.id()),
        "it is gone: delete it, if nobody does",
    )
}

/// The wait for a pod to be gone, and when to look at it again. It is never deleted by force: a
/// pod on a node that cannot be reached may well be trading.
fn wait_for_end(pod: &Object, now: Timestamp) -> (Wait, Option<Timestamp>) {
    let id = pod.id();
    let node = match pod.text("/spec/nodeName") {
        "" => "no node".to_owned(),
        node => format!("node `{node}`"),
    };
    let Some((since, due)) = times(pod) else {
        let what = format!("{id} on {node}, which is about to be stopped");
        return (by_itself(what, "it is gone".to_owned()), None);
    };
    let what = format!("{id} on {node}, which is stopping since {since}");
    let late = due.saturating_add(LATE).unwrap_or(due);
    if now < late {
        return (by_itself(what, "it is gone".to_owned()), Some(late));
    }
    let until = format!(
        "it is gone. It is past its grace period: see whether {node} can be reached; once you have made sure that the machine is off, taint it with `node.kubernetes.io/out-of-service` and the pod goes"
    );
    (Wait::new(By::Others, what, until), None)
}

/// Since when a pod is being deleted, and when it should be gone.
fn times(pod: &Object) -> Option<(Timestamp, Timestamp)> {
    let due: Timestamp = pod.text("/metadata/deletionTimestamp").parse().ok()?;
    let grace = pod
        .number("/metadata/deletionGracePeriodSeconds")
        .unwrap_or(0);
    let since = due.saturating_sub(SignedDuration::from_secs(grace)).ok()?;
    Some((since, due))
}

/// Whether the pod is the approved one, and as it should be.
pub(super) fn verified(unit: &Unit<'_>, live: &Object) -> Health {
    let pods = unit.pods();
    let revisions = [
        live.text("/status/currentRevision"),
        live.text("/status/updateRevision"),
    ];
    let stray = pods.iter().find(|pod| {
        let revision = pod.label("controller-revision-hash").unwrap_or_default();
        !revisions.contains(&revision)
    });
    if let Some(pod) = stray {
        return Health::Progressing(format!(
            "pod `{}` is of no revision that its controller knows",
            pod.name()
        ));
    }
    ready(live, &pods)
}

//! Records that are gone while what they told of still runs: somebody deleted a Release, or the
//! namespace of the records.
//!
//! Nobody knows then which version was judged, and which failed. What runs as Git says is taken over
//! as it is, where it stands; what would take the place of another version waits, since it would
//! come as a first one does, past its gates.

use super::Observed;
use super::hours::Shut;
use super::stage::is_workload;
use super::waiting::{By, Wait};
use crate::compile::Bundle;
use crate::digest::{Digest, short};
use crate::object::{Object, mark};
use crate::release::ReleaseStatus;
use crate::resolve::rollout::Style;

/// Whether nothing is known of a unit.
pub(super) fn is_blank(record: &ReleaseStatus) -> bool {
    let is_unknown = record.stable.is_none() && record.candidate.is_none();
    is_unknown && record.rollout.is_none() && record.history.is_empty()
}

/// Why a unit of which nothing is known is left as it is: another version of it runs.
pub(super) fn shut(record: &ReleaseStatus, git: &Bundle, observed: &Observed) -> Option<Shut> {
    let style = git.rollout.as_ref()?.style;
    if style == Style::NextRun || !is_blank(record) {
        return None;
    }
    let wanted = git.behaviour.hex();
    let mut others = running(observed).filter(|(_, behaviour)| *behaviour != wanted);
    let (workload, behaviour) = others.next()?;
    let wait = Wait::new(
        By::Others,
        format!(
            "a person: the record of what runs is gone, and {} runs {}, not what Git says",
            workload.id(),
            short(behaviour)
        ),
        "Git says what runs, or what is of another version is deleted (`kubectl delete`)",
    );
    Some(wait.into())
}

/// Whether a unit of which nothing is known runs as Git says already.
pub(super) fn runs_already(record: &ReleaseStatus, observed: &Observed, behaviour: Digest) -> bool {
    let behaviour = behaviour.hex();
    let mut running = running(observed).peekable();
    is_blank(record)
        && running.peek().is_some()
        && running.all(|(_, runs)| runs == behaviour.as_str())
}

/// The track of what runs as Git says already, of a unit of which nothing is known: that of the pods
/// that its clients reach, where there are several.
pub(super) fn track<'a>(
    record: &ReleaseStatus,
    observed: &'a Observed,
    behaviour: Digest,
) -> Option<&'a str> {
    if !runs_already(record, observed, behaviour) {
        return None;
    }
    let serves = |workload: &Object| {
        let instance = workload.label(mark::INSTANCE);
        let mut services = observed
            .objects
            .values()
            .filter(|it| it.kind() == "Service");
        services.any(|service| {
            let selector = service.at("/spec/selector");
            let selected = selector.and_then(|it| it.get(mark::INSTANCE)?.as_str());
            selected.is_some() && selected == instance
        })
    };
    let workloads: Vec<_> = running(observed).map(|(workload, _)| workload).collect();
    let mut serving = workloads.iter().filter(|workload| serves(workload));
    serving.next().or(workloads.first())?.label(mark::TRACK)
}

/// Whether anything runs of a unit.
pub(super) fn runs_anything(observed: &Observed) -> bool {
    running(observed).next().is_some()
}

/// The workloads that have pods, and the behaviour of each.
fn running(observed: &Observed) -> impl Iterator<Item = (&Object, &str)> {
    let workloads = observed.objects.values().filter(|it| is_workload(it));
    let workloads = workloads.filter(|it| !it.is_terminating());
    let workloads = workloads.filter(|it| it.number("/spec/replicas") != Some(0));
    workloads.filter_map(|workload| Some((workload, behaviour(workload)?)))
}

/// The behaviour of the pods that a workload makes.
pub(super) fn behaviour(workload: &Object) -> Option<&str> {
    let annotations = workload.at("/spec/template/metadata/annotations")?;
    annotations.get(mark::BEHAVIOUR)?.as_str()
}

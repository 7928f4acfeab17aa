//! What must hold before a unit is touched at all.

use serde_json::Value;

use crate::object::{Object, ObjectId, mark};

use super::Leftover;
use super::consent;
use super::unit::Unit;
use super::waiting::{By, Wait};

/// Everything that keeps a unit from being touched, all at once.
pub(super) fn closed(unit: &Unit<'_>) -> Vec<Wait> {
    let mut waits = Vec::new();
    waits.extend(namespace(unit));
    waits.extend(foreign(unit));
    if !unit.is_settled() {
        waits.extend(after(unit));
        waits.extend(undeclared_rename(unit));
        waits.extend(old_pods(unit));
    }
    waits
}

fn namespace(unit: &Unit<'_>) -> Option<Wait> {
    let why = unit.situation.observed.namespace.as_ref()?;
    let namespace = &unit.bundle.namespace;
    Some(Wait::new(
        By::Others,
        format!("namespace `{namespace}`, {why}"),
        format!("desk `{}` is ready", unit.bundle.desk),
    ))
}

fn foreign(unit: &Unit<'_>) -> impl Iterator<Item = Wait> {
    unit.desired().filter_map(|desired| {
        let id = desired.id();
        let object = unit.situation.observed.foreign.get(&id)?;
        unit.live(&id).is_none().then(|| in_the_way(&id, object))
    })
}

fn in_the_way(id: &ObjectId, object: &Object) -> Wait {
    let other = match id.kind.as_str() {
        "Namespace" => "the desk gets another `namespace`",
        _ => "the strategy gets another name",
    };
    Wait::new(
        By::Others,
        format!(
            "{id}, which exists and is not this unit's: {}",
            owner(object)
        ),
        format!(
            "it is deleted or renamed, or {other}; Tidegate takes nothing over that it did not make"
        ),
    )
}

/// Who seems to own an object, by the marks that tools leave.
fn owner(object: &Object) -> String {
    if object.label(mark::OWNER).is_some() {
        let strategy = object.label(mark::STRATEGY);
        return strategy.map_or_else(
            || "it belongs to another desk of Tidegate's".to_owned(),
            |strategy| format!("it belongs to strategy `{strategy}` of Tidegate's"),
        );
    }
    if let Some(release) = object.annotation("meta.helm.sh/release-name") {
        return format!("it belongs to Helm release `{release}`");
    }
    if let Some(application) = object.annotation("argocd.argoproj.io/tracking-id") {
        return format!("it belongs to Argo CD (`{application}`)");
    }
    let managers = object.managed_fields();
    let mut names = managers.filter_map(|entry| entry.get("manager").and_then(Value::as_str));
    let first = names.next();
    first.map_or_else(
        || "nobody knows who made it".to_owned(),
        |manager| format!("it was last written by `{manager}`"),
    )
}

fn after(unit: &Unit<'_>) -> impl Iterator<Item = Wait> {
    let states = &unit.situation.observed.after;
    unit.bundle.after.iter().filter_map(|strategy| {
        let why = match states.get(strategy) {
            Some(Ok(())) => return None,
            Some(Err(why)) => why.as_str(),
            None => "nothing is known about it",
        };
        Some(Wait::new(
            By::Others,
            format!("strategy `{strategy}`, which comes first: {why}"),
            format!("strategy `{strategy}` is ready"),
        ))
    })
}

/// A new strategy on a holding whose last holder left a claim behind looks like a rename that
/// nobody declared: starting it with empty state could trade on top of the old positions.
fn undeclared_rename(unit: &Unit<'_>) -> impl Iterator<Item = Wait> {
    let is_new = unit.record.stable.is_none() && unit.workload().1.is_none();
    let declared = unit.bundle.renamed_from.as_ref();
    let leftovers = unit.situation.observed.leftovers.iter();
    leftovers
        .filter(move |leftover| is_new && Some(&leftover.strategy) != declared)
        .map(|leftover| ask_about(leftover, &unit.bundle.namespace))
}

fn ask_about(leftover: &Leftover, namespace: &str) -> Wait {
    let Leftover {
        strategy,
        holding,
        claim,
    } = leftover;
    let rename = if claim.namespace() == Some(namespace) {
        format!("the spec says `renamedFrom: {strategy}`")
    } else {
        "the state is moved by hand".to_owned()
    };
    Wait::new(
        By::Others,
        format!(
            "a person: `{holding}` was held by strategy `{strategy}`, whose {} still exists",
            claim.id()
        ),
        format!(
            "{rename}, or the claim is given up: `consents:` of `tidegate.yaml` has {}",
            consent::object_entry(claim)
        ),
    )
}

fn old_pods(unit: &Unit<'_>) -> impl Iterator<Item = Wait> {
    unit.situation.observed.old_pods.iter().map(|id| {
        Wait::new(
            By::Others,
            format!("{id} of the strategy that this one was"),
            format!("{id} is gone or scaled down"),
        )
    })
}

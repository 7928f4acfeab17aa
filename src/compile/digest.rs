//! The two digests of a bundle.
//!
//! `bundle` covers every byte. `behaviour` covers all but what [`MINOR`] lists: approvals and
//! quarantine bind to it, pods carry it, and a change of it restarts them. Both are taken before it
//! is stamped on the pod template.

use serde_json::{Value, json};

use super::VERSION;
use super::fields::sorted;
use crate::digest::Digest;
use crate::object::Object;
use crate::people::Authority;
use crate::resolve::{
    ConfigFile, Desk, Engine, Holding, Model, SecretTarget, SecretUse, StateVolume, Strategy, When,
};
use crate::spec::names::StrategyName;

/// The digests of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digests {
    /// Every byte.
    pub(super) bundle: Digest,
    /// Every byte but the minor ones.
    pub(super) behaviour: Digest,
}

/// Where a minor field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// In every object but Namespaces, whose labels are policy.
    ObjectsButNamespaces,
    /// In every object.
    Objects,
    /// In objects of one kind.
    Kind(&'static str),
    /// In what is digested beside the objects.
    Inputs,
}

/// The minor fields: a change of these alone neither restarts a pod nor voids an approval. A line
/// here must never name anything that a pod template holds, or that changes what a program does.
const MINOR: &[(Where, &str)] = &[
    // Whom to write to, and when.
    (Where::Objects, "/metadata/annotations"),
    (Where::Inputs, "/deferred/observe.alerts"),
    // Those that matter are on the pods too.
    (Where::ObjectsButNamespaces, "/metadata/labels"),
    // How many and how fast, not what.
    (Where::Kind("Deployment"), "/spec/replicas"),
    (Where::Kind("StatefulSet"), "/spec/replicas"),
    (Where::Kind("Deployment"), "/spec/progressDeadlineSeconds"),
    (Where::Kind("Job"), "/spec/parallelism"),
    (Where::Kind("CronJob"), "/spec/jobTemplate/spec/parallelism"),
    (Where::Inputs, "/deferred/scale"),
    (Where::Inputs, "/deferred/replicas.max"),
    // How fast nodes are drained.
    (Where::Kind("PodDisruptionBudget"), "/spec"),
    // A volume grows while it is mounted.
    (Where::Kind("PersistentVolumeClaim"), "/spec/resources"),
    // How and when a change comes, not what it is.
    (Where::Inputs, "/after"),
    (Where::Inputs, "/requires"),
    (Where::Inputs, "/rollout"),
    (Where::Inputs, "/authority"),
    (Where::Inputs, "/deferred/rollout"),
    (Where::Inputs, "/deferred/window"),
    // Its claims are found by what they keep.
    (Where::Inputs, "/renamedFrom"),
    // Housekeeping.
    (Where::Kind("Deployment"), "/spec/revisionHistoryLimit"),
    (Where::Kind("StatefulSet"), "/spec/revisionHistoryLimit"),
    (Where::Kind("Job"), "/spec/ttlSecondsAfterFinished"),
    (Where::Kind("CronJob"), "/spec/failedJobsHistoryLimit"),
    (Where::Kind("CronJob"), "/spec/successfulJobsHistoryLimit"),
    (Where::Kind("CronJob"), "/spec/startingDeadlineSeconds"),
];

/// The digests of a desk's surroundings.
pub(super) fn of_desk(desk: &Desk, objects: &[Object]) -> Digests {
    let mut inputs = json!({"version": VERSION, "desk": desk.name.as_str()});
    if let Some(authority) = &desk.authority {
        inputs["authority"] = json!(authority);
    }
    digests(objects, inputs)
}

/// The digests of a strategy.
pub(super) fn of_strategy<'o>(
    strategy: &Strategy,
    objects: impl IntoIterator<Item = &'o Object>,
) -> Digests {
    digests(objects, inputs(strategy))
}

/// The kinds that say how many pods there are and how traffic reaches them: that there is one at
/// all changes nothing about what the pods do.
const BESIDE: [&str; 2] = ["HTTPRoute", "HorizontalPodAutoscaler"];

fn is_beside(object: &Value) -> bool {
    let kind = object.get("kind").and_then(Value::as_str);
    kind.is_some_and(|kind| BESIDE.contains(&kind))
}

fn digests<'o>(objects: impl IntoIterator<Item = &'o Object>, inputs: Value) -> Digests {
    let objects = objects.into_iter().map(|object| object.value().clone());
    let mut parts: Vec<Value> = objects.chain([sorted(inputs)]).collect();
    let bundle = canonical(&parts);
    parts.retain(|part| !is_beside(part));
    if let Some((inputs, objects)) = parts.split_last_mut() {
        for (place, pointer) in MINOR {
            let found = objects.iter_mut().filter(|object| matches(*place, object));
            found.for_each(|object| remove(object, pointer));
            if *place == Where::Inputs {
                remove(inputs, pointer);
            }
        }
    }
    let behaviour = canonical(&parts);
    Digests { bundle, behaviour }
}

fn matches(place: Where, object: &Value) -> bool {
    let kind = object.get("kind").and_then(Value::as_str);
    match place {
        Where::ObjectsButNamespaces => kind != Some("Namespace"),
        Where::Objects => true,
        Where::Kind(wanted) => kind == Some(wanted),
        Where::Inputs => false,
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(map)) = value.pointer_mut(parent) {
        map.shift_remove(key);
    }
}

/// Hashes JSON without spaces; the keys of its mappings are in order already.
fn canonical(parts: &[Value]) -> Digest {
    Digest::of_parts(parts.iter().map(Value::to_string))
}

/// What is digested beside the objects. A new field of a strategy is not forgotten here: each is
/// named, also those that are left out because the objects show them, or because they are places.
fn inputs(strategy: &Strategy) -> Value {
    let Strategy {
        name,
        desk,
        class,
        mode,
        engine,
        secrets,
        models,
        account,
        on_stop,
        deferred,
        after,
        requires,
        rollout,
        authority,
        scale: _,
        renamed_from,
        state,
        config,
        image: _,
        command: _,
        args: _,
        env: _,
        resources: _,
        placement: _,
        network: _,
        ports: _,
        probes: _,
        metrics: _,
        replicas: _,
        run,
        job: _,
        origins: _,
        span: _,
    } = strategy;
    let mut inputs = json!({
        "version": VERSION,
        "strategy": name.as_str(),
        "desk": desk.as_str(),
        "class": class,
        "mode": mode,
        "engine": profile(engine),
        "secrets": super::fields::set(secrets.iter().map(secret)),
        "models": super::fields::set(models.iter().map(model)),
        "account": account.as_ref().map(holding),
        "state": super::fields::set(state.iter().map(volume)),
        "config": super::fields::set(config.iter().map(file)),
        "onStop": on_stop,
        "deferred": deferred,
        "after": super::fields::set(after.iter().map(|it| json!(it.as_str()))),
        "rollout": rollout,
        "renamedFrom": renamed_from.as_ref().map(StrategyName::as_str),
    });
    add_rest(&mut inputs, run.as_ref(), authority.as_ref(), requires);
    inputs
}

/// Adds what there need not be: what has none of it keeps the digests it had. Cron fields are in the
/// object.
fn add_rest(
    inputs: &mut Value,
    run: Option<&When>,
    authority: Option<&Authority>,
    requires: &[StrategyName],
) {
    if let Some(run) = run.filter(|run| run.is_driven()) {
        inputs["run"] = json!(run);
    }
    if let Some(authority) = authority {
        inputs["authority"] = json!(authority);
    }
    if !requires.is_empty() {
        let requires = requires.iter().map(|it| json!(it.as_str()));
        inputs["requires"] = json!(super::fields::set(requires));
    }
}

/// The profile's own digest covers all of it.
fn profile(engine: &Engine) -> Value {
    json!({"name": engine.name.as_str(), "digest": engine.digest})
}

fn secret(secret: &SecretUse) -> Value {
    let SecretUse {
        secret,
        key,
        target,
        scope,
    } = secret;
    let target = match target {
        SecretTarget::File(path) => json!({"file": path}),
        SecretTarget::Env(name) => json!({"env": name}),
    };
    json!({"secret": secret, "key": key, "target": target, "scope": scope})
}

fn model(model: &Model) -> Value {
    let Model {
        name,
        reference,
        mount_path,
        freshness,
    } = model;
    json!({
        "name": name,
        "reference": reference.to_string(),
        "mountPath": mount_path,
        "freshness": freshness,
    })
}

fn holding(holding: &Holding) -> Value {
    let Holding {
        account,
        venue,
        exclusive,
    } = holding;
    let exclusive = super::fields::set(exclusive.iter().map(|it| json!(it)));
    json!({"account": account.as_str(), "venue": venue, "exclusive": exclusive})
}

/// Its size may grow while it is mounted: the claim shows it.
fn volume(state: &StateVolume) -> Value {
    let StateVolume {
        name,
        mount_path,
        size: _,
        class,
    } = state;
    let class = class.as_ref().map(|class| class.name.as_str());
    json!({"name": name, "mountPath": mount_path, "class": class})
}

/// Where in the fleet its text comes from is no matter.
fn file(file: &ConfigFile) -> Value {
    let ConfigFile {
        path,
        text,
        source: _,
        writable,
    } = file;
    json!({"path": path, "text": Digest::of(text), "writable": writable})
}

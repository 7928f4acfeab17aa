//! A unit's objects, in the order in which they are applied, and its digests.

use std::collections::BTreeSet;

use super::context::Context;
use super::{
    Bundle, Owner, UnitId, VERSION, config_map, cron_job, deployment, digest, hpa, http_route, job,
    limit_range, names, namespace, network_policy, pdb, pvc, resource_quota, role_binding, service,
    service_account, stateful_set,
};
use crate::halt::Touches;
use crate::object::{Object, ObjectId, mark};
use crate::resolve::{Class, Desk, Fleet, Strategy, When};
use serde_json::{Value, json};

/// Compiles what surrounds a desk's strategies.
pub(super) fn desk(fleet: &Fleet, desk: &Desk) -> Bundle {
    let owner = Owner::of(&fleet.name, &fleet.cluster.name, &desk.name, None);
    let mut objects = vec![namespace::build(fleet, desk, &owner)];
    objects.extend(resource_quota::build(fleet, desk, &owner));
    objects.push(limit_range::build(fleet, desk, &owner));
    objects.push(network_policy::deny(fleet, desk, &owner));
    objects.extend(role_binding::build(fleet, desk, &owner));
    let digests = digest::of_desk(desk, &objects);
    Bundle {
        version: VERSION,
        unit: UnitId::Desk(desk.name.clone()),
        desk: desk.name.clone(),
        namespace: desk.namespace.clone(),
        class: None,
        owner,
        objects,
        workload: None,
        holdings: Vec::new(),
        touches: Touches::default(),
        after: Vec::new(),
        requires: Vec::new(),
        rollout: None,
        authority: desk.authority.clone(),
        run: None,
        renamed_from: None,
        bundle: digests.bundle,
        behaviour: digests.behaviour,
    }
}

/// Compiles a strategy.
pub(super) fn strategy(fleet: &Fleet, strategy: &Strategy) -> Bundle {
    let context = Context::new(fleet, strategy);
    let mut workload = workload(&context);
    let mut objects = surroundings(&context, &workload);
    let digests = digests(fleet, strategy, &objects, &workload);
    let holdings = holdings(strategy);
    stamp(&mut workload, &digests.behaviour, &holdings);
    if workload.kind() == "Job" {
        rename(&mut workload, &names::job(strategy, &digests.behaviour));
    }
    let id = workload.id();
    objects.push(workload);
    bundle(&context, objects, id, holdings, digests)
}

/// The digests of a strategy. Which of its names first made a claim is no matter: taking
/// `renamedFrom` out, once the claim is known by its record, must not restart anything.
fn digests(
    fleet: &Fleet,
    strategy: &Strategy,
    objects: &[Object],
    workload: &Object,
) -> digest::Digests {
    if strategy.renamed_from.is_none() {
        return digest::of_strategy(strategy, objects.iter().chain([workload]));
    }
    let renamed = Strategy {
        renamed_from: None,
        ..strategy.clone()
    };
    let context = Context::new(fleet, &renamed);
    let workload = self::workload(&context);
    let objects = surroundings(&context, &workload);
    digest::of_strategy(strategy, objects.iter().chain([&workload]))
}

fn bundle(
    context: &Context<'_>,
    objects: Vec<Object>,
    workload: ObjectId,
    holdings: Vec<String>,
    digests: digest::Digests,
) -> Bundle {
    let strategy = context.strategy;
    let after: BTreeSet<_> = strategy.after.iter().cloned().collect();
    Bundle {
        version: VERSION,
        unit: UnitId::Strategy(strategy.name.clone()),
        desk: strategy.desk.clone(),
        namespace: context.desk.namespace.clone(),
        class: Some(strategy.class),
        owner: context.owner.clone(),
        objects,
        workload: Some(workload),
        holdings,
        touches: touches(strategy),
        after: after.into_iter().collect(),
        requires: strategy.requires.clone(),
        rollout: Some(strategy.rollout.clone()),
        authority: strategy.authority.clone(),
        run: strategy.run.clone().filter(When::is_driven),
        renamed_from: strategy.renamed_from.clone(),
        bundle: digests.bundle,
        behaviour: digests.behaviour,
    }
}

/// All that a workload needs before it starts.
fn surroundings(context: &Context<'_>, workload: &Object) -> Vec<Object> {
    let mut objects = vec![service_account::build(context)];
    objects.extend(config_map::build(context));
    objects.extend(pvc::build(context));
    objects.push(network_policy::build(context));
    match context.strategy.class {
        Class::Algo | Class::Gateway => {
            objects.push(service::singleton(context));
            objects.push(pdb::singleton(context));
        }
        Class::Service => {
            objects.extend(service::clients(context));
            objects.extend(keeps_state(context).then(|| service::pods(context)));
            objects.push(pdb::service(context));
            let strategy = context.strategy;
            let scale = strategy.scale.as_ref();
            objects.extend(scale.map(|scale| hpa::build(context, scale, workload)));
            let route = strategy.rollout.route.as_ref();
            objects.extend(route.map(|route| http_route::build(context, route)));
        }
        Class::Job => {}
    }
    objects
}

fn workload(context: &Context<'_>) -> Object {
    match context.strategy.class {
        Class::Algo | Class::Gateway => stateful_set::singleton(context),
        Class::Service if keeps_state(context) => stateful_set::service(context),
        Class::Service => deployment::build(context),
        Class::Job => match &context.strategy.run {
            Some(When::Cron(schedule)) => cron_job::build(context, schedule),
            Some(When::Session(_)) => cron_job::by_session(context),
            Some(When::While(_)) | None => job::build(context),
        },
    }
}

fn keeps_state(context: &Context<'_>) -> bool {
    !context.strategy.state.is_empty()
}

fn holdings(strategy: &Strategy) -> Vec<String> {
    let exclusive = strategy.account.iter().flat_map(|it| &it.exclusive);
    let exclusive: BTreeSet<&String> = exclusive.collect();
    exclusive.into_iter().cloned().collect()
}

/// The account and its venue, and the venues that the limits name.
fn touches(strategy: &Strategy) -> Touches {
    let account = strategy.account.iter();
    let limits = strategy.deferred.get("limits");
    let venues = limits.and_then(|limits| limits.get("venues")?.as_array());
    let venues = venues.into_iter().flatten().filter_map(Value::as_str);
    Touches {
        accounts: account.clone().map(|it| it.account.to_string()).collect(),
        venues: account
            .map(|it| it.venue.as_str())
            .chain(venues)
            .map(str::to_owned)
            .collect(),
    }
}

/// Writes on the pod template what it is, so that a pod can be held against what was approved.
fn stamp(workload: &mut Object, behaviour: &crate::digest::Digest, holdings: &[String]) {
    let pointer = match workload.kind() {
        "CronJob" => "/spec/jobTemplate/spec/template/metadata",
        _ => "/spec/template/metadata",
    };
    let metadata = workload
        .value_mut()
        .pointer_mut(pointer)
        .expect("every workload has a pod template");
    let mut annotations = metadata
        .get("annotations")
        .cloned()
        .unwrap_or_else(|| json!({}));
    annotations[mark::BEHAVIOUR] = json!(behaviour.hex());
    if !holdings.is_empty() {
        annotations[mark::HOLDINGS] = Value::String(json!(holdings).to_string());
    }
    metadata["annotations"] = super::fields::sorted(annotations);
    *metadata = super::fields::sorted(metadata.take());
}

/// Renames a workload that is named by what it is.
fn rename(workload: &mut Object, name: &str) {
    let metadata = &mut workload.value_mut()["metadata"];
    metadata["name"] = json!(name);
    metadata["labels"][mark::INSTANCE] = json!(name);
}

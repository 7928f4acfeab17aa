//! Holds every change of the cluster against the invariants.
//!
//! Nothing here asks the code under test: what a pod refers to, who may be deleted and what a
//! service may lack is worked out anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use tidegate::compile::{Bundle, UnitId};
use tidegate::object::{Object, ObjectId, mark};
use tidegate::release::ReleaseStatus;

use super::cluster::is_ready;
use super::people::is_edited;
use super::{Entry, Id, World, assent, stages, strategy};
use crate::sim::fleet::{self, Compiled, Service, Style};
use crate::sim::invariant::Invariant;

/// What matters about a pod, none of which ever changes.
#[derive(Debug)]
pub(super) struct PodFacts {
    pub(super) strategy: Arc<str>,
    is_singleton: bool,
    /// Whether it is there because a person scaled its workload.
    is_by_hand: bool,
    holdings: Vec<String>,
    references: Vec<ObjectId>,
}

/// Whether an object is a singleton's workload or its pod.
fn is_singleton(object: &Object) -> bool {
    let component = object.label("app.kubernetes.io/component");
    matches!(component, Some("algo" | "gateway"))
}

/// What matters about a pod that is made.
pub(super) fn facts(world: &World, object: &Object) -> Option<Arc<PodFacts>> {
    if object.kind() != "Pod" {
        return None;
    }
    Some(Arc::new(PodFacts {
        strategy: strategy(object).into(),
        is_singleton: is_singleton(object),
        is_by_hand: is_by_hand(world, object),
        holdings: holdings(object.annotation(mark::HOLDINGS)),
        references: references(object),
    }))
}

fn holdings(said: Option<&str>) -> Vec<String> {
    said.and_then(|said| serde_json::from_str(said).ok())
        .unwrap_or_default()
}

fn is_by_hand(world: &World, pod: &Object) -> bool {
    let mut uid = pod.text("/metadata/ownerReferences/0/uid").to_owned();
    loop {
        let mut all = world.entries.values();
        let Some(maker) = all.find(|it| it.object.uid() == Some(&uid)) else {
            return false;
        };
        if let Some(claims) = &maker.claims {
            return claims.edited.contains_key("/spec/replicas");
        }
        uid = maker
            .object
            .text("/metadata/ownerReferences/0/uid")
            .to_owned();
    }
}

fn references(pod: &Object) -> Vec<ObjectId> {
    let volumes = pod.at("/spec/volumes").and_then(Value::as_array);
    let id = |kind: &str, name: &Value| ObjectId {
        group: String::new(),
        kind: kind.to_owned(),
        namespace: pod.namespace().map(str::to_owned),
        name: name.as_str().unwrap_or_default().to_owned(),
    };
    let volumes = volumes.into_iter().flatten();
    volumes
        .filter_map(|volume| {
            let config = volume
                .pointer("/configMap/name")
                .map(|it| id("ConfigMap", it));
            let claim = volume.pointer("/persistentVolumeClaim/claimName");
            config.or_else(|| claim.map(|it| id("PersistentVolumeClaim", it)))
        })
        .collect()
}

fn has_ended(pod: &Object) -> bool {
    matches!(pod.text("/status/phase"), "Succeeded" | "Failed")
}

/// An object was written.
pub(super) fn stored(world: &mut World, id: &Id, is_new: bool) {
    let Some(entry) = world.get(id).cloned() else {
        return;
    };
    let Some(pod) = &entry.pod else {
        if matches!(id.kind.as_str(), "Service" | "HTTPRoute") {
            let of = strategy(&entry.object).to_owned();
            check_service(world, &of);
        }
        return;
    };
    if is_new {
        born(world, id, pod);
        check_most(world, &pod.strategy);
        stages::born(world, &pod.strategy, &entry.object);
    }
    if is_ready(&entry.object)
        && let Some(behaviour) = entry.object.annotation(mark::BEHAVIOUR)
    {
        world.count_ready(behaviour);
    }
    let of = pod.strategy.clone();
    check_service(world, &of);
}

/// An object is gone.
pub(super) fn gone(world: &mut World, id: &Id, entry: &Entry) {
    if let Some(pod) = &entry.pod {
        let of = pod.strategy.clone();
        check_service(world, &of);
        return;
    }
    if !matches!(id.kind.as_str(), "ConfigMap" | "PersistentVolumeClaim") {
        return;
    }
    let refers = |it: &&Arc<Entry>| {
        let facts = it.pod.as_ref();
        !has_ended(&it.object) && facts.is_some_and(|pod| pod.references.contains(id))
    };
    let user = world
        .pods()
        .map(|(_, it)| it)
        .find(refers)
        .map(|it| it.object.id());
    if let Some(user) = user
        && !world.missing.contains(id)
    {
        world.violate(
            Invariant::ReferencesExist,
            format!("{id} is gone, and {user} refers to it"),
        );
    }
}

fn born(world: &mut World, id: &Id, new: &PodFacts) {
    let lacks = new.references.iter();
    let lack = lacks
        .filter(|it| !world.entries.contains_key(*it) && !world.missing.contains(*it))
        .map(|it| format!("{id} refers to {it}, which is not there"))
        .next();
    if let Some(lack) = lack {
        world.violate(Invariant::ReferencesExist, lack);
    }
    if new.is_by_hand {
        return;
    }
    let mut found = None;
    for (other_id, entry) in world.pods().filter(|(other, _)| *other != id) {
        let Some(other) = entry.pod.as_ref().filter(|it| !it.is_by_hand) else {
            continue;
        };
        if let Some(holding) = new.holdings.iter().find(|it| other.holdings.contains(it)) {
            let what = format!("{id} and {other_id} are both on `{holding}`");
            found = Some((Invariant::OnePodPerHolding, what));
            break;
        }
        if is_twin(new, other) {
            let what = format!("{id} comes beside {other_id}");
            found = Some((Invariant::OnePodPerSingleton, what));
        }
    }
    if let Some((invariant, what)) = found {
        world.violate(invariant, what);
    }
}

/// Whether two pods would be two of one singleton: of one strategy, or on one claim.
fn is_twin(new: &PodFacts, other: &PodFacts) -> bool {
    let is_claim = |it: &&ObjectId| it.kind == "PersistentVolumeClaim";
    let mut claims = new.references.iter().filter(is_claim);
    (new.is_singleton || other.is_singleton)
        && (new.strategy == other.strategy || claims.any(|claim| other.references.contains(claim)))
}

/// A write of ours is about to be done.
pub(super) fn applied(
    world: &mut World,
    unit: &UnitId,
    id: &ObjectId,
    object: &Object,
    manager: &str,
) {
    let record = world.records.get(unit).cloned().unwrap_or_default();
    let is_turn = manager == mark::RUNTIME_MANAGER;
    let lists = |record: &ReleaseStatus| {
        let mut entries = record.inventory.iter();
        entries.any(|it| it.kind == id.kind && it.name == id.name && it.namespace == id.namespace)
    };
    if !is_turn && !lists(&record) {
        let what = format!("{id} is applied, and the record of {unit} does not list it");
        world.violate(Invariant::RecordBeforeAction, what);
    }
    let live = world.get(id).cloned();
    if let Some(what) = started_halted(world, unit, object, live.as_deref(), is_turn) {
        world.violate(Invariant::HaltHolds, what);
    }
    if let Some(what) = applied_unasked(world, unit, object, &record) {
        world.violate(Invariant::ApprovedFirst, what);
    }
    if id.kind == "StatefulSet" {
        let live = world.get(id).cloned();
        let found = if is_turn {
            started_unrecorded(&record, object, live.as_deref())
        } else {
            live.and_then(|live| under_pod(world, id, object, &live))
        };
        if let Some((invariant, what)) = found {
            world.violate(invariant, what);
        }
    }
    if id.kind == "Deployment" {
        let live = world.get(id).cloned();
        let found = live.and_then(|live| stages::touched(world, unit, object, &live, is_turn));
        if let Some((invariant, what)) = found {
            world.violate(invariant, what);
        }
    }
    if id.kind == "Job" && world.get(id).is_none() {
        let mut runs = record.runs.iter();
        if runs.any(|run| run.name == id.name && run.end.is_some()) {
            world.violate(
                Invariant::RunsOnce,
                format!("{id} ended, and is made again"),
            );
        }
    }
}

/// That something is made, or an algo is started, while a Halt stands. What a daemon sends that no
/// longer leads may have been decided before.
fn started_halted(
    world: &World,
    unit: &UnitId,
    object: &Object,
    live: Option<&Entry>,
    is_turn: bool,
) -> Option<String> {
    if world.is_late || !world.is_halted(unit) {
        return None;
    }
    let Some(live) = live else {
        return Some(format!("{} is made, and {unit} is halted", object.id()));
    };
    let is_algo = live.object.label("app.kubernetes.io/component") == Some("algo");
    let starts = is_turn && object.number("/spec/replicas").is_some_and(|it| it > 0);
    (is_algo && starts).then(|| format!("{} is started, and {unit} is halted", object.id()))
}

/// That something of a version is applied which people had to approve first, and did not.
fn applied_unasked(
    world: &mut World,
    unit: &UnitId,
    object: &Object,
    record: &ReleaseStatus,
) -> Option<String> {
    let behaviour = annotation(object, mark::BEHAVIOUR)?;
    let ran = record.history.iter().map(|it| &it.revision);
    let mut ran = ran.chain(&record.stable).chain(&record.pinned);
    if ran.any(|it| it.behaviour.ends_with(behaviour)) {
        return None;
    }
    let kept = world.kept.clone();
    let mut bundles = kept.values().filter(|it| it.unit == *unit);
    let bundle = bundles.find(|it| it.behaviour.hex() == behaviour)?;
    if assent::asked(bundle).is_empty() || world.is_cleared(unit, bundle, record) {
        return None;
    }
    let id = object.id();
    Some(format!(
        "{id} of {behaviour} is applied, and nobody approved that"
    ))
}

fn started_unrecorded(
    record: &ReleaseStatus,
    turn: &Object,
    live: Option<&Entry>,
) -> Option<(Invariant, String)> {
    let live = live.filter(|it| is_singleton(&it.object))?;
    turn.number("/spec/replicas")
        .filter(|replicas| *replicas > 0)?;
    let said = annotation(&live.object, mark::HOLDINGS);
    let held = holdings(said);
    let missing = held.iter().find(|it| !record.holdings.contains(it))?;
    let what = format!("{} is started on `{missing}`, unrecorded", live.object.id());
    Some((Invariant::RecordBeforeAction, what))
}

fn under_pod(
    world: &World,
    id: &ObjectId,
    object: &Object,
    live: &Entry,
) -> Option<(Invariant, String)> {
    let behaviour = |it: &Object| annotation(it, mark::BEHAVIOUR).map(str::to_owned);
    let is_another = behaviour(object) != behaviour(&live.object);
    if !is_another || !is_singleton(&live.object) {
        return None;
    }
    let uid = live.object.uid();
    let mut pods = world.pods().filter(|(_, it)| it.maker.as_deref() == uid);
    let runs = pods.any(|(_, it)| it.pod.as_ref().is_some_and(|pod| !pod.is_by_hand));
    let is_up = live.object.number("/spec/replicas") != Some(0);
    (runs || is_up).then(|| {
        let what = format!("the template of {id} changes while it is up");
        (Invariant::TemplateUnderPod, what)
    })
}

pub(super) fn annotation<'a>(workload: &'a Object, key: &str) -> Option<&'a str> {
    let template = workload.at("/spec/template/metadata/annotations")?;
    template.get(key)?.as_str()
}

/// A deletion of ours is about to be done.
pub(super) fn deleted(world: &mut World, unit: &UnitId, id: &ObjectId, live: &Entry) {
    let uid = live.object.uid().unwrap_or_default();
    let until = world.consented.get(uid);
    let is_consented = until.is_some_and(|until| world.now < *until);
    if id.kind == "Pod" {
        return ended(world, unit, id, live);
    }
    if is_consented && matches!(id.kind.as_str(), "Deployment" | "StatefulSet") {
        world.excuse(&unit.release_name());
    }
    let removed = stages::removed(world, unit, live);
    if let Some((invariant, what)) = removed.filter(|_| !is_consented) {
        world.violate(invariant, what);
    }
    let found = not_ours(unit, live)
        .or_else(|| cut_short(world, id, live))
        .or_else(|| unasked(world, unit, id, live).filter(|_| !is_consented));
    if let Some(invariant) = found {
        world.violate(invariant, format!("{unit} deletes {id}"));
    }
}

/// A pod that is not of the version that it should be, and stuck, or that a person wants to be
/// started anew, is ended by hand.
fn ended(world: &mut World, unit: &UnitId, id: &ObjectId, live: &Entry) {
    let record = world.records.get(unit).cloned().unwrap_or_default();
    let uid = live.object.uid().unwrap_or_default();
    let is_asked = record.restarting.iter().any(|it| it == uid);
    let is_its = live
        .pod
        .as_ref()
        .is_some_and(|it| *it.strategy == *unit.release_name());
    if !is_its || (!is_asked && is_ready(&live.object)) {
        world.violate(Invariant::OnlyOurs, format!("{unit} deletes {id}"));
    }
    // One at a time may be missing.
    world.restarted.insert(unit.release_name());
}

fn not_ours(unit: &UnitId, live: &Entry) -> Option<Invariant> {
    let has_mark = match unit {
        UnitId::Desk(_) => live.object.label(mark::STRATEGY).is_none(),
        UnitId::Strategy(name) => strategy(&live.object) == name.as_str(),
    };
    let is_ours = live.claims.is_some() && live.object.label(mark::OWNER).is_some();
    (!has_mark || !is_ours).then_some(Invariant::OnlyOurs)
}

fn cut_short(world: &World, id: &ObjectId, live: &Entry) -> Option<Invariant> {
    let has_ended = |job: &Object| job.at("/status/conditions").is_some();
    let is_running = match id.kind.as_str() {
        "Job" => !has_ended(&live.object),
        "CronJob" => {
            let mut jobs = world.of_kind("batch", "Job");
            let uid = live.object.uid();
            jobs.any(|(_, it)| it.maker.as_deref() == uid && !has_ended(&it.object))
        }
        _ => false,
    };
    is_running.then_some(Invariant::RunsEnd)
}

/// What a consent would make right.
fn unasked(world: &World, unit: &UnitId, id: &ObjectId, live: &Entry) -> Option<Invariant> {
    if matches!(id.kind.as_str(), "Namespace" | "PersistentVolumeClaim") {
        return Some(Invariant::ConsentFirst);
    }
    if id.kind == "HorizontalPodAutoscaler" && world.is_halted(unit) {
        // It would bring back the pods that the Halt stops.
        return None;
    }
    if world.git.broken.contains(unit) {
        return Some(Invariant::NothingPrunedBlindly);
    }
    let bundle = world.git.bundles.get(unit);
    let service = world.git.services.get(&unit.release_name());
    let has_tracks = service.is_some_and(|it| it.style != Style::InPlace);
    let is_clients = id.name == unit.release_name() && id.kind == "Service";
    if has_tracks && stages::is_of_track(&id.kind) && !is_clients {
        return None;
    }
    let is_superseded = match id.kind.as_str() {
        "ConfigMap" => live.object.value().get("immutable") == Some(&Value::Bool(true)),
        "Job" | "CronJob" => true,
        _ => false,
    };
    // What Git says failed, or a person went back from it: an earlier version takes its place.
    let record = world.records.get(unit);
    let is_left = is_superseded && record.is_some_and(|it| !it.quarantine.is_empty());
    let is_left = is_left || is_of_what_waits(world, unit, id);
    let mut wanted = bundle.into_iter().flat_map(|it| &it.objects);
    if !is_left && wanted.any(|object| object.identity() == id) {
        return Some(Invariant::WantedStays);
    }
    if bundle.is_some() && is_superseded {
        return None;
    }
    if world.git.unreadable || world.is_rewritten {
        return Some(Invariant::NothingPrunedBlindly);
    }
    let is_permitted = live
        .object
        .uid()
        .is_some_and(|uid| world.permitted.contains(uid));
    let is_bulk = world.git.remaining == 0 && world.emptied.contains(unit) && !is_permitted;
    is_bulk.then_some(Invariant::BulkNeedsConsent)
}

/// Whether an object is of a version that waits, and not of the one that goes on running meanwhile.
fn is_of_what_waits(world: &World, unit: &UnitId, id: &ObjectId) -> bool {
    let Some(stays) = stays(world, unit) else {
        return false;
    };
    let mut objects = stays.objects.iter();
    !objects.any(|object| object.identity() == id)
}

/// What goes on running while what Git says waits for the end of a freeze, or for the ledger, or
/// failed.
pub(super) fn stays<'a>(world: &'a World, unit: &UnitId) -> Option<&'a Bundle> {
    let record = world.records.get(unit)?;
    let waits = !world.git.freezes.is_empty() || world.is_forged();
    let waits = waits || !record.quarantine.is_empty();
    let stable = record.stable.as_ref().filter(|_| waits)?;
    world.kept.get(&stable.bundle)
}

/// A service that was complete has as many ready pods behind its Service as it must.
fn check_service(world: &mut World, of: &str) {
    let Some(Service {
        pods: want,
        unavailable,
        ..
    }) = world.git.services.get(of).copied()
    else {
        return;
    };
    // Shares of a rollout are shares of what there was when it began.
    let want = begun(world, of).map_or(want, |begun| want.min(begun));
    let ready = serving(world, of);
    if ready < want
        && let Some(excuse) = world.excused.get_mut(of)
    {
        *excuse = Excuse::Seen;
    }
    let is_given = world.excused.get(of) == Some(&Excuse::Given);
    if ready >= want && !is_given && asked(world, of) >= want {
        world.excused.remove(of);
        world.restarted.remove(of);
        world.served.insert(of.to_owned(), want - unavailable);
        return;
    }
    let Some(fewest) = world.served.get(of).copied() else {
        return;
    };
    let Some(unit) = of.parse().ok().map(UnitId::Strategy) else {
        return;
    };
    let record = world.records.get(&unit);
    let pinned = record.and_then(|it| world.kept.get(&it.pinned.as_ref()?.bundle));
    let back = pinned.or_else(|| stays(world, &unit));
    if back.is_some_and(|it| fleet::service(it).is_none()) {
        // It goes back to when it was none.
        world.excuse(of);
        return;
    }
    let ran = record.and_then(|it| world.kept.get(&it.stable.as_ref()?.bundle));
    let has_served = ran.is_some_and(|it| fleet::service(it).is_some());
    if world.is_halted(&unit) && !has_served {
        // Nothing of it ran before that is to go on running.
        world.excuse(of);
        return;
    }
    let stays = stays(world, &unit).and_then(fleet::service);
    let fewest = stays.map_or(fewest, |(_, it)| fewest.min(it.pods - it.unavailable));
    let restarts = world.restarted.contains(of);
    let fewest = fewest.saturating_sub(usize::from(restarts));
    if ready < fewest {
        let what = format!("{of} has {ready} ready pods, and may have no fewer than {fewest}");
        world.violate(Invariant::EnoughReady, what);
    }
}

/// How many pods a service had when its rollout began, while one is under way.
fn begun(world: &World, of: &str) -> Option<usize> {
    let mut records = world.records.iter();
    let (_, record) = records.find(|(unit, _)| unit.release_name() == of)?;
    usize::try_from(record.rollout.as_ref()?.replicas).ok()
}

/// How many pods the workloads of a service that requests come to are asked for: a surge is no more
/// than that for a while.
fn asked(world: &World, of: &str) -> usize {
    let kinds = ["Deployment", "StatefulSet"];
    let all = kinds
        .into_iter()
        .flat_map(|kind| world.of_kind("apps", kind));
    let its = all.filter(|(_, it)| strategy(&it.object) == of);
    let labels = "/spec/template/metadata/labels";
    let serving = its.filter(|(_, it)| it.object.at(labels).is_some_and(reached(world, of)));
    serving
        .map(|(_, it)| {
            let asked = it.object.number("/spec/replicas").unwrap_or(1);
            usize::try_from(asked).unwrap_or(0)
        })
        .sum()
}

/// Whether requests come to pods of these labels.
fn reached<'a>(world: &'a World, of: &str) -> impl Fn(&Value) -> bool + use<'a> {
    let mut routes = world.of_kind("gateway.networking.k8s.io", "HTTPRoute");
    let route = routes.find(|(_, it)| strategy(&it.object) == of);
    let leads = route.map_or_else(|| vec![of.to_owned()], |(_, it)| backends(&it.object));
    let services = world
        .of_kind("", "Service")
        .filter(|(id, it)| strategy(&it.object) == of && leads.iter().any(|lead| *lead == id.name));
    let selectors: Vec<&Value> = services
        .filter_map(|(_, it)| it.object.at("/spec/selector"))
        .collect();
    let service = world.git.services.get(of);
    let has_clients = service.is_some_and(|it| it.has_clients);
    move |labels| {
        let mut selectors = selectors.iter().filter_map(|it| it.as_object());
        !has_clients
            || selectors.any(|selector| {
                let mut all = selector.iter();
                all.all(|(key, value)| labels.get(key) == Some(value))
            })
    }
}

/// The ready pods that requests come to.
fn serving(world: &World, of: &str) -> usize {
    let is_reached = reached(world, of);
    let is_up = |it: &Object| is_ready(it) && !it.is_terminating();
    let pods = world.pods_of(of).filter(|(_, it)| {
        let is_of_singleton = it.pod.as_ref().is_some_and(|pod| pod.is_singleton);
        is_up(&it.object) && !is_of_singleton
    });
    let labels = "/metadata/labels";
    pods.filter(|(_, it)| it.object.at(labels).is_some_and(&is_reached))
        .count()
}

/// The Services that a route leads to.
fn backends(route: &Object) -> Vec<String> {
    let list = |value: &Value, key: &str| {
        let items = value.get(key).and_then(Value::as_array);
        items.cloned().unwrap_or_default()
    };
    let rules = list(&route.value()["spec"], "rules");
    let backends = rules.iter().flat_map(|rule| list(rule, "backendRefs"));
    let backends = backends.filter(|it| it.get("weight").and_then(Value::as_u64) != Some(0));
    backends
        .filter_map(|it| Some(it.get("name")?.as_str()?.to_owned()))
        .collect()
}

/// A service has no more pods than its style allows.
fn check_most(world: &mut World, of: &str) {
    let Some(service) = world.git.services.get(of).copied() else {
        return;
    };
    if service.is_scaled || world.excused.contains_key(of) {
        return;
    }
    let record = world
        .records
        .iter()
        .find(|(unit, _)| unit.release_name() == of);
    let begun = record.and_then(|(_, it)| {
        let at = it.rollout.as_ref().map(|at| at.replicas);
        at.max(it.tracks.replicas)
    });
    let begun = begun.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let whole = service.pods.max(begun);
    let most = match service.style {
        Style::InPlace | Style::Ratio => whole + 1,
        // What runs, what comes, and what was overtaken on its way.
        Style::Beside => 3 * whole + 1,
    };
    // Those that a person's edit of a template brings are that person's.
    let there = world
        .pods_of(of)
        .filter(|(_, it)| !it.object.is_terminating() && !is_edited(&it.object))
        .count();
    if there > most {
        let what = format!("{of} has {there} pods, and may have no more than {most}");
        world.violate(Invariant::NotTooMany, what);
    }
}

/// That something other than a rollout takes a service's pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excuse {
    /// It is going to.
    Given,
    /// It did: once the service is complete again, that is over.
    Seen,
}

impl World {
    /// Whether something other than a rollout takes a service's pods.
    pub(super) fn is_excused(&self, of: &str) -> bool {
        self.excused.contains_key(of)
    }

    /// Something other than a rollout takes a service's pods.
    pub(super) fn excuse(&mut self, of: &str) {
        self.served.remove(of);
        self.excused.insert(of.to_owned(), Excuse::Given);
    }

    /// Git has something else.
    pub(crate) fn pushed(&mut self, git: Arc<Compiled>, is_rewritten: bool) {
        let strategies = |git: &Compiled| -> BTreeSet<UnitId> {
            let of = git.bundles.keys().chain(&git.broken);
            of.filter(|it| matches!(it, UnitId::Strategy(_)))
                .cloned()
                .collect()
        };
        if git.remaining > 0 {
            self.emptied.clear();
        } else if self.git.remaining > 0 {
            let condemned = self.records.values().flat_map(|it| &it.condemned);
            self.permitted = condemned.cloned().collect();
            self.emptied.extend(strategies(&self.git));
            self.once_emptied.extend(strategies(&self.git));
        }
        let names: Vec<String> = self.served.keys().cloned().collect();
        for name in names {
            let is_broken = git.broken.iter().any(|it| it.release_name() == name);
            match git.services.get(&name) {
                Some(service) => {
                    let fewest = service.pods - service.unavailable;
                    self.served
                        .entry(name)
                        .and_modify(|it| *it = fewest.min(*it));
                }
                None if is_broken => {}
                None => self.excuse(&name),
            }
        }
        self.moved_on(&git.bundles);
        self.git = git;
        self.is_rewritten = is_rewritten;
    }
}

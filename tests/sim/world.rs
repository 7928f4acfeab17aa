//! A small cluster in memory, for the rules of a rollout only.
//!
//! It keeps objects with uids, versions, generations and field managers, lets its controllers act
//! one at a time in an order that a seed decides, and holds every change against the invariants the
//! moment it is made.

mod api;
mod assent;
mod claims;
mod cluster;
mod controllers;
mod guard;
mod halts;
mod ledger;
mod people;
mod signals;
mod stages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use tidegate::compile::UnitId;
use tidegate::intent::Asked;
use tidegate::object::{Object, ObjectId, mark};
use tidegate::release::ReleaseStatus;
use tidegate::rollout::Kept;

use crate::sim::fleet::Compiled;
use crate::sim::invariant::{Invariant, Violation};

use assent::Assent;
use claims::{Claims, Forms};
use guard::{Excuse, PodFacts};
use halts::Stops;
use ledger::Book;
use signals::Taken;
use stages::Course;

pub(crate) use signals::Mood;

/// An identity that many share.
pub(crate) type Id = Arc<ObjectId>;

/// An object, and what the API server and its controllers know about it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) object: Arc<Object>,
    pub(crate) version: u64,
    /// Who claims what, of an object that somebody applied.
    claims: Option<Arc<Claims>>,
    /// The uid of the object that made it.
    maker: Option<Arc<str>>,
    /// The name of the revision that its pod template is.
    revision: Option<Arc<str>>,
    pod: Option<Arc<PodFacts>>,
}

/// What a watch tells.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: Id,
    pub(crate) version: u64,
    /// The object after the change, or before it was gone.
    pub(crate) object: Arc<Object>,
    pub(crate) is_gone: bool,
}

/// The cluster.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something that may ail it by itself"
)]
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) entries: BTreeMap<Id, Arc<Entry>>,
    /// The records, which outlive the daemon.
    pub(crate) records: BTreeMap<UnitId, Arc<ReleaseStatus>>,
    /// Everything that happened, the latest last.
    pub(crate) events: Vec<Event>,
    pub(crate) now: Timestamp,
    counter: u64,
    /// What a controller or a kubelet may have something to do about.
    due: BTreeSet<Id>,
    /// What Git has, for what may be deleted.
    pub(crate) git: Arc<Compiled>,
    /// Whether the branch's last move was a rewrite.
    pub(crate) is_rewritten: bool,
    /// The uids that a person consented to delete, and until when.
    pub(crate) consented: BTreeMap<String, Timestamp>,
    /// The strategies that Git lost all at once, so that none was left.
    emptied: BTreeSet<UnitId>,
    /// What went like that at any time: a consent to its deletion stands if it goes again.
    pub(crate) once_emptied: BTreeSet<UnitId>,
    /// The uids whose deletion was permitted before that.
    permitted: BTreeSet<String>,
    /// Nodes whose pods never end.
    lost_nodes: BTreeSet<String>,
    /// Whether pods take all the time that they are given to end.
    pub(crate) pods_are_slow: bool,
    /// Whether the controllers of workloads stand still.
    pub(crate) controllers_stopped: bool,
    /// Images that never become ready.
    broken_images: BTreeSet<String>,
    /// Workloads whose template the API server refuses to change in place.
    immutable: BTreeSet<Id>,
    /// Objects of which an admission webhook makes something else.
    altered: BTreeMap<Id, (&'static str, Value)>,
    /// Whether Jobs never end.
    pub(crate) hold_jobs: bool,
    /// What a person deleted, which a pod may miss.
    missing: BTreeSet<Id>,
    /// Services that were complete: the fewest ready pods that they may have.
    served: BTreeMap<String, usize>,
    /// Every bundle that there ever was.
    pub(crate) kept: Arc<Kept>,
    /// What people asked, by release.
    pub(crate) intents: BTreeMap<UnitId, Vec<Asked>>,
    /// What metrics say of behaviours, where they are not good.
    moods: BTreeMap<String, Mood>,
    /// Whether no metric can be had.
    pub(crate) metrics_down: bool,
    /// Whether the gateway takes no routes in.
    pub(crate) gateway_stopped: bool,
    forms: Forms,
    /// What people wrote and approved.
    assent: Assent,
    /// What people stop.
    stops: Stops,
    /// What was decided, where the fleet keeps a ledger.
    book: Option<Book>,
    /// Whether what is written now was sent by a daemon that no longer leads.
    is_late: bool,
    /// The measurements that were taken.
    taken: Vec<Taken>,
    /// What is known of rollouts, by unit.
    courses: BTreeMap<UnitId, Course>,
    /// The most pods of each behaviour that were ready at a time.
    peaks: BTreeMap<String, usize>,
    /// Services whose pods something other than a rollout takes.
    excused: BTreeMap<String, Excuse>,
    /// Services of which a pod was ended, to be started anew, since they were complete.
    restarted: BTreeSet<String>,
    pub(crate) violation: Option<Violation>,
    /// What happened, in words, when somebody wants to read it.
    pub(crate) log: Option<Vec<String>>,
    /// The stages that records told of, when somebody wants to compare them.
    pub(crate) told: Option<Vec<(UnitId, String)>>,
}

impl World {
    pub(crate) fn new(git: Arc<Compiled>) -> Self {
        Self {
            entries: BTreeMap::new(),
            records: BTreeMap::new(),
            events: Vec::new(),
            now: "2026-03-02T08:00:00Z".parse().expect("it is a time"),
            counter: 100,
            due: BTreeSet::new(),
            git,
            is_rewritten: false,
            consented: BTreeMap::new(),
            emptied: BTreeSet::new(),
            once_emptied: BTreeSet::new(),
            permitted: BTreeSet::new(),
            lost_nodes: BTreeSet::new(),
            pods_are_slow: false,
            controllers_stopped: false,
            broken_images: BTreeSet::new(),
            immutable: BTreeSet::new(),
            altered: BTreeMap::new(),
            hold_jobs: false,
            missing: BTreeSet::new(),
            served: BTreeMap::new(),
            kept: Arc::default(),
            intents: BTreeMap::new(),
            moods: BTreeMap::new(),
            metrics_down: false,
            gateway_stopped: false,
            forms: Forms::default(),
            assent: Assent::default(),
            stops: Stops::default(),
            book: None,
            is_late: false,
            taken: Vec::new(),
            courses: BTreeMap::new(),
            peaks: BTreeMap::new(),
            excused: BTreeMap::new(),
            restarted: BTreeSet::new(),
            violation: None,
            log: None,
            told: None,
        }
    }

    pub(crate) fn pass(&mut self, time: SignedDuration) {
        self.now = self.now.saturating_add(time).unwrap_or(self.now);
    }

    /// Notes what happened, for a person who looks for the cause of a failure.
    pub(crate) fn tell(&mut self, what: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(what());
        }
    }

    /// Notes that something did not hold; the first such thing counts.
    pub(crate) fn violate(&mut self, invariant: Invariant, what: String) {
        self.tell(|| format!("VIOLATED {invariant:?}: {what}"));
        self.violation.get_or_insert(Violation { invariant, what });
    }

    pub(crate) fn get(&self, id: &ObjectId) -> Option<&Arc<Entry>> {
        self.entries.get(id)
    }

    /// The objects of a kind.
    pub(crate) fn of_kind<'a>(
        &'a self,
        group: &'a str,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a Id, &'a Arc<Entry>)> + use<'a> {
        let first = ObjectId {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: String::new(),
        };
        self.entries
            .range::<ObjectId, _>(first..)
            .take_while(move |(id, _)| id.group == group && id.kind == kind)
    }

    pub(crate) fn pods(&self) -> impl Iterator<Item = (&Id, &Arc<Entry>)> {
        self.of_kind("", "Pod")
    }

    /// The pods of a strategy.
    pub(crate) fn pods_of<'a>(
        &'a self,
        strategy: &'a str,
    ) -> impl Iterator<Item = (&'a Id, &'a Arc<Entry>)> {
        self.pods().filter(move |(_, it)| {
            it.pod
                .as_ref()
                .is_some_and(|pod| &*pod.strategy == strategy)
        })
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Writes an object that a controller, the kubelet or a person makes or changes.
    fn put(&mut self, object: Object) {
        let id = match self.entries.get_key_value(&object.id()) {
            Some((id, _)) => id.clone(),
            None => Arc::new(object.id()),
        };
        let before = self.entries.get(&id).cloned();
        let claims = before.as_ref().and_then(|it| it.claims.clone());
        let revision = before.as_ref().and_then(|it| it.revision.clone());
        self.store(&id, object, claims, revision);
    }

    /// Stores an object under a new version, and tells of it.
    fn store(
        &mut self,
        id: &Id,
        mut object: Object,
        claims: Option<Arc<Claims>>,
        revision: Option<Arc<str>>,
    ) {
        let version = self.next();
        let before = self.entries.get(id).cloned();
        let (uid, made) = match &before {
            Some(before) => (
                before.object.text("/metadata/uid").to_owned(),
                before.object.text("/metadata/creationTimestamp").to_owned(),
            ),
            None => (format!("uid-{version}"), self.now.to_string()),
        };
        let metadata = &mut object.value_mut()["metadata"];
        metadata["uid"] = Value::String(uid);
        metadata["resourceVersion"] = Value::String(version.to_string());
        metadata["creationTimestamp"] = Value::String(made);
        let (maker, pod) = match &before {
            Some(before) => (before.maker.clone(), before.pod.clone()),
            None => (maker(&object), guard::facts(self, &object)),
        };
        let is_new = before.is_none();
        let object = Arc::new(object);
        let entry = Entry {
            object: object.clone(),
            version,
            claims,
            maker,
            revision,
            pod,
        };
        self.entries.insert(id.clone(), Arc::new(entry));
        self.events.push(Event {
            id: id.clone(),
            version,
            object,
            is_gone: false,
        });
        self.missing.remove(id);
        self.wake(id);
        guard::stored(self, id, is_new);
    }

    /// Takes an object away.
    fn take(&mut self, id: &ObjectId) -> Option<Arc<Entry>> {
        let (id, gone) = self.entries.remove_entry(id)?;
        let version = self.next();
        self.wake_maker(&gone);
        let object = gone.object.clone();
        self.events.push(Event {
            id: id.clone(),
            version,
            object,
            is_gone: true,
        });
        self.due.remove(&id);
        guard::gone(self, &id, &gone);
        Some(gone)
    }

    /// Removes an object, and in time what it made: a pod ends first.
    fn remove(&mut self, id: &ObjectId) {
        if id.kind == "Pod" {
            self.terminate(id);
            return;
        }
        self.tell(|| format!("{id} is deleted"));
        let Some(gone) = self.take(id) else { return };
        let uid = gone.object.uid().unwrap_or_default().to_owned();
        let is_its = |it: &&Arc<Entry>| it.maker.as_deref() == Some(uid.as_str());
        let made = self
            .entries
            .values()
            .filter(is_its)
            .map(|it| it.object.id());
        for id in made.collect::<Vec<_>>() {
            self.remove(&id);
        }
    }

    /// Asks a pod to end.
    fn terminate(&mut self, id: &ObjectId) {
        let Some(entry) = self.get(id).filter(|it| !it.object.is_terminating()) else {
            return;
        };
        let mut pod = entry.object.as_ref().clone();
        let due = self.now.saturating_add(SignedDuration::from_secs(30));
        let due = due.unwrap_or(self.now).to_string();
        pod.value_mut()["metadata"]["deletionTimestamp"] = Value::String(due);
        pod.value_mut()["metadata"]["deletionGracePeriodSeconds"] = json!(30);
        self.tell(|| format!("{id} is asked to end"));
        self.put(pod);
    }

    /// A controller, or a kubelet, may have something to do about an object.
    fn wake(&mut self, id: &Id) {
        if is_alive(&id.kind) {
            self.due.insert(id.clone());
        }
        if let Some(entry) = self.entries.get(id).cloned() {
            self.wake_maker(&entry);
            if matches!(id.kind.as_str(), "Deployment" | "StatefulSet") {
                self.wake_scaler(&entry.object);
            }
        }
    }

    fn wake_scaler(&mut self, workload: &Object) {
        let scalers = self.of_kind("autoscaling", "HorizontalPodAutoscaler");
        let mut its = scalers
            .filter(|(_, it)| it.object.text("/spec/scaleTargetRef/name") == workload.name());
        let found = its.next().map(|(id, _)| id.clone());
        drop(its);
        self.due.extend(found);
    }

    fn wake_maker(&mut self, made: &Entry) {
        let mut maker = made.maker.clone();
        while let Some(uid) = maker {
            let mut all = self.entries.iter();
            let found = all.find(|(_, it)| it.object.uid() == Some(&*uid));
            let Some((id, entry)) = found.map(|(id, it)| (id.clone(), it.clone())) else {
                return;
            };
            if id.kind != "ReplicaSet" {
                self.due.insert(id);
            }
            maker = entry.maker.clone();
        }
    }

    /// Whatever held a controller or a kubelet up does no more, or not yet.
    pub(crate) fn wake_all(&mut self) {
        let all: Vec<Id> = self.entries.keys().cloned().collect();
        for id in all {
            if is_alive(&id.kind) {
                self.due.insert(id);
            }
        }
    }

    /// The record of a unit is written.
    pub(crate) fn record(&mut self, unit: &UnitId, record: ReleaseStatus) {
        self.tell(|| {
            let waits = record.waiting_on.iter().map(|it| it.what.as_str());
            let waits = waits.collect::<Vec<_>>().join("; ");
            format!(
                "{unit} is recorded: {:?} {waits} {:?}",
                record.phase, record.failure
            )
        });
        stages::recorded(self, unit, &record);
        self.heed(unit, &record);
        self.note_stage(unit, &record);
        self.records.insert(unit.clone(), Arc::new(record));
    }

    /// Nothing is left of a unit, nor of its record.
    pub(crate) fn close_record(&mut self, unit: &UnitId) {
        self.records.remove(unit);
        self.unheed(unit);
    }

    /// The record of a unit is gone, and what it remembered.
    pub(crate) fn forget_record(&mut self, unit: &UnitId) -> bool {
        let record = self.records.remove(unit);
        // Nobody knows then what failed, either.
        self.courses.remove(unit);
        self.unheed(unit);
        self.lose_told(unit);
        record.is_some()
    }

    /// Forgets what the cluster was.
    pub(crate) fn forget_history(&mut self) {
        self.events.clear();
    }
}

/// Whether a controller, or a kubelet, does something about a kind.
fn is_alive(kind: &str) -> bool {
    matches!(
        kind,
        "Pod" | "StatefulSet" | "Deployment" | "Job" | "HTTPRoute" | "HorizontalPodAutoscaler"
    )
}

fn maker(object: &Object) -> Option<Arc<str>> {
    let uid = object.text("/metadata/ownerReferences/0/uid");
    (!uid.is_empty()).then(|| uid.into())
}

/// The strategy that an object is of.
pub(crate) fn strategy(object: &Object) -> &str {
    object.label(mark::STRATEGY).unwrap_or_default()
}

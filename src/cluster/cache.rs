//! What the cluster holds that is ours, kept up to date by watches: nothing polls.
//!
//! One watch a kind, on our owner label, one on the Releases of our namespace, and some on what people
//! say: Intents, Approvals, Overrides, Halts, Unhalts, and the policies without which those are worth nothing.
//! A kind that the cluster may lack is watched while it is there: its definition tells of that.
//! Objects are kept as packed JSON, and are parsed when a unit is looked at.
//!
//! **Own writes are seen at once.** The answer to a write goes into the cache ([`Cache::applied`],
//! [`Cache::deleted`]), and what a watch tells later of an older state of that object is dropped:
//! resource versions of one object compare as whole numbers, as the API promises since Kubernetes
//! 1.35 and etcd has always had it. So a unit that steps right after its own writes never sees the
//! cluster as it was before them, and does nothing twice. Own writes wake nobody but the unit that
//! they took an object from.
//!
//! **An old view is told.** A kind whose watch is down is in [`Cache::behind`] with since when and
//! why. Acting on an old view is harmless, since each write carries the uid and resource version
//! that it was computed from, but it is useless, and waiting conditions must not be judged on it.

mod definition;
mod health;
mod packed;
mod page;
mod store;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::{Guard, Shipped};
use crate::approval::Approved;
use crate::compile::Owner;
use crate::halt::{Halt, Unhalt};
use crate::intent::Asked;
use crate::object::{Object, ObjectId};
use crate::overrides::Overridden;
use crate::release::Release;

use super::Client;
use super::resource::{
    APPROVAL, DEFINITION, HALT, HTTP_ROUTE, INTENT, OVERRIDE, POLICY, POLICY_BINDING, RELEASE,
    Resource, UNHALT,
};

use definition::Definition;
use health::Health;
use store::Store;
use watch::Which;

pub use health::Behind;

/// The kinds that are watched across the cluster, those of our label.
const WATCHED: [(&str, &str); 18] = [
    ("", "Namespace"),
    ("", "ServiceAccount"),
    ("", "ConfigMap"),
    ("", "Service"),
    ("", "PersistentVolumeClaim"),
    ("", "Pod"),
    ("", "ResourceQuota"),
    ("", "LimitRange"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "ReplicaSet"),
    ("apps", "ControllerRevision"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
];

/// Lists run two at a time, so that their pages do not pile up in memory.
const LISTS_AT_A_TIME: usize = 2;

/// More Overrides of one unit are not looked at.
const MOST_OVERRIDES: usize = 100;

/// The objects of our label, and our Releases. Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
}

struct Shared {
    /// Where our Releases are.
    namespace: String,
    store: Mutex<Store>,
    changed: Notify,
    health: Health,
    lists: Semaphore,
    routes: Definition,
}

/// How much is in a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// How many objects.
    pub objects: usize,
    /// How many bytes their packed forms take.
    pub bytes: usize,
}

impl Cache {
    /// Starts the watches. They end when `stop` is cancelled.
    ///
    /// Releases are those of `namespace`.
    pub fn start(
        client: &Client,
        namespace: &str,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let resources: Vec<_> = WATCHED
            .iter()
            .filter_map(|(group, kind)| Resource::of(group, kind))
            .chain([
                &RELEASE,
                &INTENT,
                &APPROVAL,
                &OVERRIDE,
                &HALT,
                &UNHALT,
                &POLICY,
                &POLICY_BINDING,
            ])
            .chain([&HTTP_ROUTE, &DEFINITION])
            .collect();
        let cache = Self {
            shared: Arc::new(Shared {
                namespace: namespace.to_owned(),
                store: Mutex::new(Store::new()),
                changed: Notify::new(),
                health: Health::new(&resources),
                lists: Semaphore::new(LISTS_AT_A_TIME),
                routes: Definition::of(&HTTP_ROUTE),
            }),
        };
        for resource in resources {
            let watch = watch::Watch {
                client: client.clone(),
                cache: cache.clone(),
                resource,
                which: match resource {
                    _ if resource == &RELEASE => Which::In(namespace.to_owned()),
                    _ if [&INTENT, &APPROVAL, &OVERRIDE, &HALT, &UNHALT].contains(&resource) => {
                        Which::All
                    }
                    _ if [&POLICY, &POLICY_BINDING].contains(&resource) => Which::Parts,
                    _ if resource == &DEFINITION => Which::Definition,
                    _ => Which::Ours,
                },
            };
            let stop = stop.clone();
            tasks.spawn(async move { stop.run_until_cancelled(watch.follow()).await });
        }
        cache
    }

    /// Waits until every kind has been listed once, or is known to be missing.
    pub async fn ready(&self) {
        self.shared.health.ready().await;
    }

    /// The kinds of which the view may be old, and why. Empty when everything is watched.
    pub fn behind(&self) -> Vec<Behind> {
        self.shared.health.behind()
    }

    /// Waits until something changed, other than by our own writes, and takes the owners whose
    /// objects or Releases did. At first, that is every owner there is.
    pub async fn changed(&self) -> BTreeSet<Owner> {
        loop {
            let wake = self.shared.changed.notified();
            let changed = self.store().take_changed();
            if !changed.is_empty() {
                return changed;
            }
            wake.await;
        }
    }

    /// The objects that carry an owner label. Its Release is not among them.
    pub fn unit(&self, owner: &Owner) -> BTreeMap<ObjectId, Object> {
        let entries = self.store().unit(owner);
        packed::unpack_all(entries)
            .map(|object| (object.id(), object))
            .collect()
    }

    /// All objects of ours of a kind.
    pub fn of_kind(&self, group: &str, kind: &str) -> Vec<Object> {
        let resource = Resource::of(group, kind);
        let entries = resource.map(|it| self.store().of_resource(it));
        packed::unpack_all(entries.unwrap_or_default()).collect()
    }

    /// Why something of these kinds may be there that was not seen: the watch of one is down.
    pub fn blind(&self, kinds: &[(&str, &str)]) -> Option<String> {
        let resources = kinds.iter();
        let mut resources = resources.filter_map(|(group, kind)| Resource::of(group, kind));
        resources.find_map(|resource| self.shared.health.why_down(resource))
    }

    /// Why the cluster can have no objects of a kind, if so: it does not know the kind.
    pub fn lacks(&self, resource: &'static Resource) -> Option<String> {
        let is_missing = self.shared.health.is_missing(resource);
        is_missing.then(|| format!("this cluster has no `{}`", resource.qualified()))
    }

    /// An object of ours.
    pub fn get(&self, id: &ObjectId) -> Option<Object> {
        let entry = self.store().get(id)?;
        packed::unpack_all([entry]).next()
    }

    /// The Releases of our namespace.
    pub fn releases(&self) -> Vec<Release> {
        self.all(&RELEASE)
    }

    /// The Release of a name.
    pub fn release(&self, name: &str) -> Option<Release> {
        let object = self.get(&ObjectId {
            group: RELEASE.group.to_owned(),
            kind: RELEASE.kind.to_owned(),
            namespace: Some(self.shared.namespace.clone()),
            name: name.to_owned(),
        })?;
        serde_json::from_value(object.into_value()).ok()
    }

    /// What people ask of a Release, from the namespace that its unit is in; what was asked first
    /// comes first.
    pub fn intents(&self, namespace: &str, release: &str) -> Vec<Asked> {
        let owner = store::said_of(&INTENT, namespace, release);
        let entries = self.store().unit(&Owner::named(&owner));
        let intents = packed::unpack_all(entries);
        let mut asked: Vec<_> = intents
            .filter_map(|object| serde_json::from_value(object.into_value()).ok())
            .filter_map(Asked::of)
            .collect();
        asked.sort_by(|a, b| (a.at, &a.uid).cmp(&(b.at, &b.uid)));
        asked
    }

    /// The Halts of the cluster, drills and lifted ones too; what was made first comes first.
    pub fn halts(&self) -> Vec<Halt> {
        let mut halts: Vec<Halt> = self.all(&HALT);
        halts.sort_by_key(|halt| made(&halt.metadata));
        halts
    }

    /// What lifts them, or is to; what was made first comes first.
    pub fn unhalts(&self) -> Vec<Unhalt> {
        let mut unhalts: Vec<Unhalt> = self.all(&UNHALT);
        unhalts.sort_by_key(|unhalt| made(&unhalt.metadata));
        unhalts
    }

    fn all<T: serde::de::DeserializeOwned>(&self, resource: &'static Resource) -> Vec<T> {
        let entries = self.store().of_resource(resource);
        packed::unpack_all(entries)
            .filter_map(|object| serde_json::from_value(object.into_value()).ok())
            .collect()
    }

    /// Whether an owner that changed stands for Halts.
    pub fn is_of_halts(owner: &Owner) -> bool {
        owner.as_str() == store::OF_HALTS
    }

    /// What people approved of a Release, from the namespace that its unit is in; what was approved
    /// first comes first.
    pub fn approvals(&self, namespace: &str, release: &str) -> Vec<Approved> {
        let owner = store::said_of(&APPROVAL, namespace, release);
        let entries = self.store().unit(&Owner::named(&owner));
        let approvals = packed::unpack_all(entries);
        let mut approved: Vec<_> = approvals
            .filter_map(|object| serde_json::from_value(object.into_value()).ok())
            .filter_map(Approved::of)
            .collect();
        approved.sort_by(|a, b| (a.at, &a.uid).cmp(&(b.at, &b.uid)));
        approved
    }

    /// What people override of a Release, from the namespace that its unit is in; what was made first
    /// comes first. Of very many, only the latest are looked at.
    pub fn overrides(&self, namespace: &str, release: &str) -> Vec<Overridden> {
        let owner = store::said_of(&OVERRIDE, namespace, release);
        let entries = self.store().unit(&Owner::named(&owner));
        let overrides = packed::unpack_all(entries);
        let mut made: Vec<_> = overrides
            .filter_map(|object| serde_json::from_value(object.into_value()).ok())
            .filter_map(Overridden::of)
            .collect();
        made.sort_by(|a, b| (a.at, &a.uid).cmp(&(b.at, &b.uid)));
        let excess = made.len().saturating_sub(MOST_OVERRIDES);
        made.drain(..excess);
        made
    }

    /// Whether what people say is what it says it is, by the admission policies that are there. What
    /// cannot be seen guards nothing.
    pub fn guard(&self, shipped: Shipped, said: (&str, &str)) -> Guard {
        let kinds = [
            said,
            (POLICY.group, POLICY.kind),
            (POLICY.group, POLICY_BINDING.kind),
        ];
        if let Some(why) = self.blind(&kinds) {
            return Guard::Open(why);
        }
        let get = |resource: &Resource| {
            let id = ObjectId {
                group: resource.group.to_owned(),
                kind: resource.kind.to_owned(),
                namespace: None,
                name: shipped.name.to_owned(),
            };
            self.get(&id).map(Object::into_value)
        };
        shipped.guard(get(&POLICY).as_ref(), get(&POLICY_BINDING).as_ref())
    }

    /// Whether an owner that changed stands for the admission policies.
    pub fn is_admission(owner: &Owner) -> bool {
        owner.as_str() == store::ADMISSION
    }

    /// The Release of which something is asked, where an owner that changed stands for Intents.
    pub fn asked_of(owner: &Owner) -> Option<String> {
        store::asked_of(owner.as_str()).map(str::to_owned)
    }

    /// The owners that have objects here.
    pub fn owners(&self) -> BTreeSet<Owner> {
        self.store().owners()
    }

    /// How much is kept.
    pub fn size(&self) -> Size {
        self.store().size()
    }

    /// Takes in what the API server answered to a write of ours.
    pub fn applied(&self, object: &Object) {
        if let Some(resource) = Resource::of_object(object) {
            self.told(|store| store.wrote(resource, object.value()));
        }
    }

    /// Takes in that the object of this uid is gone because we deleted it.
    pub fn deleted(&self, id: &ObjectId, uid: &str) {
        if let Some(resource) = Resource::of(&id.group, &id.kind) {
            self.store().forget(resource, id, uid);
        }
    }

    /// Looks at the store; whoever changed something in it wakes the waiters when done.
    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic while the lock was held leaves at worst one object out, and the next list or
        // event of it brings it back.
        self.shared
            .store
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the store as a watch or an answer tells, and wakes whoever waits for changes.
    fn told(&self, change: impl FnOnce(&mut Store)) {
        let woken = {
            let mut store = self.store();
            change(&mut store);
            store.has_changed()
        };
        if woken {
            self.shared.changed.notify_waiters();
        }
    }

    /// The cluster has, or lacks, a kind that it lacked or had before: that may be what units wait
    /// for.
    fn came_or_went(&self) {
        self.told(Store::touch_all);
    }
}

/// When an object was made, and which it is among those of that second.
fn made(metadata: &kube::core::ObjectMeta) -> (Option<jiff::Timestamp>, Option<String>) {
    let at = metadata.creation_timestamp.as_ref().map(|at| at.0);
    (at, metadata.uid.clone())
}

//! The objects, by identity and by owner, and the rules by which an older view never replaces a
//! newer one.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use serde_json::Value;

use crate::cluster::cache::Size;
use crate::cluster::cache::packed::{Packed, Packer};
use crate::cluster::resource::{
    APPROVAL, HALT, INTENT, OVERRIDE, POLICY, POLICY_BINDING, RELEASE, Resource, UNHALT,
};
use crate::compile::Owner;
use crate::object::{ObjectId, mark};

#[cfg(test)]
mod tests;

pub(super) struct Store {
    objects: BTreeMap<Key, Entry>,
    owners: BTreeMap<Arc<str>, BTreeSet<Key>>,
    /// Objects that we deleted and that a watch may still tell of: uid → kind.
    gone: BTreeMap<Box<str>, &'static Resource>,
    /// Owners that were touched and not yet taken.
    changed: BTreeSet<Arc<str>>,
    packer: Packer,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    resource: &'static Resource,
    name: Arc<Name>,
}

#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    namespace: Option<Box<str>>,
    name: Box<str>,
}

struct Entry {
    uid: Box<str>,
    version: u64,
    owner: Arc<str>,
    packed: Packed,
}

/// What an object says about itself.
struct Facts {
    key: Key,
    uid: Box<str>,
    version: u64,
    owner: Option<Box<str>>,
}

/// A list that is being read: what it held so far.
#[derive(Default)]
pub(super) struct Listing {
    seen: BTreeSet<Key>,
    uids: BTreeSet<Box<str>>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            owners: BTreeMap::new(),
            gone: BTreeMap::new(),
            changed: BTreeSet::new(),
            packer: Packer::new(),
        }
    }

    /// A watch tells of an object.
    pub(super) fn told(&mut self, resource: &'static Resource, tree: &Value) {
        let touched = self.take_in(resource, tree);
        self.changed.extend(touched);
    }

    /// A list tells of an object.
    pub(super) fn listed(
        &mut self,
        listing: &mut Listing,
        resource: &'static Resource,
        tree: &Value,
    ) {
        if let Some(facts) = Facts::of(resource, tree) {
            listing.uids.insert(facts.uid);
            listing.seen.insert(facts.key);
        }
        self.told(resource, tree);
    }

    /// A list has ended: what it did not hold and is not younger than the list is gone.
    pub(super) fn list_ended(
        &mut self,
        listing: &Listing,
        resource: &'static Resource,
        version: u64,
    ) {
        let is_missing = |(key, entry): &(&Key, &Entry)| {
            entry.version <= version && !listing.seen.contains(*key)
        };
        let missing: Vec<_> = self
            .entries(resource)
            .filter(is_missing)
            .map(|(key, _)| key.clone())
            .collect();
        for key in missing {
            let touched = self.remove(&key);
            self.changed.extend(touched);
        }
        self.gone
            .retain(|uid, of| *of != resource || listing.uids.contains(uid));
    }

    /// A watch tells that an object is gone, or is no longer ours.
    pub(super) fn ended(&mut self, resource: &'static Resource, tree: &Value) {
        let Some(facts) = Facts::of(resource, tree) else {
            return;
        };
        self.gone.remove(&facts.uid);
        let is_it = self
            .objects
            .get(&facts.key)
            .is_some_and(|entry| entry.uid == facts.uid && entry.version <= facts.version);
        if is_it {
            let touched = self.remove(&facts.key);
            self.changed.extend(touched);
        }
    }

    /// Takes in an object unless a newer state of it is known; tells whose view changed.
    fn take_in(&mut self, resource: &'static Resource, tree: &Value) -> Vec<Arc<str>> {
        let Some(facts) = Facts::of(resource, tree) else {
            return Vec::new();
        };
        let is_known = self
            .objects
            .get(&facts.key)
            .is_some_and(|entry| entry.version >= facts.version);
        if is_known || self.gone.contains_key(&facts.uid) {
            return Vec::new();
        }
        let mut touched = self.remove(&facts.key);
        if let Some(owner) = facts.owner {
            let owner: Arc<str> = owner.into();
            let keys = self.owners.entry(owner.clone()).or_default();
            keys.insert(facts.key.clone());
            let entry = Entry {
                uid: facts.uid,
                version: facts.version,
                owner: owner.clone(),
                packed: self.packer.pack(tree),
            };
            self.objects.insert(facts.key, entry);
            touched.push(owner);
        }
        touched
    }

    /// Takes in what we wrote, which wakes nobody but the owner that it was taken from.
    pub(super) fn wrote(&mut self, resource: &'static Resource, tree: &Value) {
        let touched = self.take_in(resource, tree);
        if let [before, after] = touched.as_slice()
            && before != after
        {
            self.changed.insert(before.clone());
        }
    }

    /// Forgets an object that we deleted, and what a watch may still tell of it.
    pub(super) fn forget(&mut self, resource: &'static Resource, id: &ObjectId, uid: &str) {
        let key = Key::of(resource, id);
        if self
            .objects
            .get(&key)
            .is_some_and(|entry| &*entry.uid == uid)
        {
            self.remove(&key);
            // Nothing will be told of an object that was never told of.
            self.gone.insert(uid.into(), resource);
        }
    }

    fn remove(&mut self, key: &Key) -> Vec<Arc<str>> {
        let Some(entry) = self.objects.remove(key) else {
            return Vec::new();
        };
        if let Some(keys) = self.owners.get_mut(&entry.owner) {
            keys.remove(key);
            if keys.is_empty() {
                self.owners.remove(&entry.owner);
            }
        }
        vec![entry.owner]
    }

    /// Something changed that may matter to every owner.
    pub(super) fn touch_all(&mut self) {
        self.changed.extend(self.owners.keys().cloned());
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(super) fn take_changed(&mut self) -> BTreeSet<Owner> {
        let changed = mem::take(&mut self.changed);
        changed.iter().map(|owner| Owner::named(owner)).collect()
    }

    pub(super) fn unit(&self, owner: &Owner) -> Vec<Packed> {
        let keys = self.owners.get(owner.as_str());
        keys.into_iter()
            .flatten()
            .filter(|key| *key.resource != RELEASE)
            .filter_map(|key| Some(self.objects.get(key)?.packed.clone()))
            .collect()
    }

    pub(super) fn get(&self, id: &ObjectId) -> Option<Packed> {
        let resource = Resource::of(&id.group, &id.kind)?;
        let entry = self.objects.get(&Key::of(resource, id))?;
        Some(entry.packed.clone())
    }

    pub(super) fn of_resource(&self, resource: &'static Resource) -> Vec<Packed> {
        self.entries(resource)
            .map(|(_, entry)| entry.packed.clone())
            .collect()
    }

    /// The objects of one kind, which stand next to each other.
    fn entries(&self, resource: &'static Resource) -> impl Iterator<Item = (&Key, &Entry)> {
        let first = Key {
            resource,
            name: Arc::default(),
        };
        self.objects
            .range(first..)
            .take_while(move |(key, _)| key.resource == resource)
    }

    pub(super) fn owners(&self) -> BTreeSet<Owner> {
        self.owners
            .keys()
            .map(|owner| Owner::named(owner))
            .collect()
    }

    pub(super) fn size(&self) -> Size {
        Size {
            objects: self.objects.len(),
            bytes: self.objects.values().map(|entry| entry.packed.size()).sum(),
        }
    }
}

impl Key {
    fn of(resource: &'static Resource, id: &ObjectId) -> Self {
        let name = Name {
            namespace: id.namespace.as_deref().map(Box::from),
            name: id.name.as_str().into(),
        };
        Self {
            resource,
            name: Arc::new(name),
        }
    }
}

impl Facts {
    fn of(resource: &'static Resource, tree: &Value) -> Option<Self> {
        let metadata = tree.get("metadata")?;
        let text = |key| metadata.get(key).and_then(Value::as_str);
        let name = Name {
            namespace: text("namespace").map(Box::from),
            name: text("name")?.into(),
        };
        let owner = match resource {
            _ if *resource == RELEASE => tree.pointer("/spec/owner").and_then(owner),
            _ if [&INTENT, &APPROVAL, &OVERRIDE].contains(&resource) => asker(resource, tree),
            _ if [&POLICY, &POLICY_BINDING].contains(&resource) => Some(ADMISSION.into()),
            _ if [&HALT, &UNHALT].contains(&resource) => Some(OF_HALTS.into()),
            _ => metadata
                .get("labels")
                .and_then(|labels| labels.get(mark::OWNER))
                .and_then(owner),
        };
        Some(Self {
            key: Key {
                resource,
                name: Arc::new(name),
            },
            uid: text("uid")?.into(),
            version: version(text("resourceVersion")?),
            owner,
        })
    }
}

fn owner(value: &Value) -> Option<Box<str>> {
    value.as_str().map(Box::from)
}

/// The owner under which admission policies are kept.
pub(super) const ADMISSION: &str = "admission/";

/// Under which owner an Intent, an Approval or an Override is kept: people who make one know of no owner label.
fn asker(resource: &Resource, tree: &Value) -> Option<Box<str>> {
    let namespace = tree.pointer("/metadata/namespace")?.as_str()?;
    let release = tree.pointer("/spec/release")?.as_str()?;
    Some(said_of(resource, namespace, release).into())
}

/// The owner under which the Intents, Approvals or Overrides of a Release are kept. The slash keeps it
/// apart from every label's value.
pub(super) fn said_of(resource: &Resource, namespace: &str, release: &str) -> String {
    format!("{}/{namespace}/{release}", resource.plural)
}

/// The owner under which Halts, and what lifts them, are kept.
pub(super) const OF_HALTS: &str = "halts/";

/// The Release that such an owner is about.
pub(super) fn asked_of(owner: &str) -> Option<&str> {
    let kinds = [&INTENT, &APPROVAL, &OVERRIDE].into_iter();
    let mut rests = kinds.filter_map(|it| owner.strip_prefix(it.plural)?.strip_prefix('/'));
    let (_, release) = rests.next()?.split_once('/')?;
    Some(release)
}

/// A resource version as a number. One that is none counts as older than any, so that what is told
/// of it is always taken in.
pub(super) fn version(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

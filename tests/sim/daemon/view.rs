//! The watch cache: pods and the rest are watched apart, and either may lag behind.
//!
//! The rules by which an older view never replaces a newer one are those of the product's cache.

use std::sync::Arc;

use tidegate::compile::UnitId;
use tidegate::object::{Object, ObjectId, mark};
use tidegate::rollout::Observed;

use super::Daemon;
use crate::sim::dice::Dice;
use crate::sim::script::Fault;
use crate::sim::world::{Event, World};

/// How far a watch has told.
#[derive(Debug, Clone, Default)]
pub(super) struct Stream {
    /// Up to which event.
    at: usize,
    /// For how many turns it tells nothing.
    held: u8,
    /// Whether its next event is lost.
    drops: bool,
    /// Whether an event was lost, so that it has to list again.
    is_lossy: bool,
    /// How many events it tells before it stops for a turn.
    at_most: Option<usize>,
}

fn stream_of(id: &ObjectId) -> usize {
    usize::from(id.kind != "Pod")
}

impl Daemon {
    /// A watch tells nothing for some turns.
    pub(crate) fn hold(&mut self, fault: Fault, turns: u8) {
        if let Some(stream) = self.streams.get_mut(usize::from(fault == Fault::StaleRest)) {
            stream.held = stream.held.max(turns);
        }
    }

    /// The next event of a watch is lost; later it lists again.
    pub(crate) fn drop_event(&mut self, of_pods: bool) {
        if let Some(stream) = self.streams.get_mut(usize::from(!of_pods)) {
            stream.drops = true;
        }
    }

    /// The last events are told again, and some of them before anything else is done.
    pub(crate) fn repeat_events(&mut self, count: usize, at_most: usize) -> bool {
        let mut any = false;
        for stream in &mut self.streams {
            any |= stream.at > 0;
            stream.at = stream.at.saturating_sub(count);
            stream.at_most = Some(at_most);
        }
        any
    }

    /// Whether a watch has not told everything.
    pub(crate) fn is_behind(&self, world: &World) -> bool {
        let latest = world.events.len();
        self.streams
            .iter()
            .any(|stream| stream.at < latest || stream.is_lossy)
    }

    /// The watches break, and list everything again.
    pub(crate) fn catch_up(&mut self, world: &mut World) {
        world.tell(|| "the watches list everything again".to_owned());
        self.streams = [Stream::default(), Stream::default()];
        self.list_all(world);
    }

    /// Forgets what was told, with the world's history.
    pub(crate) fn forget_history(&mut self) {
        self.streams = [Stream::default(), Stream::default()];
    }

    /// The watches tell what happened, though not always all of it.
    pub(super) fn watch(&mut self, world: &mut World, dice: &mut Dice) {
        if self.streams.iter().any(|stream| stream.is_lossy) && dice.one_in(32) {
            return self.catch_up(world);
        }
        for at in 0..self.streams.len() {
            let latest = world.events.len();
            let Some(stream) = self.streams.get_mut(at) else {
                continue;
            };
            if stream.held > 0 {
                stream.held -= 1;
                if stream.at < latest {
                    self.struck.push(if at == 0 {
                        Fault::StalePods
                    } else {
                        Fault::StaleRest
                    });
                }
                continue;
            }
            if stream.at < latest && !dice.one_in(5) {
                self.tell(at, world);
            }
        }
    }

    fn tell(&mut self, at: usize, world: &mut World) {
        let Some(stream) = self.streams.get_mut(at) else {
            return;
        };
        let mut left = stream.at_most.take().unwrap_or(usize::MAX);
        let mut index = stream.at;
        while let Some(event) = world.events.get(index).filter(|_| left > 0).cloned() {
            index += 1;
            if stream_of(&event.id) != at {
                continue;
            }
            left -= 1;
            let Some(stream) = self.streams.get_mut(at) else {
                return;
            };
            if stream.drops {
                stream.drops = false;
                stream.is_lossy = true;
                self.struck.push(Fault::LostEvent);
                world.tell(|| format!("an event of {} is lost", event.id));
                continue;
            }
            self.take_event(&event);
        }
        if let Some(stream) = self.streams.get_mut(at) {
            stream.at = index;
        }
    }

    fn take_event(&mut self, event: &Event) {
        if event.is_gone {
            let uid = event.object.uid().unwrap_or_default();
            self.memory.gone.remove(uid);
            let known = self.known(&event.id);
            let is_it = known.is_some_and(|(_, object)| {
                object.uid() == Some(uid) && version(object) <= event.version
            });
            if is_it {
                self.drop_known(&event.id);
            }
            return;
        }
        self.told(&event.object);
    }

    /// Takes in an object unless a newer state of it is known.
    pub(super) fn told(&mut self, object: &Object) {
        let id = object.id();
        let is_known = self
            .known(&id)
            .is_some_and(|(_, known)| version(known) >= version(object));
        if is_known
            || object
                .uid()
                .is_some_and(|uid| self.memory.gone.contains(uid))
        {
            return;
        }
        let owner = object.label(mark::OWNER).unwrap_or_default().to_owned();
        if self.known(&id).is_some_and(|(other, _)| *other != owner) {
            self.drop_known(&id);
        }
        if owner.is_empty() {
            return;
        }
        self.touched(&owner, &id);
        let view = self.memory.views.entry(owner).or_default();
        Arc::make_mut(view).objects.insert(id, object.clone());
    }

    /// Forgets an object that we deleted, and what a watch may still tell of it.
    pub(super) fn deleted(&mut self, id: &ObjectId, uid: &str) {
        let known = self.known(id);
        if known.is_some_and(|(_, object)| object.uid() == Some(uid)) {
            self.drop_known(id);
            self.memory.gone.insert(uid.to_owned());
        }
    }

    fn known(&self, id: &ObjectId) -> Option<(&String, &Object)> {
        let mut views = self.memory.views.iter();
        views.find_map(|(owner, view)| Some((owner, view.objects.get(id)?)))
    }

    fn drop_known(&mut self, id: &ObjectId) {
        let Some(owner) = self.known(id).map(|(owner, _)| owner.clone()) else {
            return;
        };
        if let Some(view) = self.memory.views.get_mut(&owner) {
            Arc::make_mut(view).objects.remove(id);
        }
        self.touched(&owner, id);
    }

    fn touched(&mut self, owner: &str, id: &ObjectId) {
        let mut owners = self.owners.iter();
        let unit: Option<UnitId> = owners
            .find(|(_, label)| *label == owner)
            .map(|(unit, _)| unit.clone());
        self.memory.awake.extend(unit);
        self.memory
            .awake
            .extend(self.memory.restless.iter().cloned());
        if id.kind == "Namespace" {
            self.memory.awake.extend(self.owners.keys().cloned());
        }
    }

    /// Lists everything.
    pub(super) fn list_all(&mut self, world: &World) {
        for (id, entry) in &world.entries {
            if self
                .known(id)
                .is_none_or(|(_, known)| version(known) < entry.version)
            {
                self.told(&entry.object);
            }
        }
        let views: Vec<Arc<Observed>> = self.memory.views.values().cloned().collect();
        for id in views.iter().flat_map(|view| view.objects.keys()) {
            if !world.entries.contains_key(id) {
                self.drop_known(id);
            }
        }
        self.memory.gone.clear();
        for stream in &mut self.streams {
            stream.at = world.events.len();
        }
    }
}

fn version(object: &Object) -> u64 {
    let version = object.resource_version();
    version.and_then(|it| it.parse().ok()).unwrap_or_default()
}

//! What many scripts share: compiled fleets, clusters at rest, and how undisturbed runs end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;

use tidegate::compile::UnitId;
use tidegate::object::{Object, ObjectId};
use tidegate::release::Phase;
use tidegate::resolve::Freeze;
use tidegate::rollout::{Kept, at_rest};

use super::settle::settle;
use crate::sim::daemon::Daemon;
use crate::sim::dice::Dice;
use crate::sim::fleet::{Compiled, Form, Role, Site, Tree};
use crate::sim::world::World;

/// A strategy's file, with that of the one it comes after.
type Key = Vec<(Role, Form)>;

/// How a strategy ends when nothing disturbs it: what is meant of each of its objects, and its
/// claims.
pub(crate) struct End {
    pub(crate) objects: BTreeMap<ObjectId, Value>,
    pub(crate) claims: BTreeMap<String, String>,
}

/// More than any rollout has stages.
const PROMOTIONS: usize = 8;

/// What many scripts share.
#[derive(Default)]
pub(crate) struct Fleets {
    site: Arc<Site>,
    shared: Arc<Shared>,
    whole: BTreeMap<Tree, Arc<Compiled>>,
    starts: BTreeMap<(Tree, bool), (World, Daemon)>,
    /// Every bundle there is, as they are stored before any record names them.
    pub(super) kept: Arc<Kept>,
}

/// What is worked out once for all threads.
#[derive(Default)]
struct Shared {
    parts: Once<Arc<Compiled>>,
    ends: Once<Arc<End>>,
    kept: Mutex<Arc<Kept>>,
}

/// What is worked out once, by strategy.
type Once<T> = Mutex<BTreeMap<Key, Arc<OnceLock<T>>>>;

/// What was worked out already, or is now; others wait for it only if they need the very same.
fn once<T: Clone>(of: &Once<T>, key: &Key, work: impl FnOnce() -> T) -> T {
    let mut all = of.lock().expect("nobody panics with it");
    let slot = all.entry(key.clone()).or_default().clone();
    drop(all);
    slot.get_or_init(work).clone()
}

/// The most compiled trees that are kept at a time.
const TREES: usize = 4096;

impl Fleets {
    /// Those of another place.
    pub(crate) fn at(site: Site) -> Self {
        Self {
            site: Arc::new(site),
            ..Self::default()
        }
    }

    /// The same, for another thread.
    pub(crate) fn share(&self) -> Self {
        Self {
            site: self.site.clone(),
            shared: self.shared.clone(),
            ..Self::default()
        }
    }

    /// A tree, compiled. Every strategy is compiled once; what it compiles to depends on no other
    /// file but that of the one it comes after.
    pub(crate) fn compiled(&mut self, tree: &Tree) -> Arc<Compiled> {
        if let Some(found) = self.whole.get(tree) {
            return found.clone();
        }
        let mut whole = Compiled {
            site: self.site.clone(),
            bundles: BTreeMap::new(),
            broken: BTreeSet::new(),
            unreadable: tree.unreadable,
            remaining: 0,
            cap: 0,
            calendars: Arc::default(),
            freezes: Vec::new(),
            services: BTreeMap::new(),
        };
        self.add_part(&Vec::new(), |_| true, &mut whole);
        for (role, _) in &tree.slots {
            // What it comes after is compiled with it, and is a part of its own.
            let names = [role.name(false), role.name(true)];
            let is_its = |name: &str| names.contains(&name);
            self.add_part(&key(tree, *role), is_its, &mut whole);
        }
        whole.remaining = whole.broken.len()
            + whole
                .bundles
                .keys()
                .filter(|it| matches!(it, UnitId::Strategy(_)))
                .count();
        whole.freezes = freezes(tree);
        let kept = self.shared.kept.lock();
        self.kept = kept.expect("nobody panics with it").clone();
        let whole = Arc::new(whole);
        if self.whole.len() >= TREES {
            self.whole.clear();
        }
        self.whole.insert(tree.clone(), whole.clone());
        whole
    }

    fn add_part(&self, key: &Key, is_its: impl Fn(&str) -> bool, whole: &mut Compiled) {
        let part = once(&self.shared.parts, key, || self.new_part(key));
        let of_it = |unit: &UnitId| match unit {
            UnitId::Strategy(name) => is_its(name.as_str()),
            UnitId::Desk(_) => true,
        };
        let bundles = part.bundles.iter().filter(|(unit, _)| of_it(unit));
        let bundles = bundles.map(|(unit, it)| (unit.clone(), it.clone()));
        whole.bundles.extend(bundles);
        let broken = part.broken.iter().filter(|unit| of_it(unit));
        whole.broken.extend(broken.cloned());
        let services = part.services.iter().filter(|(name, _)| is_its(name));
        let services = services.map(|(name, it)| (name.clone(), *it));
        whole.services.extend(services);
        whole.cap = part.cap;
        whole.calendars = part.calendars.clone();
    }

    fn new_part(&self, key: &Key) -> Arc<Compiled> {
        let part = Tree {
            slots: key.clone(),
            unreadable: false,
            frozen: false,
        }
        .compile(&self.site);
        let mut kept = self.shared.kept.lock().expect("nobody panics with it");
        let kept = Arc::make_mut(&mut kept);
        for bundle in part.bundles.values() {
            kept.insert(bundle.bundle.to_string(), bundle.clone());
        }
        part
    }

    /// A cluster on which a tree is at rest, or about to be deployed.
    pub(crate) fn start(&mut self, tree: &Tree, is_fresh: bool) -> (World, Daemon) {
        let key = (tree.clone(), is_fresh);
        if let Some((world, daemon)) = self.starts.get(&key) {
            let (mut world, mut daemon) = (world.clone(), daemon.clone());
            world.kept = self.kept.clone();
            daemon.kept = self.kept.clone();
            return (world, daemon);
        }
        let (mut world, mut daemon) = self.pushed(tree);
        if !is_fresh {
            rest(&mut world, &mut daemon);
        }
        self.starts.insert(key, (world.clone(), daemon.clone()));
        (world, daemon)
    }

    fn pushed(&mut self, tree: &Tree) -> (World, Daemon) {
        let git = self.compiled(tree);
        let mut world = World::new(git.clone());
        let mut daemon = Daemon::new(git);
        world.kept = self.kept.clone();
        daemon.kept = self.kept.clone();
        let names = tree.slots.iter();
        let names = names.flat_map(|(role, _)| [role.name(false), role.name(true)]);
        world.commit(0, "ann", names.map(str::to_owned).collect());
        daemon.push(&world, "c0".to_owned(), Vec::new());
        world.pass(jiff::SignedDuration::from_secs(1));
        (world, daemon)
    }

    /// How a strategy ends when nothing disturbs it.
    pub(crate) fn end(&mut self, tree: &Tree, role: Role) -> Arc<End> {
        let key = key(tree, role);
        let shared = self.shared.clone();
        once(&shared.ends, &key, || self.new_end(tree, role, &key))
    }

    fn new_end(&mut self, tree: &Tree, role: Role, key: &Key) -> Arc<End> {
        let alone = Tree {
            slots: key.clone(),
            unreadable: false,
            frozen: false,
        };
        let (mut world, mut daemon) = self.pushed(&alone);
        rest(&mut world, &mut daemon);
        let renamed = tree.form(role).version().is_some_and(|it| it.renamed);
        let name = role.name(renamed).parse().expect("it is a name");
        Arc::new(meant(&world, &UnitId::Strategy(name)))
    }
}

fn freezes(tree: &Tree) -> Vec<Freeze> {
    let freeze = Freeze {
        desk: None,
        venue: None,
        until: None,
        reason: "quarter end".to_owned(),
    };
    tree.frozen.then_some(freeze).into_iter().collect()
}

/// The files that decide what a strategy compiles to.
fn key(tree: &Tree, role: Role) -> Key {
    let own = (role, tree.form(role));
    // What comes after it goes by its name only, which an error in its file does not change.
    let quoter = match tree.form(Role::Quoter) {
        Form::Broken(version) => Form::Is(version),
        other => other,
    };
    let before = (Role::Quoter, quoter);
    if role == Role::Last {
        vec![before, own]
    } else {
        vec![own]
    }
}

fn rest(world: &mut World, daemon: &mut Daemon) {
    let mut dice = Dice::new(1);
    for _ in 0..PROMOTIONS {
        settle(world, daemon, &mut dice);
        let promotes = super::people::promote_all(world, daemon);
        if !super::people::approve_all(world, daemon) && !promotes {
            break;
        }
    }
    if let Some(violation) = &world.violation {
        panic!("an undisturbed run goes wrong: {violation}");
    }
    for (unit, record) in &world.records {
        assert_eq!(record.phase, Phase::Ready, "{unit}: {record:#?}");
    }
    world.forget_history();
    daemon.forget_history();
}

/// What is meant of the objects of a unit that Git wants, as if it stood on its main track: where a
/// version came under a name of its own, that is taken out.
pub(super) fn meant(world: &World, unit: &UnitId) -> End {
    let record = world.records.get(unit).cloned().unwrap_or_default();
    let bundle = world.git.bundles.get(unit);
    let track = record.tracks.stable.clone();
    let name = unit.release_name();
    let meant = bundle.map(|bundle| at_rest(bundle, &record));
    let ids = meant
        .iter()
        .flat_map(|bundle| &bundle.objects)
        .map(Object::id);
    let live = ids.filter_map(|id| Some((world.get(&id)?.object.clone(), id)));
    let has_standby = bundle.is_some_and(super::end::has_standby);
    let is_scaled = world.git.services.get(&name).is_some_and(|it| it.is_scaled);
    let is_main = matches!(track.as_str(), "" | "main");
    let mut objects = BTreeMap::new();
    for (object, mut id) in live {
        let mut parts = parts(&object);
        if is_scaled && let Some(spec) = parts.pointer_mut("/0").and_then(Value::as_object_mut) {
            spec.shift_remove("replicas");
        }
        let suffix = format!("{name}-{track}");
        let is_of_track = id.name == suffix;
        if !is_main {
            id.name = id.name.replace(&suffix, &name);
            parts = untracked(&parts, &suffix, &name, &track);
        } else if has_standby && id.name == format!("{name}-standby") {
            continue;
        }
        // A standby is under the main name once it took over in turn: only what serves is compared,
        // and its pods are counted with the rest.
        if is_of_track || !objects.contains_key(&id) {
            objects.insert(id, parts);
        }
    }
    End {
        objects,
        claims: record.claims.clone(),
    }
}

fn parts(object: &Object) -> Value {
    let at = |pointer: &str| object.at(pointer).cloned();
    let parts = [
        "/spec",
        "/data",
        "/metadata/labels",
        "/metadata/annotations",
    ];
    let parts = parts.into_iter();
    Value::Array(parts.map(|it| at(it).unwrap_or_default()).collect())
}

/// The same on the main track.
fn untracked(parts: &Value, suffix: &str, name: &str, track: &str) -> Value {
    let text = parts.to_string().replace(suffix, name);
    let label = |track: &str| format!("\"tidegate.dev/track\":\"{track}\"");
    let text = text.replace(&label(track), &label("main"));
    serde_json::from_str(&text).unwrap_or_default()
}

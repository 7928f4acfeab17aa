//! What many scripts share: compiled fleets, clusters at rest, and how undisturbed runs end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use tidegate::compile::UnitId;
use tidegate::object::{Object, ObjectId};
use tidegate::release::Phase;
use tidegate::rollout::Kept;

use super::settle::settle;
use crate::daemon::Daemon;
use crate::dice::Dice;
use crate::fleet::{Compiled, Form, Role, Tree};
use crate::world::World;

/// A strategy's file, with that of the one it comes after.
type Key = Vec<(Role, Form)>;

/// How a strategy ends when nothing disturbs it: what is meant of each of its objects, and its
/// claims.
pub(crate) struct End {
    pub(crate) objects: BTreeMap<ObjectId, Value>,
    pub(crate) claims: BTreeMap<String, String>,
}

/// What many scripts share.
#[derive(Default)]
pub(crate) struct Fleets {
    parts: BTreeMap<Key, Arc<Compiled>>,
    whole: BTreeMap<Tree, Arc<Compiled>>,
    starts: BTreeMap<(Tree, bool), (World, Daemon)>,
    ends: BTreeMap<Key, Arc<End>>,
    /// Every bundle there is, as they are stored before any record names them.
    pub(super) kept: Arc<Kept>,
}

impl Fleets {
    /// A tree, compiled. Every strategy is compiled once; what it compiles to depends on no other
    /// file but that of the one it comes after.
    pub(crate) fn compiled(&mut self, tree: &Tree) -> Arc<Compiled> {
        if let Some(found) = self.whole.get(tree) {
            return found.clone();
        }
        let mut whole = Compiled {
            bundles: BTreeMap::new(),
            broken: BTreeSet::new(),
            unreadable: tree.unreadable,
            remaining: 0,
            cap: 0,
            services: BTreeMap::new(),
        };
        self.add_part(Vec::new(), &mut whole);
        for (role, _) in &tree.slots {
            self.add_part(key(tree, *role), &mut whole);
        }
        whole.remaining = whole.broken.len()
            + whole.bundles.keys().filter(|it| matches!(it, UnitId::Strategy(_))).count();
        let whole = Arc::new(whole);
        self.whole.insert(tree.clone(), whole.clone());
        whole
    }

    fn add_part(&mut self, key: Key, whole: &mut Compiled) {
        let part = match self.parts.get(&key) {
            Some(part) => part.clone(),
            None => self.new_part(key),
        };
        let bundles = part.bundles.iter().map(|(unit, it)| (unit.clone(), it.clone()));
        whole.bundles.extend(bundles);
        whole.broken.extend(part.broken.iter().cloned());
        whole.services.extend(part.services.clone());
        whole.cap = part.cap;
    }

    fn new_part(&mut self, key: Key) -> Arc<Compiled> {
        let part = Tree { slots: key.clone(), unreadable: false }.compile();
        let kept = Arc::make_mut(&mut self.kept);
        for bundle in part.bundles.values() {
            kept.insert(bundle.bundle.to_string(), bundle.clone());
        }
        self.parts.insert(key, part.clone());
        part
    }

    /// A cluster on which a tree is at rest, or about to be deployed.
    pub(crate) fn start(&mut self, tree: &Tree, is_fresh: bool) -> (World, Daemon) {
        let key = (tree.clone(), is_fresh);
        if let Some((world, daemon)) = self.starts.get(&key) {
            let mut daemon = daemon.clone();
            daemon.kept = self.kept.clone();
            return (world.clone(), daemon);
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
        daemon.kept = self.kept.clone();
        daemon.push(&world, "c0".to_owned(), Vec::new());
        world.pass(jiff::SignedDuration::from_secs(1));
        (world, daemon)
    }

    /// How a strategy ends when nothing disturbs it.
    pub(crate) fn end(&mut self, tree: &Tree, role: Role) -> Arc<End> {
        let key = key(tree, role);
        if let Some(found) = self.ends.get(&key) {
            return found.clone();
        }
        let alone = Tree { slots: key.clone(), unreadable: false };
        let (mut world, mut daemon) = self.pushed(&alone);
        rest(&mut world, &mut daemon);
        let renamed = tree.form(role).version().is_some_and(|it| it.renamed);
        let name = role.name(renamed).parse().expect("it is a name");
        let end = Arc::new(meant(&world, &UnitId::Strategy(name)));
        self.ends.insert(key, end.clone());
        end
    }
}

/// The files that decide what a strategy compiles to.
fn key(tree: &Tree, role: Role) -> Key {
    let own = (role, tree.form(role));
    let before = (Role::Quoter, tree.form(Role::Quoter));
    if role == Role::Last { vec![before, own] } else { vec![own] }
}

fn rest(world: &mut World, daemon: &mut Daemon) {
    let mut dice = Dice::new(1);
    settle(world, daemon, &mut dice);
    if let Some(violation) = &world.violation {
        panic!("an undisturbed run goes wrong: {violation}");
    }
    for (unit, record) in &world.records {
        assert_eq!(record.phase, Phase::Ready, "{unit}: {record:#?}");
    }
    world.forget_history();
    daemon.forget_history();
}

/// What is meant of the objects of a unit that Git wants.
pub(super) fn meant(world: &World, unit: &UnitId) -> End {
    let claims = world.records.get(unit).map(|it| it.claims.clone());
    let bundle = world.git.bundles.get(unit);
    let ids = bundle.into_iter().flat_map(|bundle| &bundle.objects).map(Object::id);
    let live = ids.filter_map(|id| Some((world.get(&id)?.object.clone(), id)));
    let parts = |object: &Object| {
        let at = |pointer: &str| object.value().pointer(pointer).cloned();
        let parts = ["/spec", "/data", "/metadata/labels", "/metadata/annotations"];
        Value::Array(parts.into_iter().map(|it| at(it).unwrap_or_default()).collect())
    };
    End {
        objects: live.map(|(object, id)| (id, parts(&object))).collect(),
        claims: claims.unwrap_or_default(),
    }
}

//! Carries a script out, or makes one up as it goes, and looks at the end.

mod action;
mod end;
mod fleets;
mod make_up;
mod people;
mod quiet;
mod settle;

use std::collections::{BTreeSet, VecDeque};

use crate::sim::daemon::Daemon;
use crate::sim::dice::Dice;
use crate::sim::fleet::{Role, Tree};
use crate::sim::invariant::{Invariant, Violation};
use crate::sim::script::{Action, Fault, Item, Script, What};
use crate::sim::table::Table;
use crate::sim::world::World;

use make_up::Theme;

pub(crate) use fleets::Fleets;
pub(crate) use quiet::{Beat, quiet};

/// How many actions a script has.
const ACTIONS: usize = 10;

/// How many actions back a fault is taken to meet.
const RECENT: usize = 4;

/// What came of a script.
pub(crate) struct Report {
    pub(crate) script: Script,
    pub(crate) violation: Option<Violation>,
    pub(crate) log: Vec<String>,
    /// Whether it had as many actions, strategies and faults as it takes to count.
    pub(crate) counts: bool,
}

/// A script under way.
struct Run<'a> {
    world: World,
    daemon: Daemon,
    /// Decides the order of what the script leaves open.
    dice: Dice,
    fleets: &'a mut Fleets,
    table: &'a mut Table,
    tree: Tree,
    before: Tree,
    pushes: u32,
    script: Script,
    /// The last actions.
    recent: VecDeque<What>,
    /// The faults that go on.
    ongoing: BTreeSet<Fault>,
    actions: usize,
    roles: BTreeSet<Role>,
    faults: usize,
}

/// Makes a script up from a seed, and carries it out.
pub(crate) fn from_seed(
    seed: u64,
    fleets: &mut Fleets,
    table: &mut Table,
    casts: &[&'static [Role]],
    is_logged: bool,
) -> Report {
    let mut choices = Dice::new(!seed);
    let theme = Theme::of(seed);
    let cast = theme.cast(casts, &mut choices);
    let is_fresh = choices.one_in(8);
    let script = Script {
        seed,
        cast: cast.to_vec(),
        is_fresh,
        items: Vec::new(),
    };
    let mut run = Run::begin(script, fleets, table, is_logged);
    run.make_up(theme, &mut choices);
    run.finish()
}

/// Carries a script out.
pub(crate) fn replay(script: &Script, fleets: &mut Fleets, is_logged: bool) -> Report {
    let mut table = Table::new();
    let items = script.items.clone();
    let script = Script {
        items: Vec::new(),
        ..script.clone()
    };
    let mut run = Run::begin(script, fleets, &mut table, is_logged);
    for item in items {
        run.item(item);
    }
    run.finish()
}

/// The shortest script, of those that lack items of this one, which still breaks an invariant.
pub(crate) fn shrink(script: &Script, invariant: Invariant, fleets: &mut Fleets) -> Script {
    let mut least = script.clone();
    let mut at = least.items.len();
    while at > 0 {
        at -= 1;
        let mut shorter = least.clone();
        shorter.items.remove(at);
        let found = replay(&shorter, fleets, false).violation;
        if found.is_some_and(|it| it.invariant == invariant) {
            least = shorter;
            at = at.min(least.items.len());
        }
    }
    least
}

impl<'a> Run<'a> {
    fn begin(
        script: Script,
        fleets: &'a mut Fleets,
        table: &'a mut Table,
        is_logged: bool,
    ) -> Self {
        let tree = Tree::of(&script.cast);
        let (mut world, daemon) = fleets.start(&tree, script.is_fresh);
        if script.seed.is_multiple_of(2) {
            world.keep_ledger();
        }
        world.log = is_logged.then(Vec::new);
        Self {
            world,
            daemon,
            dice: Dice::new(script.seed),
            fleets,
            table,
            before: tree.clone(),
            tree,
            pushes: 0,
            script,
            recent: VecDeque::new(),
            ongoing: BTreeSet::new(),
            actions: 0,
            roles: BTreeSet::new(),
            faults: 0,
        }
    }

    fn item(&mut self, item: Item) {
        if self.world.violation.is_some() {
            return;
        }
        self.script.items.push(item);
        match item {
            Item::Action(action) => {
                self.act(action);
            }
            Item::Fault(trouble) => self.befall(trouble),
            Item::Quiet => self.settle(),
            Item::Turns(turns) => {
                for _ in 0..turns {
                    self.turn();
                }
            }
        }
    }

    /// Does something; false if it cannot be done now.
    fn act(&mut self, action: Action) -> bool {
        if !self.perform(action) {
            return false;
        }
        self.world.tell(|| format!("--- {action}"));
        self.actions += 1;
        self.roles.insert(action.role);
        self.recent.push_back(action.what);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        for fault in &self.ongoing {
            self.table.mark(action.what, *fault);
        }
        true
    }

    /// A fault struck.
    fn struck(&mut self, fault: Fault) {
        self.faults += 1;
        if fault.goes_on() && !self.ongoing.insert(fault) {
            return;
        }
        for what in &self.recent {
            self.table.mark(*what, fault);
        }
    }

    fn take_strikes(&mut self) {
        for fault in std::mem::take(&mut self.daemon.struck) {
            self.struck(fault);
        }
    }

    fn finish(mut self) -> Report {
        self.end();
        let counts = self.actions >= ACTIONS && self.roles.len() >= 2 && self.faults >= 1;
        Report {
            violation: self.world.violation.take(),
            log: self.world.log.take().unwrap_or_default(),
            script: self.script,
            counts,
        }
    }
}

//! Scripts in which everything comes to rest after each action, so that they can be carried out on a
//! real control plane as well, and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Fleets, Run};
use crate::sim::dice::Dice;
use crate::sim::fleet::{Role, Tree};
use crate::sim::invariant::Violation;
use crate::sim::outcome::Outcome;
use crate::sim::script::{Action, Fault, Script, Trouble, What};
use crate::sim::table::Table;

/// How many actions such a script has.
const ACTIONS: usize = 10;

/// The strategies that take part: none whose changes need what a control plane by itself has not.
const CASTS: [&[Role]; 8] = [
    &[Role::Pricer, Role::Quoter],
    &[Role::Screen, Role::Store],
    &[Role::Keeper, Role::Hedger],
    &[Role::Quoter, Role::Hedger],
    &[Role::Signals, Role::Sweep],
    &[Role::Gate, Role::Pricer],
    &[Role::Nightly, Role::Screen],
    &[Role::Quoter, Role::Last],
];

/// What a person, or Git, can do to a real cluster and see the end of in seconds.
const WHATS: [What; 23] = [
    What::Push,
    What::Push,
    What::Push,
    What::Promote,
    What::Promote,
    What::Remove,
    What::Restore,
    What::Break,
    What::Mend,
    What::Revert,
    What::DeletePod,
    What::DeleteWorkload,
    What::DeleteConfig,
    What::DeletePolicy,
    What::Scale,
    What::Pause,
    What::Resume,
    What::Abort,
    What::Rollback,
    What::Lift,
    What::Freeze,
    What::Thaw,
    What::SpoilMetric,
];

/// What can be done to the daemon of a real cluster.
const FAULTS: [Fault; 3] = [Fault::Crash, Fault::LostAnswer, Fault::ServerError];

/// One thing that is done, and how everything looks once it came to rest after that.
#[derive(Debug, PartialEq)]
pub(crate) struct Beat {
    /// What goes wrong meanwhile.
    pub(crate) trouble: Option<Trouble>,
    /// What is done; nothing at the very beginning.
    pub(crate) action: Option<Action>,
    /// What Git has then.
    pub(crate) tree: Tree,
    /// The strategy that it is done to.
    pub(crate) name: Option<String>,
    /// The behaviours of which metrics are bad.
    pub(crate) bad: BTreeSet<String>,
    /// How it ends.
    pub(crate) outcome: Outcome,
    /// The stages that were seen since, in this order, by release.
    pub(crate) stages: BTreeMap<String, Vec<String>>,
}

/// Makes a script up, and carries it out in the simulator.
pub(crate) fn quiet(seed: u64, fleets: &mut Fleets) -> Result<Vec<Beat>, Violation> {
    let mut choices = Dice::new(!seed);
    let script = Script {
        seed,
        cast: choices.pick(&CASTS).to_vec(),
        is_fresh: true,
        items: Vec::new(),
    };
    let mut table = Table::new();
    let mut run = Run::begin(script, fleets, &mut table, false);
    run.world.told = Some(Vec::new());
    let mut beats = vec![run.beat(None, None)?];
    let struck = choices.below(ACTIONS);
    for at in 0..ACTIONS {
        let trouble = Trouble {
            fault: choices.pick(&FAULTS),
            role: choices.pick(&run.script.cast),
            number: 1 + choices.small(6),
        };
        let strikes = at == struck || choices.one_in(4);
        beats.push(run.beat(Some(trouble).filter(|_| strikes), Some(&mut choices))?);
    }
    Ok(beats)
}

impl Run<'_> {
    /// Does one thing, lets everything come to rest, and looks.
    fn beat(
        &mut self,
        trouble: Option<Trouble>,
        choices: Option<&mut Dice>,
    ) -> Result<Beat, Violation> {
        if let Some(trouble) = trouble {
            self.befall(trouble);
        }
        let action = choices.map(|choices| self.possible(choices));
        self.settle();
        self.daemon.disarm();
        if let Some(violation) = self.world.violation.take() {
            return Err(violation);
        }
        let mut stages: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (unit, stage) in self.world.told.replace(Vec::new()).into_iter().flatten() {
            stages.entry(unit.release_name()).or_default().push(stage);
        }
        Ok(Beat {
            trouble,
            action,
            name: action.map(|it| self.name(it.role).to_owned()),
            tree: self.tree.clone(),
            bad: self.world.spoiled(),
            outcome: Outcome::of_world(&self.world),
            stages,
        })
    }

    /// Does something that can be done now.
    fn possible(&mut self, choices: &mut Dice) -> Action {
        loop {
            let action = Action {
                what: choices.pick(&WHATS),
                role: choices.pick(&self.script.cast),
                number: choices.small(4),
            };
            if self.act(action) {
                return action;
            }
        }
    }
}

impl fmt::Display for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trouble) = self.trouble {
            writeln!(f, "! {trouble}")?;
        }
        match self.action {
            Some(action) => write!(f, "- {action}"),
            None => write!(f, "- push the fleet"),
        }
    }
}

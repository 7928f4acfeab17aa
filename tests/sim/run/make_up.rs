//! Makes a script up as it goes: actions with faults among them, of which each seed brings one pair
//! together, so that so many seeds are sure to bring all of them together.

use super::{ACTIONS, Run};
use crate::sim::dice::Dice;
use crate::sim::fleet::Role;
use crate::sim::script::{Action, Fault, Item, Trouble, What};

/// A prime, so that steps of this length come by every pair.
const STRIDE: usize = 7919;

/// The action and the fault that a seed is to bring together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    what: What,
    fault: Fault,
}

impl Theme {
    /// That of a seed: in so many seeds as there are pairs, each has its turn, and few seeds in a row
    /// have much in common.
    pub(super) fn of(seed: u64) -> Self {
        let pairs = What::ALL.len() * Fault::ALL.len();
        let turn = usize::try_from(seed).unwrap_or_default();
        let at = turn.wrapping_mul(STRIDE) % pairs;
        let what = What::ALL.get(at % What::ALL.len()).copied();
        let fault = Fault::ALL.get(at / What::ALL.len()).copied();
        Self {
            what: what.unwrap_or(What::Push),
            fault: fault.unwrap_or(Fault::Crash),
        }
    }

    /// Strategies to which it can happen; any, if it can happen to none of these.
    pub(super) fn cast(self, casts: &[&'static [Role]], choices: &mut Dice) -> &'static [Role] {
        let suits = |cast: &&&'static [Role]| {
            let is_struck = cast.iter().any(|role| may_strike(self.fault, *role));
            is_struck && cast.iter().any(|role| may_befall(self.what, *role, cast))
        };
        let suited: Vec<&'static [Role]> = casts.iter().filter(suits).copied().collect();
        choices.pick(if suited.is_empty() { casts } else { &suited })
    }
}

/// Whether something can be done to a strategy, among these.
fn may_befall(what: What, role: Role, cast: &[Role]) -> bool {
    match what {
        What::Rename => role.can_be_renamed(),
        What::Reclass => {
            let mut others = cast.iter().filter(|other| **other != role);
            role.can_be_reclassed() && !others.any(|other| other.trades())
        }
        What::Grow => role.can_grow(),
        What::Swap => role.trades(),
        What::Fire => role == Role::Nightly,
        What::Autoscale => role == Role::Router,
        What::Consent => role.keeps_state(),
        What::Approve => role.is_approved(),
        What::Promote | What::Pause | What::Resume | What::Abort | What::Lift => role.is_staged(),
        What::EditTemplate | What::Scale | What::Rollback => !role.is_job(),
        _ => true,
    }
}

/// Whether a fault can strike while a strategy is dealt with.
fn may_strike(fault: Fault, role: Role) -> bool {
    match fault {
        Fault::LateRequest => role.is_singleton(),
        Fault::PolicyGone => role.is_approved(),
        Fault::PodFails | Fault::NodeVanishes => !role.is_job(),
        _ => true,
    }
}

/// What has to be done first, if something cannot be done.
fn before(what: What) -> Option<What> {
    match what {
        What::Restore | What::Consent => Some(What::Remove),
        What::Mend => Some(What::Break),
        What::Unlock => Some(What::Lock),
        What::Thaw => Some(What::Freeze),
        What::MendMetric => Some(What::SpoilMetric),
        What::Lift => Some(What::Abort),
        What::Unhalt => Some(What::Halt),
        What::Promote
        | What::Pause
        | What::Resume
        | What::Abort
        | What::Approve
        | What::Rollback
        | What::Revert
        | What::TakeName => Some(What::Push),
        _ => None,
    }
}

/// Whether it takes until everything came to rest before something can be done.
fn takes_long(what: What) -> bool {
    matches!(what, What::Rollback | What::Consent)
}

impl Run<'_> {
    /// Actions, with faults among them and turns in between.
    pub(super) fn make_up(&mut self, theme: Theme, choices: &mut Dice) {
        let others = choices.below(3);
        let mut at: Vec<usize> = (0..others).map(|_| choices.below(ACTIONS)).collect();
        at.sort_unstable();
        let mut at = at.into_iter().peekable();
        let mut has_met = false;
        while self.actions < ACTIONS && self.world.violation.is_none() {
            while at.next_if(|at| *at <= self.actions).is_some() {
                let fault = choices.pick(&Fault::ALL);
                self.make_up_trouble(fault, 8, choices);
            }
            let done = self.make_up_action(theme, has_met, choices);
            if done == theme.what && !has_met {
                has_met = true;
                self.make_up_trouble(theme.fault, 3, choices);
                self.item(Item::Turns(4 + choices.small(9)));
                continue;
            }
            let is_first = Some(done) == before(theme.what) && !has_met;
            let is_quiet = choices.one_in(if is_first && takes_long(theme.what) {
                1
            } else {
                6
            });
            let turns = Item::Turns(choices.small(7));
            self.item(if is_quiet { Item::Quiet } else { turns });
        }
    }

    fn make_up_trouble(&mut self, fault: Fault, most: u8, choices: &mut Dice) {
        let struck: Vec<Role> = self
            .script
            .cast
            .iter()
            .copied()
            .filter(|role| may_strike(fault, *role))
            .collect();
        let role = choices.pick(if struck.is_empty() {
            &self.script.cast
        } else {
            &struck
        });
        let number = 1 + choices.small(most);
        self.item(Item::Fault(Trouble {
            fault,
            role,
            number,
        }));
    }

    /// Something that can be done now.
    fn make_up_action(&mut self, theme: Theme, has_met: bool, choices: &mut Dice) -> What {
        loop {
            if choices.one_in(if has_met { 8 } else { 3 }) {
                if let Some(done) = self.toward(theme.what, choices) {
                    return done;
                }
                continue;
            }
            let what = choices.pick(&What::ALL);
            if matches!(what, What::Empty | What::Rewrite) && !choices.one_in(3) {
                continue;
            }
            let role = choices.pick(&self.script.cast);
            if self.try_to(what, role, choices) {
                return what;
            }
        }
    }

    /// Does something, or else what has to be done before it.
    fn toward(&mut self, what: What, choices: &mut Dice) -> Option<What> {
        let cast = self.script.cast.clone();
        let mut next = Some(what);
        while let Some(what) = next {
            let fit: Vec<Role> = cast
                .iter()
                .copied()
                .filter(|role| may_befall(what, *role, &cast))
                .collect();
            let role = choices.pick(if fit.is_empty() { &cast } else { &fit });
            if self.try_to(what, role, choices) {
                return Some(what);
            }
            next = before(what);
        }
        None
    }

    fn try_to(&mut self, what: What, role: Role, choices: &mut Dice) -> bool {
        let action = Action {
            what,
            role,
            number: choices.small(4),
        };
        // At least two strategies take part.
        let is_due = self.roles.len() >= 2 || !self.roles.contains(&role);
        let is_done = is_due && self.act(action);
        if is_done {
            self.script.items.push(Item::Action(action));
        }
        is_done
    }
}

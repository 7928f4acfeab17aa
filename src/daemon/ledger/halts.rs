//! Halts in the ledger: what is told of them, and those that it knows and the cluster lost.

use std::collections::BTreeMap;

use super::super::book::{Book, Untold};
use super::super::keeper::Keeper;
use crate::halt::{Halt, Seen, Standing};
use crate::ledger::{Event, Fact, Saying};

impl Keeper {
    /// What there is to tell of the Halts that are there. Told again, it is the same to the letter,
    /// so it is in the ledger once.
    pub(super) fn told_of_halts(&self, book: &Book) -> Vec<Untold> {
        let Some((fleet, cluster)) = self.ledger_place() else {
            return Vec::new();
        };
        let fact = |at, event| Fact {
            at,
            fleet: fleet.clone(),
            cluster: cluster.clone(),
            desk: None,
            release: None,
            event,
        };
        let halts = self.cache.halts();
        let facts = halts.iter().flat_map(|halt| {
            let made = made(halt).map(|(at, event)| fact(at, event));
            let lifted = lifted(halt).map(|(at, event)| fact(at, event));
            made.into_iter().chain(lifted)
        });
        let untold = facts.map(|fact| Untold {
            id: fact.id(),
            fact,
            files: BTreeMap::new(),
        });
        let is_told = |it: &Untold| book.chain().is_some_and(|chain| chain.has(&it.id));
        untold.filter(|it| !is_told(it)).collect()
    }

    /// The Halts that the ledger says stand here and that are not there: the cluster was lost, and
    /// made anew.
    pub(in crate::daemon) fn halts_of_ledger(&self, there: &[Seen]) -> BTreeMap<String, Standing> {
        let Some((_, cluster)) = self.ledger_place() else {
            return BTreeMap::new();
        };
        let known = self.known.borrow();
        let standing = known.book.chain().map(|chain| chain.halts(&cluster));
        let standing = standing.into_iter().flatten();
        let lost = standing.filter(|halt| !there.iter().any(|seen| seen.is(&halt.uid)));
        lost.map(|halt| (halt.uid.clone(), halt)).collect()
    }

    /// Why Halts may stand that nobody sees: the ledger knows some that are not there again yet.
    pub(in crate::daemon) fn halts_to_come(&self, there: &[Seen]) -> Option<String> {
        let (_, halt) = self.halts_of_ledger(there).into_iter().next()?;
        Some(format!(
            "the ledger says that Halt `{}` of {} stands, and it is not there again yet",
            halt.name, halt.by
        ))
    }

    /// The fleet and the cluster, if the fleet keeps a ledger.
    fn ledger_place(&self) -> Option<(String, String)> {
        let snapshot = self.snapshot()?;
        snapshot.ledger.as_ref()?;
        let (fleet, cluster) = snapshot.place.as_ref()?;
        Some((fleet.to_string(), cluster.to_string()))
    }
}

fn made(halt: &Halt) -> Option<(jiff::Timestamp, Event)> {
    let at = halt.metadata.creation_timestamp.as_ref()?.0;
    let spec = &halt.spec;
    let by = Saying {
        who: spec.by.clone(),
        reason: Some(spec.reason.clone()),
    };
    let scope = spec.scope.clone();
    if spec.drill {
        return Some((at, Event::Drill { scope, by }));
    }
    let event = Event::Halt {
        name: halt.metadata.name.clone()?,
        uid: halt.metadata.uid.clone()?,
        scope,
        by,
        restores: spec.restores.clone(),
    };
    Some((at, event))
}

fn lifted(halt: &Halt) -> Option<(jiff::Timestamp, Event)> {
    let lifted = halt.status.as_ref()?.lifted.as_ref()?;
    let event = Event::Unhalt {
        name: halt.metadata.name.clone()?,
        uid: halt.metadata.uid.clone()?,
        scope: halt.spec.scope.clone(),
        by: Saying {
            who: lifted.by.clone(),
            reason: Some(lifted.reason.clone()),
        },
    };
    Some((lifted.at, event))
}

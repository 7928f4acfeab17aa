//! When a daemon dies.

use std::collections::BTreeSet;

use crate::proxy::{Breakpoint, Fault, Match, Place, Proxy, Seen};

use super::instance::{self, Daemon};
use super::story::{Tally, Write};

/// A plan of deaths.
pub(super) enum Deaths {
    /// Before each write, and after it: a write is let through only when a daemon died before it,
    /// and the daemon whose write it was dies before it hears of it. No daemon does more than one.
    AtEach(Each),
    /// In the middle of its work, which has several writes under way: by turns before and after
    /// this write of it.
    AtIts(usize, Place),
}

/// The writes so far.
#[derive(Default)]
pub(super) struct Each {
    before: BTreeSet<Write>,
    after: BTreeSet<Write>,
    tally: Tally,
}

impl Deaths {
    pub(super) fn at_each() -> Self {
        Self::AtEach(Each::default())
    }

    pub(super) fn at_its(nth: usize) -> Self {
        Self::AtIts(nth, Place::Before)
    }

    /// Holds the write at which the next daemon dies.
    pub(super) fn breakpoint(&self, proxy: &Proxy<'_>) -> Breakpoint {
        match self {
            Self::AtEach(_) => {
                let breakpoint = proxy.breakpoint(Match::writes(), Place::Before);
                proxy.inject(Match::writes(), Fault::Hang);
                breakpoint
            }
            Self::AtIts(nth, place) => proxy.breakpoint(Match::writes().nth(*nth), *place),
        }
    }

    /// Kills a daemon at a write that is held.
    pub(super) async fn die(
        &mut self,
        mut daemon: Daemon,
        proxy: &Proxy<'_>,
        held: Seen,
        breakpoint: Breakpoint,
        token: &str,
    ) {
        match self {
            Self::AtEach(each) => {
                let write = each.tally.next(&held, token);
                if each.before.insert(write.clone()) {
                    daemon.kill().await;
                    breakpoint.cut();
                } else {
                    daemon.signal("STOP");
                    breakpoint.go_on();
                    let status = instance::answer(proxy, &held).await;
                    daemon.kill().await;
                    if instance::is_done(status) {
                        each.tally.count(&held, token);
                        each.after.insert(write);
                    }
                }
            }
            Self::AtIts(_, place) => {
                daemon.kill().await;
                breakpoint.cut();
                *place = match place {
                    Place::Before => Place::After,
                    Place::After => Place::Before,
                };
            }
        }
    }

    /// Which of these writes no daemon died before, or after.
    pub(super) fn missed<'w>(&self, writes: &'w [Write]) -> Vec<&'w Write> {
        let Self::AtEach(each) = self else {
            return Vec::new();
        };
        let both = |write: &&Write| each.before.contains(write) && each.after.contains(write);
        let missed = writes.iter().filter(|write| !write.may_be_missed());
        missed.filter(|write| !both(write)).collect()
    }
}

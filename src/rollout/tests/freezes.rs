//! Freezes: whose changes they hold, and until when.

use super::*;
use crate::resolve::Freeze;

/// What trades on `crypto:binance`, and what trades nowhere, both as this text says.
fn both(text: &str) -> [Strategy; 2] {
    [algo(text), service(text)]
}

fn freeze(desk: Option<&str>, venue: Option<&str>) -> Freeze {
    Freeze {
        desk: desk.map(|it| it.parse().unwrap()),
        venue: venue.map(|it| it.parse().unwrap()),
        until: None,
        reason: "exchange migration".to_owned(),
    }
}

impl Stage {
    fn push_frozen(
        &mut self,
        strategies: impl IntoIterator<Item = Strategy>,
        freeze: &Freeze,
        commit: &str,
    ) {
        let mut fleet = fixture::fleet(strategies);
        fleet.freezes = vec![freeze.clone()];
        self.daemon.push(fleet, commit);
        self.settle();
    }

    /// The commit that a strategy runs.
    fn commit_of(&self, strategy: &str) -> &str {
        let stable = self.record(strategy).stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()).unwrap_or("")
    }
}

/// What both run after a change that a freeze may hold.
#[track_caller]
fn check(freeze: &Freeze, quoter: &str, signals: &str) -> Stage {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push(both("spread: 5\n"), "a");
    stage.settle();
    stage.push_frozen(both("spread: 6\n"), freeze, "b");
    let service = fixture::service().name;
    let runs = [stage.commit_of("quoter"), stage.commit_of(service.as_str())];
    assert_eq!(runs, [quoter, signals], "{freeze:?}");
    stage
}

#[test]
fn a_freeze_holds_those_that_it_is_for() {
    check(&freeze(None, None), "a", "a");
    check(&freeze(Some("rates"), None), "a", "a");
    check(&freeze(Some("bonds"), None), "b", "b");
    check(&freeze(None, Some("crypto:binance")), "a", "b");
    check(&freeze(None, Some("XNYS")), "b", "b");
    check(&freeze(Some("rates"), Some("crypto:binance")), "a", "b");
    check(&freeze(Some("bonds"), Some("crypto:binance")), "b", "b");
}

#[test]
fn what_is_frozen_where_is_said() {
    let waits = |freeze: &Freeze| {
        let stage = check(freeze, "a", "b");
        stage.record("quoter").waiting_on[0].what.clone()
    };
    assert_eq!(
        waits(&freeze(None, Some("crypto:binance"))),
        "the freeze of venue crypto:binance: exchange migration"
    );
    assert_eq!(
        waits(&freeze(Some("rates"), Some("crypto:binance"))),
        "the freeze of desk rates at venue crypto:binance: exchange migration"
    );
}

#[test]
fn what_leaves_a_frozen_venue_or_comes_to_it_is_held_until_the_freeze_is_taken_out() {
    let at = |venue: &str, text: &str| {
        let mut quoter = algo(text);
        quoter.account.as_mut().unwrap().venue = venue.to_owned();
        [quoter]
    };
    for frozen in ["crypto:binance", "crypto:kraken"] {
        let mut stage = Stage::new(1, Trouble::default());
        stage.push(at("crypto:binance", "spread: 5\n"), "a");
        stage.settle();
        let moved = at("crypto:kraken", "spread: 6\n");
        stage.push_frozen(moved.clone(), &freeze(None, Some(frozen)), "b");
        assert_eq!(stage.commit_of("quoter"), "a", "{frozen}");
        stage.push(moved, "b");
        stage.settle();
        assert_eq!(stage.commit_of("quoter"), "b", "{frozen}");
    }
}

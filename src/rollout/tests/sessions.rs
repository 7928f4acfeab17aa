//! What runs by trading session. New York trades from 14:30 to 21:00 UTC in the first days of
//! March 2026, the first of which is a Sunday.

use super::{Stage, algo};
use crate::compile::{UnitId, fixture};
use crate::object::mark;
use crate::release::Phase;
use crate::resolve::run::SessionRun;
use crate::resolve::{Strategy, When};
use crate::rollout::world::Trouble;

fn quoter(text: &str) -> Strategy {
    Strategy {
        run: Some(When::While("open(XNYS)".parse().unwrap())),
        ..algo(text)
    }
}

fn sweep(finish_before: Option<&str>) -> Strategy {
    Strategy {
        run: Some(When::Session(SessionRun {
            after: "close(XNYS)+30m".parse().unwrap(),
            finish_before: finish_before.map(|edge| edge.parse().unwrap()),
            on_late: crate::spec::run::OnLate::Alert,
        })),
        ..fixture::job()
    }
}

impl Stage {
    fn since(at: &str, strategy: Strategy) -> Self {
        let mut stage = Self::new(5, Trouble::default());
        stage.world.now = at.parse().unwrap();
        stage.push([strategy], "c1");
        stage.settle();
        stage
    }

    fn until(&mut self, at: &str) {
        self.world.now = at.parse().unwrap();
        self.daemon.wake();
        self.settle();
    }

    fn pod_count(&self) -> usize {
        self.world.of_kind("Pod").len()
    }

    /// When the runs that are there were due.
    fn dues(&self) -> Vec<String> {
        let jobs = self.world.of_kind("Job");
        let due = jobs.iter().filter_map(|job| job.annotation(mark::DUE));
        due.map(str::to_owned).collect()
    }

    fn tells(&self, unit: &str, text: &str) -> bool {
        let waits = &self.record(unit).waiting_on;
        waits.iter().any(|wait| wait.what.contains(text))
    }
}

#[test]
fn a_singleton_comes_and_goes_with_its_session() {
    let mut stage = Stage::since("2026-03-02T08:00:00Z", quoter("spread: 5\n"));
    assert_eq!(stage.pod_count(), 0);
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
    let wait = &stage.record("quoter").waiting_on[0];
    assert_eq!(wait.what, "its time to run: while open(XNYS)");
    assert_eq!(wait.unblocks_when, "it opens at 2026-03-02T14:30:00Z");
    stage.until("2026-03-02T14:30:00Z");
    assert_eq!(stage.pod_count(), 1);
    assert_eq!(stage.record("quoter").waiting_on, []);
    stage.until("2026-03-02T21:00:00Z");
    assert_eq!(stage.pod_count(), 0);
    assert_eq!(stage.record("quoter").phase, Phase::Ready);
}

#[test]
fn a_change_out_of_its_session_starts_nothing() {
    let mut stage = Stage::since("2026-03-02T15:00:00Z", quoter("spread: 5\n"));
    stage.until("2026-03-02T22:00:00Z");
    stage.push([quoter("spread: 6\n")], "c2");
    stage.settle();
    assert_eq!(
        (stage.pod_count(), stage.record("quoter").phase),
        (0, Phase::Ready)
    );
    stage.until("2026-03-03T15:00:00Z");
    assert_eq!(stage.pod_count(), 1);
}

#[test]
fn a_session_ends_and_begins_while_its_files_have_errors() {
    let mut stage = Stage::since("2026-03-02T15:00:00Z", quoter("spread: 5\n"));
    stage
        .daemon
        .broken
        .insert(UnitId::Strategy("quoter".parse().unwrap()));
    stage.until("2026-03-02T22:00:00Z");
    assert_eq!(stage.pod_count(), 0);
    assert!(stage.tells("quoter", "its files, which have errors"));
    stage.until("2026-03-03T15:00:00Z");
    assert_eq!(stage.pod_count(), 1);
}

#[test]
fn what_no_calendar_knows_starts_nothing_and_says_so() {
    let stage = Stage::since("2040-03-02T15:00:00Z", quoter("spread: 5\n"));
    assert_eq!(stage.pod_count(), 0);
    assert_eq!(stage.record("quoter").phase, Phase::Waiting);
}

#[test]
fn a_session_has_its_run_once() {
    let mut stage = Stage::since("2026-03-02T08:00:00Z", sweep(None));
    assert_eq!(stage.record("sweep").phase, Phase::Ready);
    assert!(
        stage.dues().is_empty(),
        "sessions before it are none of its business"
    );
    stage.until("2026-03-02T21:30:00Z");
    assert_eq!(stage.dues(), ["2026-03-02T21:30:00Z"]);
    assert_eq!(stage.record("sweep").phase, Phase::Ready);
    stage.world.expire_jobs();
    stage.until("2026-03-03T12:00:00Z");
    assert!(stage.dues().is_empty(), "what ran is not run again");
    stage.until("2026-03-03T21:30:00Z");
    assert_eq!(stage.dues(), ["2026-03-03T21:30:00Z"]);
}

#[test]
fn a_run_that_is_missed_is_told_until_the_next_one_begins() {
    let mut stage = Stage::since("2026-03-02T08:00:00Z", sweep(Some("open(XNYS)-60m")));
    // Nobody was there from Monday's close to Wednesday's.
    stage.until("2026-03-04T21:00:00Z");
    assert!(stage.dues().is_empty());
    assert!(stage.tells("sweep", "the run of 2026-03-03T21:30:00Z, which was missed"));
    stage.until("2026-03-04T21:30:00Z");
    assert_eq!(stage.dues(), ["2026-03-04T21:30:00Z"]);
    assert!(!stage.tells("sweep", "missed"));
}

#[test]
fn of_several_sessions_only_the_last_is_made_up_for() {
    let mut stage = Stage::since("2026-03-02T08:00:00Z", sweep(None));
    stage.until("2026-03-05T12:00:00Z");
    assert_eq!(stage.dues(), ["2026-03-04T21:30:00Z"]);
}

#[test]
fn a_run_is_never_made_beside_another_and_is_told_when_it_is_late() {
    let mut stage = Stage::since("2026-03-02T08:00:00Z", sweep(Some("open(XNYS)-60m")));
    stage.world.hold_jobs = true;
    stage.until("2026-03-02T21:30:00Z");
    stage.until("2026-03-03T13:30:00Z");
    assert!(stage.tells(
        "sweep",
        "which should have been done by 2026-03-03T13:30:00Z"
    ));
    stage.until("2026-03-03T21:30:00Z");
    assert_eq!(stage.dues(), ["2026-03-02T21:30:00Z"]);
    assert!(stage.tells("sweep", "while the run of 2026-03-03T21:30:00Z is due"));
    stage.world.hold_jobs = false;
    stage.settle();
    assert_eq!(
        stage.dues(),
        ["2026-03-02T21:30:00Z", "2026-03-03T21:30:00Z"]
    );
}

#[test]
fn a_new_revision_leaves_the_run_that_is_under_way() {
    let mut stage = Stage::since("2026-03-02T08:00:00Z", sweep(None));
    stage.world.hold_jobs = true;
    stage.until("2026-03-02T21:30:00Z");
    let run = stage.world.of_kind("Job")[0].uid().map(str::to_owned);
    let mut next = sweep(None);
    next.args = vec!["--deep".to_owned()];
    stage.push([next], "c2");
    stage.settle();
    assert_eq!(stage.world.of_kind("Job")[0].uid().map(str::to_owned), run);
    stage.world.hold_jobs = false;
    stage.until("2026-03-03T21:30:00Z");
    let runs = stage.world.of_kind("Job");
    let args = |index: usize| {
        runs[index]
            .text("/spec/template/spec/containers/0/args/0")
            .to_owned()
    };
    assert_eq!((args(0), args(1)), (String::new(), "--deep".to_owned()));
}

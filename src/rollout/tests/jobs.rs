//! Jobs run once.

use super::{Stage, algo};
use crate::compile::fixture;
use crate::release::{JobEnd, Phase};
use crate::rollout::world::Trouble;

fn running() -> Stage {
    let mut stage = Stage::new(8, Trouble::default());
    stage.push([algo("spread: 5\n"), fixture::job()], "c1");
    stage
}

fn job(stage: &Stage) -> Option<crate::object::ObjectId> {
    stage.world.of_kind("Job").first().map(|job| job.id())
}

#[test]
fn a_job_that_ended_and_expired_is_never_made_again() {
    let mut stage = running();
    stage.settle();
    assert_eq!(stage.record("sweep").runs[0].end, Some(JobEnd::Succeeded));
    stage.world.expire_jobs();
    let writes = stage.daemon.writes;
    stage.settle();
    assert_eq!(job(&stage), None);
    assert_eq!(stage.daemon.writes, writes);
    assert_eq!(stage.record("sweep").phase, Phase::Ready);
}

#[test]
fn a_job_deleted_while_it_runs_is_made_again() {
    let mut stage = running();
    while job(&stage).is_none() {
        stage.reconcile_all();
    }
    stage.reconcile_all();
    assert_eq!(stage.record("sweep").phase, Phase::Progressing);
    let id = job(&stage).unwrap();
    stage.world.remove(&id);
    stage.settle();
    assert!(stage.world.get(&id).is_some());
    assert_eq!(stage.record("sweep").phase, Phase::Ready);
}

#[test]
fn a_job_gone_for_longer_than_it_would_be_kept_counts_as_ended() {
    let mut stage = running();
    while job(&stage).is_none() {
        stage.reconcile_all();
    }
    stage.reconcile_all();
    let id = job(&stage).unwrap();
    stage.world.remove(&id);
    stage.world.now = stage
        .world
        .now
        .checked_add(jiff::SignedDuration::from_hours(24 * 8))
        .unwrap();
    stage.settle();
    assert_eq!(job(&stage), None);
    assert_eq!(stage.record("sweep").runs[0].end, Some(JobEnd::Unseen));
}

#[test]
fn a_running_job_of_an_earlier_revision_runs_to_its_end() {
    let mut stage = running();
    while job(&stage).is_none() {
        stage.reconcile_all();
    }
    let old = job(&stage).unwrap();
    stage.world.hold_jobs = true;
    let mut next = fixture::job();
    next.args = vec!["--deep".to_owned()];
    stage.push([algo("spread: 5\n"), next], "c2");
    stage.settle();
    assert_eq!(stage.world.of_kind("Job").len(), 2);
    stage.world.hold_jobs = false;
    stage.settle();
    assert!(
        stage.world.get(&old).is_none(),
        "it ended, and nothing wants it"
    );
    assert_eq!(stage.record("sweep").phase, Phase::Ready);
}

#[test]
fn a_schedule_that_is_removed_starts_no_more_runs_and_goes() {
    let mut stage = Stage::new(9, Trouble::default());
    stage.push([algo("spread: 5\n"), fixture::cron_job()], "c1");
    stage.settle();
    stage.push([algo("spread: 5\n")], "c2");
    stage.settle();
    assert!(stage.find("CronJob", "sweep").is_none());
    let turned = "tidegate-runtime applies CronJob desk-rates/sweep";
    assert!(stage.world.log.iter().any(|line| line == turned));
}

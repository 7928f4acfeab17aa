//! What runs by trading session, by a calendar of the fleet with sessions of seconds.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};

use super::{deployed, requests};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{wait_release, waits_for};
use crate::fleet::{self, RATES, algo, image};
use crate::gitserver::Repo;

const CALENDAR: &str = "calendars/tide.yaml";

/// So many seconds from now.
fn at(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// A calendar with one session.
fn session(from: Timestamp, to: Timestamp) -> String {
    format!(
        "\
kind: Calendar
metadata: {{name: 'desk:tide'}}
spec:
  zone: Etc/UTC
  validFrom: 2026-01-01
  validTo: 2099-12-31
  source: the test
  sessions:
  - {{from: {from:.0}, to: {to:.0}}}
"
    )
}

fn push(repo: &Repo, calendar: &str) {
    repo.push(&[(CALENDAR, calendar)], "Change the hours");
}

/// A job after the open of each session. It is small, and ends by itself.
fn sweep() -> String {
    let image = image("sweep", 'a');
    format!(
        "\
kind: Strategy
metadata: {{name: sweep}}
spec:
  class: job
  image: {image}
  command: [/sweep]
  run: {{after: 'open(desk:tide)'}}
  resources: {{cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi}}
"
    )
}

async fn runs(cluster: &Cluster) -> Vec<String> {
    let jobs: Api<Job> = Api::namespaced(cluster.client().await, RATES);
    let jobs = jobs.list(&ListParams::default()).await.expect("a list");
    let names = jobs.items.into_iter().filter_map(|job| job.metadata.name);
    names.collect()
}

#[tokio::test]
async fn an_algo_and_a_job_follow_their_sessions() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let tern = format!("{}  run: 'open(desk:tide)'\n", algo("tern", "one", 'a'));
    repo.write(CALENDAR, session(at(-3600), at(3600)));
    let _daemon = deployed(&cluster, &repo, &[("tern", tern), ("sweep", sweep())]).await;
    let pods: Api<Pod> = Api::namespaced(cluster.client().await, RATES);
    let is_there = |pod: Option<&Pod>| pod.is_some();
    wait::until(&pods, "tern-0", "is up in its session", is_there).await;
    assert_eq!(
        runs(&cluster).await,
        Vec::<String>::new(),
        "the session began before there was a job"
    );

    push(&repo, &session(at(-3600), at(2)));
    wait_release(&cluster, "tern", "rests", |it| {
        waits_for(it, "its time to run: while open(desk:tide)")
    })
    .await;
    wait::until_gone(&pods, "tern-0").await;

    let open = at(2);
    push(&repo, &session(open, at(3600)));
    wait::until(&pods, "tern-0", "is up in the next one", is_there).await;
    wait_release(&cluster, "tern", "rests no more", |it| {
        it.waiting_on.is_empty()
    })
    .await;
    let jobs: Api<Job> = Api::namespaced(cluster.client().await, RATES);
    let name = format!("sweep-{}", open.as_second());
    wait::until(&jobs, &name, "completes", |job| {
        let status = job.and_then(|job| job.status.as_ref());
        status.is_some_and(|status| status.succeeded == Some(1))
    })
    .await;
    assert_eq!(runs(&cluster).await, [name], "each session has one run");
    requests(&cluster, mark).await;
}

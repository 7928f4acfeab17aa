//! A Halt from beginning to end, with a daemon that is killed, a Git that is dead, and a push.

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{Api, PostParams};
use tidegate::halt::{Halt, Scope, State};
use tidegate::release::ReleaseStatus;

use super::{User, Where, asked_of_deployments, images, scale, until_algo_has};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{self, Daemon, Settings, wait_heeded, wait_release, waits_for};
use crate::fleet::{self, RATES, algo, image, path, service};

const CANARY: &str = "  ports: [{name: http, port: 8080}]
  rollout:
    bootstrap: direct
    canary: [{weight: 25%, gates: [{pause: {}}]}]
";

fn gull(digit: char) -> String {
    format!("{}{CANARY}", service("gull", 4, digit))
}

fn is_at_the_canary(status: &ReleaseStatus) -> bool {
    let at = status.rollout.as_ref();
    at.is_some_and(|at| at.name == "25%" && at.settled_at.is_some())
        && waits_for(status, "a person, who promotes the stage")
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn a_halt_holds_through_a_death_a_dead_git_and_a_push_until_a_person_lifts_it() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [("tern", algo("tern", "one", 'a')), ("gull", gull('a'))];
    let commit = fleet::push(&repo, &strategies);
    daemon::install(&cluster);
    let settings = Settings::following(&repo);
    let mut daemon = Daemon::launch(&cluster, &settings).await;
    daemon.wait_reconciled(&commit).await;
    let here = Where::In(RATES);
    let ann = User::new(&cluster, RATES, "ann", &[("tidegate-desk-operator", here)]).await;
    let vic = User::new(&cluster, RATES, "vic", &[("tidegate-desk-viewer", here)]).await;
    let rita = User::new(&cluster, RATES, "rita", &[("tidegate-desk-risk", here)]).await;
    repo.push(&[(&path("gull"), &gull('b'))], "A canary");
    wait_release(&cluster, "gull", "is at its canary", is_at_the_canary).await;
    assert_eq!(images(&cluster, "gull").await.len(), 4);

    // What is not there is said, and nothing is made.
    let why = ["--reason", "fills look wrong"];
    let (code, told) = ann
        .run(
            &cluster,
            &["halt", "--strategy", "tren", "--in", RATES, why[0], why[1]],
        )
        .await;
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("did you mean `tern`?"), "{told}");
    let desk = ["--desk", "rates", "--in", RATES, why[0], why[1]];
    let (code, told) = vic.run(&cluster, &[&["halt"], &desk[..]].concat()).await;
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("may not halt"), "{told}");

    // A drill stops nothing, and says what would stop.
    let (code, told) = ann.run(&cluster, &[&["drill"], &desk[..]].concat()).await;
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("StatefulSet rates/tern"), "{told}");
    assert_eq!(images(&cluster, "tern").await.len(), 1);

    let (code, told) = ann.run(&cluster, &[&["halt"], &desk[..]].concat()).await;
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("nothing runs any more that is to stop"),
        "{told}"
    );
    assert!(images(&cluster, "tern").await.is_empty());
    let before = vec![image("gull", 'a'); 4];
    assert_eq!(images(&cluster, "gull").await, before);
    let standing = wait_release(&cluster, "gull", "is halted", |it| !it.halts.is_empty()).await;
    assert!(
        waits_for(&standing, &format!("{} halted", ann.name)),
        "{standing:#?}"
    );
    let name = standing.halts[0].name.clone();

    // The daemon dies, Git is dead, and somebody starts the algo by hand.
    daemon.kill().await;
    let bare = repo.path();
    let away = bare.with_extension("away");
    std::fs::rename(bare, &away).expect("Git is taken away");
    scale(&cluster, "tern", 1);
    let daemon = Daemon::launch(&cluster, &settings).await;
    until_algo_has(&cluster, "tern", 0).await;
    let (code, told) = ann
        .run(&cluster, &["unhalt", &name, "--reason", "it is fine"])
        .await;
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("may not unhalt"), "{told}");

    // Git is back with a push, which changes nothing.
    std::fs::rename(&away, bare).expect("Git is there again");
    let pushed = repo.push(
        &[(&path("tern"), &algo("tern", "one", 'b'))],
        "Another tern",
    );
    wait_heeded(&cluster, &pushed).await;
    scale(&cluster, "tern", 1);
    until_algo_has(&cluster, "tern", 0).await;
    assert_eq!(images(&cluster, "gull").await, before);
    let still = wait_release(&cluster, "tern", "is halted", |it| !it.halts.is_empty()).await;
    assert_eq!(still.stable.and_then(|it| it.commit), Some(commit));

    // A person who answers for it lifts it. Whatever was decided before is decided again.
    let (code, told) = rita
        .run(
            &cluster,
            &["unhalt", &name, "--reason", "the venue confirmed"],
        )
        .await;
    assert_eq!(code, 0, "{told}");
    let halts: Api<Halt> = Api::all(cluster.client().await);
    let lifted = halts
        .get(&name)
        .await
        .expect("the Halt")
        .status
        .expect("a status");
    assert_eq!(lifted.state, Some(State::Lifted));
    assert_eq!(lifted.lifted.expect("it is lifted").by, rita.name);
    until_algo_has(&cluster, "tern", 1).await;
    wait_release(&cluster, "gull", "is at its canary again", is_at_the_canary).await;
    wait_release(&cluster, "tern", "runs what was pushed", |it| {
        it.stable.as_ref().and_then(|it| it.commit.as_ref()) == Some(&pushed)
    })
    .await;
    assert_eq!(images(&cluster, "tern").await, [image("tern", 'b')]);
    drop(daemon);
    crate::e2e::requests(&cluster, mark).await;
}

/// Killed as soon as the first pod was asked to go, the daemon goes on where it was.
#[tokio::test]
async fn a_daemon_that_is_killed_in_the_middle_of_a_halt_stops_the_rest() {
    let cluster = Cluster::private(&Options::default());
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
        ("gull", gull('a')),
    ];
    let commit = fleet::push(&repo, &strategies);
    daemon::install(&cluster);
    let settings = Settings::following(&repo);
    let mut daemon = Daemon::launch(&cluster, &settings).await;
    daemon.wait_reconciled(&commit).await;
    repo.push(&[(&path("gull"), &gull('b'))], "A canary");
    wait_release(&cluster, "gull", "is at its canary", is_at_the_canary).await;
    let halts: Api<Halt> = Api::all(cluster.client().await);
    let everything = super::halt(Scope::Everything.into(), &whoami(&cluster).await);
    let made = halts.create(&PostParams::default(), &everything).await;
    let name = made.expect("a Halt").metadata.name.expect("a name");
    daemon.wait_log("a Halt stands").await;
    daemon.kill().await;
    let _daemon = Daemon::launch(&cluster, &settings).await;
    wait::until(&halts, &name, "everything is stopped", |halt| {
        let status = halt.and_then(|it| it.status.as_ref());
        status.and_then(|it| it.state) == Some(State::Stopped)
    })
    .await;
    for algo in ["tern", "knot"] {
        assert!(images(&cluster, algo).await.is_empty());
    }
    assert_eq!(images(&cluster, "gull").await, vec![image("gull", 'a'); 4]);
    assert_eq!(asked_of_deployments(&cluster, "gull").await, 4);
}

/// Who the administrator of the tests is.
async fn whoami(cluster: &Cluster) -> String {
    let reviews: Api<SelfSubjectReview> = Api::all(cluster.client().await);
    let params = PostParams::default();
    let review = reviews.create(&params, &SelfSubjectReview::default()).await;
    let status = review.expect("a review").status;
    let user = status.and_then(|it| it.user_info);
    user.and_then(|it| it.username).expect("a name")
}

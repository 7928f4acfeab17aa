//! Without a daemon, without Git, without the definition: what was stopped stays stopped.

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use kube::api::{Api, DeleteParams, PostParams};
use tidegate::halt::{Halt, State, Unhalt, UnhaltSpec};

use super::{User, Where, images, scale, until_algo_has};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{self, Daemon, Settings, run, wait_release, waits_for};
use crate::fleet::{self, RATES, algo};

const CRD: &str = "halts.tidegate.dev";

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn a_halt_takes_effect_without_a_daemon_and_deleting_its_definition_opens_nothing() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let commit = fleet::push(&repo, &[("tern", algo("tern", "one", 'a'))]);
    daemon::install(&cluster);
    let settings = Settings::following(&repo);
    let mut daemon = Daemon::launch(&cluster, &settings).await;
    daemon.wait_reconciled(&commit).await;
    let here = Where::In(RATES);
    let ann = User::new(&cluster, RATES, "ann", &[("tidegate-desk-operator", here)]).await;
    let chief = [("tidegate-fleet-risk", Where::Everywhere)];
    let chief = User::new(&cluster, RATES, "chief", &chief).await;

    // No daemon, no Git: the command does it in the caller's own name.
    daemon.kill().await;
    let bare = repo.path();
    let away = bare.with_extension("away");
    std::fs::rename(bare, &away).expect("Git is taken away");
    let halt = [
        "halt",
        "--strategy",
        "tern",
        "--in",
        RATES,
        "--reason",
        "fills look wrong",
    ];
    let (code, told) = ann.run(&cluster, &halt).await;
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("no daemon answers"), "{told}");
    assert!(told.contains("StatefulSet rates/tern"), "{told}");
    assert!(images(&cluster, "tern").await.is_empty());

    // A daemon that comes back takes it in, with Git still dead.
    let daemon = Daemon::launch(&cluster, &settings).await;
    let standing = wait_release(&cluster, "tern", "is halted", |it| !it.halts.is_empty()).await;
    let first = standing.halts[0].clone();

    // Somebody deletes the definition, and every Halt with it.
    run(&mut cluster.kubectl(["delete", "crd", CRD]));
    let lost = wait_release(&cluster, "tern", "has lost its Halt", |it| {
        it.halts.iter().any(|halt| halt.is_lost)
    })
    .await;
    assert!(waits_for(&lost, "vanished without having been lifted"));
    scale(&cluster, "tern", 1);
    until_algo_has(&cluster, "tern", 0).await;
    drop(daemon);

    // Git is back, and the definition: the Halt is there again, in the name of who made it.
    std::fs::rename(&away, bare).expect("Git is there again");
    daemon::install_crds(&cluster);
    let daemon = Daemon::launch(&cluster, &settings).await;
    let halts: Api<Halt> = Api::all(cluster.client().await);
    let again = wait::until(&halts, &first.name, "is there again", |halt| {
        let status = halt.and_then(|it| it.status.as_ref());
        status.and_then(|it| it.state) == Some(State::Stopped)
    })
    .await
    .expect("it was just seen");
    assert_eq!(again.spec.by, ann.name);
    assert_eq!(again.spec.restores.as_deref(), Some(first.uid.as_str()));
    assert!(images(&cluster, "tern").await.is_empty());

    // Somebody takes the policy away, and lifts it in another's name: that counts for nothing.
    let client = cluster.client().await;
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client.clone());
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(client);
    bindings
        .delete(CRD, &DeleteParams::default())
        .await
        .expect("no binding");
    let forged = UnhaltSpec {
        halt: first.name.clone(),
        uid: again.metadata.uid.clone().expect("a uid"),
        scope: again.spec.scope.clone(),
        reason: "trust me".to_owned(),
        by: chief.name.clone(),
    };
    let unhalts: Api<Unhalt> = Api::all(ann.client.clone());
    let mut forged = Unhalt::new("forged", forged);
    wait::within("the policy is out of force", async {
        while let Err(error) = unhalts.create(&PostParams::default(), &forged).await {
            assert!(error.to_string().contains("but you are"), "{error}");
            forged.metadata.name = Some("forged".to_owned());
        }
    })
    .await;
    let refused = wait::until(&halts, &first.name, "is not lifted", |halt| {
        let status = halt.and_then(|it| it.status.as_ref());
        status.is_some_and(|it| it.refused.is_some())
    })
    .await;
    let status = refused.and_then(|it| it.status).expect("a status");
    assert!(status.refused.expect("why").contains("is not there"), "");
    policies
        .delete(CRD, &DeleteParams::default())
        .await
        .expect("no policy");
    daemon::install_files(&cluster, &["admission"]);
    until_algo_has(&cluster, "tern", 0).await;

    // Nor does it once both are back, and not for a daemon that saw nothing of this.
    drop(daemon);
    let daemon = Daemon::launch(&cluster, &settings).await;
    let refused = wait::until(&halts, &first.name, "is not lifted, still", |halt| {
        let status = halt.and_then(|it| it.status.as_ref());
        let refused = status.and_then(|it| it.refused.as_ref());
        refused.is_some_and(|why| why.contains("before its admission policy was in force"))
    })
    .await;
    assert!(refused.is_some());
    assert!(images(&cluster, "tern").await.is_empty());

    // Who has the right lifts it: the command waits until the policy is surely in force.
    let lift = ["unhalt", &first.name, "--reason", "the venue confirmed"];
    let (code, told) = chief.run(&cluster, &lift).await;
    assert_eq!(code, 0, "{told}");
    until_algo_has(&cluster, "tern", 1).await;
    drop(daemon);
    crate::e2e::requests(&cluster, mark).await;
}

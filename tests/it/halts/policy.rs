//! Who may halt, who may lift, and that nothing of it can be changed or taken back.

use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;
use tidegate::halt::{Halt, Named, Reach, Scope, Unhalt, UnhaltSpec};

use super::{User, Where, halt};
use crate::cluster::{Cluster, wait};
use crate::daemon;

fn desk(namespace: &str) -> Reach {
    Scope::Desk(namespace.to_owned()).into()
}

fn strategy(namespace: &str) -> Reach {
    let named = Named {
        namespace: namespace.to_owned(),
        name: "tern".to_owned(),
    };
    Scope::Strategy(named).into()
}

/// Makes a Halt as somebody, on paper.
async fn tried(user: &User, halt: &Halt) -> Result<Halt, String> {
    let halts: Api<Halt> = Api::all(user.client.clone());
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let made = halts.create(&params, halt).await;
    made.map_err(|error| error.to_string())
}

fn unhalt(of: &Halt, scope: Reach, by: &str) -> Unhalt {
    let spec = UnhaltSpec {
        halt: of.metadata.name.clone().expect("it has a name"),
        uid: of.metadata.uid.clone().expect("it has a uid"),
        scope,
        reason: "the venue confirmed".to_owned(),
        by: by.to_owned(),
    };
    let mut unhalt = Unhalt::new("", spec);
    unhalt.metadata.name = None;
    unhalt.metadata.generate_name = Some("lift-".to_owned());
    unhalt
}

async fn lifting(user: &User, unhalt: &Unhalt) -> Result<Unhalt, String> {
    let unhalts: Api<Unhalt> = Api::all(user.client.clone());
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let made = unhalts.create(&params, unhalt).await;
    made.map_err(|error| error.to_string())
}

fn refused(answer: Result<impl std::fmt::Debug, String>, why: &str) {
    let told = answer.expect_err("it must be refused");
    assert!(told.contains(why), "{told}");
}

/// Waits until the policy is in force: a forged name is refused then.
async fn until_in_force(user: &User, scope: &Reach) {
    let forged = halt(scope.clone(), "bob");
    wait::within("the policy is in force", async {
        while tried(user, &forged).await.is_ok() {}
    })
    .await;
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn who_halts_and_who_lifts_has_that_right_and_nobody_takes_it_back() {
    let cluster = Cluster::shared();
    daemon::install_crds(&cluster);
    daemon::install_files(&cluster, &["desk-roles", "halt-roles", "admission"]);
    let (mine, other) = (
        cluster.namespace("halt-mine").await,
        cluster.namespace("halt-other").await,
    );
    let here = Where::In(&mine);
    let ann = User::new(&cluster, &mine, "ann", &[("tidegate-desk-operator", here)]).await;
    let vic = User::new(&cluster, &mine, "vic", &[("tidegate-desk-viewer", here)]).await;
    let rita = User::new(&cluster, &mine, "rita", &[("tidegate-desk-risk", here)]).await;
    let everywhere = [("tidegate-fleet-risk", Where::Everywhere)];
    let chief = User::new(&cluster, &mine, "chief", &everywhere).await;
    until_in_force(&ann, &desk(&mine)).await;

    // Each only where their role reaches.
    for scope in [desk(&mine), strategy(&mine)] {
        for user in [&ann, &rita, &chief] {
            let made = tried(user, &halt(scope.clone(), &user.name)).await;
            made.unwrap_or_else(|why| panic!("{}: {why}", user.name));
        }
        refused(tried(&vic, &halt(scope, &vic.name)).await, "may not halt");
    }
    let wide = [
        desk(&other),
        strategy(&other),
        Scope::Venue("crypto:binance".to_owned()).into(),
        Scope::Account("one".to_owned()).into(),
        Scope::Everything.into(),
    ];
    for scope in wide {
        for user in [&ann, &rita] {
            let made = tried(user, &halt(scope.clone(), &user.name)).await;
            refused(made, "may not halt");
        }
        let made = tried(&chief, &halt(scope, &chief.name)).await;
        made.expect("who answers for the fleet may");
    }

    // Nobody in another's name, and nobody but Tidegate in place of one that vanished.
    let forged = tried(&ann, &halt(desk(&mine), &rita.name)).await;
    refused(forged, &format!("but you are `{}`", ann.name));
    let mut restored = halt(desk(&mine), &ann.name);
    restored.spec.restores = Some("0000".to_owned());
    refused(
        tried(&ann, &restored).await,
        "only Tidegate restores a Halt",
    );

    // A real one: it never changes, and goes only once it is lifted.
    let halts: Api<Halt> = Api::all(ann.client.clone());
    let made = halts
        .create(&PostParams::default(), &halt(desk(&mine), &ann.name))
        .await;
    let made = made.expect("an own Halt is admitted");
    let name = made.metadata.name.clone().expect("it was given a name");
    let admin: Api<Halt> = Api::all(cluster.client().await);
    for edit in [
        json!({"by": "bob"}),
        json!({"reason": "no"}),
        json!({"scope": {"desk": other}}),
    ] {
        let patch = Patch::Merge(json!({"spec": edit}));
        let edited = admin.patch(&name, &PatchParams::default(), &patch).await;
        let told = edited.map_err(|error| error.to_string());
        refused(told, "a Halt never changes");
    }
    for user in [&ann, &chief] {
        let halts: Api<Halt> = Api::all(user.client.clone());
        let status = Patch::Merge(
            json!({"status": {"lifted": {"by": "me", "reason": "x", "at": "2026-01-01T00:00:00Z", "uid": "u"}}}),
        );
        let told = halts
            .patch_status(&name, &PatchParams::default(), &status)
            .await;
        refused(told.map_err(|error| error.to_string()), "forbidden");
    }
    let gone = admin.delete(&name, &DeleteParams::default()).await;
    let told = gone.map(|_| ()).map_err(|error| error.to_string());
    refused(told, "a Halt that nobody lifted cannot be deleted");

    // Lifting takes the right for what the Unhalt says it is about.
    let of_ann = lifting(&ann, &unhalt(&made, desk(&mine), &ann.name)).await;
    refused(of_ann, "may not unhalt");
    let forged = lifting(&ann, &unhalt(&made, desk(&mine), &rita.name)).await;
    refused(forged, "but you are");
    let elsewhere = lifting(&rita, &unhalt(&made, desk(&other), &rita.name)).await;
    refused(elsewhere, "may not unhalt");
    for user in [&rita, &chief] {
        let lifted = lifting(user, &unhalt(&made, desk(&mine), &user.name)).await;
        lifted.expect("who answers for the risk may");
    }
}

#[tokio::test]
async fn a_halt_that_says_nonsense_is_refused() {
    let cluster = Cluster::shared();
    daemon::install_crds(&cluster);
    let client = cluster.client().await;
    let halts: Api<Halt> = Api::all(client);
    let both = Reach {
        venue: Some("XNYS".to_owned()),
        account: Some("one".to_owned()),
        ..Reach::default()
    };
    let never = Reach {
        everything: Some(false),
        ..Reach::default()
    };
    let mut silent = halt(Scope::Everything.into(), "someone");
    silent.spec.reason.clear();
    for (halt, told) in [
        (halt(Reach::default(), "someone"), "`scope` is one of"),
        (halt(both, "someone"), "`scope` is one of"),
        (halt(never, "someone"), "`everything` is `true`"),
        (silent, "`reason` says why"),
    ] {
        let params = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let made = halts.create(&params, &halt).await;
        refused(made.map_err(|error| error.to_string()), told);
    }
}

#[tokio::test]
async fn an_operator_scales_down_and_never_up() {
    let cluster = Cluster::shared();
    daemon::install_crds(&cluster);
    daemon::install_files(&cluster, &["desk-roles", "admission"]);
    let mine = cluster.namespace("halt-scale").await;
    let label = "tidegate.dev/owner=someone";
    daemon::run(&mut cluster.kubectl(["label", "namespace", &mine, label]));
    let here = Where::In(&mine);
    let ann = User::new(&cluster, &mine, "ann", &[("tidegate-desk-operator", here)]).await;
    let create = [
        "--namespace",
        &mine,
        "create",
        "deployment",
        "lamp",
        "--image=lamp",
        "--replicas=2",
    ];
    daemon::run(&mut cluster.kubectl(create));
    let deployments: Api<k8s_openapi::api::apps::v1::Deployment> =
        Api::namespaced(ann.client.clone(), &mine);
    let to = async |replicas: u32, dry_run: bool| {
        let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
        let params = PatchParams {
            dry_run,
            ..PatchParams::default()
        };
        let scaled = deployments.patch_scale("lamp", &params, &patch).await;
        scaled.map(|_| ()).map_err(|error| error.to_string())
    };
    wait::within("the policy is in force", async {
        while to(3, true).await.is_ok() {}
    })
    .await;
    refused(to(3, false).await, "only scaling down is yours");
    to(0, false).await.expect("down is theirs");
    refused(to(1, false).await, "only scaling down is yours");
}

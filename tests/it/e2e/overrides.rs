//! Overrides by distinct users with distinct rights: who passes a gate, who sees it, and that nothing
//! opens when what guards them is taken away.

use std::process::Output;
use std::time::Duration;

use kube::api::{Api, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use tidegate::overrides::{Override, OverrideSpec};
use tidegate::release::{Overriding, ReleaseStatus};

use super::scene::Scene;
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{install_crds, run, wait_release, waits_for};
use crate::fleet::{self, RATES, service};
use crate::users::{User, name_of, prepare};

const NAME: &str = "tern";

const WAITS: &str = "a person, who promotes the stage";

/// Ada is who pushes. Eve may override in the cluster, and is nobody in the fleet; for Ben it is the
/// other way round.
fn root() -> String {
    let person = |name: &str, role: &str| {
        let user = name_of(name);
        format!(
            "  - {{name: {name}, emails: [{name}@example.com], kubernetes: ['{user}'], roles: [{role}]}}\n"
        )
    };
    let people = [
        ("ada", "risk"),
        ("ben", "risk"),
        ("carla", "risk"),
        ("dora", "risk"),
    ];
    let people: String = people
        .iter()
        .map(|(name, role)| person(name, role))
        .collect();
    let floor = "  floors: [{class: service, override: {role: risk, quorum: 2}}]\n";
    format!("{}  people:\n{people}{floor}", fleet::ROOT)
}

/// A service whose first stage waits for a person.
fn paused(digit: char) -> String {
    let text = service(NAME, 2, digit);
    let ports = "  ports: [{name: http, port: 8080}]\n";
    let canary = "    canary: [{weight: 50%, gates: [{pause: {}}]}]\n";
    format!("{text}{ports}  rollout:\n    bootstrap: direct\n{canary}")
}

fn text(output: &Output) -> String {
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", words(&output.stdout), words(&output.stderr))
}

fn overrides(user: &User, gate: &str) -> Output {
    let why = "the venue is down";
    user.tidegate(&["override", NAME, "--gate", gate, "--reason", why])
}

/// Overrides with the command, which must succeed.
fn pass(user: &User) {
    let output = overrides(user, "pause");
    assert!(output.status.success(), "{}", text(&output));
}

/// Waits until an Override is told of with these words, and nothing was passed.
async fn refused(cluster: &Cluster, words: &str) -> ReleaseStatus {
    let what = format!("refuses an override with `{words}`");
    wait_release(cluster, NAME, &what, |status| {
        let mut refused = status.overrides.iter().filter_map(|it| it.refused.as_ref());
        refused.any(|why| why.contains(words)) && waits_for(status, WAITS)
    })
    .await
}

async fn runs(cluster: &Cluster, commit: &str) -> ReleaseStatus {
    wait_release(cluster, NAME, "runs as it was pushed", |status| {
        let stable = status.stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()) == Some(commit)
    })
    .await
}

async fn waits(cluster: &Cluster, commit: &str) -> ReleaseStatus {
    wait_release(cluster, NAME, "waits at its gate", |status| {
        let candidate = status.candidate.as_ref();
        let is_it = candidate.and_then(|it| it.commit.as_deref()) == Some(commit);
        is_it && waits_for(status, WAITS)
    })
    .await
}

/// Overrides until that counts but for the second person: what is made within ten seconds after its
/// policy never does.
async fn counts(cluster: &Cluster, user: &User) {
    let early = "before its admission policy was in force";
    let in_time = async {
        let mut ticks = tokio::time::interval(Duration::from_secs(2));
        loop {
            ticks.tick().await;
            let known = wait_release(cluster, NAME, "is there", |_| true).await;
            let known = known.overrides.len();
            pass(user);
            let status = wait_release(cluster, NAME, "heard of it", |status| {
                status.overrides.len() > known
            })
            .await;
            let last = status.overrides.iter().max_by_key(|it| it.until);
            let why = last.and_then(|it| it.refused.as_deref());
            if why.is_some_and(|why| !why.contains(early)) {
                return;
            }
        }
    };
    wait::within("an override counts", Box::pin(in_time)).await;
}

/// What somebody would make by hand.
fn made(status: &ReleaseStatus, by: &str) -> Override {
    let rollout = status.rollout.as_ref().expect("a rollout");
    let candidate = status.candidate.as_ref().expect("a candidate");
    let spec = OverrideSpec {
        release: NAME.to_owned(),
        behaviour: candidate.behaviour.clone(),
        plan: Some(rollout.plan.clone()),
        stage: Some(rollout.name.clone()),
        gate: rollout.gates.first().map(|gate| gate.gate.clone()),
        window: false,
        reason: "the venue is down".to_owned(),
        by: by.to_owned(),
        expires: "2099-01-01T00:00:00Z".parse().expect("an instant"),
    };
    let mut made = Override::new("", spec);
    made.metadata = ObjectMeta {
        generate_name: Some(format!("{NAME}-")),
        ..ObjectMeta::default()
    };
    made
}

/// Waits until the policy is, or is not, in force, by what it refuses.
async fn is_guarded(user: &User, forged: &Override, guarded: bool) {
    let api: Api<Override> = Api::namespaced(user.client.clone(), RATES);
    let params = PostParams {
        dry_run: guarded,
        ..PostParams::default()
    };
    wait::within("the policy is as it was left", async {
        while api.create(&params, forged).await.is_err() != guarded {}
    })
    .await;
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn a_gate_is_passed_by_two_who_may_in_everybodys_sight_and_by_nobody_without_its_guard() {
    let cluster = Cluster::private(&Options::default());
    let root = root();
    let scene = Scene::open(&cluster, &[("tidegate.yaml", &root)]).await;
    prepare(&cluster);
    let users = ["ada", "ben", "carla", "dora", "eve"].map(|account| User::new(&cluster, account));
    let [ada, ben, carla, dora, eve] = users;
    let (ada, ben, carla, dora, eve) = (ada.await, ben.await, carla.await, dora.await, eve.await);
    let mut bind = cluster.kubectl(["create", "rolebinding", "override", "--namespace", RATES]);
    bind.arg("--clusterrole=tidegate-desk-override");
    for account in ["ada", "carla", "dora", "eve"] {
        bind.arg(format!(
            "--serviceaccount={}:{account}",
            crate::users::NAMESPACE
        ));
    }
    run(&mut bind);
    let commit = scene.push(NAME, &paused('a'));
    runs(&cluster, &commit).await;

    // A gate that there is not, one without the right, one whom nobody knows, the author, and one
    // person where it takes two.
    let commit = scene.push(NAME, &paused('b'));
    let status = waits(&cluster, &commit).await;
    let told = text(&overrides(&carla, "pauze"));
    assert!(
        told.contains("stage `50%` has no one gate `pauze`"),
        "{told}"
    );
    let told = text(&overrides(&ben, "pause"));
    assert!(
        told.contains("you may not override anything of `tern`"),
        "{told}"
    );
    let told = text(&carla.tidegate(&["override", NAME, "--window", "--reason", "now"]));
    assert!(told.contains("`tern` waits for no window"), "{told}");
    is_guarded(&carla, &made(&status, "somebody"), true).await;
    counts(&cluster, &carla).await;
    refused(
        &cluster,
        "it takes 2 people of role `risk`, and so far it is carla",
    )
    .await;
    pass(&eve);
    refused(&cluster, "the user is nobody of `people`").await;
    pass(&ada);
    refused(&cluster, "`ada` wrote the change").await;

    // In another's name; and nothing in an object can be changed, not even by an administrator.
    let api: Api<Override> = Api::namespaced(carla.client.clone(), RATES);
    let forged = api
        .create(&PostParams::default(), &made(&status, &dora.name))
        .await;
    let forged = forged.expect_err("it must be refused").to_string();
    let why = format!("`spec.by` is `{}`, but you are `{}`", dora.name, carla.name);
    assert!(forged.contains(&why), "{forged}");
    let admin: Api<Override> = Api::namespaced(cluster.client().await, RATES);
    let all = admin.list(&ListParams::default()).await.expect("overrides");
    let any = all.items.iter().find_map(|it| it.metadata.name.clone());
    let any = any.expect("a name");
    let patch = Patch::Merge(json!({"spec": {"by": dora.name}}));
    let edited = admin.patch(&any, &PatchParams::default(), &patch).await;
    let edited = edited.expect_err("nobody edits it").to_string();
    assert!(edited.contains("an Override never changes"), "{edited}");

    // The second one passes it, and everybody sees that.
    pass(&dora);
    let status = runs(&cluster, &commit).await;
    let stand = status.overrides.iter().filter(|it| it.stands());
    let mut by: Vec<&str> = stand.map(|it: &Overriding| it.by.as_str()).collect();
    by.sort_unstable();
    by.dedup();
    assert_eq!(by, [carla.name.as_str(), dora.name.as_str()], "{status:#?}");
    assert!(status.conditions.iter().any(|it| it.kind == "Overridden"));
    let told = text(
        &crate::daemon::tidegate(&cluster, ["rollout", "status", NAME])
            .output()
            .await
            .expect("tidegate runs"),
    );
    assert!(told.contains("is OVERRIDDEN by"), "{told}");
    let metrics = scene.metrics().await;
    assert!(!metrics.contains("tidegate_overrides 0"), "{metrics}");

    // Without its policy, or its binding, none counts; what was made meanwhile never does.
    let commit = scene.push(NAME, &paused('c'));
    let status = waits(&cluster, &commit).await;
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/install/admission/overrides.yaml"
    );
    for kind in [
        "validatingadmissionpolicy",
        "validatingadmissionpolicybinding",
    ] {
        run(&mut cluster.kubectl(["delete", kind, "overrides.tidegate.dev"]));
        is_guarded(&carla, &made(&status, &dora.name), false).await;
        refused(&cluster, "is not there: install it again").await;
        run(&mut cluster.kubectl(["apply", "--server-side", "-f", file]));
        refused(
            &cluster,
            "was made before its admission policy was in force",
        )
        .await;
        is_guarded(&carla, &made(&status, "somebody"), true).await;
    }

    // Nor does anything open without the definition.
    run(&mut cluster.kubectl(["delete", "crd", "overrides.tidegate.dev"]));
    install_crds(&cluster);
    waits(&cluster, &commit).await;
    counts(&cluster, &carla).await;
    pass(&dora);
    runs(&cluster, &commit).await;
    scene.close().await;
}

//! Approvals by distinct users with distinct rights: whose yes counts, and that nothing opens when what
//! guards them is taken away.

use std::process::Output;

use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use tidegate::approval::{Approval, ApprovalSpec};
use tidegate::release::{ApprovalWanted, ReleaseStatus};

use super::scene::Scene;
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{run, wait_release, waits_for};
use crate::fleet::{self, RATES, algo};
use crate::users::{self, User, name_of, prepare};

const NAME: &str = "tern";

/// Ada is who pushes. Eve may approve in the cluster, and is nobody in the fleet; for Ben it is the
/// other way round.
fn root(more: &str) -> String {
    let people = [
        ("ada", "risk", vec!["ada"]),
        ("ben", "risk", vec!["ben"]),
        ("carla", "risk", vec!["carla", "carla-laptop"]),
        ("dora", "risk", vec!["dora"]),
        ("tom", "trader", vec!["tom"]),
    ];
    let people = people.map(|(name, role, accounts)| {
        let users: Vec<String> = accounts.into_iter().map(name_of).collect();
        let users = users.join("', '");
        format!(
            "  - {{name: {name}, emails: [{name}@example.com], kubernetes: ['{users}'], roles: [{role}]}}\n"
        )
    });
    format!("{}  people:\n{}{more}", fleet::ROOT, people.concat())
}

/// An algo that two people of role `risk` have to approve.
fn guarded(digit: char) -> String {
    let algo = algo(NAME, "one", digit);
    format!("{algo}  rollout: {{approve: [{{role: risk, quorum: 2}}]}}\n")
}

/// Gives accounts the right to approve as role `risk`. `kubectl create role` knows real resources only.
pub(super) async fn may_approve(cluster: &Cluster, accounts: &[&str]) {
    let metadata = ObjectMeta {
        name: Some("risk-approver".to_owned()),
        ..ObjectMeta::default()
    };
    let role = Role {
        metadata: metadata.clone(),
        rules: Some(vec![PolicyRule {
            api_groups: Some(vec!["tidegate.dev".to_owned()]),
            resources: Some(vec!["strategies/risk".to_owned()]),
            verbs: vec!["approve".to_owned()],
            ..PolicyRule::default()
        }]),
    };
    let subjects = accounts.iter().map(|account| Subject {
        kind: "ServiceAccount".to_owned(),
        name: (*account).to_owned(),
        namespace: Some(users::NAMESPACE.to_owned()),
        ..Subject::default()
    });
    let binding = RoleBinding {
        metadata,
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "Role".to_owned(),
            name: "risk-approver".to_owned(),
        },
        subjects: Some(subjects.collect()),
    };
    let client = cluster.client().await;
    let roles: Api<Role> = Api::namespaced(client.clone(), RATES);
    let bindings: Api<RoleBinding> = Api::namespaced(client, RATES);
    let params = PostParams::default();
    roles.create(&params, &role).await.expect("a role");
    bindings.create(&params, &binding).await.expect("a binding");
}

fn text(output: &Output) -> String {
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", words(&output.stdout), words(&output.stderr))
}

/// Approves with the command, which must succeed.
pub(super) fn approve(user: &User) {
    let output = user.tidegate(&[
        "approve",
        NAME,
        "--role",
        "risk",
        "--reason",
        "looked at it",
    ]);
    assert!(output.status.success(), "{}", text(&output));
}

fn wanted(status: &ReleaseStatus) -> ApprovalWanted {
    let waits = &status.waiting_on;
    let wanted = waits.iter().find_map(|it| it.approval.clone());
    wanted.expect("an approval is waited for")
}

/// What somebody would make by hand.
fn approval(wanted: &ApprovalWanted, by: &str) -> Approval {
    let spec = ApprovalSpec {
        release: NAME.to_owned(),
        behaviour: wanted.behaviour.clone(),
        plan: wanted.plan.clone(),
        role: Some("risk".to_owned()),
        group: None,
        reason: None,
        by: by.to_owned(),
        expires: "2099-01-01T00:00:00Z".parse().expect("an instant"),
    };
    let mut approval = Approval::new("", spec);
    approval.metadata = ObjectMeta {
        generate_name: Some(format!("{NAME}-")),
        ..ObjectMeta::default()
    };
    approval
}

/// The API server's refusal.
async fn refusal(user: &User, approval: &Approval) -> String {
    let approvals: Api<Approval> = Api::namespaced(user.client.clone(), RATES);
    let answer = approvals.create(&PostParams::default(), approval).await;
    answer.expect_err("it must be refused").to_string()
}

/// Waits until the strategy waits with these words, and still runs what it ran.
async fn held(cluster: &Cluster, stable: Option<&str>, words: &str) -> ReleaseStatus {
    let what = format!("is held for `{words}`");
    let status = wait_release(cluster, NAME, &what, |status| waits_for(status, words)).await;
    let runs = status.stable.as_ref().map(|it| it.behaviour.as_str());
    assert_eq!(runs, stable, "{status:#?}");
    status
}

async fn runs(cluster: &Cluster, commit: &str) -> ReleaseStatus {
    wait_release(cluster, NAME, "runs as it was pushed", |status| {
        let stable = status.stable.as_ref();
        stable.and_then(|it| it.commit.as_deref()) == Some(commit)
    })
    .await
}

/// Waits until the policy is in force: as long as it is not, what it refuses is admitted.
async fn refused_again(user: &User, wanted: &ApprovalWanted) {
    let approvals: Api<Approval> = Api::namespaced(user.client.clone(), RATES);
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    wait::within("the policy is in force", async {
        while approvals
            .create(&params, &approval(wanted, "somebody"))
            .await
            .is_ok()
        {}
    })
    .await;
}

/// Approves with the command, which waits until its policy is in force, so that it counts.
async fn counts(cluster: &Cluster, user: &User, words: &str) {
    approve(user);
    wait_release(cluster, NAME, "counts it", |status| {
        waits_for(status, words)
    })
    .await;
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn a_change_runs_once_enough_others_approved_it_and_nothing_opens_without_its_guard() {
    let cluster = Cluster::private(&Options::default());
    let root = root("");
    let scene = Scene::open(&cluster, &[("tidegate.yaml", &root)]).await;
    prepare(&cluster);
    may_approve(
        &cluster,
        &["ada", "carla", "carla-laptop", "dora", "eve", "tom"],
    )
    .await;
    let [ada, ben, carla, laptop, dora, eve, tom] =
        ["ada", "ben", "carla", "carla-laptop", "dora", "eve", "tom"]
            .map(|account| User::new(&cluster, account));
    let (ada, ben, carla) = (ada.await, ben.await, carla.await);
    let (laptop, dora, eve, tom) = (laptop.await, dora.await, eve.await, tom.await);

    // Nothing of it is there before two people who did not write it approved it.
    let commit = scene.push(NAME, &guarded('a'));
    let status = held(&cluster, None, "approval by 2 people of role `risk`").await;
    assert!(status.inventory.is_empty(), "{status:#?}");
    refused_again(&carla, &wanted(&status)).await;
    counts(&cluster, &carla, "after carla").await;
    approve(&dora);
    let status = runs(&cluster, &commit).await;
    let stable = status.stable.map(|it| it.behaviour);
    let stable = stable.as_deref();

    // The author, one without the role in the fleet, one without the right in the cluster, one whom
    // the fleet does not know, and one person twice.
    let commit = scene.push(NAME, &guarded('b'));
    let status = held(&cluster, stable, "approval by 2 people of role `risk`").await;
    let wanted = wanted(&status);
    approve(&ada);
    held(&cluster, stable, "`ada` wrote the change").await;
    approve(&tom);
    held(
        &cluster,
        stable,
        "`tom` has no role `risk` for desk `rates`",
    )
    .await;
    let told = text(&ben.tidegate(&["approve", NAME, "--role", "risk"]));
    assert!(
        told.contains("you may not approve `tern` as `risk`"),
        "{told}"
    );
    approve(&eve);
    held(&cluster, stable, "the user is nobody of `people`").await;
    approve(&carla);
    approve(&laptop);
    held(&cluster, stable, "after carla").await;

    // In another's name; and nothing in an object can be changed, not even by an administrator.
    let forged = refusal(&carla, &approval(&wanted, &dora.name)).await;
    let why = format!("`spec.by` is `{}`, but you are `{}`", dora.name, carla.name);
    assert!(forged.contains(&why), "{forged}");
    let admin: Api<Approval> = Api::namespaced(cluster.client().await, RATES);
    let all = admin
        .list(&kube::api::ListParams::default())
        .await
        .expect("approvals");
    let any = all
        .items
        .iter()
        .find_map(|it| it.metadata.name.clone())
        .expect("a name");
    let patch = Patch::Merge(json!({"spec": {"by": dora.name}}));
    let edited = admin.patch(&any, &PatchParams::default(), &patch).await;
    let edited = edited.expect_err("nobody edits it").to_string();
    assert!(edited.contains("an Approval never changes"), "{edited}");

    // Without its policy, or its binding, no approval counts; what was made meanwhile never does.
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/install/admission/approvals.yaml"
    );
    for kind in [
        "validatingadmissionpolicy",
        "validatingadmissionpolicybinding",
    ] {
        run(&mut cluster.kubectl(["delete", kind, "approvals.tidegate.dev"]));
        held(&cluster, stable, "no approval counts").await;
        let params = PostParams::default();
        let approvals: Api<Approval> = Api::namespaced(carla.client.clone(), RATES);
        wait::within("the policy is out of force", async {
            while approvals
                .create(&params, &approval(&wanted, &dora.name))
                .await
                .is_err()
            {}
        })
        .await;
        held(&cluster, stable, "no approval counts").await;
        run(&mut cluster.kubectl(["apply", "--server-side", "-f", file]));
        let why = "was made before its admission policy was in force";
        held(&cluster, stable, why).await;
        refused_again(&carla, &wanted).await;
    }

    // Nor does anything open without the definition.
    run(&mut cluster.kubectl(["delete", "crd", "approvals.tidegate.dev"]));
    crate::daemon::install_crds(&cluster);
    held(&cluster, stable, "approval by 2 people of role `risk`").await;

    counts(&cluster, &carla, "after carla").await;
    approve(&dora);
    runs(&cluster, &commit).await;
    scene.close().await;
}

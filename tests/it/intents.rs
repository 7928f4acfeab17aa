//! Who may ask something of a rollout: under the roles and the policy of `deploy/`, as distinct users.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{RoleBinding, RoleRef, Subject};
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use tidegate::intent::{Ask, Intent, IntentSpec};

use crate::cluster::{Cluster, kubeconfig};
use crate::daemon;

const BEHAVIOUR: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A user with one role in one namespace.
struct User {
    name: String,
    client: kube::Client,
}

async fn user(cluster: &Cluster, namespace: &str, name: &str, role: &str) -> User {
    let admin = cluster.client().await;
    let params = PostParams::default();
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    };
    let account = ServiceAccount {
        metadata: metadata.clone(),
        ..ServiceAccount::default()
    };
    let accounts = Api::namespaced(admin.clone(), namespace);
    accounts
        .create(&params, &account)
        .await
        .expect("an account");
    let binding = RoleBinding {
        metadata,
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: role.to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: name.to_owned(),
            namespace: Some(namespace.to_owned()),
            ..Subject::default()
        }]),
    };
    let bindings = Api::namespaced(admin, namespace);
    bindings.create(&params, &binding).await.expect("a binding");
    let token = cluster.token(namespace, name).await;
    let file = cluster.kubeconfig_with_token(&token);
    User {
        name: format!("system:serviceaccount:{namespace}:{name}"),
        client: kubeconfig::client(&file, "tests").await,
    }
}

fn intent(by: &str) -> Intent {
    let spec = IntentSpec {
        release: "signals".to_owned(),
        action: Ask::Promote,
        behaviour: BEHAVIOUR.to_owned(),
        stage: Some("canary 5%".to_owned()),
        reason: None,
        by: by.to_owned(),
    };
    let mut intent = Intent::new("", spec);
    intent.metadata.name = None;
    intent.metadata.generate_name = Some("signals-".to_owned());
    intent
}

/// The API server's refusal.
async fn refusal(client: &kube::Client, namespace: &str, intent: &Intent) -> String {
    let intents: Api<Intent> = Api::namespaced(client.clone(), namespace);
    let answer = intents.create(&PostParams::default(), intent).await;
    answer.expect_err("it must be refused").to_string()
}

#[tokio::test]
async fn who_asks_is_who_the_api_server_knows_and_only_where_their_role_reaches() {
    let cluster = Cluster::shared();
    daemon::install_crds(&cluster);
    daemon::install_files(&cluster, &["desk-roles", "admission"]);
    let (mine, other) = (
        cluster.namespace("desk-mine").await,
        cluster.namespace("desk-other").await,
    );
    let ann = user(&cluster, &mine, "ann", "tidegate-desk-operator").await;
    let vic = user(&cluster, &mine, "vic", "tidegate-desk-viewer").await;

    // A policy takes some seconds to be in force everywhere.
    let intents: Api<Intent> = Api::namespaced(ann.client.clone(), &mine);
    crate::cluster::wait::within("the policy is in force", async {
        while let Ok(made) = intents.create(&PostParams::default(), &intent("bob")).await {
            assert_eq!(made.spec.by, "bob");
        }
    })
    .await;
    let forged = refusal(&ann.client, &mine, &intent("bob")).await;
    let told = format!("`spec.by` is `bob`, but you are `{}`: write that", ann.name);
    assert!(forged.contains(&told), "{forged}");

    let own = intents
        .create(&PostParams::default(), &intent(&ann.name))
        .await;
    let own = own.expect("an own intent is admitted");

    let elsewhere = refusal(&ann.client, &other, &intent(&ann.name)).await;
    assert!(elsewhere.contains("forbidden"), "{elsewhere}");
    let viewer = refusal(&vic.client, &mine, &intent(&vic.name)).await;
    assert!(viewer.contains("forbidden"), "{viewer}");

    let admin: Api<Intent> = Api::namespaced(cluster.client().await, &mine);
    let name = own.metadata.name.expect("it was given a name");
    let patch = Patch::Merge(json!({"spec": {"by": "bob"}}));
    let edited = admin.patch(&name, &PatchParams::default(), &patch).await;
    let edited = edited.expect_err("nobody edits it").to_string();
    assert!(edited.contains("an Intent never changes"), "{edited}");
}

#[tokio::test]
async fn an_intent_that_says_nonsense_is_refused() {
    let cluster = Cluster::shared();
    daemon::install_crds(&cluster);
    let namespace = cluster.namespace("desk-nonsense").await;
    let client = cluster.client().await;
    let mut digest = intent("someone");
    digest.spec.behaviour = "latest".to_owned();
    let mut stage = intent("someone");
    stage.spec.action = Ask::Abort;
    for (intent, told) in [
        (digest, "`behaviour` is a digest"),
        (stage, "only `promote` names a stage"),
    ] {
        let refusal = refusal(&client, &namespace, &intent).await;
        assert!(refusal.contains(told), "{refusal}");
    }
}

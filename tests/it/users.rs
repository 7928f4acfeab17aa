//! People as a cluster knows them: each with an account, and rights, of their own.

use std::path::PathBuf;
use std::process::{Command, Output};

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, ObjectMeta, PostParams};

use crate::cluster::{Cluster, kubeconfig};
use crate::daemon;

/// The namespace of the accounts.
pub(crate) const NAMESPACE: &str = "people";

/// A person.
pub(crate) struct User {
    /// The name that the API server knows.
    pub(crate) name: String,
    /// A client as that person.
    pub(crate) client: kube::Client,
    kubeconfig: PathBuf,
}

/// The name that the API server knows an account by.
pub(crate) fn name_of(account: &str) -> String {
    format!("system:serviceaccount:{NAMESPACE}:{account}")
}

/// Makes the namespace of the accounts.
pub(crate) fn prepare(cluster: &Cluster) {
    daemon::run(&mut cluster.kubectl(["create", "namespace", NAMESPACE]));
}

impl User {
    /// A person who may do nothing yet but what everybody may.
    pub(crate) async fn new(cluster: &Cluster, account: &str) -> Self {
        let accounts = Api::namespaced(cluster.client().await, NAMESPACE);
        let made = ServiceAccount {
            metadata: ObjectMeta {
                name: Some(account.to_owned()),
                ..ObjectMeta::default()
            },
            ..ServiceAccount::default()
        };
        let params = PostParams::default();
        accounts.create(&params, &made).await.expect("an account");
        let token = cluster.token(NAMESPACE, account).await;
        let kubeconfig = cluster.kubeconfig_with_token(&token);
        Self {
            name: name_of(account),
            client: kubeconfig::client(&kubeconfig, "tests").await,
            kubeconfig,
        }
    }

    /// The built `tidegate` as that person, and how it ended.
    pub(crate) fn tidegate(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args(args).env("KUBECONFIG", &self.kubeconfig);
        command.output().expect("tidegate runs")
    }
}

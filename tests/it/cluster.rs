//! A real control plane for the tests (`tests/controlplane`), built and started on first use.
//!
//! [`Cluster::shared`] is one for the whole test run; a test keeps to names of its own from
//! [`Cluster::unique`] or [`Cluster::namespace`]. [`Cluster::private`] is for tests that break
//! components or need settings of their own. Both end with the test process, however that ends.
//! Nothing here sleeps: [`wait`] watches until a condition holds or a deadline fails the test.

pub(crate) mod audit;
mod control;
pub(crate) mod gateway;
pub(crate) mod kubeconfig;
mod launch;
pub(crate) mod wait;

pub(crate) use control::Component;
pub(crate) use launch::{Options, PodEnd};

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, ObjectMeta, PostParams};

use launch::Plane;

/// A handle on a running control plane. When a test fails, the handle prints the components' logs.
pub(crate) struct Cluster {
    plane: Arc<Plane>,
}

static SHARED: OnceLock<Arc<Plane>> = OnceLock::new();
static NAMES: AtomicUsize = AtomicUsize::new(1);

impl Cluster {
    /// The control plane that all tests of this run share.
    pub(crate) fn shared() -> Self {
        let plane = SHARED.get_or_init(|| Arc::new(Plane::start(&Options::default())));
        Self {
            plane: plane.clone(),
        }
    }

    /// A control plane of the test's own, which ends with the handle.
    pub(crate) fn private(options: &Options) -> Self {
        Self {
            plane: Arc::new(Plane::start(options)),
        }
    }

    /// The kubeconfig of an administrator.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.plane.facts.kubeconfig
    }

    /// A client with the administrator's rights. Clients belong to the test's own runtime, so
    /// every test makes its own.
    pub(crate) async fn client(&self) -> kube::Client {
        kubeconfig::client(self.kubeconfig(), "tests").await
    }

    /// A client with a user agent of its own, to be told from others in the audit log.
    pub(crate) async fn client_named(&self, user_agent: &str) -> kube::Client {
        kubeconfig::client(self.kubeconfig(), user_agent).await
    }

    /// A name that no other test of this run has: `base` and a number.
    #[expect(
        clippy::unused_self,
        reason = "names are asked of the cluster that they are for"
    )]
    pub(crate) fn unique(&self, base: &str) -> String {
        format!("{base}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes a namespace with a unique name, ready to take pods.
    pub(crate) async fn namespace(&self, base: &str) -> String {
        let name = self.unique(base);
        let client = self.client().await;
        let metadata = ObjectMeta {
            name: Some(name.clone()),
            ..Default::default()
        };
        let namespace = Namespace {
            metadata,
            ..Default::default()
        };
        Api::all(client.clone())
            .create(&PostParams::default(), &namespace)
            .await
            .expect("namespace");
        let accounts: Api<ServiceAccount> = Api::namespaced(client, &name);
        wait::until(&accounts, "default", "exists", |a| a.is_some()).await;
        name
    }

    /// The bearer token of a ServiceAccount, good for an hour.
    pub(crate) async fn token(&self, namespace: &str, account: &str) -> String {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await, namespace);
        let spec = TokenRequestSpec {
            expiration_seconds: Some(3600),
            ..Default::default()
        };
        let request = TokenRequest {
            spec,
            ..Default::default()
        };
        let params = PostParams::default();
        let answer = accounts
            .create_token_request(account, &params, &request)
            .await;
        answer
            .expect("token")
            .status
            .expect("a made token has a status")
            .token
    }

    /// A kubeconfig whose only credential is a bearer token.
    pub(crate) fn kubeconfig_with_token(&self, token: &str) -> PathBuf {
        kubeconfig::with_token(&self.plane.facts, &self.plane.facts.server, token)
    }

    /// The same for a server in front of the API server.
    pub(crate) fn kubeconfig_with_token_at(&self, server: &str, token: &str) -> PathBuf {
        kubeconfig::with_token(&self.plane.facts, server, token)
    }

    /// A kubeconfig without credentials, for a server in front of the API server.
    pub(crate) fn kubeconfig_without_credentials(&self, server: &str) -> PathBuf {
        kubeconfig::anonymous(&self.plane.facts, server)
    }

    /// `kubectl` on this cluster, as administrator.
    pub(crate) fn kubectl<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.plane.binary);
        command.arg("kubectl").args(args);
        command
            .env("KUBECONFIG", self.kubeconfig())
            .env("HOME", &self.plane.facts.logs);
        command
    }

    /// The API server's audit log.
    pub(crate) fn audit(&self) -> audit::Audit<'_> {
        audit::Audit::of(self)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.plane.last_words());
        }
    }
}

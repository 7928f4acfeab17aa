//! The daemon as a cluster would run it: `deploy/install` is installed, and the built binary is
//! started under its ServiceAccount, with the arguments, environment and probes of its Deployment.
//!
//! It keeps the whole cluster, so one is started in a cluster of the test's own. Nothing here
//! sleeps: waiting is done with `tidegate status --wait`, with watches, and on the daemon's log.

mod http;
mod manual;
mod process;

use std::path::PathBuf;

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use serde_json::Value;
use tempfile::TempDir;
use tidegate::release::{Release, ReleaseStatus};
use tokio::process::Command;

use crate::cluster::{Cluster, wait};
use crate::gitserver::Repo;

use manual::Manual;
use process::Process;

/// The namespace of the install.
pub(crate) const NAMESPACE: &str = "tidegate-system";

/// The user that the API server sees.
pub(crate) const USER: &str = "system:serviceaccount:tidegate-system:tidegate";

/// What differs from one daemon of a test to another.
pub(crate) struct Settings {
    url: String,
    identity: String,
    env: Vec<(String, String)>,
    webhook_secret: Option<String>,
    git_login: Option<(String, String)>,
    gate_key: Option<String>,
    ledger_key: Option<String>,
}

impl Settings {
    /// A daemon that follows `main` of a repository of this machine.
    pub(crate) fn following(repo: &Repo) -> Self {
        Self::of(repo.file_url())
    }

    /// A daemon that follows `main` of a repository.
    pub(crate) fn of(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            identity: "tidegate-0".to_owned(),
            env: Vec::new(),
            webhook_secret: None,
            git_login: None,
            gate_key: None,
            ledger_key: None,
        }
    }

    /// A variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The content of the webhook Secret that is mounted.
    pub(crate) fn webhook_secret(mut self, secret: &str) -> Self {
        self.webhook_secret = Some(secret.to_owned());
        self
    }

    /// The key in the Secret of the ledger that is mounted.
    pub(crate) fn ledger_key(mut self, key: &str) -> Self {
        self.ledger_key = Some(key.to_owned());
        self
    }

    /// The key in the Secret of gates that is mounted, to be shown to this machine.
    pub(crate) fn gate_key(mut self, key: &str) -> Self {
        self.gate_key = Some(key.to_owned());
        self
    }

    /// The user and the password in the Git Secret that is mounted.
    pub(crate) fn git_login(mut self, user: &str, password: &str) -> Self {
        self.git_login = Some((user.to_owned(), password.to_owned()));
        self
    }
}

/// Installs what `deploy/install` has, all but the Deployment itself: no kubelet runs its image.
pub(crate) fn install(cluster: &Cluster) {
    install_crds(cluster);
    install_files(
        cluster,
        &[
            "namespace",
            "rbac",
            "desk-roles",
            "halt-roles",
            "admission",
            "approvers",
            "overriders",
        ],
    );
}

/// Installs some files of `deploy/install`, or all of a folder there.
pub(crate) fn install_files(cluster: &Cluster, files: &[&str]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/install");
    let mut kubectl = cluster.kubectl(["apply", "--server-side"]);
    for file in files {
        let path = folder.join(file);
        let path = if path.is_dir() {
            path
        } else {
            path.with_extension("yaml")
        };
        kubectl.arg("-f").arg(path);
    }
    run(&mut kubectl);
}

/// Installs the definitions of Tidegate's kinds, and waits until the API server serves them.
pub(crate) fn install_crds(cluster: &Cluster) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/crds");
    run(&mut cluster.kubectl(["apply", "--server-side", "-k", folder]));
    run(&mut cluster.kubectl([
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "crd/approvals.tidegate.dev",
        "crd/halts.tidegate.dev",
        "crd/intents.tidegate.dev",
        "crd/overrides.tidegate.dev",
        "crd/releases.tidegate.dev",
        "crd/unhalts.tidegate.dev",
    ]));
}

/// Runs a command that must succeed, and returns what it printed.
pub(crate) fn run(command: &mut std::process::Command) -> String {
    let output = command.output().expect("the command starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out
}

/// The built `tidegate`, as administrator of a cluster.
pub(crate) fn tidegate<'a>(cluster: &Cluster, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(args).env("KUBECONFIG", cluster.kubeconfig());
    command
}

/// A daemon that runs; dropping it kills it.
pub(crate) struct Daemon<'a> {
    cluster: &'a Cluster,
    manual: Manual,
    process: Process,
    address: String,
    _folder: TempDir,
}

impl<'a> Daemon<'a> {
    /// Installs Tidegate and starts a daemon that follows a repository.
    pub(crate) async fn start(cluster: &'a Cluster, repo: &Repo) -> Self {
        install(cluster);
        Self::launch(cluster, &Settings::following(repo)).await
    }

    /// Starts a daemon where Tidegate is installed, and returns when it listens.
    pub(crate) async fn launch(cluster: &'a Cluster, settings: &Settings) -> Self {
        let manual = Manual::of_deployment();
        let token = cluster.token(NAMESPACE, &manual.service_account).await;
        let kubeconfig = cluster.kubeconfig_with_token(&token);
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Some(secret) = &settings.webhook_secret {
            manual.mount("--webhook-secret-file=", "", folder.path(), secret);
        }
        if let Some((user, password)) = &settings.git_login {
            manual.mount("--credentials=", "username", folder.path(), user);
            manual.mount("--credentials=", "password", folder.path(), password);
        }
        if let Some(key) = &settings.ledger_key {
            manual.mount("--ledger-key-file=", "", folder.path(), key);
        }
        if let Some(key) = &settings.gate_key {
            let flag = "--gate-secrets=";
            manual.mount(flag, "tidegate-gates/key", folder.path(), key);
            manual.mount(flag, "tidegate-gates/hosts", folder.path(), "127.0.0.1\n");
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args(manual.args(folder.path())).env_clear();
        command.envs(manual.env(NAMESPACE, &settings.identity));
        command.env("TIDEGATE_REPO", &settings.url);
        command.env("KUBECONFIG", kubeconfig);
        command.envs(settings.env.iter().map(|(name, value)| (name, value)));
        let process = Process::start(command);
        let address = process.address().await;
        Self {
            cluster,
            manual,
            process,
            address,
            _folder: folder,
        }
    }

    /// Asks it to end (SIGTERM), and waits until it did, which must be well.
    pub(crate) async fn terminate(&mut self) {
        self.process.signal("TERM");
        let status = wait::within("the daemon ends", self.process.ended()).await;
        assert!(status.success(), "{status}");
    }

    /// Kills it at once (SIGKILL), and waits for its end.
    pub(crate) async fn kill(&mut self) {
        self.process.signal("KILL");
        wait::within("the daemon is dead", self.process.ended()).await;
    }

    /// Waits until its log holds this.
    pub(crate) async fn wait_log(&self, text: &str) {
        self.process.wait_log(text).await;
    }

    /// Waits until everything is as a commit says, and healthy.
    pub(crate) async fn wait_reconciled(&self, commit: &str) {
        wait_reconciled(self.cluster, commit).await;
    }

    /// What the readiness probe is answered.
    pub(crate) async fn readyz(&self) -> (u16, String) {
        http::get(&self.address, &self.manual.readiness).await
    }

    /// What the liveness probe is answered.
    pub(crate) async fn healthz(&self) -> (u16, String) {
        http::get(&self.address, &self.manual.liveness).await
    }

    /// The metrics.
    pub(crate) async fn metrics(&self) -> String {
        let (status, text) = http::get(&self.address, "/metrics").await;
        assert_eq!(status, 200, "{text}");
        text
    }

    /// Sends a webhook with these headers.
    pub(crate) async fn webhook(&self, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        http::post(&self.address, "/webhook", headers, body).await
    }
}

/// Waits until everything in a cluster is as a commit says, and healthy.
pub(crate) async fn wait_reconciled(cluster: &Cluster, commit: &str) {
    let args = ["status", "--wait", "150s", "--commit", commit];
    let output = tidegate(cluster, args).output().await.expect("status runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "commit {commit} is not in place:\n{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// Waits until the leader says that it has done all it can about a commit, even where units wait for
/// a person.
pub(crate) async fn wait_looked(cluster: &Cluster, commit: &str) {
    wait_told(cluster, "tidegate.dev/reconciled", commit).await;
}

/// Waits until the leader goes by a commit, even where rollouts are under way.
pub(crate) async fn wait_heeded(cluster: &Cluster, commit: &str) {
    wait_told(cluster, "tidegate.dev/commit", commit).await;
}

/// Waits until the leader tells that it saw the ledger end here, and remembers it.
pub(crate) async fn wait_ledger(cluster: &Cluster, head: &str) {
    wait_told(cluster, "tidegate.dev/ledger", head).await;
}

/// Waits until the leader tells why the ledger does not count.
pub(crate) async fn wait_ledger_failure(cluster: &Cluster) {
    let leases: Api<Lease> = Api::namespaced(cluster.client().await, NAMESPACE);
    wait::until(&leases, "tidegate", "why the ledger fails", |lease| {
        let annotations = lease.and_then(|it| it.metadata.annotations.as_ref());
        annotations.is_some_and(|it| it.contains_key("tidegate.dev/ledger-failure"))
    })
    .await;
}

async fn wait_told(cluster: &Cluster, annotation: &str, commit: &str) {
    let leases: Api<Lease> = Api::namespaced(cluster.client().await, NAMESPACE);
    wait::until(&leases, "tidegate", commit, |lease| {
        let annotations = lease.and_then(|it| it.metadata.annotations.as_ref());
        let told = annotations.and_then(|it| it.get(annotation));
        told.is_some_and(|told| told == commit)
    })
    .await;
}

/// What `tidegate status --output json` prints.
pub(crate) async fn status(cluster: &Cluster) -> Value {
    let output = tidegate(cluster, ["status", "--output", "json"]).output();
    let output = output.await.expect("status runs");
    serde_json::from_slice(&output.stdout).expect("status prints JSON")
}

/// Watches the Release of a unit until its status is as told.
pub(crate) async fn wait_release(
    cluster: &Cluster,
    name: &str,
    what: &str,
    holds: impl Fn(&ReleaseStatus) -> bool,
) -> ReleaseStatus {
    let releases: Api<Release> = Api::namespaced(cluster.client().await, NAMESPACE);
    let release = wait::until(&releases, name, what, |release| {
        release
            .and_then(|it| it.status.as_ref())
            .is_some_and(&holds)
    })
    .await;
    let status = release.and_then(|it| it.status);
    status.expect("its status was just seen")
}

/// Whether a unit waits for something whose words hold this.
pub(crate) fn waits_for(status: &ReleaseStatus, text: &str) -> bool {
    let mut waits = status.waiting_on.iter();
    waits.any(|wait| wait.what.contains(text) || wait.unblocks_when.contains(text))
}

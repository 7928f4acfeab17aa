//! One fleet with its repository, its proxy and its daemon.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::cluster::{Cluster, wait};
use crate::daemon;
use crate::gitserver::Repo;
use crate::proxy::{Proxy, Seen};

use super::deaths::Deaths;
use super::fleet::{self, Story};
use super::state;
use super::story::{Reference, Strike, Tally, Write};

/// How long a story may take; without a disturbance it takes a few seconds.
const STORY: Duration = Duration::from_secs(80);

/// How many daemons may die in one story: more than twice its writes.
const MOST_DEATHS: usize = 160;

/// How much of a daemon's log a failure shows.
const LOG_LINES: usize = 300;

const RECONCILED: &str = "tidegate.dev/reconciled";

/// Installs what the daemon finds in a cluster: its definitions, and the roles of desks.
pub(crate) fn install(cluster: &Cluster) {
    daemon::install_crds(cluster);
    daemon::install_files(cluster, &["desk-roles"]);
}

/// Makes an empty namespace.
pub(crate) async fn make_namespace(client: &kube::Client, name: &str) {
    let namespace = Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    Api::all(client.clone())
        .create(&PostParams::default(), &namespace)
        .await
        .expect("a namespace");
}

/// The daemon's process; dropping it kills it.
pub(crate) struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts one that reaches the API server through a proxy. It finds its own Lease again after a
    /// crash, because it keeps its identity.
    pub(crate) fn start(
        proxy: &Proxy<'_>,
        token: &str,
        identity: &str,
        repo: &Repo,
        folder: &Path,
    ) -> Self {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(identity))
            .expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command
            .args(["run", "--listen=127.0.0.1:0", "--cluster=east"])
            .arg(format!("--repo={}", repo.file_url()))
            .arg(format!("--namespace={}", fleet::records(token)))
            .arg(format!("--identity={identity}"))
            .arg("--cache-dir")
            .arg(folder.join(format!("cache-{identity}")))
            .env_clear()
            .env("KUBECONFIG", proxy.kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        let child = command.spawn().expect("the daemon starts");
        Self { child }
    }

    /// Kills it at once (SIGKILL), and waits for its end.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Sends it a signal by name.
    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let status = std::process::Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status();
        assert!(status.expect("kill starts").success());
    }
}

/// One fleet and what it lives with.
pub(super) struct Instance<'a> {
    pub(super) token: String,
    pub(super) repo: Repo,
    pub(super) proxy: Proxy<'a>,
    client: kube::Client,
    cluster: &'a Cluster,
    daemon: Option<Daemon>,
    folder: TempDir,
}

impl<'a> Instance<'a> {
    /// An empty repository, and an empty namespace for the records.
    pub(super) async fn new(cluster: &'a Cluster, token: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let client = cluster.client().await;
        make_namespace(&client, &fleet::records(token)).await;
        Self {
            token: token.to_owned(),
            repo: Repo::init(&folder.path().join("fleet.git")),
            proxy: Proxy::before(cluster),
            client,
            cluster,
            daemon: None,
            folder,
        }
    }

    /// Where the daemons log and cache.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lives through a story undisturbed, and returns its writes and how the cluster looks then.
    pub(super) async fn live(&mut self, story: Story) -> (Vec<Write>, String) {
        let before = self.proxy.seen().len();
        let commit = story.push(&self.repo, &self.token);
        self.ensure_daemon();
        if let Err(why) = self.reconciled(&commit).await {
            panic!("{story:?}, undisturbed: {why}");
        }
        let seen = self.proxy.seen();
        let done = |it: &&Seen| it.is_write() && it.status.is_some_and(is_done);
        let done = seen.iter().skip(before).filter(done);
        let mut tally = Tally::default();
        let writes = done.map(|it| tally.count(it, &self.token)).collect();
        (writes, self.state().await)
    }

    /// Lives through a story in which daemon after daemon is killed, until one finds nothing left
    /// to write. Returns at which writes they were.
    pub(super) async fn live_dying(
        &mut self,
        story: Story,
        deaths: &mut Deaths,
        reference: &Reference,
    ) -> Result<(), String> {
        self.kill().await;
        let commit = story.push(&self.repo, &self.token);
        for _ in 0..MOST_DEATHS {
            self.forget(&commit).await;
            let mut breakpoint = deaths.breakpoint(&self.proxy);
            self.ensure_daemon();
            tokio::select! {
                held = breakpoint.reached() => {
                    let daemon = self.daemon.take().expect("it runs");
                    deaths.die(daemon, &self.proxy, held, breakpoint, &self.token).await;
                }
                done = self.reconciled(&commit) => {
                    done?;
                    self.proxy.heal();
                    return self.equals(reference.state(story)).await;
                }
            }
            self.proxy.heal();
        }
        Err(format!("{MOST_DEATHS} daemons died and it is not done"))
    }

    /// Lives through a story, in which a part of the control plane is killed and started again.
    pub(super) async fn live_through(
        &mut self,
        story: Story,
        strike: &Strike,
        reference: &Reference,
    ) -> Result<(), String> {
        let mut breakpoint = strike.breakpoint(&self.proxy, &self.token);
        let commit = story.push(&self.repo, &self.token);
        self.ensure_daemon();
        breakpoint.reached().await;
        self.cluster.kill(strike.component).await;
        breakpoint.go_on();
        self.cluster.start(strike.component).await;
        self.reconciled(&commit).await?;
        self.equals(reference.state(story)).await
    }

    fn ensure_daemon(&mut self) {
        let (proxy, token) = (&self.proxy, &self.token);
        let (repo, folder) = (&self.repo, self.folder.path());
        self.daemon
            .get_or_insert_with(|| Daemon::start(proxy, token, "only", repo, folder));
    }

    async fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().await;
        }
    }

    fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.client.clone(), &fleet::records(&self.token))
    }

    /// Takes back what a daemon said before it was killed, so that only its successor can say it.
    async fn forget(&self, commit: &str) {
        let leases = self.leases();
        let lease = leases.get_opt("tidegate").await.expect("a lease");
        if tells(lease.as_ref(), commit) {
            let patch = json!({"metadata": {"annotations": {RECONCILED: null}}});
            let patched = leases
                .patch("tidegate", &PatchParams::default(), &Patch::Merge(patch))
                .await
                .expect("a lease");
            assert!(!tells(Some(&patched), commit));
        }
    }

    /// Waits until the leader says that a commit is in place.
    pub(super) async fn reconciled(&self, commit: &str) -> Result<(), String> {
        let leases = self.leases();
        let told = wait::until(&leases, "tidegate", "reconciled", |l| tells(l, commit));
        match tokio::time::timeout(STORY, told).await {
            Ok(_) => Ok(()),
            Err(_) => Err(format!(
                "commit {commit} is not in place\n{}",
                self.evidence().await
            )),
        }
    }

    /// How the cluster looks, in words that are the same for every fleet.
    pub(super) async fn state(&self) -> String {
        state::of(&self.client, &self.token).await
    }

    async fn equals(&self, expected: &str) -> Result<(), String> {
        let found = self.state().await;
        if found == expected {
            return Ok(());
        }
        let diff = similar::TextDiff::from_lines(expected, found.as_str());
        let diff = diff.unified_diff().context_radius(6).to_string();
        Err(format!(
            "not as undisturbed:\n{diff}\n{}",
            self.evidence().await
        ))
    }

    async fn evidence(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("only")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines
            .get(lines.len().saturating_sub(LOG_LINES)..)
            .unwrap_or_default();
        let state = self.state().await;
        let seen = self.proxy.seen();
        let line = |it: &Seen| format!("{} {} {:?}", it.method, it.path, it.status);
        let writes = seen.iter().rev().filter(|it| it.is_write()).map(line);
        let writes: Vec<String> = writes.take(LOG_LINES).collect();
        format!(
            "--- its log\n{}\n--- its last writes, the latest first\n{}\n--- its state\n{state}",
            last.join("\n"),
            writes.join("\n")
        )
    }
}

fn tells(lease: Option<&Lease>, commit: &str) -> bool {
    let annotations = lease.and_then(|lease| lease.metadata.annotations.as_ref());
    annotations
        .and_then(|all| all.get(RECONCILED))
        .map(String::as_str)
        == Some(commit)
}

/// Whether a write was done. One that a controller forestalled is made again, which is a matter of
/// time and belongs to no story.
pub(super) fn is_done(status: u16) -> bool {
    status < 300
}

/// What the API server says to a request that was held. The daemon must sleep meanwhile: awake, it
/// would go on, or close the connection so that the request might never reach the API server.
pub(super) async fn answer(proxy: &Proxy<'_>, held: &Seen) -> u16 {
    let same =
        |it: &&Seen| (&it.method, &it.path, &it.body) == (&held.method, &held.path, &held.body);
    let answered = async {
        // The proxy's record is a list: there is nothing to watch but its growth.
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            let seen = proxy.seen();
            if let Some(status) = seen.iter().rfind(same).and_then(|it| it.status) {
                return status;
            }
        }
    };
    wait::within("the held write is answered", answered).await
}

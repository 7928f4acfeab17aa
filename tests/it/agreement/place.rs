//! One fleet on the control plane: its repository, its daemon, and what is seen of it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt as _, pin_mut};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidegate::object::Object;
use tidegate::release::{Release, ReleaseStatus};
use tokio::task::JoinHandle;

use super::metrics::Metrics;
use crate::cluster::Cluster;
use crate::crash::fleet::records;
use crate::crash::instance::{self, Daemon};
use crate::daemon::run;
use crate::gitserver::Repo;
use crate::proxy::{Breakpoint, Fault, Match, Place as At, Proxy};
use crate::sim::fleet::{Site, Tree, files};
use crate::sim::outcome::{self, Outcome};
use crate::sim::run::Beat;
use crate::sim::script::{self, Action, What};

/// How long a cluster may take to come to rest.
const REST: Duration = Duration::from_mins(1);

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// How much of a daemon's log a failure shows.
const LOG_LINES: usize = 100;

/// Where the objects of a desk are.
const COLLECTIONS: [&str; 16] = [
    "/api/v1/namespaces/DESK/configmaps",
    "/api/v1/namespaces/DESK/limitranges",
    "/api/v1/namespaces/DESK/persistentvolumeclaims",
    "/api/v1/namespaces/DESK/pods",
    "/api/v1/namespaces/DESK/resourcequotas",
    "/api/v1/namespaces/DESK/serviceaccounts",
    "/api/v1/namespaces/DESK/services",
    "/apis/apps/v1/namespaces/DESK/deployments",
    "/apis/apps/v1/namespaces/DESK/statefulsets",
    "/apis/autoscaling/v2/namespaces/DESK/horizontalpodautoscalers",
    "/apis/batch/v1/namespaces/DESK/cronjobs",
    "/apis/networking.k8s.io/v1/namespaces/DESK/networkpolicies",
    "/apis/policy/v1/namespaces/DESK/poddisruptionbudgets",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/DESK/roles",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/DESK/rolebindings",
    "/api/v1/namespaces/DESK/secrets",
];

/// What a watch tells of the records.
#[derive(Default)]
struct Seen {
    records: BTreeMap<String, ReleaseStatus>,
    /// The stages since that was asked last.
    stages: BTreeMap<String, Vec<String>>,
}

/// One fleet on the control plane.
pub(super) struct Place<'a> {
    cluster: &'a Cluster,
    metrics: &'a Metrics,
    site: Site,
    client: kube::Client,
    repo: Repo,
    proxy: Proxy<'a>,
    daemon: Option<Daemon>,
    pushed: Option<Tree>,
    seen: Arc<Mutex<Seen>>,
    watch: JoinHandle<()>,
    folder: TempDir,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl<'a> Place<'a> {
    /// An empty repository, an empty namespace for the records, and no daemon yet.
    pub(super) async fn new(cluster: &'a Cluster, metrics: &'a Metrics, site: Site) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let client = cluster.client().await;
        instance::make_namespace(&client, &records(&site.desk)).await;
        let seen = Arc::default();
        Self {
            cluster,
            metrics,
            repo: Repo::init(&folder.path().join("fleet.git")),
            proxy: Proxy::before(cluster),
            daemon: None,
            pushed: None,
            watch: tokio::spawn(watch(
                client.clone(),
                records(&site.desk),
                Arc::clone(&seen),
            )),
            seen,
            client,
            site,
            folder,
        }
    }

    /// Does one thing, and waits until everything looks as it does in the simulator.
    pub(super) async fn live(&mut self, beat: &Beat) -> Result<(), String> {
        self.metrics.say(&self.site.desk, &beat.bad);
        let breakpoint = self.arm(beat);
        let commit = self.push(&beat.tree);
        if let (Some(action), Some(name)) = (beat.action, &beat.name) {
            self.act(action, name).await;
        }
        self.ensure_daemon();
        let agreed = match breakpoint {
            None => self.agrees(beat, commit.as_deref()).await,
            Some(mut breakpoint) => {
                tokio::select! {
                    agreed = self.agrees(beat, commit.as_deref()) => agreed,
                    _ = breakpoint.reached() => {
                        self.kill().await;
                        breakpoint.cut();
                        self.ensure_daemon();
                        self.agrees(beat, commit.as_deref()).await
                    }
                }
            }
        };
        self.proxy.heal();
        agreed
    }

    /// What goes wrong at one of the next writes.
    fn arm(&self, beat: &Beat) -> Option<Breakpoint> {
        let trouble = beat.trouble?;
        let number = usize::from(trouble.number);
        let write = Match::writes().nth(number);
        match trouble.fault {
            script::Fault::LostAnswer => self.proxy.inject(write, Fault::CutAfter),
            script::Fault::ServerError => self.proxy.inject(write, Fault::Answer(503)),
            _ => {
                let place = if number % 2 == 0 {
                    At::Before
                } else {
                    At::After
                };
                return Some(self.proxy.breakpoint(write, place));
            }
        }
        None
    }

    fn ensure_daemon(&mut self) {
        let (proxy, token) = (&self.proxy, self.site.desk.as_str());
        let (repo, folder) = (&self.repo, self.folder.path());
        self.daemon
            .get_or_insert_with(|| Daemon::start(proxy, token, "only", repo, folder));
    }

    async fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().await;
        }
    }

    /// Pushes a tree, if it is another than the last one; the commit then.
    fn push(&mut self, tree: &Tree) -> Option<String> {
        if self.pushed.as_ref() == Some(tree) {
            return None;
        }
        if self.pushed.is_some() {
            self.repo.git(&["rm", "--quiet", "-r", "."]);
        }
        for (path, text) in files::of(tree, &self.site) {
            self.repo.write(path, text);
        }
        self.pushed = Some(tree.clone());
        Some(self.repo.push(&[], "Another tree"))
    }

    /// Does what a person does.
    async fn act(&self, action: Action, name: &str) {
        let asked = match action.what {
            What::Promote => "promote",
            What::Pause => "pause",
            What::Resume => "resume",
            What::Abort => "abort",
            What::Rollback => "rollback",
            What::Lift => "lift",
            What::DeletePod => return self.delete_first(name, &["pods"]).await,
            What::DeleteWorkload => {
                return self
                    .delete_first(name, &["deployments", "statefulsets", "cronjobs", "jobs"])
                    .await;
            }
            What::DeleteConfig => return self.delete_first(name, &["configmaps"]).await,
            What::DeletePolicy => return self.delete_first(name, &["networkpolicies"]).await,
            What::Scale => return self.scale(name, action.number),
            _ => return,
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command
            .args([asked, name, "--namespace", &records(&self.site.desk)])
            .env("KUBECONFIG", self.cluster.kubeconfig());
        run(&mut command);
    }

    /// Deletes the first of a strategy's own objects.
    async fn delete_first(&self, name: &str, collections: &[&str]) {
        for collection in collections {
            let mut of_place = COLLECTIONS
                .iter()
                .chain(&["/apis/batch/v1/namespaces/DESK/jobs"]);
            let path = of_place
                .find(|path| path.ends_with(&format!("/{collection}")))
                .expect("it is one of them");
            let selector = format!("?labelSelector=tidegate.dev/strategy={name}");
            let path = path.replace("DESK", &self.site.desk);
            let found = self.list(&format!("{path}{selector}")).await;
            let is_own =
                |it: &&Object| it.kind() == "Pod" || it.at("/metadata/ownerReferences/0").is_none();
            let mut own = found
                .iter()
                .filter(is_own)
                .filter(|it| !it.is_terminating());
            if let Some(object) = own.next() {
                let request = http::Request::delete(format!("{path}/{}", object.name()))
                    .body(serde_json::to_vec(&DeleteParams::background()).expect("JSON"));
                let answer = self
                    .client
                    .request::<Value>(request.expect("a request"))
                    .await;
                answer.expect("it is deleted");
                return;
            }
        }
        panic!("nothing of {name} to delete");
    }

    fn scale(&self, name: &str, to: u8) {
        let desk = self.site.desk.as_str();
        for kind in ["deployment", "statefulset"] {
            let selector = format!("tidegate.dev/strategy={name}");
            let list = ["get", kind, "-n", desk, "-l", &selector, "-o", "name"];
            let names = run(&mut self.cluster.kubectl(list));
            if let Some(first) = names.lines().next() {
                let replicas = format!("--replicas={to}");
                let args = ["scale", "-n", desk, first, &replicas];
                run(&mut self.cluster.kubectl(args));
                return;
            }
        }
        panic!("nothing of {name} to scale");
    }

    /// Waits until everything looks as it does in the simulator.
    async fn agrees(&self, beat: &Beat, commit: Option<&str>) -> Result<(), String> {
        let mut last = Outcome::default();
        let wait = async {
            // There is no one thing to watch: that nothing differs any more can only be seen.
            let mut ticks = tokio::time::interval(LOOK);
            loop {
                ticks.tick().await;
                last = self.outcome(&[]);
                if last.records != beat.outcome.records || !self.is_heeded(commit).await {
                    continue;
                }
                last = self.outcome(&self.objects().await);
                if last == beat.outcome {
                    return;
                }
            }
        };
        let is_so = tokio::time::timeout(REST, wait).await.is_ok();
        let stages = std::mem::take(&mut self.seen.lock().expect("not poisoned").stages);
        if !is_so {
            let differ = differ(&beat.outcome, &last);
            return Err(format!("{differ}\n{}", self.log()));
        }
        if stages == beat.stages {
            return Ok(());
        }
        Err(format!("{}\n{}", differ(&beat.stages, &stages), self.log()))
    }

    /// How it looks, with these objects.
    fn outcome(&self, objects: &[Object]) -> Outcome {
        let seen = self.seen.lock().expect("not poisoned");
        let records = seen.records.iter();
        Outcome::of(records.map(|(name, it)| (name.clone(), it)), objects)
    }

    /// Whether the daemon goes by a commit.
    async fn is_heeded(&self, commit: Option<&str>) -> bool {
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), &records(&self.site.desk));
        let lease = leases.get_opt("tidegate").await.ok().flatten();
        let annotations = lease.and_then(|it| it.metadata.annotations);
        let told = annotations.and_then(|it| it.get("tidegate.dev/commit").cloned());
        commit.is_none_or(|commit| told.as_deref() == Some(commit))
    }

    /// Everything of the fleet but its records.
    async fn objects(&self) -> Vec<Object> {
        let desk = &self.site.desk;
        let mut objects = Vec::new();
        let namespaces = format!("/api/v1/namespaces?fieldSelector=metadata.name={desk}");
        objects.extend(self.list(&namespaces).await);
        for path in COLLECTIONS {
            let owned = "?labelSelector=tidegate.dev/owner";
            let path = format!("{}{owned}", path.replace("DESK", desk));
            objects.extend(self.list(&path).await);
        }
        objects
    }

    async fn list(&self, path: &str) -> Vec<Object> {
        let request = http::Request::get(path).body(Vec::new());
        let answer = self.client.request::<Value>(request.expect("a request"));
        let mut list = answer.await.expect("a list");
        let kind = list["kind"]
            .as_str()
            .unwrap_or_default()
            .replace("List", "");
        let version = list["apiVersion"].take();
        let items = list["items"].as_array_mut().map(std::mem::take);
        let named = items.into_iter().flatten().filter_map(|mut item| {
            item["kind"] = json!(kind);
            item["apiVersion"] = version.clone();
            Object::new(item)
        });
        named.collect()
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("only")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.len().saturating_sub(LOG_LINES);
        format!(
            "--- its log\n{}",
            lines.get(last..).unwrap_or_default().join("\n")
        )
    }

    /// Leaves nothing that would take the machine's time.
    pub(super) async fn leave(mut self) {
        self.kill().await;
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        for name in [records(&self.site.desk), self.site.desk.clone()] {
            let deleted = namespaces.delete(&name, &DeleteParams::background()).await;
            deleted.expect("it is deleted");
        }
    }
}

/// What becomes of the records.
async fn watch(client: kube::Client, namespace: String, seen: Arc<Mutex<Seen>>) {
    let releases: Api<Release> = Api::namespaced(client, &namespace);
    let events = watcher(releases, watcher::Config::default()).default_backoff();
    pin_mut!(events);
    while let Some(event) = events.next().await {
        let mut seen = seen.lock().expect("not poisoned");
        match event {
            Ok(watcher::Event::InitApply(release) | watcher::Event::Apply(release)) => {
                seen.told(release);
            }
            Ok(watcher::Event::Delete(release)) => {
                seen.records
                    .remove(&release.metadata.name.unwrap_or_default());
            }
            Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => {}
        }
    }
}

impl Seen {
    fn told(&mut self, release: Release) {
        let name = release.metadata.name.unwrap_or_default();
        let Some(status) = release.status else { return };
        let before = self.records.get(&name).and_then(outcome::stage);
        if let Some(stage) = outcome::stage(&status).filter(|it| Some(it) != before.as_ref()) {
            self.stages.entry(name.clone()).or_default().push(stage);
        }
        self.records.insert(name, status);
    }
}

/// How two differ, line by line.
fn differ(simulated: &impl Debug, real: &impl Debug) -> String {
    let (simulated, real) = (format!("{simulated:#?}"), format!("{real:#?}"));
    let diff = similar::TextDiff::from_lines(&simulated, &real);
    let diff = diff.unified_diff().header("simulated", "real").to_string();
    format!("they differ:\n{diff}")
}

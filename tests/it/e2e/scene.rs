//! What the stories of rollouts share: one cluster, one fleet and one daemon, which a story may have
//! killed in its middle. However it fares, the end is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use futures::{StreamExt as _, pin_mut};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, ListParams, PostParams, WatchParams};
use serde_json::json;
use tempfile::TempDir;
use tidegate::release::{Phase, ReleaseStatus};

use super::history::Recorder;
use super::requests;
use crate::cluster::audit::Mark;
use crate::cluster::{Cluster, wait};
use crate::daemon::{self, Daemon, Settings, run, wait_release, waits_for};
use crate::fleet::{self, RATES, path};
use crate::gitserver::Repo;

/// What becomes of the daemon whenever a story has come to its next point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It lives.
    Spared,
    /// It is killed, and another one takes over.
    Killed,
}

/// The digit of the images that never get ready, once a scene breaks them.
pub(super) const STUCK: char = 'e';

/// The digit of the images that end badly, once a scene breaks them.
pub(super) const FAILING: char = 'f';

/// What breaks them: pods come as their image says.
const BREAKS: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: stuck}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  matchConditions:
  - {name: image, expression: "object.spec.containers.all(it, it.image.endsWith('eeee') || it.image.endsWith('ffff'))"}
  failurePolicy: Fail
  reinvocationPolicy: Never
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: "Object{metadata: Object.metadata{annotations: {'test.controlplane/behaviour': object.spec.containers[0].image.endsWith('eeee') ? 'never-ready' : 'fail'}}}"
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: stuck}
spec: {policyName: stuck}
"#;

/// Both, each with a name for the strategy that the story is about.
pub(super) const FATES: [(Fate, &str); 2] = [(Fate::Spared, "tern"), (Fate::Killed, "skua")];

/// One cluster, one fleet, one daemon.
pub(super) struct Scene<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) repo: Repo,
    settings: Settings,
    daemon: Daemon<'a>,
    fate: Fate,
    mark: Mark,
    _folder: TempDir,
}

impl<'a> Scene<'a> {
    /// A fleet with these files besides its base, and a daemon that follows it.
    pub(super) async fn open(cluster: &'a Cluster, files: &[(&str, &str)]) -> Self {
        Self::open_with(cluster, files, |settings| settings).await
    }

    /// The same with a daemon that is set up in a special way.
    pub(super) async fn open_with(
        cluster: &'a Cluster,
        files: &[(&str, &str)],
        set_up: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let mark = cluster.audit().mark().await;
        let (folder, repo) = fleet::repo();
        for (file, text) in fleet::BASE {
            repo.write(file, text);
        }
        let commit = repo.push(files, "A fleet");
        daemon::install(cluster);
        let settings = set_up(Settings::following(&repo));
        let daemon = Daemon::launch(cluster, &settings).await;
        daemon.wait_reconciled(&commit).await;
        Self {
            cluster,
            repo,
            settings,
            daemon,
            fate: Fate::Spared,
            mark,
            _folder: folder,
        }
    }

    /// Has the images of [`STUCK`] and [`FAILING`] do so, and waits until that is in force.
    pub(super) async fn break_images(&self) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), BREAKS).expect("a file");
        let file = file.path().to_str().expect("temporary paths are UTF-8");
        run(&mut self.cluster.kubectl(["apply", "--server-side", "-f", file]));
        let pods: Api<Pod> = Api::namespaced(self.cluster.client().await, "default");
        let pod = json!({
            "metadata": {"name": "stuck"},
            "spec": {"containers": [{"name": "main", "image": fleet::image("stuck", STUCK)}]},
        });
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let tried = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let in_force = async {
            // What the API server has taken in of its policies can only be tried.
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            loop {
                ticks.tick().await;
                let made = pods.create(&tried, &pod).await.expect("it could be made");
                if made.metadata.annotations.is_some() {
                    return;
                }
            }
        };
        wait::within("the policy is in force", in_force).await;
    }

    /// What becomes of the daemon from now on.
    pub(super) fn decide(&mut self, fate: Fate) {
        self.fate = fate;
    }

    /// Pushes a strategy.
    pub(super) fn push(&self, name: &str, text: &str) -> String {
        self.repo.push(&[(&path(name), text)], "Change a strategy")
    }

    /// Pushes a strategy, and waits until it is what runs.
    pub(super) async fn settle(&mut self, name: &str, text: &str) -> ReleaseStatus {
        let commit = self.push(name, text);
        let runs = |status: &ReleaseStatus| {
            let stable = status.stable.as_ref().and_then(|it| it.commit.as_ref());
            stable == Some(&commit) && is_at_rest(status)
        };
        self.sees(name, "runs as it was pushed", runs).await
    }

    /// What the daemon counts.
    pub(super) async fn metrics(&self) -> String {
        self.daemon.metrics().await
    }

    /// Waits until the daemon says something.
    pub(super) async fn wait_log(&self, text: &str) {
        self.daemon.wait_log(text).await;
    }

    /// Waits until the record of a strategy is as told. The daemon dies there, if it is to.
    pub(super) async fn sees(
        &mut self,
        name: &str,
        what: &str,
        holds: impl Fn(&ReleaseStatus) -> bool,
    ) -> ReleaseStatus {
        let status = wait_release(self.cluster, name, what, holds).await;
        self.strike().await;
        status
    }

    /// Writes a strategy, to be pushed with the next one.
    pub(super) fn write(&self, name: &str, text: &str) {
        self.repo.write(path(name), text);
    }

    /// Waits until a stage of a strategy is in place, and something with these words is waited for.
    pub(super) async fn rests_at(&mut self, name: &str, stage: &str, wait: &str) -> ReleaseStatus {
        let what = format!("is at `{stage}` and waits for `{wait}`");
        self.sees(name, &what, |status| {
            let at = status.rollout.as_ref();
            at.is_some_and(|at| at.name == stage && at.settled_at.is_some())
                && waits_for(status, wait)
        })
        .await
    }

    /// Waits until a rollout has begun: what it is to do was recorded, and nothing else.
    pub(super) async fn begins(&mut self, name: &str) -> ReleaseStatus {
        let has_begun = |status: &ReleaseStatus| status.rollout.is_some();
        self.sees(name, "has begun", has_begun).await
    }

    /// Waits until a rollout has failed for this reason, and what ran before runs.
    pub(super) async fn sent_back(&mut self, name: &str, why: &str) -> ReleaseStatus {
        self.sees(name, &format!("is sent back for `{why}`"), |status| {
            let back = waits_for(status, "failed and is not tried again");
            back && waits_for(status, why) && status.candidate.is_none() && status.rollout.is_none()
        })
        .await
    }

    /// Waits until so many revisions were promoted, and nothing is on its way.
    pub(super) async fn promoted(&mut self, name: &str, count: usize) -> ReleaseStatus {
        self.sees(name, &format!("has promoted {count}"), |status| {
            status.history.len() == count && is_at_rest(status)
        })
        .await
    }

    async fn strike(&mut self) {
        if self.fate == Fate::Killed {
            self.daemon.kill().await;
            self.daemon = Daemon::launch(self.cluster, &self.settings).await;
        }
    }

    /// Records what becomes of pods.
    pub(super) async fn record(&self) -> Recorder<'a> {
        Recorder::start(self.cluster).await
    }

    /// The pods of a strategy that are there and not on their way out.
    pub(super) async fn pods(&self, name: &str) -> Vec<Pod> {
        self.selected(&format!("tidegate.dev/strategy={name}"))
            .await
    }

    /// The uids of a strategy's pods that run an image.
    pub(super) async fn of_image(&self, name: &str, digit: char) -> BTreeSet<String> {
        let image = fleet::image(name, digit);
        let pods = self.pods(name).await;
        let of_image = pods.iter().filter(|pod| image_of(pod) == image);
        of_image
            .filter_map(|pod| pod.metadata.uid.clone())
            .collect()
    }

    /// Waits until a strategy has so many pods, all ready and of one image, and no other.
    pub(super) async fn until_pods_of(&self, name: &str, digit: char, count: usize) {
        let pods: Api<Pod> = Api::namespaced(self.cluster.client().await, RATES);
        let selector = format!("tidegate.dev/strategy={name}");
        let image = fleet::image(name, digit);
        let are_there = async {
            loop {
                let params = ListParams::default().labels(&selector);
                let list = pods.list(&params).await.expect("pods");
                let mut wanted = list.items.iter();
                let is_so = wanted.all(|pod| is_ready(pod) && image_of(pod) == image);
                if is_so && list.items.len() == count {
                    return;
                }
                let version = list.metadata.resource_version.unwrap_or_default();
                let params = WatchParams::default().labels(&selector);
                let changes = pods.watch(&params, &version).await.expect("a watch");
                pin_mut!(changes);
                changes.next().await;
            }
        };
        let what = format!("`{name}` has {count} pods of {image}");
        wait::within(&what, are_there).await;
    }

    /// A person asks something of a strategy.
    pub(super) fn ask(&self, what: &str, name: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args([what, name]);
        command.env("KUBECONFIG", self.cluster.kubeconfig());
        assert!(run(&mut command).contains("asked to"));
    }

    /// How many ready pods of each image a client of a strategy reaches.
    pub(super) async fn serving(&self, name: &str) -> BTreeMap<String, usize> {
        let services: Api<Service> = Api::namespaced(self.cluster.client().await, RATES);
        let service = services.get(name).await.expect("the clients' Service");
        let selector = service.spec.and_then(|spec| spec.selector);
        let selector: Vec<String> = selector
            .iter()
            .flatten()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let mut images = BTreeMap::new();
        let pods = self.selected(&selector.join(",")).await;
        for pod in pods.iter().filter(|pod| is_ready(pod)) {
            *images.entry(image_of(pod)).or_default() += 1;
        }
        images
    }

    async fn selected(&self, selector: &str) -> Vec<Pod> {
        let pods: Api<Pod> = Api::namespaced(self.cluster.client().await, RATES);
        let params = ListParams::default().labels(selector);
        let mut pods = pods.list(&params).await.expect("pods").items;
        pods.retain(|pod| pod.metadata.deletion_timestamp.is_none());
        pods
    }

    /// Ends: the daemon was refused nothing.
    pub(super) async fn close(self) {
        requests(self.cluster, self.mark).await;
    }
}

/// So many pods of each image.
pub(super) fn images<const N: usize>(
    name: &str,
    counts: [(char, usize); N],
) -> BTreeMap<String, usize> {
    let counts = counts.into_iter();
    counts
        .map(|(digit, count)| (fleet::image(name, digit), count))
        .collect()
}

/// Whether nothing is on its way, and all is well.
fn is_at_rest(status: &ReleaseStatus) -> bool {
    let is_over = status.rollout.is_none() && status.candidate.is_none();
    is_over && status.phase == Phase::Ready
}

/// Whether a pod is ready.
pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|it| it.conditions.iter().flatten());
    let mut ready = conditions.filter(|it| it.type_ == "Ready" && it.status == "True");
    ready.next().is_some() && pod.metadata.deletion_timestamp.is_none()
}

/// The image that a pod runs.
pub(super) fn image_of(pod: &Pod) -> String {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let mut images = containers.filter_map(|container| container.image.clone());
    images.next().expect("a pod has an image")
}

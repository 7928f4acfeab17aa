//! Services behind a gateway: the routes are real ones of the Gateway API, a kwok answers for the
//! gateway, and what Prometheus is fed is derived from where requests would go.

mod absent;
mod canary;
mod feeder;
mod scaled;
mod story;
mod styles;

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use tempfile::TempDir;

use crate::cluster::gateway::Gateway;
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{Daemon, Settings, wait_release, waits_for};
use crate::fleet::{self, RATES, path, service};
use crate::gitserver::Repo;
use crate::prometheus::{Exporter, Prometheus};

use feeder::Feeder;
use story::Road;

/// A gate that sees whether too many orders are rejected.
const GATE: &str = "{metric: rejects, max: 1%, minSamples: 2, interval: 1s}";

/// A service behind the gateway `edge/public`, whose changes come as the block says.
fn routed(name: &str, replicas: &str, digit: char, block: &str) -> String {
    let text = service(name, 0, digit).replace("replicas: 0", &format!("replicas: {replicas}"));
    format!(
        "{text}  ports: [{{name: http, port: 8080}}]
  rollout:
    bootstrap: direct
    route: {{gateway: edge/public, hostnames: [{name}.example.com]}}
    {block}
"
    )
}

/// A cluster with a gateway, a Prometheus that is fed, and a repository.
struct Harbour {
    cluster: Cluster,
    repo: Repo,
    feeder: Feeder,
    _gateway: Gateway,
    _prometheus: Prometheus,
    _folder: TempDir,
}

impl Harbour {
    /// The images with these digits reject too many orders.
    async fn build(bad: &[char]) -> Self {
        let cluster = Cluster::private(&Options::default());
        let gateway = Gateway::start(&cluster);
        let exporter = Arc::new(Exporter::start());
        let prometheus = Prometheus::start(&exporter);
        let feeder = Feeder::start(&cluster, &exporter, bad).await;
        let (folder, repo) = fleet::repo();
        for (file, text) in fleet::BASE {
            repo.write(file, text);
        }
        let query = r#"rejects{strategy="{{strategy}}",track="{{track}}"}"#;
        let metric = format!("{{address: '{}', query: '{query}'}}", prometheus.address());
        let metrics = format!("  metrics: {{rejects: {{prometheus: {metric}}}}}\n");
        repo.write("tidegate.yaml", format!("{}{metrics}", fleet::ROOT));
        Self {
            cluster,
            repo,
            feeder,
            _gateway: gateway,
            _prometheus: prometheus,
            _folder: folder,
        }
    }

    /// Pushes strategies. Returns the commit.
    fn push(&self, strategies: &[(&str, String)]) -> String {
        for (name, text) in strategies {
            self.repo.write(path(name), text);
        }
        self.repo.push(&[], "Change the strategies")
    }

    /// Starts a daemon that has brought these strategies to where they should be.
    async fn deployed(&self, strategies: &[(&str, String)]) -> Daemon<'_> {
        let commit = self.push(strategies);
        let daemon = Daemon::start(&self.cluster, &self.repo).await;
        daemon.wait_reconciled(&commit).await;
        daemon
    }

    /// Kills a daemon where it stands, and starts another.
    async fn anew<'a>(&'a self, daemon: Daemon<'a>) -> Daemon<'a> {
        drop(daemon);
        Daemon::launch(&self.cluster, &Settings::following(&self.repo)).await
    }

    /// Waits until a change was sent back, and nothing is left of its track.
    async fn wait_sent_back(&self, strategy: &str, why: &str, road: &Road, letter: char) {
        let failed = wait_release(&self.cluster, strategy, "is sent back", |it| {
            it.rollout.is_none() && it.candidate.is_none() && waits_for(it, "is not tried again")
        })
        .await;
        assert!(waits_for(&failed, why), "{failed:#?}");
        let deployments: Api<Deployment> = Api::namespaced(self.cluster.client().await, RATES);
        wait::until_gone(&deployments, &road.name_of(letter)).await;
    }

    /// The pods of a strategy that are not on their way out: name → uid.
    async fn pods(&self, strategy: &str) -> BTreeMap<String, String> {
        let pods: Api<Pod> = Api::namespaced(self.cluster.client().await, RATES);
        let params = ListParams::default().labels(&format!("tidegate.dev/strategy={strategy}"));
        let pods = pods.list(&params).await.expect("pods").items.into_iter();
        pods.filter(|pod| pod.metadata.deletion_timestamp.is_none())
            .map(|pod| pod.metadata)
            .map(|it| (it.name.unwrap_or_default(), it.uid.unwrap_or_default()))
            .collect()
    }
}

//! What a real Prometheus knows of the strategies: derived from the pods that are really there, so
//! that a version without a ready pod yields no series.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use tokio::task::JoinHandle;

use super::scene::{image_of, is_ready};
use crate::cluster::Cluster;
use crate::fleet::{self, RATES};
use crate::prometheus::{Exporter, Prometheus};

/// The digit of the images that have too many orders rejected.
pub(super) const BAD: char = 'd';

/// A gate that passes for every other image.
pub(super) const GATE: &str = "{metric: rejects, max: 1%, minSamples: 2, interval: 1s}";

/// A Prometheus that is told, of every version of a strategy with ready pods, which share of its
/// orders is rejected.
pub(super) struct Meter {
    prometheus: Prometheus,
    feeder: JoinHandle<()>,
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.feeder.abort();
    }
}

impl Meter {
    pub(super) async fn start(cluster: &Cluster) -> Self {
        let exporter = Arc::new(Exporter::start());
        let prometheus = Prometheus::start(&exporter);
        let pods: Api<Pod> = Api::namespaced(cluster.client().await, RATES);
        let feeder = tokio::spawn(async move {
            let mut rounds = tokio::time::interval(Duration::from_millis(200));
            loop {
                rounds.tick().await;
                let strategies = ListParams::default().labels("tidegate.dev/strategy");
                let Ok(list) = pods.list(&strategies).await else {
                    continue;
                };
                exporter.say(&page(&list.items));
            }
        });
        Self { prometheus, feeder }
    }

    /// The address of the Prometheus.
    pub(super) fn address(&self) -> String {
        self.prometheus.address()
    }

    /// `tidegate.yaml` of the small fleet with the metric `rejects`.
    pub(super) fn root(&self) -> String {
        let labels = "strategy=\"{{strategy}}\", track=\"{{track}}\", behaviour=\"{{behaviour}}\"";
        format!(
            "{}  metrics:\n    rejects:\n      prometheus: {{address: '{}', query: 'rejects{{{labels}}}'}}\n",
            fleet::ROOT,
            self.address()
        )
    }
}

/// What is to be scraped: a line for each version.
fn page(pods: &[Pod]) -> String {
    let mut ratios = BTreeMap::new();
    for pod in pods.iter().filter(|pod| is_ready(pod)) {
        let label = |key: &str| {
            let labels = pod.metadata.labels.as_ref();
            labels
                .and_then(|it| it.get(key))
                .cloned()
                .unwrap_or_default()
        };
        let annotations = pod.metadata.annotations.as_ref();
        let behaviour = annotations.and_then(|it| it.get("tidegate.dev/behaviour"));
        let is_bad = image_of(pod).ends_with(BAD);
        let version = (
            label("tidegate.dev/strategy"),
            label("tidegate.dev/track"),
            behaviour.cloned().unwrap_or_default(),
        );
        ratios.insert(version, if is_bad { 0.2 } else { 0.001 });
    }
    let mut page = String::new();
    for ((strategy, track, behaviour), ratio) in ratios {
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "rejects{{strategy=\"{strategy}\",track=\"{track}\",behaviour=\"{behaviour}\"}} {ratio}"
        );
    }
    page
}

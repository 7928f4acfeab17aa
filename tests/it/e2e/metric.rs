//! A canary that a real Prometheus lets through, or sends back. What it is fed is derived from the
//! pods that are really there: a version without a ready pod yields no series.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use tokio::task::JoinHandle;

use super::{deployed, requests, uids};
use crate::cluster::{Cluster, Options};
use crate::daemon::{wait_release, waits_for};
use crate::fleet::{self, RATES, image, path, service};
use crate::prometheus::{Exporter, Prometheus};

/// Says of every track with ready pods how many orders it had rejected, by the image that they run.
struct Feeder(JoinHandle<()>);

impl Drop for Feeder {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Feeder {
    async fn start(cluster: &Cluster, exporter: &Arc<Exporter>, bad: char) -> Self {
        let pods: Api<Pod> = Api::namespaced(cluster.client().await, RATES);
        let (exporter, bad) = (Arc::clone(exporter), image("signals", bad));
        Self(tokio::spawn(async move {
            let mut rounds = tokio::time::interval(Duration::from_millis(200));
            loop {
                rounds.tick().await;
                let list = pods
                    .list(&ListParams::default().labels("app=signals"))
                    .await;
                let Ok(list) = list else { continue };
                exporter.say(&page(&list.items, &bad));
            }
        }))
    }
}

fn page(pods: &[Pod], bad: &str) -> String {
    let mut ratios = BTreeMap::new();
    for pod in pods.iter().filter(|pod| is_ready(pod)) {
        let labels = pod.metadata.labels.as_ref();
        let track = labels.and_then(|it| it.get("tidegate.dev/track"));
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let is_bad = containers
            .into_iter()
            .any(|it| it.image.as_deref() == Some(bad));
        ratios.insert(
            track.cloned().unwrap_or_default(),
            if is_bad { 0.2 } else { 0.001 },
        );
    }
    ratios
        .iter()
        .fold(String::new(), |mut page, (track, ratio)| {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "rejects{{track=\"{track}\"}} {ratio}");
            page
        })
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|it| it.conditions.iter().flatten());
    let mut ready = conditions.filter(|it| it.type_ == "Ready" && it.status == "True");
    ready.next().is_some() && pod.metadata.deletion_timestamp.is_none()
}

fn root(prometheus: &Prometheus) -> String {
    format!(
        "{}  metrics:\n    rejects:\n      prometheus: {{address: '{}', query: 'rejects{{track=\"{{{{track}}}}\"}}'}}\n",
        fleet::ROOT,
        prometheus.address()
    )
}

fn strategy(digit: char) -> String {
    let gate = "{metric: rejects, max: 1%, minSamples: 2, interval: 1s}";
    format!(
        "{}  ports: [{{name: http, port: 8080}}]\n  rollout:\n    bootstrap: direct\n    canary: [{{weight: 25%, gates: [{gate}]}}, {{weight: 50%, gates: [{gate}]}}]\n",
        service("signals", 4, digit)
    )
}

#[tokio::test]
async fn a_canary_goes_on_while_its_metric_is_good_and_back_when_it_is_not() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let exporter = Arc::new(Exporter::start());
    let prometheus = Prometheus::start(&exporter);
    let _feeder = Feeder::start(&cluster, &exporter, 'c').await;
    let (_folder, repo) = fleet::repo();
    let daemon = deployed(&cluster, &repo, &[("signals", service("signals", 4, 'a'))]).await;
    let commit = repo.push(
        &[
            ("tidegate.yaml", &root(&prometheus)),
            (&path("signals"), &strategy('a')),
        ],
        "Measure rejects",
    );
    daemon.wait_reconciled(&commit).await;

    let commit = repo.push(&[(&path("signals"), &strategy('b'))], "A good change");
    daemon.wait_reconciled(&commit).await;
    let stable = uids(&cluster, RATES);

    repo.push(&[(&path("signals"), &strategy('c'))], "A bad change");
    let failed = wait_release(&cluster, "signals", "is sent back", |it| {
        it.rollout.is_none() && it.candidate.is_none() && waits_for(it, "is not tried again")
    })
    .await;
    assert!(waits_for(&failed, "rejects"), "{failed:#?}");
    let pods: BTreeMap<_, _> = stable
        .iter()
        .filter(|(name, _)| name.starts_with("Pod/"))
        .collect();
    let now = uids(&cluster, RATES);
    let untouched = pods
        .iter()
        .filter(|(name, uid)| now.get(name.as_str()) == Some(**uid));
    // One of four made room for the canary; the others never ended.
    assert!(untouched.count() >= 3, "{pods:?}\n{now:?}");
    requests(&cluster, mark).await;
}

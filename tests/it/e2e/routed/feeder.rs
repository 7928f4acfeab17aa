//! Says of every track that requests go to how many orders it rejects. Who has no share of a route,
//! or no pod that is ready, yields no series.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, ListParams};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::story::{list, routes, text};
use crate::cluster::Cluster;
use crate::fleet::{RATES, image};
use crate::prometheus::Exporter;

pub(super) struct Feeder {
    task: JoinHandle<()>,
    lost: Arc<Mutex<BTreeSet<String>>>,
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Feeder {
    /// The images with these digits reject too many orders.
    pub(super) async fn start(cluster: &Cluster, exporter: &Arc<Exporter>, bad: &[char]) -> Self {
        let client = cluster.client().await;
        let eyes = Eyes {
            routes: routes(cluster).await,
            services: Api::namespaced(client.clone(), RATES),
            pods: Api::namespaced(client, RATES),
            bad: bad.to_vec(),
        };
        let lost = Arc::new(Mutex::new(BTreeSet::new()));
        let (exporter, losses) = (Arc::clone(exporter), Arc::clone(&lost));
        let task = tokio::spawn(async move {
            let mut rounds = tokio::time::interval(Duration::from_millis(250));
            let mut served = BTreeSet::new();
            loop {
                rounds.tick().await;
                // An API server that is busy is asked again in the next round.
                if let Ok(seen) = eyes.look().await {
                    exporter.say(&seen.page);
                    let mut lost = losses.lock().expect("nobody panics with it");
                    let were = seen
                        .lost
                        .into_iter()
                        .filter(|(route, _)| served.contains(route));
                    lost.extend(were.map(|(_, what)| what));
                    served.extend(seen.served);
                }
            }
        });
        Self { task, lost }
    }

    /// Fails if requests ever went to a Service that is not there, or has no pod that is ready, after
    /// they were served once.
    pub(super) fn nothing_was_lost(&self) {
        let lost = self.lost.lock().expect("nobody panics with it");
        assert!(lost.is_empty(), "requests were lost: {lost:#?}");
    }
}

/// What is seen of the desk.
struct Eyes {
    routes: Api<DynamicObject>,
    services: Api<Service>,
    pods: Api<Pod>,
    bad: Vec<char>,
}

#[derive(Default)]
struct Seen {
    page: String,
    /// The routes that lead to nobody but pods that are ready.
    served: Vec<String>,
    /// The routes that lead to nobody, and where that is.
    lost: Vec<(String, String)>,
}

impl Eyes {
    async fn look(&self) -> Result<Seen, kube::Error> {
        let all = ListParams::default();
        let before = self.routes.list(&all).await?.items;
        let services = self.services.list(&all).await?.items;
        let pods = self.pods.list(&all).await?.items;
        let after = self.routes.list(&all).await?.items;
        let mut seen = Seen::default();
        for route in &before {
            let version = |it: &DynamicObject| it.metadata.resource_version.clone();
            // What changed while it was looked at proves nothing about what was there before.
            let mut still = after.iter();
            let is_still = still
                .any(|it| it.metadata.uid == route.metadata.uid && version(it) == version(route));
            let mut lost = Vec::new();
            for name in backends(&route.data) {
                let ready = ready(&name, &services, &pods);
                if ready.is_empty() {
                    lost.push(format!("{name}: {}", route.data["spec"]["rules"]));
                }
                for (strategy, track, is_bad) in self.tracks(&ready) {
                    let ratio = if is_bad { 0.2 } else { 0.001 };
                    let labels = format!("strategy=\"{strategy}\",track=\"{track}\"");
                    // Writing to a string cannot fail.
                    let _ = writeln!(seen.page, "rejects{{{labels}}} {ratio}");
                }
            }
            let route = route.name_any();
            if lost.is_empty() {
                seen.served.push(route);
            } else if is_still {
                seen.lost
                    .extend(lost.into_iter().map(|what| (route.clone(), what)));
            }
        }
        Ok(seen)
    }

    fn tracks(&self, pods: &[&Pod]) -> BTreeSet<(String, String, bool)> {
        let pods = pods.iter();
        pods.map(|pod| {
            let label = |name: &str| {
                let labels = pod.metadata.labels.as_ref();
                labels
                    .and_then(|it| it.get(name))
                    .cloned()
                    .unwrap_or_default()
            };
            let strategy = label("tidegate.dev/strategy");
            let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
            let images: Vec<_> = containers.filter_map(|it| it.image.clone()).collect();
            let is_bad = |digit: &char| images.contains(&image(&strategy, *digit));
            let is_bad = self.bad.iter().any(is_bad);
            (strategy, label("tidegate.dev/track"), is_bad)
        })
        .collect()
    }
}

/// The Services that a route leads requests, or copies of them, to.
fn backends(route: &Value) -> BTreeSet<String> {
    let rules = list(route, "/spec/rules").iter();
    rules
        .flat_map(|rule| {
            let weighed = list(rule, "/backendRefs").iter();
            let weighed = weighed.filter(|it| it["weight"].as_i64() != Some(0));
            let copied = list(rule, "/filters").iter();
            let copied = copied.filter_map(|it| it.pointer("/requestMirror/backendRef"));
            weighed.chain(copied)
        })
        .map(|backend| text(backend, "name").to_owned())
        .collect()
}

/// The pods that a Service leads to and that are ready.
fn ready<'a>(name: &str, services: &[Service], pods: &'a [Pod]) -> Vec<&'a Pod> {
    let mut services = services.iter();
    let service = services.find(|it| it.metadata.name.as_deref() == Some(name));
    let selector = service.and_then(|it| it.spec.as_ref()?.selector.clone());
    let Some(selector) = selector.filter(|it| !it.is_empty()) else {
        return Vec::new();
    };
    let is_selected = |pod: &&Pod| {
        let labels: &BTreeMap<_, _> = pod.metadata.labels.as_ref().unwrap_or(&NONE);
        selector
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    };
    pods.iter()
        .filter(is_selected)
        .filter(|pod| is_ready(pod))
        .collect()
}

static NONE: BTreeMap<String, String> = BTreeMap::new();

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|it| it.conditions.iter().flatten());
    let mut ready = conditions.filter(|it| it.type_ == "Ready" && it.status == "True");
    ready.next().is_some() && pod.metadata.deletion_timestamp.is_none()
}

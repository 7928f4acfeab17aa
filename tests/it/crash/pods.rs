//! Counts the pods on each holding, at every instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::{StreamExt as _, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::api::Api;
use kube::runtime::{WatchStreamExt as _, watcher};
use tidegate::object::mark;
use tokio::task::JoinHandle;

/// A watch over the pods of a whole cluster; it ends with this.
pub(super) struct Pods {
    seen: Arc<Mutex<Seen>>,
    watching: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    /// Holding → the pods that are there, those that end included.
    now: BTreeMap<String, BTreeSet<String>>,
    ever: BTreeSet<String>,
    overlaps: Vec<String>,
}

impl Pods {
    /// Watches from now on.
    pub(super) fn watch(client: kube::Client) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let into = Arc::clone(&seen);
        let watching = tokio::spawn(async move {
            let pods: Api<Pod> = Api::all(client);
            let config = watcher::Config::default().labels(mark::OWNER);
            let events = watcher(pods, config).default_backoff();
            pin_mut!(events);
            while let Some(event) = events.next().await {
                let mut seen = into.lock().expect("not poisoned");
                match event {
                    Ok(watcher::Event::Init) => seen.now.clear(),
                    Ok(watcher::Event::InitApply(pod) | watcher::Event::Apply(pod)) => {
                        seen.there(&pod);
                    }
                    Ok(watcher::Event::Delete(pod)) => seen.gone(&pod),
                    Ok(watcher::Event::InitDone) | Err(_) => {}
                }
            }
        });
        Self { seen, watching }
    }

    /// Fails if two pods were ever on one holding, or if none was ever seen.
    pub(super) fn never_two(self) {
        let seen = self.seen.lock().expect("not poisoned");
        assert!(seen.ever.len() > 2, "too few pods: {:?}", seen.ever);
        assert!(seen.overlaps.is_empty(), "{:#?}", seen.overlaps);
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Seen {
    fn there(&mut self, pod: &Pod) {
        let phase = pod
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        if matches!(phase, Some("Succeeded" | "Failed")) {
            return self.gone(pod);
        }
        for holding in holdings(pod) {
            let pods = self.now.entry(holding.clone()).or_default();
            pods.insert(uid(pod));
            if pods.len() > 1 {
                self.overlaps.push(format!("{holding}: {pods:?}"));
            }
            self.ever.insert(uid(pod));
        }
    }

    fn gone(&mut self, pod: &Pod) {
        for holding in holdings(pod) {
            self.now.entry(holding).or_default().remove(&uid(pod));
        }
    }
}

fn holdings(pod: &Pod) -> Vec<String> {
    let annotations = pod.metadata.annotations.as_ref();
    let list = annotations.and_then(|all| all.get(mark::HOLDINGS));
    list.map_or_else(Vec::new, |list| {
        serde_json::from_str(list).expect("holdings are a list")
    })
}

fn uid(pod: &Pod) -> String {
    pod.metadata.uid.clone().expect("a pod has a uid")
}

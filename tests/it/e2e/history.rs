//! Everything that pods, and what they refer to, went through: recorded by watches, and replayed
//! in the order of the store. Whoever looks now and then sees no overlap; a replay sees each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, pin_mut};
use kube::api::{Api, ApiResource, DynamicObject, ListParams, PostParams, WatchEvent, WatchParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::{Cluster, wait};

/// What pods refer to. No Secret: those of the example are the users' own, and Tidegate makes none.
const KINDS: [&str; 4] = [
    "Pod",
    "ConfigMap",
    "PersistentVolumeClaim",
    "ServiceAccount",
];

/// The namespace of the objects that mark a recording's end.
const MARKS: &str = "default";

/// A recording under way.
pub(super) struct Recorder<'a> {
    cluster: &'a Cluster,
    streams: Vec<Stream>,
}

struct Stream {
    kind: &'static str,
    moments: Arc<Mutex<Vec<Moment>>>,
    last: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

/// An object from one version of the store on.
#[derive(Clone)]
struct Moment {
    version: u64,
    kind: &'static str,
    key: Key,
    /// `None` once it is gone.
    object: Option<Value>,
}

/// Kind, namespace and name.
type Key = (&'static str, String, String);

impl<'a> Recorder<'a> {
    /// Begins to record.
    pub(super) async fn start(cluster: &'a Cluster) -> Self {
        let mut streams = Vec::new();
        for kind in KINDS {
            let api = api(cluster, kind).await;
            streams.push(Stream::start(api, kind).await);
        }
        Self { cluster, streams }
    }

    /// Ends the recording: what happened until now is in it.
    pub(super) async fn finish(self) -> History {
        let mut moments = Vec::new();
        for stream in self.streams {
            let end = mark(self.cluster, stream.kind).await;
            moments.extend(stream.until(end).await);
        }
        moments.sort_by_key(|moment| moment.version);
        History { moments }
    }
}

impl Stream {
    async fn start(api: Api<DynamicObject>, kind: &'static str) -> Self {
        let list = api.list(&ListParams::default()).await.expect("a list");
        let version = list
            .metadata
            .resource_version
            .expect("a list has a version");
        let begin = number(&version);
        let there = list
            .items
            .iter()
            .map(|it| Moment::of(kind, begin, it, true));
        let moments = Arc::new(Mutex::new(there.collect()));
        let (told, last) = watch::channel(begin);
        let task = tokio::spawn(follow(api, kind, version, Arc::clone(&moments), told));
        Self {
            kind,
            moments,
            last,
            task,
        }
    }

    async fn until(mut self, end: u64) -> Vec<Moment> {
        let seen = self.last.wait_for(|last| *last >= end);
        let seen = wait::within("the recording catches up", seen).await;
        assert!(seen.is_ok(), "the watch of {} ended", self.kind);
        self.task.abort();
        let moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        moments
            .iter()
            .filter(|it| it.version < end)
            .cloned()
            .collect()
    }
}

async fn follow(
    api: Api<DynamicObject>,
    kind: &'static str,
    mut version: String,
    moments: Arc<Mutex<Vec<Moment>>>,
    told: watch::Sender<u64>,
) {
    loop {
        let params = WatchParams::default().timeout(280);
        let Ok(events) = api.watch(&params, &version).await else {
            continue;
        };
        pin_mut!(events);
        while let Some(Ok(event)) = events.next().await {
            let (object, is_there) = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, true),
                WatchEvent::Deleted(object) => (object, false),
                WatchEvent::Bookmark(_) => continue,
                // Nothing was recorded any more, and whoever waits for the end is told.
                WatchEvent::Error(_) => return,
            };
            version = object.metadata.resource_version.clone().unwrap_or_default();
            let at = number(&version);
            let moment = Moment::of(kind, at, &object, is_there);
            moments
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(moment);
            told.send_replace(at);
        }
    }
}

impl Moment {
    fn of(kind: &'static str, version: u64, object: &DynamicObject, is_there: bool) -> Self {
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let name = object.metadata.name.clone().unwrap_or_default();
        let value = || serde_json::to_value(object).expect("an object is JSON");
        Self {
            version,
            kind,
            key: (kind, namespace, name),
            object: is_there.then(value),
        }
    }
}

async fn api(cluster: &Cluster, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", kind));
    Api::all_with(cluster.client().await, &resource)
}

/// Makes an object of a kind, so that a watch of it has an end to come to; its version.
async fn mark(cluster: &Cluster, kind: &str) -> u64 {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", kind));
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client().await, MARKS, &resource);
    let mut object = json!({
        "apiVersion": "v1", "kind": kind, "metadata": {"generateName": "mark-"},
    });
    match kind {
        "Pod" => {
            let containers = json!([{"name": "main", "image": "none"}]);
            object["spec"] = json!({"schedulerName": "nobody", "containers": containers});
        }
        "PersistentVolumeClaim" => {
            object["spec"] = json!({
                "accessModes": ["ReadWriteOnce"], "storageClassName": "nobodys",
                "resources": {"requests": {"storage": "1Mi"}},
            });
        }
        _ => {}
    }
    let object = serde_json::from_value(object).expect("an object");
    let made = api.create(&PostParams::default(), &object).await;
    let made = made.expect("a mark");
    number(&made.metadata.resource_version.expect("it was made"))
}

fn number(version: &str) -> u64 {
    version.parse().expect("the store's versions are numbers")
}

/// What happened, in the order of the store.
pub(super) struct History {
    moments: Vec<Moment>,
}

impl History {
    /// At every instant at most one pod, terminating ones too, takes each holding. Holdings are
    /// given by strategy.
    pub(super) fn assert_one_pod_per_holding(&self, holdings: &BTreeMap<String, Vec<String>>) {
        let mut pods: BTreeMap<&Key, Vec<&String>> = BTreeMap::new();
        for moment in self.moments.iter().filter(|it| it.kind == "Pod") {
            match &moment.object {
                Some(pod) => {
                    let strategy = label(pod, "tidegate.dev/strategy");
                    let taken = holdings.get(strategy).into_iter().flatten();
                    pods.insert(&moment.key, taken.collect());
                }
                None => {
                    pods.remove(&moment.key);
                }
            }
            let mut taken = BTreeSet::new();
            for holding in pods.values().flatten() {
                let is_first = taken.insert(holding);
                let version = moment.version;
                assert!(
                    is_first,
                    "two pods on `{holding}` at {version}: {:?}",
                    pods.keys()
                );
            }
        }
        assert!(
            self.moments.iter().any(|it| it.kind == "Pod"),
            "no pod was seen"
        );
    }

    /// At every instant everything that a pod which has not ended refers to exists.
    pub(super) fn assert_references_exist(&self) {
        let mut there: BTreeSet<&Key> = BTreeSet::new();
        let mut needed: BTreeMap<&Key, BTreeSet<Key>> = BTreeMap::new();
        for moment in &self.moments {
            if let Some(object) = &moment.object {
                there.insert(&moment.key);
                if moment.kind == "Pod" {
                    needed.insert(&moment.key, references(&moment.key.1, object));
                }
            } else {
                there.remove(&moment.key);
                needed.remove(&moment.key);
            }
            // Objects that were there from the start have one version, and come in any order.
            if self
                .moments
                .first()
                .is_some_and(|first| first.version == moment.version)
            {
                continue;
            }
            for (pod, references) in &needed {
                let missing = references.iter().find(|it| !there.contains(it));
                assert!(
                    missing.is_none(),
                    "{pod:?} lacks {missing:?} at {}",
                    moment.version
                );
            }
        }
    }

    /// The uids of a strategy's pods, in the order of their beginning.
    pub(super) fn pods_of(&self, strategy: &str) -> Vec<String> {
        let mut uids = Vec::new();
        let pods = self.moments.iter().filter(|it| it.kind == "Pod");
        for pod in pods.filter_map(|it| it.object.as_ref()) {
            let uid = text(pod, "/metadata/uid").to_owned();
            if label(pod, "tidegate.dev/strategy") == strategy && !uids.contains(&uid) {
                uids.push(uid);
            }
        }
        uids
    }
}

/// What a pod refers to; nothing once it has ended.
fn references(namespace: &str, pod: &Value) -> BTreeSet<Key> {
    let mut found = BTreeSet::new();
    if ["Succeeded", "Failed"].contains(&text(pod, "/status/phase")) {
        return found;
    }
    let mut add = |kind: &'static str, name: Option<&Value>| {
        if let Some(name) = name.and_then(Value::as_str) {
            found.insert((kind, namespace.to_owned(), name.to_owned()));
        }
    };
    add("ServiceAccount", pod.pointer("/spec/serviceAccountName"));
    for volume in list(pod, "/spec/volumes") {
        add("ConfigMap", volume.pointer("/configMap/name"));
        add(
            "PersistentVolumeClaim",
            volume.pointer("/persistentVolumeClaim/claimName"),
        );
        for source in list(volume, "/projected/sources") {
            add("ConfigMap", source.pointer("/configMap/name"));
        }
    }
    let init = list(pod, "/spec/initContainers");
    for container in init.chain(list(pod, "/spec/containers")) {
        for variable in list(container, "/env") {
            add(
                "ConfigMap",
                variable.pointer("/valueFrom/configMapKeyRef/name"),
            );
        }
        for source in list(container, "/envFrom") {
            add("ConfigMap", source.pointer("/configMapRef/name"));
        }
    }
    found
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    let labels = object.pointer("/metadata/labels");
    let value = labels.and_then(|labels| labels.get(key));
    value.and_then(Value::as_str).unwrap_or_default()
}

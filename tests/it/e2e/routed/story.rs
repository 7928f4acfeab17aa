//! What an object went through, told by a watch: nothing of it is missed.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

use futures::{StreamExt as _, pin_mut};
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt as _;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::{WatchStreamExt as _, watcher};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::{Cluster, wait};
use crate::fleet::RATES;

/// Lines, each as soon as it is news.
struct Story {
    lines: watch::Receiver<Vec<String>>,
    task: JoinHandle<()>,
}

impl Drop for Story {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Story {
    /// Follows objects. `tell` says of each state what is news, if anything is; an object that is
    /// gone is told without its state.
    fn follow<K>(
        api: Api<K>,
        config: watcher::Config,
        mut tell: impl FnMut(&str, Option<&K>) -> Option<String> + Send + 'static,
    ) -> Self
    where
        K: kube::Resource + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let (told, lines) = watch::channel(Vec::new());
        let task = tokio::spawn(async move {
            let events = watcher(api, config).default_backoff();
            pin_mut!(events);
            while let Some(event) = events.next().await {
                let line = match event {
                    Ok(watcher::Event::Apply(it) | watcher::Event::InitApply(it)) => {
                        tell(&it.name_any(), Some(&it))
                    }
                    Ok(watcher::Event::Delete(it)) => tell(&it.name_any(), None),
                    Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => None,
                };
                told.send_if_modified(|lines| {
                    lines.extend(line.clone());
                    line.is_some()
                });
            }
        });
        Self { lines, task }
    }

    fn told(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// Waits until this is the latest line.
    async fn until(&self, line: &str) {
        let mut lines = self.lines.clone();
        let is_told = lines.wait_for(|lines| lines.last().is_some_and(|last| last == line));
        let told = tokio::time::timeout(wait::DEADLINE, is_told).await.is_ok();
        assert!(
            told,
            "not within the deadline: `{line}`: {:#?}",
            self.told()
        );
    }
}

/// Where the requests to a strategy went, in order: a line for each form of its route, such as
/// `A 95, B 5`. Services are named by letters in the order in which the route first leads there.
pub(super) struct Road {
    story: Story,
    names: watch::Receiver<Vec<String>>,
}

impl Road {
    pub(super) async fn of(cluster: &Cluster, strategy: &str) -> Self {
        let api = routes(cluster).await;
        let config = watcher::Config::default().fields(&format!("metadata.name={strategy}"));
        let (met, names) = watch::channel(Vec::new());
        let mut last = String::new();
        let tell = move |_: &str, route: Option<&DynamicObject>| {
            let rules = route.and_then(|route| route.data.pointer("/spec/rules"));
            let rules = rules.and_then(Value::as_array);
            let mut line = "nowhere".to_owned();
            if let Some(rules) = rules {
                met.send_modify(|names| {
                    let rules: Vec<_> = rules.iter().map(|it| rule(it, names)).collect();
                    line = rules.join("; ");
                });
            }
            let is_news = line != last;
            last.clone_from(&line);
            is_news.then_some(line)
        };
        let story = Story::follow(api, config, tell);
        Self { story, names }
    }

    pub(super) fn told(&self) -> Vec<String> {
        self.story.told()
    }

    pub(super) async fn until(&self, line: &str) {
        self.story.until(line).await;
    }

    /// The name of the Service that has a letter, which is that of its Deployment.
    pub(super) fn name_of(&self, letter: char) -> String {
        let names = self.names.borrow();
        let mut named = names.iter().zip('A'..='Z');
        let found = named.find(|(_, it)| *it == letter);
        let (name, _) = found.unwrap_or_else(|| panic!("nothing led to {letter}: {names:?}"));
        name.clone()
    }
}

/// The routes of the desk.
pub(super) async fn routes(cluster: &Cluster) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", "HTTPRoute");
    Api::namespaced_with(cluster.client().await, RATES, &ApiResource::from_gvk(&kind))
}

fn rule(rule: &Value, names: &mut Vec<String>) -> String {
    let backends: Vec<_> = list(rule, "/backendRefs")
        .iter()
        .map(|it| format!("{} {}", letter(it, names), it["weight"]))
        .collect();
    // Who gets everything gets a hundred of a hundred.
    let mut line = match backends.as_slice() {
        [only] => only.trim_end_matches(" 100").to_owned(),
        _ => backends.join(", "),
    };
    for filter in list(rule, "/filters") {
        let mirror = &filter["requestMirror"];
        let to = letter(&mirror["backendRef"], names);
        let share = mirror["percent"].as_i64().unwrap_or(100);
        // Writing to a string cannot fail.
        let _ = write!(line, " ~{to} {share}%");
    }
    let matches = list(rule, "/matches").iter();
    let headers: Vec<_> = matches
        .filter_map(|it| it.pointer("/headers/0"))
        .map(|it| format!("{}={}", text(it, "name"), text(it, "value")))
        .collect();
    if headers.is_empty() {
        line
    } else {
        format!("{}: {line}", headers.join(" or "))
    }
}

fn letter(backend: &Value, names: &mut Vec<String>) -> char {
    let name = text(backend, "name");
    let index = names.iter().position(|known| known == name);
    let index = index.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    ('A'..='Z').nth(index).expect("few versions")
}

pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// How many pods each Deployment of the desk was asked for, in order.
pub(super) struct Sizes {
    story: Story,
}

impl Sizes {
    pub(super) async fn of(cluster: &Cluster) -> Self {
        let api: Api<Deployment> = Api::namespaced(cluster.client().await, RATES);
        let mut last: BTreeMap<String, String> = BTreeMap::new();
        let tell = move |name: &str, deployment: Option<&Deployment>| {
            let spec = deployment.and_then(|it| it.spec.as_ref());
            let size = spec.map_or("gone".to_owned(), |spec| {
                spec.replicas.unwrap_or(1).to_string()
            });
            let before = last.insert(name.to_owned(), size.clone());
            (before.as_ref() != Some(&size)).then(|| format!("{name} {size}"))
        };
        let config = watcher::Config::default();
        Self {
            story: Story::follow(api, config, tell),
        }
    }

    /// The sizes of one, in order.
    pub(super) fn of_one(&self, name: &str) -> Vec<String> {
        let told = self.story.told().into_iter();
        let mine = told.filter_map(|line| {
            let (of, size) = line.split_once(' ')?;
            (of == name).then(|| size.to_owned())
        });
        mine.collect()
    }
}

//! The daemon end to end, under the ServiceAccount of `deploy/`, against a real control plane.
//!
//! Each test has a control plane of its own, since a daemon keeps a whole cluster. No request of
//! the daemon's may be refused for want of a right: every test ends by looking into the audit log.

mod approvals;
mod authority;
mod blue_green;
mod canary;
mod example;
mod faults;
mod gates;
mod group;
mod history;
mod hours;
mod ledger;
mod meter;
mod metric;
mod overrides;
mod partition;
mod promote;
mod pruning;
mod rename;
mod rights;
mod rolling;
mod routed;
mod scan;
mod scene;
mod session;
mod slow;
mod standby;
mod tags;
mod told;
mod webhook;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::audit::{Event, Mark};
use crate::daemon::{self, Daemon, USER};
use crate::fleet;
use crate::gitserver::Repo;

/// A daemon that has brought these strategies of the desk `rates` to where they should be.
async fn deployed<'a>(
    cluster: &'a Cluster,
    repo: &Repo,
    strategies: &[(&str, String)],
) -> Daemon<'a> {
    let commit = fleet::push(repo, strategies);
    let daemon = Daemon::start(cluster, repo).await;
    daemon.wait_reconciled(&commit).await;
    daemon
}

/// The daemon's requests since a mark. None may have been refused.
pub(crate) async fn requests(cluster: &Cluster, mark: Mark) -> Vec<Event> {
    let mut events = cluster.audit().since(mark).await;
    events.retain(|event| event.user.username == USER);
    let refused: Vec<&Event> = events.iter().filter(|it| it.status() == 403).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(!events.is_empty(), "the audit log knows no daemon");
    events
}

/// Everything of a namespace that carries an owner label, pods too: `Kind/name` → uid.
fn uids(cluster: &Cluster, namespace: &str) -> BTreeMap<String, String> {
    let kinds = "cm,cronjob,deploy,job,limits,netpol,pdb,pods,pvc,quota,rolebinding,sa,sts,svc";
    let label = ["-l", "tidegate.dev/owner", "--output=json"];
    let args = ["get", kinds, "--namespace", namespace];
    let text = daemon::run(&mut cluster.kubectl(args.into_iter().chain(label)));
    let list: Value = serde_json::from_str(&text).expect("kubectl prints JSON");
    let items = list.get("items").and_then(Value::as_array).expect("a list");
    assert!(!items.is_empty(), "nothing of ours is in {namespace}");
    let text = |item: &Value, pointer: &str| {
        let text = item.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    items
        .iter()
        .map(|item| {
            let name = format!("{}/{}", text(item, "/kind"), text(item, "/metadata/name"));
            (name, text(item, "/metadata/uid"))
        })
        .collect()
}

/// `tidegate.yaml` of the small fleet with these entries of `consents:`.
fn root_with(consents: &[String]) -> String {
    let lines = consents.iter().map(|entry| format!("  {entry}\n"));
    let lines: String = lines.collect();
    let list = if lines.is_empty() {
        " []\n".to_owned()
    } else {
        format!("\n{lines}")
    };
    format!("{}  consents:{list}", fleet::ROOT)
}

/// The first consent entry in a text that names this, with an expiry in place of its blank.
fn consent_in(text: &str, named: &str) -> String {
    let mut entries = text.lines().filter_map(|line| {
        let from = line.find("- {digest: ")?;
        let entry = line.get(from..)?;
        let end = entry.find('}')?;
        Some(entry.get(..=end)?.to_owned())
    });
    let entry = entries.find(|entry| entry.contains(named));
    let entry = entry.unwrap_or_else(|| panic!("no consent for `{named}` in: {text}"));
    assert!(entry.contains("<date>"), "{entry}");
    entry.replace("<date>", "2099-01-01")
}

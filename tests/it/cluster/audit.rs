//! The API server's audit log: who asked what, told apart by user and user agent.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Deserialize;

use super::{Cluster, wait};

static MARKS: AtomicUsize = AtomicUsize::new(1);

/// The log of one cluster.
pub(crate) struct Audit<'a> {
    cluster: &'a Cluster,
}

/// A place in the log: everything that was answered before it was asked for stands before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(u64);

/// One request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    #[serde(rename = "auditID")]
    id: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub(crate) verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub(crate) uri: String,
    /// The client's user agent.
    #[serde(default)]
    pub(crate) user_agent: String,
    /// Who asked.
    pub(crate) user: User,
    /// The object, where the request is about one.
    #[serde(default)]
    pub(crate) object_ref: Object,
    #[serde(default)]
    response_status: Response,
}

/// The user that the API server saw.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    /// For a ServiceAccount `system:serviceaccount:NAMESPACE:NAME`.
    pub(crate) username: String,
}

/// What a request is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Object {
    /// The API group, empty for the core.
    pub(crate) api_group: String,
    /// The plural, such as `configmaps`.
    pub(crate) resource: String,
    /// Such as `status`.
    pub(crate) subresource: String,
    /// Empty for a cluster-wide object.
    pub(crate) namespace: String,
    /// Empty for a list.
    pub(crate) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Response {
    code: u16,
}

impl Event {
    /// Whether the request was only tried.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.uri.contains("dryRun=All")
    }

    /// Whether the request was to change something: no dry-run, and not a leader's Lease.
    pub(crate) fn is_write(&self) -> bool {
        let changes = ["create", "update", "patch", "delete", "deletecollection"];
        changes.contains(&self.verb.as_str())
            && !self.is_dry_run()
            && self.object_ref.resource != "leases"
    }

    /// The HTTP status, 0 when there was none.
    pub(crate) fn status(&self) -> u16 {
        self.response_status.code
    }
}

impl<'a> Audit<'a> {
    pub(super) fn of(cluster: &'a Cluster) -> Self {
        Self { cluster }
    }

    /// The place in the log where everything that is answered by now has been written.
    pub(crate) async fn mark(&self) -> Mark {
        let sign = format!("/version?mark={}", MARKS.fetch_add(1, Ordering::Relaxed));
        let begin = self.length();
        let request = http::Request::get(&sign)
            .body(Vec::new())
            .expect("a request");
        self.cluster
            .client()
            .await
            .request_text(request)
            .await
            .expect("version");
        let written = async {
            // The log is a file: there is nothing to watch but its growth.
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            loop {
                ticks.tick().await;
                let text = self.read(begin);
                if let Some(at) = text.find(&format!("\"{sign}\"")) {
                    let line = text.get(at..).and_then(|rest| rest.find('\n'));
                    let Some(line) = line else { continue };
                    return Mark(begin + u64::try_from(at + line + 1).expect("a file's length"));
                }
            }
        };
        wait::within("the audit log catches up", written).await
    }

    /// All requests answered since a mark, each once, in the order of the log.
    pub(crate) async fn since(&self, mark: Mark) -> Vec<Event> {
        let end = self.mark().await;
        let text = self.read(mark.0);
        let length = usize::try_from(end.0 - mark.0).expect("a file's length");
        let text = text.get(..length).expect("a mark is at the end of a line");
        let mut known = BTreeSet::new();
        let events = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("an audit event"));
        events
            // A watch has two lines, for its begin and its end.
            .filter(|event: &Event| known.insert(event.id.clone()))
            .filter(|event| !event.uri.starts_with("/version?mark="))
            .collect()
    }

    fn length(&self) -> u64 {
        std::fs::metadata(&self.cluster.plane.facts.audit_log).map_or(0, |m| m.len())
    }

    fn read(&self, from: u64) -> String {
        let mut file = std::fs::File::open(&self.cluster.plane.facts.audit_log).expect("audit log");
        file.seek(SeekFrom::Start(from)).expect("audit log");
        let mut text = Vec::new();
        file.read_to_end(&mut text).expect("audit log");
        String::from_utf8_lossy(&text).into_owned()
    }
}

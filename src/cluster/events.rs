//! Events of Kubernetes, which tell what happened to a unit beside the objects that it is made of.

use http::Method;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::release::{Happening, InventoryEntry, Message, Notice, ReleaseSpec, ReleaseStatus};

use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::resource::{EVENT, RELEASE};
use super::writer::Writer;

/// Who reports them.
const CONTROLLER: &str = "tidegate.dev/tidegate";

/// The longest text that the API server takes.
const LONGEST: usize = 1024;

/// The kinds of workloads, of which an event is told if there is one.
const WORKLOADS: [&str; 4] = ["StatefulSet", "Deployment", "CronJob", "Job"];

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    namespace: String,
    name: String,
    body: Value,
}

impl Event {
    /// The event of a notice, beside the unit's workload, or else beside its record in `records`.
    /// The same notice always makes the same event.
    pub fn of(
        spec: &ReleaseSpec,
        status: &ReleaseStatus,
        notice: &Notice,
        message: &Message,
        records: &str,
    ) -> Self {
        let mut inventory = status.inventory.iter();
        let workload = inventory.find(|it| WORKLOADS.contains(&it.kind.as_str()));
        let record = record(spec, records);
        let regarding = workload.unwrap_or(&record);
        let namespace = regarding.namespace.clone().unwrap_or_default();
        let name = format!("{}.{}", regarding.name, notice.id);
        let body = json!({
            "apiVersion": EVENT.api_version(),
            "kind": EVENT.kind,
            "metadata": {"name": name, "namespace": namespace},
            "eventTime": micro(notice.at),
            "reportingController": CONTROLLER,
            "reportingInstance": format!("{}/{}", spec.fleet, spec.cluster),
            "action": "Rollout",
            "reason": reason(notice.kind),
            "type": weight(notice.kind),
            "note": cut(&message.text()),
            "regarding": {
                "apiVersion": regarding.api_version,
                "kind": regarding.kind,
                "namespace": namespace,
                "name": regarding.name,
                "uid": regarding.uid,
            },
        });
        Self {
            namespace,
            name,
            body,
        }
    }
}

/// The Release, as an inventory would list it.
fn record(spec: &ReleaseSpec, records: &str) -> InventoryEntry {
    let unit = spec.unit().map(|unit| unit.release_name());
    InventoryEntry {
        api_version: RELEASE.api_version(),
        kind: RELEASE.kind.to_owned(),
        namespace: Some(records.to_owned()),
        name: unit.unwrap_or_default(),
        uid: None,
    }
}

fn micro(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// One word in the form that Kubernetes' own events have.
fn reason(kind: Happening) -> &'static str {
    match kind {
        Happening::Began => "RolloutBegan",
        Happening::Stage => "RolloutStage",
        Happening::Asked => "RolloutAsks",
        Happening::Stopped => "RolloutStopped",
        Happening::WentBack => "RolloutWentBack",
        Happening::Failed => "ReconcileFailed",
        Happening::Promoted => "Promoted",
        Happening::Overridden => "Overridden",
        Happening::Halted => "Halted",
        Happening::Lifted => "HaltLifted",
        Happening::Other => "Other",
    }
}

fn weight(kind: Happening) -> &'static str {
    match kind {
        Happening::Stopped
        | Happening::WentBack
        | Happening::Failed
        | Happening::Overridden
        | Happening::Halted => "Warning",
        Happening::Began
        | Happening::Stage
        | Happening::Asked
        | Happening::Promoted
        | Happening::Lifted
        | Happening::Other => "Normal",
    }
}

/// The beginning of a text, as much as the API server takes.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Makes an event; one that is there already is the same.
pub async fn create(writer: &Writer, event: &Event) -> Result<(), Error> {
    let what = format!("event {}/{}", event.namespace, event.name);
    let call = Call {
        attempt: Attempt::to("make", what),
        resource: &EVENT,
        method: Method::POST,
        target: EVENT.collection(Some(&event.namespace)),
        body: Body::Json(event.body.to_string().into_bytes()),
    };
    match writer.call(call).await {
        Ok(_) => Ok(()),
        Err(error) if *error.fault() == Fault::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

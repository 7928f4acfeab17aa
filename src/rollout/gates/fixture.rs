//! What gates look at, for tests: strategy `tern` on its way from track `main` to `c0ffee1234`.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Evidence, Measurement, Outcome, Peer, Stable, Subject, Target};
use crate::digest::Digest;
use crate::object::{Object, mark};
use crate::spec::gate::Gate;
use crate::spec::image::Image;
use crate::spec::metric::{Metric, MetricName};
use crate::spec::names::StrategyName;

/// So many seconds after the stage was begun.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000 + seconds)
}

/// A gate in the spec's form.
pub(super) fn gate(gate: Value) -> Gate {
    serde_json::from_value(gate).unwrap()
}

pub(super) fn behaviour() -> Digest {
    Digest::of("candidate")
}

/// What evidence borrows from.
pub(super) struct World {
    pub(super) subject: Subject,
    pub(super) images: Vec<Image>,
    pub(super) metrics: BTreeMap<MetricName, Metric>,
    pub(super) peers: BTreeMap<StrategyName, Peer>,
}

impl World {
    pub(super) fn new() -> Self {
        let query = json!({"prometheus": {
            "address": "http://prometheus.monitoring:9090",
            "query": "reject{strategy=\"{{strategy}}\",track=\"{{track}}\"}",
        }});
        Self {
            subject: Subject {
                strategy: "tern".parse().unwrap(),
                desk: "rates".parse().unwrap(),
                namespace: "rates".to_owned(),
                owner: "0123".to_owned(),
                track: "c0ffee1234".to_owned(),
                behaviour: behaviour(),
                stable: Some(Stable {
                    track: "main".to_owned(),
                    behaviour: Digest::of("stable"),
                }),
                stage: "5%".to_owned(),
                gate: 1,
            },
            images: vec![image("registry.example.com/rates/tern", "tern")],
            metrics: BTreeMap::from([(
                "reject".parse().unwrap(),
                serde_json::from_value(query).unwrap(),
            )]),
            peers: BTreeMap::new(),
        }
    }

    /// A stage that was begun at 0 and seen in place at 10.
    pub(super) fn settled(&self) -> Evidence<'_> {
        Evidence {
            settled_at: Some(at(10)),
            ..self.entered()
        }
    }

    /// A stage that was begun at 0.
    pub(super) fn entered(&self) -> Evidence<'_> {
        Evidence {
            subject: &self.subject,
            began: at(-100),
            entered: at(0),
            settled_at: None,
            target: Target::default(),
            images: &self.images,
            metrics: &self.metrics,
            measurement: None,
            promoted: None,
            tally: None,
            window: None,
            open: None,
            sessions: &[],
            peers: &self.peers,
            freezes: None,
            job: None,
        }
    }
}

/// An image that is pinned to the digest of a text.
pub(super) fn image(repository: &str, text: &str) -> Image {
    let image = format!("{repository}@{}", Digest::of(text));
    image.parse().unwrap()
}

/// A value that was measured, which says how many samples it is about.
pub(super) fn value(seconds: i64, value: f64) -> Measurement {
    Measurement {
        at: at(seconds),
        outcome: Outcome::Value {
            value,
            samples: Some(1000.0),
        },
    }
}

/// A workload that its controller has seen and that is as it should be.
pub(super) fn workload() -> Object {
    object(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "tern", "generation": 2},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1,
                   "readyReplicas": 1, "availableReplicas": 1,
                   "conditions": [{"type": "Available", "status": "True"}]},
    }))
}

/// A pod of the candidate that is ready, with other fields over it.
pub(super) fn pod(containers: &Value) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "tern-1", "annotations": {mark::BEHAVIOUR: behaviour().hex()}},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": containers,
        },
    }))
}

pub(super) fn object(value: Value) -> Object {
    Object::new(value).unwrap()
}

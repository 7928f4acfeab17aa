//! How many pods of which version a stage has.

use crate::object::{Object, mark};

/// The pods of both versions, as far as the rollout or the spec says how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pods {
    /// Of the old version; `None` where there is no workload of it, or an autoscaler says it.
    pub(super) old: Option<i64>,
    /// Of the new version.
    pub(super) new: Option<i64>,
}

/// The pods of a stage, whose new version carries this behaviour.
pub(super) fn of(objects: &[Object], behaviour: &str) -> Pods {
    let mut pods = Pods::default();
    let is_workload = |it: &&Object| matches!(it.kind(), "Deployment" | "StatefulSet");
    for workload in objects.iter().filter(is_workload) {
        let count = workload.number("/spec/replicas");
        let held = workload.number("/spec/updateStrategy/rollingUpdate/partition");
        match (count, held.filter(|held| *held > 0)) {
            (Some(count), Some(held)) => {
                pods.old = Some(held.min(count));
                pods.new = Some((count - held).max(0));
            }
            (count, _) if carries(workload, behaviour) => pods.new = count,
            (count, _) => pods.old = count,
        }
    }
    pods
}

fn carries(workload: &Object, behaviour: &str) -> bool {
    let annotations = workload.at("/spec/template/metadata/annotations");
    annotations.is_some_and(|it| it[mark::BEHAVIOUR] == behaviour)
}

impl Pods {
    /// The share of requests that the new version gets where they follow the pods.
    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers of pods are far below 2⁵³"
    )]
    pub(super) fn share(self) -> Option<f64> {
        let (old, new) = (self.old.unwrap_or(0), self.new?);
        (old + new > 0).then(|| new as f64 / (old + new) as f64)
    }

    /// In words: `4 old and 1 new pod`.
    pub(super) fn words(self) -> Option<String> {
        let plural = |count: i64| if count == 1 { "pod" } else { "pods" };
        match (self.old, self.new) {
            (Some(old), Some(new)) if old > 0 => {
                Some(format!("{old} old and {new} new {}", plural(new)))
            }
            (_, Some(new)) => Some(format!("{new} {}", plural(new))),
            (_, None) => None,
        }
    }
}

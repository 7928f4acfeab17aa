//! The pod template, the same for every workload.

use serde_json::{Value, json};

use super::context::Context;
use super::fields::Fields;
use super::volume::Disk;
use super::{affinity, container, labels, security};

/// What happens when a container ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restart {
    /// It is started again.
    Always,
    /// The Job decides.
    Never,
}

/// The pod template, before the digests are stamped on it.
pub(super) fn template(context: &Context<'_>, restart: Restart) -> Value {
    let metadata = Fields::new()
        .with_map("labels", labels::of_pods(context))
        .with_map("annotations", scrape(context));
    json!({"metadata": Value::from(metadata), "spec": spec(context, restart)})
}

fn spec(context: &Context<'_>, restart: Restart) -> Value {
    let strategy = context.strategy;
    let engine = &strategy.engine;
    let disk = Disk::of(strategy);
    let copies = disk.copies.iter().enumerate();
    let init = copies.map(|(number, copy)| container::copy(context, number, copy));
    let restart = match restart {
        Restart::Always => "Always",
        Restart::Never => "Never",
    };
    Fields::new()
        .with("affinity", affinity::build(context))
        .with("automountServiceAccountToken", false)
        .with_list("initContainers", init)
        .with_list("containers", [container::main(context, &disk)])
        .with(
            "dnsConfig",
            json!({"options": [{"name": "ndots", "value": "2"}]}),
        )
        .with("enableServiceLinks", false)
        .with("restartPolicy", restart)
        .with("securityContext", security::pod(engine))
        .with("serviceAccountName", context.name())
        .with("terminationGracePeriodSeconds", engine.grace_seconds)
        .with_list("tolerations", affinity::tolerations(&strategy.placement))
        .with_list("topologySpreadConstraints", affinity::spread(context))
        .with_list("volumes", disk.volumes)
        .into()
}

/// Where Prometheus finds the metrics, in the words that its usual configuration knows.
fn scrape(context: &Context<'_>) -> Fields {
    let strategy = context.strategy;
    let Some(metrics) = &strategy.metrics else {
        return Fields::new();
    };
    let port = strategy.ports.iter().find(|port| port.name == metrics.port);
    Fields::new()
        .with("prometheus.io/scrape", "true")
        .with("prometheus.io/path", metrics.path.as_str())
        .with_some("prometheus.io/port", port.map(|it| it.port.to_string()))
}

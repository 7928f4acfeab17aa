//! The container that runs the strategy's program, and those that prepare its files.

use serde_json::{Value, json};

use super::context::Context;
use super::env;
use super::fields::Fields;
use super::security::{self, RootFileSystem};
use super::volume::{Copy, Disk};
use crate::resolve::{Probe, ProbeAction, Resources, Strategy};

/// The name of the container that runs the program.
const MAIN: &str = "strategy";

/// The container that runs the program.
pub(super) fn main(context: &Context<'_>, disk: &Disk) -> Value {
    let strategy = context.strategy;
    let root = RootFileSystem::of(&strategy.engine);
    let fields = base(strategy, MAIN, root)
        .with_list("command", strategy.command.clone())
        .with_list("args", strategy.args.clone())
        .with_list("env", env::build(strategy))
        .with_list("ports", ports(strategy))
        .with_some("lifecycle", pre_stop(strategy))
        .with_list("volumeMounts", disk.mounts.clone());
    let probes = &strategy.probes;
    fields
        .with_some("startupProbe", probes.startup.as_ref().map(probe))
        .with_some("livenessProbe", probes.liveness.as_ref().map(probe))
        .with_some("readinessProbe", probes.readiness.as_ref().map(probe))
        .into()
}

/// A container that copies a file to where the program may rewrite it. It runs the strategy's own
/// image, because no other is known to be there, and needs nothing of it but `install`.
pub(super) fn copy(context: &Context<'_>, number: usize, copy: &Copy) -> Value {
    let name = format!("copy-config-{number}");
    let command = ["install", "-D", "-m", "0644", &copy.from, &copy.to];
    base(context.strategy, &name, RootFileSystem::ReadOnly)
        .with_list("command", command)
        .with_list("volumeMounts", copy.mounts.clone())
        .into()
}

fn base(strategy: &Strategy, name: &str, root: RootFileSystem) -> Fields {
    Fields::new()
        .with("name", name)
        .with("image", strategy.image.to_string())
        .with("imagePullPolicy", "Always")
        .with("resources", resources(&strategy.resources))
        .with(
            "securityContext",
            security::container(&strategy.engine, root),
        )
}

fn resources(resources: &Resources) -> Value {
    let amounts = json!({
        "cpu": resources.cpu.as_str(),
        "memory": resources.memory.as_str(),
        "ephemeral-storage": resources.ephemeral_storage.as_str(),
    });
    json!({"limits": amounts, "requests": amounts})
}

fn ports(strategy: &Strategy) -> Vec<Value> {
    let mut ports: Vec<_> = strategy.ports.iter().collect();
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    ports
        .into_iter()
        .map(|port| json!({"name": port.name, "containerPort": port.port, "protocol": "TCP"}))
        .collect()
}

fn pre_stop(strategy: &Strategy) -> Option<Value> {
    let command = strategy.engine.pre_stop.as_ref()?;
    Some(json!({"preStop": {"exec": {"command": command}}}))
}

fn probe(probe: &Probe) -> Value {
    let (kind, action) = match &probe.action {
        ProbeAction::Http { path, port } => ("httpGet", json!({"path": path, "port": port})),
        ProbeAction::Tcp { port } => ("tcpSocket", json!({"port": port})),
        ProbeAction::Exec(command) => ("exec", json!({"command": command})),
    };
    Fields::new()
        .with(kind, action)
        .with("periodSeconds", probe.period_seconds)
        .with("timeoutSeconds", probe.timeout_seconds)
        .with("failureThreshold", probe.failure_threshold)
        .into()
}

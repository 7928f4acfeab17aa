//! `tidegate apply`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::input::Input;
use super::progress::Bar;
use super::{Exit, Failure, Screen, input};
use crate::cli::{ApplyOptions, ClusterOptions, Output};
use crate::cluster;
use crate::daemon::{self, Deadline, Place, Report};
use crate::git::history::History;

pub(super) fn run(options: &ApplyOptions, screen: Screen) -> Result<Exit, Failure> {
    let input = Input::from_folder(&options.fleet)?;
    input.tell_findings(screen);
    let cluster = input::cluster(&options.fleet)?;
    if input.build.fleet.is_none() {
        return Ok(Exit::SpecErrors);
    }
    let bar = Bar::new(screen);
    let reconcile = daemon::once(
        place(&options.connection, None),
        (&input.sources, History::Local(options.fleet.dir.clone())),
        cluster.as_ref(),
        Deadline(options.timeout),
        |counts| bar.show(counts),
    );
    let report = super::runtime()?.block_on(reconcile);
    bar.end();
    let report = report?;
    match options.output {
        Output::Text => screen.data(&text(&report))?,
        Output::Json => screen.json(&json(&report))?,
    }
    let converged = if report.converged {
        Exit::Done
    } else {
        Exit::NotConverged
    };
    Ok(converged.and(input.exit(Exit::SpecErrors)))
}

/// Where a command works, and as whom.
pub(super) fn place(connection: &ClusterOptions, identity: Option<String>) -> Place {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "localhost",
        host => host,
    };
    Place {
        connection: options(connection),
        namespace: connection.namespace.clone(),
        identity: identity.unwrap_or_else(|| cluster::lease::identity(host)),
        gate_secrets: None,
    }
}

/// How to connect.
pub(super) fn options(connection: &ClusterOptions) -> cluster::Options {
    cluster::Options {
        kubeconfig: connection.kubeconfig.clone(),
        context: connection.context.clone(),
        impersonate: None,
        deadline: connection.request_timeout,
    }
}

fn text(report: &Report) -> String {
    let progress = &report.progress;
    let mut text = format!(
        "{} of {} ready\n",
        progress.ready,
        progress.ready + progress.unsettled.len()
    );
    for unit in &progress.unsettled {
        let _ = writeln!(text, "  {} ({:?}): {}", unit.unit, unit.phase, unit.why);
    }
    for consent in &progress.consents {
        let _ = writeln!(
            text,
            "kept: waits for {}\n  until {}",
            consent.what, consent.unblocks_when
        );
    }
    text
}

fn json(report: &Report) -> Value {
    let progress = &report.progress;
    let unsettled: Vec<Value> = progress
        .unsettled
        .iter()
        .map(|unit| json!({ "unit": unit.unit, "phase": unit.phase, "why": unit.why }))
        .collect();
    json!({
        "version": 1,
        "converged": report.converged,
        "ready": progress.ready,
        "units": progress.ready + progress.unsettled.len(),
        "unsettled": unsettled,
        "consents": progress.consents,
    })
}

//! What a program serves: its ports, probes and metrics.

use std::collections::BTreeSet;

use super::case::{Case, unknown};
use super::{MetricsEndpoint, Port, Probe, ProbeAction, Probes};
use crate::spec::blocks::{PortRef, ProbeSpec};
use crate::spec::measure::Duration;

/// The name of a port that only metrics need.
const METRICS: &str = "metrics";

/// The ports, in the order of their names.
pub(super) fn ports(case: &mut Case) -> Vec<Port> {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut ports = Vec::new();
    for (index, spec) in case.spec.ports.clone().into_iter().enumerate() {
        let number = spec.port.0;
        let name_is_new = names.insert(spec.name.clone());
        if !name_is_new || !numbers.insert(number) {
            let (field, what) = if name_is_new {
                ("port", number.to_string())
            } else {
                ("name", spec.name.to_string())
            };
            case.error(
                "duplicate-name",
                &format!("/ports/{index}/{field}"),
                format!("there are two ports `{what}`"),
                "keep one of them",
            );
        }
        ports.push(Port {
            name: spec.name.to_string(),
            port: number,
        });
    }
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    ports
}

/// Where metrics are, and the port's number.
pub(super) fn metrics(case: &mut Case, ports: &[Port]) -> Option<(MetricsEndpoint, u16)> {
    let spec = case.spec.observe.as_ref()?.metrics.clone()?;
    let path = spec.path.unwrap_or_else(|| "/metrics".to_owned());
    check_path(case, "/observe/metrics/path", &path);
    let (port, number) = metrics_port(case, &spec.port, ports)?;
    Some((MetricsEndpoint { port, path }, number))
}

fn metrics_port(case: &mut Case, port: &PortRef, ports: &[Port]) -> Option<(String, u16)> {
    let pointer = "/observe/metrics/port";
    let PortRef::Number(number) = *port else {
        let name = port_name(case, pointer, port, ports)?;
        let number = ports.iter().find(|port| port.name == name)?.port;
        return Some((name, number));
    };
    if let Some(served) = ports.iter().find(|port| port.port == number) {
        return Some((served.name.clone(), number));
    }
    if let Some(other) = ports.iter().find(|port| port.name == METRICS) {
        case.error(
            "duplicate-name",
            pointer,
            format!("the port `{METRICS}` is {}, not {number}", other.port),
            "correct one of the two numbers, or rename the port",
        );
        return None;
    }
    Some((METRICS.to_owned(), number))
}

/// The ports, with that of the metrics where nothing else serves it.
pub(super) fn with_metrics_port(
    mut ports: Vec<Port>,
    metrics: Option<&(MetricsEndpoint, u16)>,
) -> Vec<Port> {
    let Some((endpoint, number)) = metrics else {
        return ports;
    };
    if ports.iter().all(|port| port.port != *number) {
        let name = endpoint.port.clone();
        let port = *number;
        ports.push(Port { name, port });
        ports.sort_by(|a, b| a.name.cmp(&b.name));
    }
    ports
}

/// The probes.
pub(super) fn probes(case: &mut Case, ports: &[Port]) -> Probes {
    let spec = case.spec.probes.clone().unwrap_or_default();
    Probes {
        startup: spec
            .startup
            .and_then(|it| probe(case, "/probes/startup", it, ports)),
        liveness: spec
            .liveness
            .and_then(|it| probe(case, "/probes/liveness", it, ports)),
        readiness: spec
            .readiness
            .and_then(|it| probe(case, "/probes/readiness", it, ports)),
    }
}

fn probe(case: &mut Case, pointer: &str, spec: ProbeSpec, ports: &[Port]) -> Option<Probe> {
    let action = match (spec.http, spec.tcp, spec.exec) {
        (Some(http), None, None) => {
            check_path(case, &format!("{pointer}/http/path"), &http.path);
            ProbeAction::Http {
                path: http.path,
                port: port_name(case, &format!("{pointer}/http/port"), &http.port, ports)?,
            }
        }
        (None, Some(tcp), None) => ProbeAction::Tcp {
            port: port_name(case, &format!("{pointer}/tcp/port"), &tcp.port, ports)?,
        },
        (None, None, Some(command)) if !command.is_empty() => ProbeAction::Exec(command),
        _ => {
            let message = "a probe does one thing: `http`, `tcp` or `exec`";
            case.error(
                "probe-action",
                pointer,
                message,
                "give it exactly one of the three",
            );
            return None;
        }
    };
    let seconds =
        |span: Option<Duration>, otherwise| span.map_or(otherwise, |span| span.seconds().max(1));
    Some(Probe {
        action,
        period_seconds: seconds(spec.period, 10),
        timeout_seconds: seconds(spec.timeout, 3),
        failure_threshold: spec.failures.unwrap_or(3).max(1),
    })
}

fn port_name(case: &mut Case, pointer: &str, port: &PortRef, ports: &[Port]) -> Option<String> {
    find(case, pointer, port, ports).map(|port| port.name.clone())
}

/// The port that is meant; tells if there is none.
pub(super) fn find<'p>(
    case: &mut Case,
    pointer: &str,
    port: &PortRef,
    ports: &'p [Port],
) -> Option<&'p Port> {
    let (found, written) = match port {
        PortRef::Name(name) => (ports.iter().find(|it| it.name == *name), name.clone()),
        PortRef::Number(number) => (
            ports.iter().find(|it| it.port == *number),
            number.to_string(),
        ),
    };
    if found.is_none() {
        let finding = unknown(
            "unknown-port",
            case.span(pointer),
            "port",
            &written,
            ports.iter().map(|port| port.name.as_str()),
            "add it to `ports`",
        );
        case.findings.push(finding);
    }
    found
}

fn check_path(case: &mut Case, pointer: &str, path: &str) {
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        case.error(
            "invalid-value",
            pointer,
            format!("`{path}` is not a path of a request"),
            "begin with `/`, and use no spaces",
        );
    }
}

//! A rollout in words: how the new version comes, what a stage lets it have, what a gate asks.

use crate::resolve::rollout::{Exposure, HeaderMatch, HeaderValue, OnFailure, Rollout, Style};
use crate::spec::gate::{
    Bake, CompareGate, Gate, GateKind, HealthGate, Limits, LogsGate, MetricGate, OnTimeout,
    OpenBake, Reports, ScanGate, Severity, Worse,
};

/// How a new version comes.
pub fn style(rollout: &Rollout) -> &'static str {
    match rollout.style {
        Style::Rolling => "pod by pod, in place",
        Style::Canary if rollout.route.is_some() => "as a canary, by a share of the requests",
        Style::Canary => "as a canary, by a share of the pods",
        Style::BlueGreen => "in full beside the old one, then all requests move at once",
        Style::Ab => "beside the old one, for requests with a certain header",
        Style::Mirror => "beside the old one, with a copy of its requests",
        Style::StandbyFirst => "by way of a standby, which then takes over",
        Style::Replace => "when the old pod is gone (1 → 0 → 1)",
        Style::NextRun => "with the next run; a running one is left to end",
    }
}

/// What becomes of it if a stage fails.
pub fn on_failure(then: OnFailure) -> &'static str {
    match then {
        OnFailure::Halt => "stops where it stands, until a person decides",
        OnFailure::Hold => "stays where it stands, and goes on if its gates hold after all",
        OnFailure::Rollback => "goes back",
    }
}

/// What a stage lets the new version have.
pub fn exposure(exposure: &Exposure, rollout: &Rollout) -> String {
    match exposure {
        Exposure::Pods(amount) => format!("{amount} of the pods are of the new version"),
        Exposure::Weight(weight) if rollout.route.is_some() => {
            format!("the new version gets {weight} of the requests")
        }
        Exposure::Weight(weight) => {
            format!("the new version gets {weight} of the pods, and so of the requests")
        }
        Exposure::Match(headers) => {
            let headers: Vec<String> = headers.iter().map(header).collect();
            format!(
                "the new version gets requests with {}",
                headers.join(" or ")
            )
        }
        Exposure::Mirror(share) => {
            format!("the new version gets a copy of {share} of the requests")
        }
        Exposure::Preview => "the new version is up in full, and gets no requests".to_owned(),
        Exposure::Standby => "the standby is of the new version, and gets no requests".to_owned(),
        Exposure::Full => "everything is of the new version".to_owned(),
    }
}

fn header(header: &HeaderMatch) -> String {
    let name = header.header.as_str();
    match &header.value {
        HeaderValue::Exact(value) => format!("`{name}: {value}`"),
        HeaderValue::Pattern(pattern) => format!("`{name}` like `{pattern}`"),
    }
}

/// What a gate asks.
pub fn gate(gate: &Gate) -> String {
    let asks = match &gate.kind {
        GateKind::For(Bake::Wall(span)) => format!("the stage stood for {span}"),
        GateKind::For(Bake::Open(OpenBake { open, of })) => {
            format!("the stage stood for {open} of open {of}")
        }
        GateKind::Health(health) => healthy(*health),
        GateKind::Metric(metric) => measured(metric),
        GateKind::Compare(compare) => compared(compare),
        GateKind::Logs(logs) => logged(logs),
        GateKind::Scan(scan) => scanned(scan),
        GateKind::Job(job) => format!("a Job of `{}` exits 0", job.image),
        GateKind::Webhook(webhook) => format!("`{}` says yes", webhook.url.host()),
        GateKind::Pause => "a person promotes the stage".to_owned(),
        GateKind::Approve(asked) => format!("{asked} approves, who did not write it"),
        GateKind::Window(window) => format!("the window `{window}` is open"),
        GateKind::After(after) => match &after.stage {
            Some(stage) => format!("`{}` reached its stage `{stage}`", after.strategy),
            None => format!("`{}` is through", after.strategy),
        },
        GateKind::Freeze => "nothing is frozen".to_owned(),
    };
    match gate.timeout.filter(|_| !gate.has_usual_timeout()) {
        Some(timeout) => format!("{asks}; {}", late(gate.on_timeout, &timeout.to_string())),
        None => asks,
    }
}

fn late(on_timeout: OnTimeout, timeout: &str) -> String {
    match on_timeout {
        OnTimeout::Fail => format!("fails after {timeout}"),
        OnTimeout::Hold => format!("holds after {timeout}, until a person decides"),
        OnTimeout::Pass => format!("passes after {timeout} all the same"),
    }
}

fn healthy(gate: HealthGate) -> String {
    match gate.max_restarts {
        0 => "its pods are ready, and none restarted".to_owned(),
        1 => "its pods are ready, with 1 restart at most".to_owned(),
        most => format!("its pods are ready, with {most} restarts at most"),
    }
}

fn measured(gate: &MetricGate) -> String {
    let name = &gate.metric;
    let ends = match (&gate.min, &gate.max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "any".to_owned(),
    };
    let samples = match gate.min_samples {
        0 | 1 => String::new(),
        samples => format!(", on {samples} samples or more"),
    };
    format!("`{name}` is {ends}{samples}{}", limits(&gate.limits))
}

fn logged(gate: &LogsGate) -> String {
    let LogsGate {
        metric,
        max,
        baseline,
        ..
    } = gate;
    let let_off = if max.value() > 0.0 {
        format!(", {max} lines of each let off")
    } else {
        String::new()
    };
    format!(
        "`{metric}` has nothing that what ran before did not have in {baseline}{let_off}{}",
        limits(&gate.limits)
    )
}

fn scanned(gate: &ScanGate) -> String {
    let ScanGate {
        max_severity,
        max_age,
        reports,
        waivers,
        ..
    } = gate;
    let worse = match max_severity {
        Severity::None => "nothing".to_owned(),
        most => format!("nothing above `{most}`"),
    };
    let place = match reports {
        Reports::Objects => String::new(),
        Reports::Server(report) => format!(" of `{}`", report.url.host()),
    };
    let waived = match waivers.as_slice() {
        [] => String::new(),
        waivers => {
            let ids: Vec<String> = waivers.iter().map(|it| format!("`{}`", it.id)).collect();
            format!(", {} waived", ids.join(", "))
        }
    };
    format!("reports{place} on its images, at most {max_age} old, tell of {worse}{waived}")
}

fn compared(gate: &CompareGate) -> String {
    let CompareGate {
        metric,
        within,
        confidence,
        ..
    } = gate;
    let apart = match gate.worse {
        Worse::Higher => format!("at most {within} higher than"),
        Worse::Lower => format!("at most {within} lower than"),
        Worse::Either => format!("within {within} of"),
    };
    format!(
        "`{metric}` is {apart} what runs, {confidence} sure{}",
        limits(&gate.limits)
    )
}

fn limits(limits: &Limits) -> String {
    let times = match limits.consecutive_successes {
        0 | 1 => String::new(),
        count => format!(", {count} times in a row"),
    };
    let bad = match limits.failures {
        0 => String::new(),
        1 => ", one bad value let off".to_owned(),
        count => format!(", {count} bad values let off"),
    };
    format!("{times}, asked every {}{bad}", limits.interval)
}

//! From a gate to how it is written, with every default in it.

use super::form::{FreezeSpec, GateSpec, HealthSpec, JobSpec, PauseSpec, WebhookSpec};
use super::kind::{CompareGate, GateKind, Limits, LogsGate, MetricGate, Test, WebhookGate};
use super::{Bake, Gate, ScanGate};

impl From<Gate> for GateSpec {
    fn from(gate: Gate) -> Self {
        let on_timeout = match &gate.kind {
            GateKind::For(Bake::Wall(_)) => None,
            _ => Some(gate.on_timeout),
        };
        Self {
            timeout: gate.timeout,
            on_timeout,
            ..Self::of(gate.kind)
        }
    }
}

impl GateSpec {
    fn of(kind: GateKind) -> Self {
        let mut spec = Self::default();
        match kind {
            GateKind::For(bake) => spec.bake = Some(bake),
            GateKind::Health(health) => {
                spec.health = Some(HealthSpec {
                    max_restarts: Some(health.max_restarts),
                });
            }
            GateKind::Metric(gate) => return Self::of_metric(gate),
            GateKind::Compare(gate) => return Self::of_compare(gate),
            GateKind::Logs(gate) => return Self::of_logs(gate),
            GateKind::Scan(gate) => return Self::of_scan(gate),
            GateKind::Job(job) => {
                spec.job = Some(JobSpec {
                    image: job.image,
                    command: job.command,
                    args: job.args,
                    env: job.env,
                });
            }
            GateKind::Webhook(gate) => return Self::of_webhook(gate),
            GateKind::Pause => spec.pause = Some(PauseSpec {}),
            GateKind::Approve(approve) => spec.approve = Some(approve.into()),
            GateKind::Window(window) => spec.window = Some(window),
            GateKind::After(after) => spec.after = Some(after),
            GateKind::Freeze => spec.freeze = Some(FreezeSpec {}),
        }
        spec
    }

    fn of_metric(gate: MetricGate) -> Self {
        Self {
            metric: Some(gate.metric),
            max: gate.max,
            min: gate.min,
            min_samples: Some(gate.min_samples),
            ..Self::of_limits(gate.limits)
        }
    }

    fn of_compare(gate: CompareGate) -> Self {
        Self {
            compare: Some(gate.metric),
            within: Some(gate.within.threshold().clone()),
            worse: Some(gate.worse),
            test: Some(gate.test),
            confidence: Some(gate.confidence),
            negligible: match gate.test {
                Test::Rate => gate.negligible,
                Test::Shift => None,
            },
            min_samples: Some(gate.min_samples),
            ..Self::of_limits(gate.limits)
        }
    }

    fn of_limits(limits: Limits) -> Self {
        Self {
            interval: Some(limits.interval),
            failure_limit: Some(limits.failures),
            consecutive_error_limit: Some(limits.consecutive_errors),
            consecutive_success_limit: Some(limits.consecutive_successes),
            on_no_data: Some(limits.on_no_data),
            ..Self::default()
        }
    }

    fn of_logs(gate: LogsGate) -> Self {
        Self {
            logs: Some(gate.metric),
            max: Some(gate.max),
            baseline: Some(gate.baseline),
            min_samples: Some(gate.min_samples),
            ..Self::of_limits(gate.limits)
        }
    }

    fn of_scan(gate: ScanGate) -> Self {
        Self {
            interval: Some(gate.interval),
            consecutive_error_limit: Some(gate.consecutive_errors),
            scan: Some(gate.written()),
            ..Self::default()
        }
    }

    fn of_webhook(gate: WebhookGate) -> Self {
        Self {
            webhook: Some(WebhookSpec {
                url: gate.url,
                secret: gate.secret,
                deadline: Some(gate.deadline),
                retries: Some(gate.retries),
            }),
            interval: Some(gate.interval),
            ..Self::default()
        }
    }
}

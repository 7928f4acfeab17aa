//! From a gate as it is written to the gate.

use super::form::GateSpec;
use super::kind::{
    CompareGate, GateKind, HealthGate, JobGate, Limits, LogsGate, Margin, MetricGate, OnTimeout,
    Test, WebhookGate,
};
use super::{Bake, Gate, ScanGate};
use crate::spec::measure::{Duration, Percent};
use crate::spec::threshold::Threshold;

/// Why a gate that has the form of one is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GateError {
    /// The field that is wrong, where there is one; else the whole gate is.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl GateError {
    pub(super) fn at(
        field: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            field: Some(field),
            message: message.into(),
            help: help.into(),
        }
    }

    fn whole(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            field: None,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The fewest samples a side that a comparison is made on.
const FEWEST: u32 = 20;

const INTERVAL: Duration = Duration::from_seconds(60);
const BASELINE: Duration = Duration::from_seconds(86_400);
const SCAN_INTERVAL: Duration = Duration::from_seconds(300);
const WEBHOOK_INTERVAL: Duration = Duration::from_seconds(15);
const WEBHOOK_DEADLINE: Duration = Duration::from_seconds(10);
const CONSECUTIVE_ERRORS: u32 = 4;
const CONFIDENCE: Percent = Percent::from_parts_per_million(950_000);

/// What goes with `metric`, `compare` and `logs` alike.
const MEASURED: [&str; 8] = [
    "minSamples",
    "interval",
    "failureLimit",
    "consecutiveErrorLimit",
    "consecutiveSuccessLimit",
    "onNoData",
    "timeout",
    "onTimeout",
];

impl TryFrom<GateSpec> for Gate {
    type Error = GateError;

    fn try_from(spec: GateSpec) -> Result<Self, GateError> {
        let kind = spec.kind()?;
        spec.check_company(kind)?;
        spec.check_spans()?;
        let kind = spec.settle(kind)?;
        Ok(Self {
            timeout: spec.timeout.or_else(|| default_timeout(&kind)),
            on_timeout: on_timeout(&kind, spec.on_timeout)?,
            kind,
        })
    }
}

impl GateSpec {
    /// The kinds that are written, of which there must be one.
    fn kind(&self) -> Result<&'static str, GateError> {
        let kinds = [
            ("for", self.bake.is_some()),
            ("health", self.health.is_some()),
            ("metric", self.metric.is_some()),
            ("compare", self.compare.is_some()),
            ("logs", self.logs.is_some()),
            ("scan", self.scan.is_some()),
            ("job", self.job.is_some()),
            ("webhook", self.webhook.is_some()),
            ("pause", self.pause.is_some()),
            ("approve", self.approve.is_some()),
            ("window", self.window.is_some()),
            ("after", self.after.is_some()),
            ("freeze", self.freeze.is_some()),
        ];
        let mut written = kinds.iter().filter(|(_, is)| *is).map(|(name, _)| *name);
        match (written.next(), written.next()) {
            (Some(kind), None) => Ok(kind),
            (Some(first), Some(second)) => Err(GateError::at(
                second,
                format!("one gate cannot be both `{first}` and `{second}`"),
                "make two gates of it: each of them has to pass",
            )),
            (None, _) => Err(GateError::whole(
                "this gate does not say what it looks at",
                format!("add one of {}", list(kinds.map(|(name, _)| name))),
            )),
        }
    }

    /// What is written beside the kind, in the order of the schema.
    fn company(&self) -> impl Iterator<Item = &'static str> {
        let company = [
            ("max", self.max.is_some()),
            ("min", self.min.is_some()),
            ("within", self.within.is_some()),
            ("worse", self.worse.is_some()),
            ("test", self.test.is_some()),
            ("confidence", self.confidence.is_some()),
            ("negligible", self.negligible.is_some()),
            ("baseline", self.baseline.is_some()),
            ("minSamples", self.min_samples.is_some()),
            ("interval", self.interval.is_some()),
            ("failureLimit", self.failure_limit.is_some()),
            (
                "consecutiveErrorLimit",
                self.consecutive_error_limit.is_some(),
            ),
            (
                "consecutiveSuccessLimit",
                self.consecutive_success_limit.is_some(),
            ),
            ("onNoData", self.on_no_data.is_some()),
            ("timeout", self.timeout.is_some()),
            ("onTimeout", self.on_timeout.is_some()),
        ];
        company
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| name)
    }

    fn check_company(&self, kind: &str) -> Result<(), GateError> {
        let allowed: Vec<&str> = match kind {
            "metric" => ["max", "min"].into_iter().chain(MEASURED).collect(),
            "compare" => ["within", "worse", "test", "confidence", "negligible"]
                .into_iter()
                .chain(MEASURED)
                .collect(),
            "logs" => ["max", "baseline"].into_iter().chain(MEASURED).collect(),
            "scan" => vec!["interval", "consecutiveErrorLimit", "timeout", "onTimeout"],
            "webhook" => vec!["interval", "timeout", "onTimeout"],
            "for" if matches!(self.bake, Some(Bake::Wall(_))) => Vec::new(),
            _ => vec!["timeout", "onTimeout"],
        };
        let stranger = self.company().find(|field| !allowed.contains(field));
        stranger.map_or(Ok(()), |field| {
            let help = match allowed.as_slice() {
                [] => "remove it".to_owned(),
                allowed => format!(
                    "remove it; with `{kind}` go {}",
                    list(allowed.iter().copied())
                ),
            };
            Err(GateError::at(
                field,
                format!("`{field}` means nothing to a `{kind}` gate"),
                help,
            ))
        })
    }

    fn check_spans(&self) -> Result<(), GateError> {
        let is_zero = |span: &Option<Duration>| span.is_some_and(|it| it.seconds() == 0);
        let webhook = self.webhook.as_ref().and_then(|it| it.deadline);
        for (field, zero) in [
            ("interval", is_zero(&self.interval)),
            ("timeout", is_zero(&self.timeout)),
            ("baseline", is_zero(&self.baseline)),
            ("webhook", is_zero(&webhook)),
        ] {
            if zero {
                let message = "a span of no time leaves no time for an answer";
                return Err(GateError::at(field, message, "write at least `1s`"));
            }
        }
        Ok(())
    }

    fn settle(&self, kind: &'static str) -> Result<GateKind, GateError> {
        let settled = match kind {
            "for" => self.bake.clone().map(GateKind::For),
            "health" => self.health.map(|health| {
                let max_restarts = health.max_restarts.unwrap_or(0);
                GateKind::Health(HealthGate { max_restarts })
            }),
            "metric" => Some(GateKind::Metric(self.settle_metric()?)),
            "compare" => Some(GateKind::Compare(self.settle_compare()?)),
            "logs" => Some(GateKind::Logs(self.settle_logs()?)),
            "scan" => self.settle_scan()?.map(GateKind::Scan),
            "job" => self.job.clone().map(|job| {
                GateKind::Job(JobGate {
                    image: job.image,
                    command: job.command,
                    args: job.args,
                    env: job.env,
                })
            }),
            "webhook" => self.settle_webhook().map(GateKind::Webhook),
            "pause" => Some(GateKind::Pause),
            "approve" => match self.approve.clone() {
                Some(approve) => Some(GateKind::Approve(approve.try_into()?)),
                None => None,
            },
            "window" => self.window.clone().map(GateKind::Window),
            "after" => self.after.clone().map(GateKind::After),
            _ => Some(GateKind::Freeze),
        };
        settled.ok_or_else(|| GateError::whole("this gate is empty", "say what it looks at"))
    }

    fn settle_metric(&self) -> Result<MetricGate, GateError> {
        let metric = self.metric.clone().ok_or_else(|| missing("metric"))?;
        if self.max.is_none() && self.min.is_none() {
            return Err(GateError::at(
                "metric",
                format!("nothing says which values of `{metric}` are good"),
                "add `max: …`, `min: …`, or both",
            ));
        }
        if let (Some(min), Some(max)) = (&self.min, &self.max)
            && min.value() > max.value()
        {
            return Err(GateError::at(
                "min",
                format!("no value is at least `{min}` and at most `{max}`"),
                "swap them, or correct one of them",
            ));
        }
        let min_samples = self.min_samples.ok_or_else(|| {
            GateError::at(
                "metric",
                format!("nothing says how many samples of `{metric}` make a verdict"),
                "add `minSamples: …`: a share of three orders says nothing about the next thousand",
            )
        })?;
        Ok(MetricGate {
            metric,
            max: self.max.clone(),
            min: self.min.clone(),
            min_samples,
            limits: self.limits(),
        })
    }

    fn settle_compare(&self) -> Result<CompareGate, GateError> {
        let metric = self.compare.clone().ok_or_else(|| missing("compare"))?;
        let test = self.test.unwrap_or_default();
        Ok(CompareGate {
            within: self.margin(test)?,
            worse: self.worse.unwrap_or_default(),
            test,
            confidence: self.confidence()?,
            negligible: self.negligible(test)?,
            min_samples: self.fewest()?,
            limits: self.limits(),
            metric,
        })
    }

    fn margin(&self, test: Test) -> Result<Margin, GateError> {
        let Some(within) = self.within.clone() else {
            return Err(GateError::at(
                "compare",
                "nothing says how far the candidate may be off",
                "add `within: …`: a number in the metric's own unit, or a share such as `20%`",
            ));
        };
        if within.value() <= 0.0 {
            return Err(GateError::at(
                "within",
                "no number of samples shows that two versions do not differ at all",
                "write a number above zero",
            ));
        }
        match (within.is_share(), test) {
            (true, _) => Ok(Margin::Relative(within)),
            (false, Test::Shift) => Ok(Margin::Absolute(within)),
            (false, Test::Rate) => Err(GateError::at(
                "within",
                format!("`{within}` is not a share, and rates are compared by their ratio"),
                "write a share such as `50%`: half as many again",
            )),
        }
    }

    fn confidence(&self) -> Result<Percent, GateError> {
        let confidence = self.confidence.unwrap_or(CONFIDENCE);
        if (500_001..1_000_000).contains(&confidence.parts_per_million()) {
            return Ok(confidence);
        }
        Err(GateError::at(
            "confidence",
            format!("nothing can be `{confidence}` sure"),
            "write a share above `50%` and below `100%`, such as `95%`",
        ))
    }

    fn negligible(&self, test: Test) -> Result<Option<Percent>, GateError> {
        match (self.negligible, test) {
            (Some(_), Test::Shift) => Err(GateError::at(
                "negligible",
                "`negligible` is a rate, and this gate compares values",
                "remove it, or add `test: rate`",
            )),
            (negligible, _) => Ok(negligible),
        }
    }

    fn fewest(&self) -> Result<u32, GateError> {
        match self.min_samples {
            Some(few) if few < FEWEST => Err(GateError::at(
                "minSamples",
                format!("{few} samples a side are too few to compare"),
                format!("write at least {FEWEST}"),
            )),
            samples => Ok(samples.unwrap_or(FEWEST)),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            interval: self.interval.unwrap_or(INTERVAL),
            failures: self.failure_limit.unwrap_or(0),
            consecutive_errors: self.consecutive_error_limit.unwrap_or(CONSECUTIVE_ERRORS),
            consecutive_successes: self.consecutive_success_limit.unwrap_or(1),
            on_no_data: self.on_no_data.unwrap_or_default(),
        }
    }

    fn settle_logs(&self) -> Result<LogsGate, GateError> {
        let metric = self.logs.clone().ok_or_else(|| missing("logs"))?;
        let max = self.max.clone().unwrap_or_else(Threshold::zero);
        if max.is_share() || max.value() < 0.0 {
            return Err(GateError::at(
                "max",
                format!("`{max}` is not a number of lines"),
                "write how many lines of a new class are put up with, such as `3`",
            ));
        }
        Ok(LogsGate {
            metric,
            max,
            baseline: self.baseline.unwrap_or(BASELINE),
            min_samples: self.min_samples.unwrap_or(1),
            limits: self.limits(),
        })
    }

    fn settle_scan(&self) -> Result<Option<ScanGate>, GateError> {
        let interval = self.interval.unwrap_or(SCAN_INTERVAL);
        let errors = self.consecutive_error_limit.unwrap_or(CONSECUTIVE_ERRORS);
        let scan = self.scan.clone();
        scan.map(|scan| ScanGate::settle(scan, interval, errors))
            .transpose()
    }

    fn settle_webhook(&self) -> Option<WebhookGate> {
        let webhook = self.webhook.clone()?;
        Some(WebhookGate {
            url: webhook.url,
            secret: webhook.secret,
            interval: self.interval.unwrap_or(WEBHOOK_INTERVAL),
            deadline: webhook.deadline.unwrap_or(WEBHOOK_DEADLINE),
            retries: webhook.retries.unwrap_or(CONSECUTIVE_ERRORS),
        })
    }
}

fn missing(field: &'static str) -> GateError {
    GateError::at(field, format!("the field `{field}` is missing"), "add it")
}

/// Whatever is measured has an end; what waits for a person or for a market has none by itself.
fn default_timeout(kind: &GateKind) -> Option<Duration> {
    let seconds = match kind {
        GateKind::Health(_) | GateKind::Webhook(_) => 900,
        GateKind::Scan(_) | GateKind::Job(_) => 3600,
        GateKind::Metric(_) | GateKind::Logs(_) => 86_400,
        GateKind::Compare(_) => 7 * 86_400,
        GateKind::For(_)
        | GateKind::Pause
        | GateKind::Approve(_)
        | GateKind::Window(_)
        | GateKind::After(_)
        | GateKind::Freeze => return None,
    };
    Some(Duration::from_seconds(seconds))
}

fn on_timeout(kind: &GateKind, written: Option<OnTimeout>) -> Result<OnTimeout, GateError> {
    let (default, may_pass) = match kind {
        GateKind::Metric(_)
        | GateKind::Compare(_)
        | GateKind::Logs(_)
        | GateKind::Job(_)
        | GateKind::Webhook(_) => (OnTimeout::Fail, true),
        GateKind::Health(_) | GateKind::Scan(_) => (OnTimeout::Fail, false),
        GateKind::Pause => (OnTimeout::Hold, true),
        GateKind::For(_)
        | GateKind::Approve(_)
        | GateKind::Window(_)
        | GateKind::After(_)
        | GateKind::Freeze => (OnTimeout::Hold, false),
    };
    match written {
        Some(OnTimeout::Pass) if !may_pass => Err(GateError::at(
            "onTimeout",
            format!("a `{}` gate that passes by waiting is none", kind.as_str()),
            "write `fail` or `hold`",
        )),
        written => Ok(written.unwrap_or(default)),
    }
}

fn list<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

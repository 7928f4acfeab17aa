//! Scans: what is known to be wrong with the images, and how much of that is put up with.

mod address;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settle::GateError;
use crate::spec::clock::Until;
use crate::spec::measure::Duration;
use crate::spec::metric::{SecretRef, check_header_names};

pub use address::{ParseReportUrlError, ReportUrl};

/// Nothing worse is known of the very images that run than what is put up with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanSpec {
    /// The worst severity that is put up with.
    pub max_severity: Severity,
    /// How old a report may be, `7d` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// A server that gives Trivy's JSON reports; without it, the VulnerabilityReports that
    /// trivy-operator writes into the strategy's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportSpec>,
    /// Findings that are put up with all the same, each until its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

/// A server that gives Trivy's JSON reports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportSpec {
    /// The address of an image's report; `{{digest}}` stands for the 64 hex digits of its digest.
    pub url: ReportUrl,
    /// Request headers whose values are keys of Secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretRef>,
}

/// A finding that is put up with for a while.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiver {
    /// What the scanner calls it, such as `CVE-2026-1234`.
    pub id: String,
    /// When it is over.
    pub until: Until,
    /// Why.
    pub reason: String,
}

/// How bad a finding is, in Trivy's words and order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// There is no finding.
    None,
    /// Nobody has said yet how bad it is.
    Unknown,
    /// Hardly.
    Low,
    /// Somewhat.
    Medium,
    /// Very.
    High,
    /// As bad as it gets.
    Critical,
}

/// The same with every default settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanGate {
    /// The worst severity that is put up with.
    pub max_severity: Severity,
    /// How old a report may be.
    pub max_age: Duration,
    /// Where the reports are.
    pub reports: Reports,
    /// Findings that are put up with all the same.
    pub waivers: Vec<Waiver>,
    /// The time between two looks.
    pub interval: Duration,
    /// Errors in a row that are put up with.
    pub consecutive_errors: u32,
}

/// Where the reports are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reports {
    /// VulnerabilityReports in the strategy's namespace.
    Objects,
    /// A server has them.
    Server(ReportSpec),
}

const MAX_AGE: Duration = Duration::from_seconds(7 * 86_400);

impl Severity {
    /// The word in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// What a scanner's word means; `None` if it is no such word.
    pub fn read(word: &str) -> Option<Self> {
        let known = [
            Self::None,
            Self::Unknown,
            Self::Low,
            Self::Medium,
            Self::High,
            Self::Critical,
        ];
        known
            .into_iter()
            .find(|it| it.as_str().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ScanGate {
    /// From what is written, with what stands beside it.
    pub(super) fn settle(
        spec: ScanSpec,
        interval: Duration,
        consecutive_errors: u32,
    ) -> Result<Self, GateError> {
        let wrong = |message: String, help: &str| GateError::at("scan", message, help);
        if spec.max_severity == Severity::Critical {
            return Err(wrong(
                "nothing is worse than `critical`: this gate asks for nothing".to_owned(),
                "write the worst that is put up with, such as `medium`, or `none`",
            ));
        }
        let max_age = spec.max_age.unwrap_or(MAX_AGE);
        if max_age.seconds() == 0 {
            return Err(wrong(
                "no report is of no age".to_owned(),
                "write how old one may be, such as `24h`",
            ));
        }
        for waiver in &spec.waivers {
            if waiver.id.trim().is_empty() || waiver.reason.trim().is_empty() {
                return Err(wrong(
                    "a waiver without an `id` or a `reason` is none".to_owned(),
                    "write which finding is put up with, and why",
                ));
            }
        }
        let reports = match spec.report {
            None => Reports::Objects,
            Some(report) => {
                check_header_names(report.headers.keys())
                    .map_err(|message| wrong(message, "write one such as `Authorization`"))?;
                Reports::Server(report)
            }
        };
        Ok(Self {
            max_severity: spec.max_severity,
            max_age,
            reports,
            waivers: spec.waivers,
            interval,
            consecutive_errors,
        })
    }

    /// Whether whatever passes this one would pass the other one, too.
    pub(super) fn is_at_least(&self, other: &Self) -> bool {
        let is_theirs = |mine: &Waiver| {
            let mut theirs = other.waivers.iter();
            theirs.any(|theirs| theirs.id == mine.id && mine.until <= theirs.until)
        };
        self.max_severity <= other.max_severity
            && self.max_age <= other.max_age
            && self.reports == other.reports
            && self.waivers.iter().all(is_theirs)
    }

    /// The spec's form of it.
    pub(super) fn written(self) -> ScanSpec {
        ScanSpec {
            max_severity: self.max_severity,
            max_age: Some(self.max_age),
            report: match self.reports {
                Reports::Objects => None,
                Reports::Server(report) => Some(report),
            },
            waivers: self.waivers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn gate(spec: Value) -> Result<ScanGate, String> {
        let spec: ScanSpec = serde_json::from_value(spec).map_err(|it| it.to_string())?;
        let minute = Duration::from_seconds(60);
        ScanGate::settle(spec, minute, 4).map_err(|it| it.to_string())
    }

    #[test]
    fn reports_of_a_week_count_unless_said_otherwise() {
        let gate = gate(json!({"maxSeverity": "medium"})).unwrap();
        assert_eq!((gate.max_age, gate.reports), (MAX_AGE, Reports::Objects));
    }

    #[test]
    fn what_asks_for_nothing_is_refused() {
        for (spec, why) in [
            (json!({}), "missing field `maxSeverity`"),
            (json!({"maxSeverity": "critical"}), "asks for nothing"),
            (json!({"maxSeverity": "severe"}), "unknown variant"),
            (json!({"maxSeverity": "low", "maxAge": "0s"}), "of no age"),
            (
                json!({"maxSeverity": "low", "report": {"url": "http://scans.example.com/latest"}}),
                "the same report for every image",
            ),
            (
                json!({"maxSeverity": "low", "waivers": [{"id": "CVE-1", "until": "2027-01-31", "reason": " "}]}),
                "a waiver without",
            ),
            (
                json!({"maxSeverity": "low", "waivers": [{"id": "CVE-1", "reason": "no way in"}]}),
                "missing field `until`",
            ),
        ] {
            let told = gate(spec).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn less_that_is_put_up_with_is_at_least_as_much() {
        let waived = |severity: &str, until: &str| {
            let waiver = json!({"id": "CVE-1", "until": until, "reason": "no way in"});
            gate(json!({"maxSeverity": severity, "waivers": [waiver]})).unwrap()
        };
        let bare = gate(json!({"maxSeverity": "medium"})).unwrap();
        assert!(bare.is_at_least(&waived("medium", "2027-01-31")));
        assert!(!waived("low", "2027-01-31").is_at_least(&bare));
        assert!(waived("low", "2027-01-01").is_at_least(&waived("low", "2027-01-31")));
        assert!(!waived("low", "2027-02-01").is_at_least(&waived("low", "2027-01-31")));
        assert!(!bare.is_at_least(&gate(json!({"maxSeverity": "low"})).unwrap()));
    }

    #[test]
    fn severities_are_read_as_scanners_write_them() {
        assert_eq!(Severity::read("CRITICAL"), Some(Severity::Critical));
        assert_eq!(Severity::read("UNKNOWN"), Some(Severity::Unknown));
        assert_eq!(Severity::read("SEVERE"), None);
        assert!(Severity::Unknown < Severity::Low);
    }
}

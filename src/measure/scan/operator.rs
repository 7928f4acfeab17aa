//! VulnerabilityReports of trivy-operator (`aquasecurity.github.io/v1alpha1`), looked up by the
//! digest of the image that they are about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Told, Trouble};
use crate::digest::Digest;
use crate::rollout::gates::{Report, ScanCall, Scanned};
use crate::spec::gate::Severity;

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct List {
    #[serde(default)]
    pub(super) metadata: Page,
    pub(super) items: Vec<Item>,
}

#[derive(Default, Deserialize)]
pub(super) struct Page {
    /// Where the next page begins.
    #[serde(rename = "continue")]
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Item {
    report: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    artifact: Artifact,
    update_timestamp: Option<Timestamp>,
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Default, Deserialize)]
struct Artifact {
    digest: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "vulnerabilityID")]
    id: String,
    severity: String,
}

/// The latest report on each image.
pub(super) struct Latest {
    above: Severity,
    reports: BTreeMap<Digest, Option<(Timestamp, Report)>>,
    /// Whether there was any at all.
    any: bool,
}

impl Latest {
    pub(super) fn of(call: &ScanCall) -> Self {
        Self {
            above: call.above,
            reports: call.digests.iter().map(|it| (*it, None)).collect(),
            any: false,
        }
    }

    /// Takes in a report, if it is on one of the images and newer than what was there.
    pub(super) fn add(&mut self, item: Item) -> Result<(), Trouble> {
        self.any = true;
        let body = item.report;
        let digest = body.artifact.digest.as_deref().unwrap_or_default();
        let digest: Option<Digest> = digest.parse().ok();
        let Some(known) = digest.and_then(|digest| self.reports.get_mut(&digest)) else {
            return Ok(());
        };
        let made = body.update_timestamp.ok_or_else(|| {
            Trouble::Error("a VulnerabilityReport does not say when it was made".to_owned())
        })?;
        if known.as_ref().is_some_and(|(newest, _)| *newest >= made) {
            return Ok(());
        }
        let told = body.vulnerabilities.into_iter().flatten().map(|it| Told {
            id: it.id,
            severity: it.severity,
        });
        *known = Some((made, super::report(made, told, self.above)?));
        Ok(())
    }

    pub(super) fn scanned(self, namespace: &str) -> Vec<Scanned> {
        // How many there are is left out: they come and go all the time.
        let missing = if self.any {
            format!("the VulnerabilityReports in namespace `{namespace}` are on others")
        } else {
            format!("namespace `{namespace}` has no VulnerabilityReport")
        };
        let scanned = self.reports.into_iter().map(|(digest, report)| Scanned {
            digest,
            report: report.map_or_else(|| Report::Missing(missing.clone()), |(_, report)| report),
        });
        scanned.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::gates::Scanner;
    use serde_json::{Value, json};

    fn digest() -> Digest {
        Digest::of("tern")
    }

    fn item(digest: &str, made: &str, vulnerabilities: &Value) -> Value {
        json!({
            "apiVersion": "aquasecurity.github.io/v1alpha1",
            "kind": "VulnerabilityReport",
            "metadata": {"name": "replicaset-tern-6d4cf56db6-strategy", "namespace": "rates"},
            "report": {
                "artifact": {"repository": "rates/tern", "digest": digest},
                "updateTimestamp": made,
                "vulnerabilities": vulnerabilities,
            },
        })
    }

    fn read(items: &[Value]) -> Result<Report, Trouble> {
        let list = json!({"metadata": {"continue": ""}, "items": items});
        let list: Result<List, _> = serde_json::from_value(list);
        let list = list.map_err(|error| Trouble::Error(error.to_string()))?;
        let mut latest = Latest::of(&ScanCall {
            digests: [digest()].into(),
            above: Severity::Low,
            scanner: Scanner::Objects {
                namespace: "rates".to_owned(),
            },
        });
        for item in list.items {
            latest.add(item)?;
        }
        Ok(latest.scanned("rates").remove(0).report)
    }

    #[test]
    fn the_latest_report_on_that_very_image_counts() {
        let mine = digest().to_string();
        let cve = |severity: &str| json!([{"vulnerabilityID": "CVE-1", "severity": severity, "title": "x"}]);
        let items = [
            item(&mine, "2026-11-20T08:00:00Z", &json!([])),
            item(&mine, "2026-11-21T08:00:00Z", &cve("HIGH")),
            item(&mine, "2026-11-19T08:00:00Z", &json!([])),
            item(
                &Digest::of("other").to_string(),
                "2026-11-22T08:00:00Z",
                &json!([]),
            ),
            item("", "2026-11-22T08:00:00Z", &json!([])),
        ];
        let expected = Report::Found {
            made: "2026-11-21T08:00:00Z".parse().unwrap(),
            findings: [("CVE-1".to_owned(), Severity::High)].into(),
        };
        assert_eq!(read(&items), Ok(expected));
    }

    #[test]
    fn without_a_report_on_it_that_is_said() {
        let other = item(
            &Digest::of("other").to_string(),
            "2026-11-22T08:00:00Z",
            &json!([]),
        );
        for (items, why) in [
            (vec![], "has no VulnerabilityReport"),
            (vec![other], "are on others"),
        ] {
            let Ok(Report::Missing(told)) = read(&items) else {
                panic!("there is none");
            };
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn a_severity_that_nobody_knows_is_no_reason_to_go_on() {
        let cve = json!([{"vulnerabilityID": "CVE-1", "severity": "DIRE"}]);
        let items = [item(&digest().to_string(), "2026-11-20T08:00:00Z", &cve)];
        assert!(read(&items).is_err());
    }
}

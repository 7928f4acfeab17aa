//! Trivy's JSON report on an image, as `trivy image --format json` writes it.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Told, Trouble};
use crate::digest::Digest;
use crate::rollout::gates::Report;
use crate::spec::gate::Severity;

/// The version of the form.
const SCHEMA: u32 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    schema_version: u32,
    created_at: Option<Timestamp>,
    #[serde(default)]
    artifact_name: String,
    artifact_type: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    results: Option<Vec<Target>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    repo_digests: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    vulnerabilities: Option<Vec<Vulnerability>>,
    secrets: Option<Vec<Secret>>,
    misconfigurations: Option<Vec<Misconfiguration>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    #[serde(default = "unknown")]
    severity: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret {
    #[serde(rename = "RuleID")]
    id: String,
    #[serde(default = "unknown")]
    severity: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Misconfiguration {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default = "unknown")]
    severity: String,
    #[serde(default)]
    status: String,
}

fn unknown() -> String {
    Severity::Unknown.as_str().to_owned()
}

/// Reads a report on an image; one that is about another image is none.
pub(super) fn read(body: &[u8], digest: &Digest, above: Severity) -> Result<Report, Trouble> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|error| Trouble::Error(format!("its answer is no report of Trivy: {error}")))?;
    let wrong = |why: String| Err(Trouble::Error(why));
    if document.schema_version != SCHEMA {
        let found = document.schema_version;
        return wrong(format!(
            "its report is of schema version {found}, and only {SCHEMA} is known"
        ));
    }
    if let Some(other) = document
        .artifact_type
        .as_deref()
        .filter(|it| *it != "container_image")
    {
        return wrong(format!("its report is about a {other}, not an image"));
    }
    let names = document.names();
    let is_of = |name: &String| name.ends_with(&format!("@{digest}"));
    if !names.iter().any(is_of) {
        let other = names.first().map_or("nobody knows what", String::as_str);
        return Ok(Report::Missing(format!("the one there is about `{other}`")));
    }
    let Some(made) = document.created_at else {
        return wrong("its report does not say when it was made: a newer Trivy does".to_owned());
    };
    let told = document
        .results
        .into_iter()
        .flatten()
        .flat_map(Target::told);
    super::report(made, told, above)
}

impl Document {
    /// What the image is called by its digest, or at least somehow.
    fn names(&self) -> Vec<String> {
        let digests = self.metadata.repo_digests.iter().flatten().cloned();
        let name = Some(self.artifact_name.clone()).filter(|name| !name.is_empty());
        digests.chain(name).collect()
    }
}

impl Target {
    fn told(self) -> impl Iterator<Item = Told> {
        let of = |id, severity| Told { id, severity };
        let vulnerabilities = self.vulnerabilities.into_iter().flatten();
        let secrets = self.secrets.into_iter().flatten();
        let misconfigurations = self.misconfigurations.into_iter().flatten();
        let failed = misconfigurations.filter(|it| it.status != "PASS");
        vulnerabilities
            .map(move |it| of(it.id, it.severity))
            .chain(secrets.map(move |it| of(it.id, it.severity)))
            .chain(failed.map(move |it| of(it.id, it.severity)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn document(more: &Value) -> Value {
        let mut document = json!({
            "SchemaVersion": 2,
            "CreatedAt": "2026-11-20T08:00:00.5+01:00",
            "ArtifactName": "registry.example.com/rates/tern:1.4",
            "ArtifactType": "container_image",
            "Metadata": {"RepoDigests": [format!("registry.example.com/rates/tern@{}", digest())]},
        });
        let fields = more.as_object().unwrap().clone();
        document.as_object_mut().unwrap().extend(fields);
        document
    }

    fn digest() -> Digest {
        Digest::of("tern")
    }

    fn of(more: &Value) -> Result<Report, Trouble> {
        read(
            document(more).to_string().as_bytes(),
            &digest(),
            Severity::Medium,
        )
    }

    #[track_caller]
    fn found(more: &Value, expected: &[(&str, Severity)]) {
        let Ok(Report::Found { made, findings }) = of(more) else {
            panic!("{:?}", of(more));
        };
        assert_eq!(made, "2026-11-20T07:00:00.5Z".parse().unwrap());
        let findings: Vec<(&str, Severity)> =
            findings.iter().map(|(id, it)| (id.as_str(), *it)).collect();
        assert_eq!(findings, expected);
    }

    #[test]
    fn whatever_is_worse_than_asked_about_is_found_once() {
        let vulnerability = |id: &str, severity: &str| json!({"VulnerabilityID": id, "PkgName": "zlib", "Severity": severity});
        let results = json!({"Results": [
            {"Target": "debian", "Class": "os-pkgs", "Vulnerabilities": [
                vulnerability("CVE-1", "HIGH"), vulnerability("CVE-2", "MEDIUM"),
                vulnerability("CVE-3", "UNKNOWN")]},
            {"Target": "python", "Vulnerabilities": [vulnerability("CVE-1", "CRITICAL")]},
            {"Target": "nothing", "Vulnerabilities": null},
            {"Target": "app.py", "Secrets": [{"RuleID": "aws-access-key-id", "Severity": "CRITICAL"}]},
            {"Target": "Dockerfile", "Misconfigurations": [
                {"ID": "DS-0002", "Severity": "HIGH", "Status": "FAIL"},
                {"ID": "DS-0001", "Severity": "HIGH", "Status": "PASS"}]},
        ]});
        found(
            &results,
            &[
                ("CVE-1", Severity::Critical),
                ("DS-0002", Severity::High),
                ("aws-access-key-id", Severity::Critical),
            ],
        );
        // An image in which nothing was found has no results at all.
        found(&json!({}), &[]);
    }

    #[test]
    fn a_report_on_another_image_is_none_on_this_one() {
        for names in [
            json!({"Metadata": {"RepoDigests": ["registry.example.com/rates/tern@sha256:00"]}}),
            json!({"Metadata": {}}),
        ] {
            assert!(matches!(of(&names), Ok(Report::Missing(_))), "{names}");
        }
        let by_name = format!("registry.example.com/rates/tern@{}", digest());
        found(&json!({"Metadata": {}, "ArtifactName": by_name}), &[]);
    }

    #[test]
    fn what_is_no_report_on_an_image_is_an_error() {
        for (more, why) in [
            (json!({"SchemaVersion": 1}), "schema version 1"),
            (json!({"ArtifactType": "filesystem"}), "about a filesystem"),
            (json!({"CreatedAt": null}), "does not say when"),
            (json!({"CreatedAt": "yesterday"}), "no report of Trivy"),
            (
                json!({"Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": "DIRE"}]}]}),
                "calls `CVE-1` `DIRE`",
            ),
        ] {
            let error = of(&more).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}

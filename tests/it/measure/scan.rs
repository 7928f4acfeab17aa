//! Reports of scanners, as a server gives them.

use serde_json::{Value, json};
use tidegate::digest::Digest;
use tidegate::rollout::gates::{Outcome, Query, Report, ScanCall, Scanned, Scanner};
use tidegate::spec::gate::{ReportSpec, Severity};
use tidegate::spec::metric::SecretRef;

use super::{error, measurer, mount, none, parse, take};
use crate::prometheus::Exporter;

fn digest() -> Digest {
    Digest::of("tern")
}

fn ask(address: &str) -> ScanCall {
    ScanCall {
        digests: [digest()].into(),
        above: Severity::Medium,
        scanner: Scanner::Server(ReportSpec {
            url: parse(&format!("{address}/reports/{{{{digest}}}}.json")),
            headers: none(),
        }),
    }
}

fn report(results: &Value) -> String {
    json!({
        "SchemaVersion": 2,
        "CreatedAt": "2026-11-20T08:00:00Z",
        "ArtifactName": "registry.example.com/rates/tern:1.4",
        "ArtifactType": "container_image",
        "Metadata": {"RepoDigests": [format!("registry.example.com/rates/tern@{}", digest())]},
        "Results": results,
    })
    .to_string()
}

fn only(outcome: Outcome) -> Report {
    let Outcome::Scanned(mut scanned) = outcome else {
        panic!("{outcome:?}");
    };
    let Scanned { digest, report } = scanned.remove(0);
    assert_eq!((digest, scanned.len()), (self::digest(), 0));
    report
}

#[tokio::test]
async fn a_report_is_asked_for_by_the_digest_of_its_image() {
    let server = Exporter::start();
    let measurer = measurer(None);
    let query = Query::Scan(ask(&server.address()));
    server.say(&report(&json!([{"Target": "debian", "Vulnerabilities": [
        {"VulnerabilityID": "CVE-2026-1", "Severity": "HIGH"},
        {"VulnerabilityID": "CVE-2026-2", "Severity": "LOW"}]}])));
    let expected = Report::Found {
        made: parse("2026-11-20T08:00:00Z"),
        findings: [("CVE-2026-1".to_owned(), Severity::High)].into(),
    };
    assert_eq!(only(take(&measurer, &query).await), expected);
    let line = format!("GET /reports/{}.json HTTP/1.1\r\n", digest().hex());
    assert!(server.heard().starts_with(&line), "{}", server.heard());

    // None yet, which is no error.
    server.answer("404 Not Found");
    let missing = Report::Missing("`127.0.0.1` has none".to_owned());
    assert_eq!(only(take(&measurer, &query).await), missing);
}

#[tokio::test]
async fn what_is_no_report_is_an_error() {
    let server = Exporter::start();
    let measurer = measurer(None);
    let query = Query::Scan(ask(&server.address()));
    server.say("not JSON");
    error(&take(&measurer, &query).await, "no report of Trivy");
    server.say("{\"message\": \"hello\"}");
    error(&take(&measurer, &query).await, "no report of Trivy");
    server.answer("503 Service Unavailable");
    error(&take(&measurer, &query).await, "it answers 503");
    server.answer("302 Found");
    error(&take(&measurer, &query).await, "redirects are not followed");
}

#[tokio::test]
async fn a_server_is_shown_only_secrets_that_are_meant_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let measurer = measurer(Some(folder.path()));
    let server = Exporter::start();
    server.say(&report(&json!(null)));
    let mut call = ask(&server.address());
    let Scanner::Server(spec) = &mut call.scanner else {
        panic!("it asks a server");
    };
    let reference = SecretRef {
        secret: parse("scans"),
        key: "token".to_owned(),
    };
    spec.headers.insert("Authorization".to_owned(), reference);
    let keys = |hosts| [("token", "Bearer tide"), ("hosts", hosts)];
    mount(folder.path(), "scans", &keys("127.0.0.1"));
    only(take(&measurer, &Query::Scan(call.clone())).await);
    let heard = server.heard().to_ascii_lowercase();
    assert!(heard.contains("authorization: bearer tide\r\n"), "{heard}");
    mount(folder.path(), "scans", &keys("scans.example.com"));
    let outcome = take(&measurer, &Query::Scan(call)).await;
    assert!(matches!(outcome, Outcome::Error(_)), "{outcome:?}");
}

#[tokio::test]
async fn without_a_cluster_its_reports_cannot_be_read() {
    let mut call = ask("http://127.0.0.1:1");
    call.scanner = Scanner::Objects {
        namespace: "rates".to_owned(),
    };
    let outcome = take(&measurer(None), &Query::Scan(call)).await;
    error(&outcome, "there is no cluster");
}

//! What `scan` gates are judged on.

use super::*;

const GATE: &str = "  rollout:
    watch:
      gates:
      - scan:
          maxSeverity: medium
          waivers:
          - {id: CVE-2026-1234, until: 2027-01-31, reason: the parser is not called}
";

#[test]
fn an_image_that_is_not_pinned_cannot_be_scanned() {
    let (path, text) = (ALGO.0, tern(GATE));
    let pin = text.split_once("@sha256:").unwrap().1;
    let pin = pin.split_once('\n').unwrap().0;
    let unpinned = text.replace(&format!("@sha256:{pin}"), ":1.4");
    let outcome = fixture::resolve(&[(path, &unpinned)]);
    assert_eq!(codes(&outcome), ["unpinned-image", "scan-unpinned"]);
    let finding = outcome.findings.last().unwrap();
    assert_eq!(
        finding.message,
        "`registry.example.com/rates/tern:1.4` is not pinned, so that no report can be about what runs"
    );
    assert_eq!(finding.span.start.line, 12);
    assert_eq!(broken(&outcome), ["tern"]);
    assert_eq!(codes(&fixture::resolve(&[(path, &text)])), [] as [&str; 0]);
}

#[test]
fn a_waiver_is_told_from_its_end_on() {
    let outcome = with(GATE);
    let at = |text: &str| {
        let mut findings = outcome.findings_at(text.parse().unwrap());
        findings.retain(|it| it.code == "waiver-expired");
        findings
    };
    assert_eq!(at("2027-01-31T23:59:59Z"), []);
    let told = at("2027-02-01T00:00:00Z");
    assert_eq!(told.len(), 1);
    assert!(told[0].message.contains("`CVE-2026-1234`"), "{told:?}");
    assert!(catalog::find(told[0].code).is_some());
}

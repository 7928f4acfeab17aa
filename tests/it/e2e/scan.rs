//! A gate that waits for what a scanner writes into the cluster, as trivy-operator does.
//!
//! trivy-operator cannot be run here: its kind is defined from its documentation.

use std::io::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::gates::{may_list, text, went_back};
use super::scene::Scene;
use crate::cluster::wait::within;
use crate::cluster::{Cluster, Options};
use crate::daemon::{install_files, run, waits_for};
use crate::fleet::{RATES, image};

const GATE: &str = "{scan: {maxSeverity: medium, maxAge: 1d}, interval: 1s}";

const DEFINITION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/e2e/scan/definition.yaml"
);

async fn install(cluster: &Cluster) {
    run(&mut cluster.kubectl(["apply", "--server-side", "-f", DEFINITION]));
    run(&mut cluster.kubectl([
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "crd/vulnerabilityreports.aquasecurity.github.io",
    ]));
    // Whoever has the scanner gives the right to read what it writes.
    install_files(cluster, &["vulnerability-reports"]);
    within("the right to read reports", async {
        while !may_list(cluster, "aquasecurity.github.io", "vulnerabilityreports").await {}
    })
    .await;
}

/// The scanner writes a report on an image, so many hours ago, with findings of these severities.
fn scanned(cluster: &Cluster, name: &str, digit: char, hours: i64, severities: &[&str]) {
    let image = image(name, digit);
    let (repository, digest) = image.split_once('@').expect("it is pinned");
    let made = Timestamp::now() - SignedDuration::from_hours(hours);
    let count = |word: &str| severities.iter().filter(|it| **it == word).count();
    let vulnerabilities: Vec<Value> = (1..).zip(severities).map(vulnerability).collect();
    let report = json!({
        "apiVersion": "aquasecurity.github.io/v1alpha1",
        "kind": "VulnerabilityReport",
        "metadata": {
            "name": format!("replicaset-{name}-{digit}-strategy"),
            "namespace": RATES,
            "labels": {"trivy-operator.container.name": "strategy"},
        },
        "report": {
            "artifact": {"repository": repository, "digest": digest},
            "os": {"family": "debian", "name": "13.1"},
            "registry": {"server": "registry.example.com"},
            "scanner": {"name": "Trivy", "vendor": "Aqua Security", "version": "0.67.2"},
            "summary": {
                "criticalCount": count("CRITICAL"), "highCount": count("HIGH"),
                "mediumCount": count("MEDIUM"), "lowCount": count("LOW"), "unknownCount": 0,
            },
            "updateTimestamp": made.to_string(),
            "vulnerabilities": vulnerabilities,
        },
    });
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(report.to_string().as_bytes())
        .expect("a file");
    let path = file.path().to_str().expect("temporary paths are UTF-8");
    run(&mut cluster.kubectl(["apply", "--server-side", "--force-conflicts", "-f", path]));
}

fn vulnerability((number, severity): (usize, &&str)) -> Value {
    json!({
        "vulnerabilityID": format!("CVE-2026-{number}"),
        "severity": severity,
        "resource": "zlib",
        "installedVersion": "1.3",
        "fixedVersion": "1.3.1",
        "publishedDate": "2026-10-01T00:00:00Z",
        "lastModifiedDate": "2026-10-02T00:00:00Z",
        "title": "a buffer that is too small",
    })
}

/// Waits until a strategy waits for its gate, and says why.
async fn told(scene: &mut Scene<'_>, name: &str, why: &str) {
    let what = format!("waits for a scan: {why}");
    scene
        .sees(name, &what, |status| {
            let gates = status.rollout.iter().flat_map(|at| &at.gates);
            let mut said = gates.filter_map(|gate| gate.state.last.as_deref());
            waits_for(status, "gate {scan:") && said.any(|it| it.contains(why))
        })
        .await;
}

#[tokio::test]
async fn a_change_waits_for_a_report_on_its_very_image() {
    let cluster = Cluster::private(&Options::default());
    let mut scene = Scene::open(&cluster, &[]).await;
    install(&cluster).await;
    for name in ["tern", "skua"] {
        scene.settle(name, &text(name, 'a', GATE)).await;
        // What is known of the version before, and of one that was looked into long ago.
        scanned(&cluster, name, 'a', 1, &[]);
    }
    scanned(&cluster, "tern", 'b', 30, &["LOW"]);
    scene.push("tern", &text("tern", 'b', GATE));
    told(&mut scene, "tern", "more than 1d ago").await;
    scene.push("skua", &text("skua", 'c', GATE));
    told(&mut scene, "skua", "are on others").await;

    scanned(&cluster, "tern", 'b', 0, &["LOW", "MEDIUM"]);
    scene.promoted("tern", 2).await;
    scene.until_pods_of("tern", 'b', 2).await;

    scanned(&cluster, "skua", 'c', 0, &["LOW", "CRITICAL", "HIGH"]);
    let why = "has `CVE-2026-2` (critical), `CVE-2026-3` (high)";
    went_back(&mut scene, "skua", why).await;
    scene.close().await;
}

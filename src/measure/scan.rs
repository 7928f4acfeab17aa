//! What scanners know of images: VulnerabilityReports of the cluster, and Trivy's JSON reports of a
//! server.

mod operator;
mod trivy;

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, Method, Request};
use jiff::Timestamp;

use super::number::escape;
use super::{Trouble, json};
use crate::outbound::{self, Http};
use crate::rollout::gates::{Report, ScanCall, Scanned};
use crate::spec::gate::{ReportUrl, Severity};

/// How many objects are read at a time: a report can be large.
const PAGE: u32 = 20;

/// A finding as a scanner tells of it.
struct Told {
    id: String,
    severity: String,
}

/// What a server has on each of the images.
pub(super) async fn of_server(
    http: &Http,
    (url, headers): (&ReportUrl, HeaderMap),
    call: &ScanCall,
) -> Result<Vec<Scanned>, Trouble> {
    let mut scanned = Vec::new();
    for digest in &call.digests {
        let url = url.of(digest);
        let url = url.map_err(|error| Trouble::Error(error.to_string()))?;
        let report = match json::fetch_some(http, &url, headers.clone()).await? {
            None => Report::Missing(format!("`{}` has none", url.host())),
            Some(body) => trivy::read(&body, digest, call.above)?,
        };
        scanned.push(Scanned {
            digest: *digest,
            report,
        });
    }
    Ok(scanned)
}

/// What the VulnerabilityReports of a namespace say of each of the images.
pub(super) async fn of_cluster(
    cluster: &kube::Client,
    namespace: &str,
    call: &ScanCall,
    deadline: Duration,
) -> Result<Vec<Scanned>, Trouble> {
    let mut latest = operator::Latest::of(call);
    let mut next: Option<String> = None;
    loop {
        let page = page(cluster, namespace, next.as_deref());
        let page = tokio::time::timeout(deadline, page).await;
        let page = page.map_err(|_| outbound::too_slow(deadline))??;
        for report in page.items {
            latest.add(report)?;
        }
        next = page.metadata.next.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(latest.scanned(namespace));
        }
    }
}

async fn page(
    cluster: &kube::Client,
    namespace: &str,
    next: Option<&str>,
) -> Result<operator::List, Trouble> {
    let from = next.map_or_else(String::new, |token| format!("&continue={}", escape(token)));
    let target = format!(
        "/apis/aquasecurity.github.io/v1alpha1/namespaces/{}/vulnerabilityreports?limit={PAGE}{from}",
        escape(namespace)
    );
    let request = Request::builder()
        .method(Method::GET)
        .uri(target)
        .body(Vec::new())
        .map_err(|_| Trouble::Error("the reports cannot be asked for".to_owned()))?;
    cluster.request(request).await.map_err(|error| match error {
        kube::Error::Api(status) if status.code == 404 => Trouble::Error(
            "the cluster has no VulnerabilityReports: trivy-operator writes them, or `report: {url: …}` says who else has reports"
                .to_owned(),
        ),
        kube::Error::Api(status) if status.code == 403 => Trouble::Error(format!(
            "{}: `deploy/install/vulnerability-reports.yaml` gives the right",
            status.message
        )),
        kube::Error::Api(status) => Trouble::Error(status.message),
        other => Trouble::Error(other.to_string()),
    })
}

/// A report, with what is worse than somebody asked about.
fn report(
    made: Timestamp,
    told: impl Iterator<Item = Told>,
    above: Severity,
) -> Result<Report, Trouble> {
    let mut findings = BTreeMap::new();
    for Told { id, severity } in told {
        let known = Severity::read(&severity).ok_or_else(|| {
            let why = format!("a report calls `{id}` `{severity}`, which is no severity");
            Trouble::Error(why)
        })?;
        if known > above {
            let worst = findings.entry(id).or_insert(known);
            *worst = known.max(*worst);
        }
    }
    Ok(Report::Found { made, findings })
}

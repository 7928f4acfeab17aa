//! Gates that ask others: a Job, a server that judges, and a Prometheus that compares two versions.

use std::net::TcpStream;

use hmac::{Hmac, KeyInit as _, Mac as _};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::api::{Api, PostParams};
use sha2::Sha256;

use super::meter::{BAD, Meter};
use super::scene::{FAILING, Scene, images};
use crate::cluster::wait::within;
use crate::cluster::{Cluster, Options};
use crate::daemon::{USER, install_files};
use crate::fleet::{RATES, image, service};
use crate::gitserver::{Listener, closed_port};
use crate::prometheus::Exporter;

/// Metrics that are no numbers, each for a strategy of its name, and what is said of them.
const BAD_METRICS: [(&str, &str); 4] = [
    ("down", "onnection refused"),
    ("slow", "did not answer within"),
    ("matrix", "gives a matrix"),
    ("nan", "NaN"),
];

/// A metric of which there is nothing.
const EMPTY: &str = "empty";

/// These metrics, as part of `metrics:`.
fn bad_metrics(address: &str, silent: &Listener) -> String {
    let at = |port| format!("http://127.0.0.1:{port}");
    let (down, slow) = (at(closed_port()), at(silent.port()));
    let queries = [
        (down.as_str(), "up"),
        (slow.as_str(), "up"),
        (address, "up[1m]"),
        (address, "0 * up / 0"),
        (address, "nobody_counts_this"),
    ];
    let names = BAD_METRICS.iter().map(|(metric, _)| *metric);
    let metrics = names.chain([EMPTY]).zip(queries);
    let lines = metrics.map(|(metric, (address, query))| {
        format!("    {metric}:\n      prometheus: {{address: '{address}', query: '{query}'}}\n")
    });
    lines.collect()
}

/// A server that takes every question, and says nothing until whoever asked has gone.
fn silent() -> Listener {
    Listener::start(|stream: TcpStream| {
        let _ = std::io::copy(&mut &stream, &mut std::io::sink());
    })
}

const KEY: &str = "a-long-enough-key";

/// A service whose changes come up unseen and wait for these gates.
pub(super) fn text(name: &str, digit: char, gates: &str) -> String {
    let service = service(name, 2, digit);
    format!(
        "{service}  ports: [{{name: http, port: 8080}}]
  rollout:
    bootstrap: direct
    blueGreen: {{gates: [{gates}]}}
"
    )
}

fn webhook(address: &str) -> String {
    let secret = "{secret: tidegate-gates, key: key}";
    format!(
        "{{webhook: {{url: '{address}/judge', secret: {secret}, deadline: 1s, retries: 1}}, interval: 1s}}"
    )
}

pub(super) async fn went_back(scene: &mut Scene<'_>, name: &str, why: &str) {
    scene.sent_back(name, why).await;
    scene.until_pods_of(name, 'a', 2).await;
    assert_eq!(scene.serving(name).await, images(name, [('a', 2)]));
}

/// Whether the daemon may list a resource.
pub(super) async fn may_list(cluster: &Cluster, group: &str, resource: &str) -> bool {
    let reviews: Api<SubjectAccessReview> = Api::all(cluster.client().await);
    let review = SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            user: Some(USER.to_owned()),
            resource_attributes: Some(ResourceAttributes {
                group: Some(group.to_owned()),
                namespace: Some(RATES.to_owned()),
                resource: Some(resource.to_owned()),
                verb: Some("list".to_owned()),
                ..ResourceAttributes::default()
            }),
            ..SubjectAccessReviewSpec::default()
        },
        ..SubjectAccessReview::default()
    };
    let answer = reviews.create(&PostParams::default(), &review).await;
    let answer = answer.expect("an administrator may ask");
    answer.status.is_some_and(|status| status.allowed)
}

#[tokio::test]
async fn a_job_lets_a_change_through_or_sends_it_back() {
    let cluster = Cluster::private(&Options::default());
    let mut scene = Scene::open(&cluster, &[]).await;
    scene.break_images().await;
    // Whoever has a metrics adapter gives the right to ask it.
    install_files(&cluster, &["external-metrics"]);
    within("the right to ask for metrics", async {
        // The API server learns of a role by its own watch.
        while !may_list(&cluster, "external.metrics.k8s.io", "queue").await {}
    })
    .await;
    let job = |digit| {
        format!(
            "{{job: {{image: '{}', command: [/judge]}}}}",
            image("judge", digit)
        )
    };
    for (name, digit) in [("tern", 'a'), ("skua", FAILING)] {
        scene.settle(name, &text(name, 'a', &job(digit))).await;
        scene.push(name, &text(name, 'b', &job(digit)));
    }
    scene.promoted("tern", 2).await;
    scene.until_pods_of("tern", 'b', 2).await;
    let why = "failed: Job has reached the specified backoff limit";
    scene.sent_back("skua", why).await;
    scene.until_pods_of("skua", 'a', 2).await;
    scene.close().await;
}

#[tokio::test]
async fn a_server_judges_a_change_by_a_question_that_is_signed() {
    let cluster = Cluster::private(&Options::default());
    let mut scene = Scene::open_with(&cluster, &[], |it| it.gate_key(KEY)).await;
    let server = Exporter::start();
    let name = "tern";
    let gate = webhook(&server.address());
    scene.settle(name, &text(name, 'a', &gate)).await;
    server.answer("202 Accepted");
    scene.push(name, &text(name, 'b', &gate));
    scene.rests_at(name, "preview", "gate {webhook:").await;
    assert_eq!(scene.serving(name).await, images(name, [('a', 2)]));
    server.say("fills are late");
    server.answer("403 Forbidden");
    went_back(&mut scene, name, "says no: fills are late").await;

    server.answer("200 OK");
    scene.push(name, &text(name, 'c', &gate));
    scene.promoted(name, 2).await;
    let heard = server.heard();
    let (head, body) = heard.split_once("\r\n\r\n").expect("a body");
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key");
    let digits = mac.chain_update(body).finalize().into_bytes();
    let hex = digits
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert!(
        head.contains(&format!("x-tidegate-signature-256: sha256={hex}")),
        "{head}"
    );
    assert!(body.contains("\"strategy\":\"tern\""), "{body}");

    // One that hangs lets nothing through.
    let silent = silent();
    let name = "skua";
    let gate = webhook(&format!("http://127.0.0.1:{}", silent.port()));
    scene.settle(name, &text(name, 'a', &gate)).await;
    scene.push(name, &text(name, 'b', &gate));
    went_back(&mut scene, name, "did not answer within 1 s").await;
    scene.close().await;
}

#[tokio::test]
async fn a_change_is_compared_with_what_runs_and_bad_queries_let_nothing_through() {
    let cluster = Cluster::private(&Options::default());
    let meter = Meter::start(&cluster).await;
    let silent = silent();
    let root = format!("{}{}", meter.root(), bad_metrics(&meter.address(), &silent));
    let mut scene = Scene::open(&cluster, &[("tidegate.yaml", &root)]).await;
    let compare = "{compare: rejects, within: 0.01, worse: higher, minSamples: 20, interval: 1s}";
    let gate = |metric: &str| {
        let limits = "minSamples: 1, interval: 2s, consecutiveErrorLimit: 1";
        format!("{{metric: {metric}, max: 1%, {limits}}}")
    };
    for metric in BAD_METRICS.iter().map(|(metric, _)| *metric).chain([EMPTY]) {
        scene.write(metric, &text(metric, 'a', &gate(metric)));
    }
    scene.write("skua", &text("skua", 'a', compare));
    scene.settle("tern", &text("tern", 'a', compare)).await;
    for (name, _) in BAD_METRICS.into_iter().chain([("skua", "")]) {
        scene.promoted(name, 1).await;
    }

    // Nothing is no reason to go on, nor one to go back.
    scene.push(EMPTY, &text(EMPTY, 'b', &gate(EMPTY)));
    scene
        .rests_at(EMPTY, "preview", "gate {metric: empty")
        .await;

    // What is no number, or no answer, is one to go back.
    for (metric, why) in BAD_METRICS {
        scene.push(metric, &text(metric, 'b', &gate(metric)));
        went_back(&mut scene, metric, why).await;
    }
    scene.write("tern", &text("tern", 'b', compare));
    scene.push("skua", &text("skua", BAD, compare));
    scene.promoted("tern", 2).await;
    went_back(&mut scene, "skua", "compare: rejects").await;
    scene.close().await;
}

//! A cluster without the Gateway API: who needs it waits for it, and says so; nobody else minds; and
//! nobody asks for it again and again.

use std::path::Path;

use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::super::requests;
use super::routed;
use super::story::routes;
use crate::cluster::gateway::{self, Gateway};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{Daemon, wait_release, waits_for};
use crate::fleet::{self, path, service};

fn diff(cluster: &Cluster, folder: &Path) -> String {
    let mut diff = std::process::Command::new(env!("CARGO_BIN_EXE_tidegate"));
    diff.arg("diff").arg(folder).arg("--live");
    let output = diff.env("KUBECONFIG", cluster.kubeconfig()).output();
    let output = output.expect("tidegate runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn who_needs_the_gateway_api_waits_for_it_and_nobody_else_does() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("signals", routed("signals", "2", 'a', "rolling: [{}]")),
        ("gull", service("gull", 1, 'a')),
    ];
    fleet::push(&repo, &strategies);
    let daemon = Daemon::start(&cluster, &repo).await;
    let ready = |name: &'static str| {
        wait_release(&cluster, name, "is ready", |it| {
            it.phase == tidegate::release::Phase::Ready
        })
    };
    ready("gull").await;
    let lacks = |status: &tidegate::release::ReleaseStatus| {
        waits_for(
            status,
            "this cluster has no `httproutes.gateway.networking.k8s.io`",
        )
    };
    wait_release(&cluster, "signals", "waits for the Gateway API", lacks).await;
    let told = diff(&cluster, repo.clone_dir());
    assert!(told.contains("install the Gateway API"), "{told}");
    let (status, why) = daemon.readyz().await;
    assert_eq!(status, 200, "{why}");
    let before = requests(&cluster, mark).await;
    let asks = before
        .iter()
        .filter(|it| it.object_ref.resource == "httproutes");
    assert_eq!(asks.count(), 1, "it is asked for once");

    // It comes, and a gateway that does not want the route; then one that does.
    gateway::install(&cluster);
    let silent = |status: &tidegate::release::ReleaseStatus| {
        waits_for(
            status,
            "gateway `edge/public`, which has said nothing of HTTPRoute rates/signals",
        )
    };
    wait_release(&cluster, "signals", "waits for the gateway", silent).await;
    let behave = |how: Option<&str>| {
        Patch::Merge(json!({"metadata": {"annotations": {"test.controlplane/behaviour": how}}}))
    };
    let api = routes(&cluster).await;
    let params = PatchParams::default();
    api.patch("signals", &params, &behave(Some("refuse")))
        .await
        .expect("it is there");
    let _gateway = Gateway::run(&cluster);
    let refused = |status: &tidegate::release::ReleaseStatus| {
        waits_for(
            status,
            "does not accept: NotAllowedByListeners: no listener lets the namespace in",
        )
    };
    wait_release(&cluster, "signals", "is refused", refused).await;
    api.patch("signals", &params, &behave(None))
        .await
        .expect("it is there");
    ready("signals").await;

    requests(&cluster, mark).await;

    // It goes, with every route; nothing else does, and it may come again. While its definition is on
    // its way out, the API server forbids new routes, which is no want of a right.
    gateway::uninstall(&cluster);
    wait_release(
        &cluster,
        "signals",
        "waits for the Gateway API again",
        lacks,
    )
    .await;
    let mark = cluster.audit().mark().await;
    ready("gull").await;
    gateway::install(&cluster);
    let _gateway = Gateway::run(&cluster);
    ready("signals").await;

    // Who no longer wants a route has none.
    let plain = routed("signals", "2", 'a', "rolling: [{}]");
    let route = "    route: {gateway: edge/public, hostnames: [signals.example.com]}\n";
    assert!(plain.contains(route));
    let commit = repo.push(&[(&path("signals"), &plain.replace(route, ""))], "No route");
    daemon.wait_reconciled(&commit).await;
    wait::until_gone(&api, "signals").await;
    requests(&cluster, mark).await;
}

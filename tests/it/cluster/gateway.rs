//! The Gateway API in a cluster: its definitions, and something that takes routes in.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::Cluster;
use super::wait::DEADLINE;
use crate::daemon::run;

const ROUTES: &str = "httproutes.gateway.networking.k8s.io";

/// Where `tests/controlplane` has what is about the Gateway API.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane/gateway-api")
}

/// The definition of routes, as the Gateway API's standard channel has it.
fn definition() -> PathBuf {
    let folder = run(&mut Command::new(folder().join("fetch.sh")));
    Path::new(folder.trim()).join("gateway.networking.k8s.io_httproutes.yaml")
}

/// Installs the definition of routes, and waits until the API server serves them.
pub(crate) fn install(cluster: &Cluster) {
    let mut apply = cluster.kubectl(["apply", "--server-side", "-f"]);
    run(apply.arg(definition()));
    let established = ["wait", "--for=condition=Established", "--timeout=60s"];
    run(&mut cluster.kubectl(established.into_iter().chain(["crd", ROUTES])));
}

/// Removes the definition, and all routes with it.
pub(crate) fn uninstall(cluster: &Cluster) {
    run(&mut cluster.kubectl(["delete", "crd", ROUTES]));
}

/// A gateway's controller, as far as routes can see one: a kwok that plays nothing but the stages of
/// `routes.yaml`. It ends with its handle.
pub(crate) struct Gateway {
    child: Child,
}

impl Gateway {
    /// Installs the Gateway API and starts a controller.
    pub(crate) fn start(cluster: &Cluster) -> Self {
        install(cluster);
        Self::run(cluster)
    }

    /// Starts a controller where the Gateway API is installed.
    pub(crate) fn run(cluster: &Cluster) -> Self {
        let end = Instant::now() + DEADLINE;
        loop {
            match Self::launch(cluster) {
                Ok(gateway) => return gateway,
                // The schema of a new kind is published some time after the kind is served, and kwok
                // gives up without it.
                Err(said) => assert!(Instant::now() < end, "no gateway: {said}"),
            }
        }
    }

    /// Starts a kwok, and returns when it watches routes; or else what it said.
    #[expect(
        clippy::unwrap_in_result,
        reason = "a kwok that cannot even be started is a broken test"
    )]
    fn launch(cluster: &Cluster) -> Result<Self, String> {
        let mut child = Command::new(cluster.plane.binary.with_file_name("kwok"))
            .arg("--kubeconfig")
            .arg(cluster.kubeconfig())
            .arg("--config")
            .arg(folder().join("routes.yaml"))
            // It plays no node and no pod; the control plane's own kwok does.
            .args(["--manage-single-node=nobody", "--node-port=0"])
            .arg("--node-lease-duration-seconds=0")
            .env("HOME", &cluster.plane.facts.logs)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kwok starts");
        let mut lines = BufReader::new(child.stderr.take().expect("it was piped")).lines();
        let mut said = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if line.contains("watching stages") {
                std::thread::spawn(move || lines.count());
                return Ok(Self { child });
            }
            said.push_str(&line);
            said.push('\n');
        }
        let _ = child.wait();
        Err(said)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

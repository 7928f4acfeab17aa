//! Killing, stopping and starting single components, through the supervisor's control socket.

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::Cluster;

/// A process of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    /// The store.
    Etcd,
    /// kube-apiserver.
    ApiServer,
    /// kube-controller-manager.
    ControllerManager,
    /// kube-scheduler.
    Scheduler,
    /// The maker of `PersistentVolumes`.
    Provisioner,
    /// The kubelet's understudy.
    Kwok,
}

impl Component {
    /// Its name in the supervisor's words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Provisioner => "provisioner",
            Self::Kwok => "kwok",
        }
    }
}

/// What the supervisor tells about a component.
#[derive(Debug, Deserialize)]
struct Status {
    name: String,
    state: String,
}

impl Cluster {
    /// Kills a component; it stays down until it is started.
    pub(crate) async fn kill(&self, component: Component) {
        self.order(component, "kill").await;
    }

    /// Starts a component that is down, and waits until it is healthy.
    pub(crate) async fn start(&self, component: Component) {
        self.order(component, "start").await;
    }

    /// Kills a component and starts it again.
    pub(crate) async fn restart(&self, component: Component) {
        self.kill(component).await;
        self.start(component).await;
    }

    /// Stops a component's process where it stands (SIGSTOP).
    pub(crate) async fn stop(&self, component: Component) {
        self.order(component, "stop").await;
    }

    /// Lets a stopped component go on (SIGCONT).
    pub(crate) async fn cont(&self, component: Component) {
        self.order(component, "cont").await;
    }

    /// The state of a component: `running`, `stopped` or `killed`.
    pub(crate) async fn state(&self, component: Component) -> String {
        let answer = self.ask("GET", "/components").await;
        let all: Vec<Status> = serde_json::from_str(&answer).expect("a list of components");
        let one = all.into_iter().find(|s| s.name == component.name());
        one.expect("the component is part of the cluster").state
    }

    async fn order(&self, component: Component, verb: &str) {
        self.ask("POST", &format!("/components/{}/{verb}", component.name()))
            .await;
    }

    /// One HTTP exchange; HTTP/1.0, so that the answer ends with the connection.
    async fn ask(&self, method: &str, path: &str) -> String {
        let mut socket = UnixStream::connect(&self.plane.facts.control)
            .await
            .expect("control socket");
        let request = format!("{method} {path} HTTP/1.0\r\nHost: control\r\n\r\n");
        socket
            .write_all(request.as_bytes())
            .await
            .expect("the supervisor listens");
        let mut answer = String::new();
        socket
            .read_to_string(&mut answer)
            .await
            .expect("the supervisor answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        assert!(head.contains(" 200 "), "{method} {path}: {head}\n{body}");
        body.to_owned()
    }
}

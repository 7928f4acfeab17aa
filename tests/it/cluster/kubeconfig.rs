//! Kubeconfigs and clients made from them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use super::launch::Facts;

static FILES: AtomicUsize = AtomicUsize::new(1);

/// A client from a kubeconfig, which retries nothing by itself.
pub(crate) async fn client(file: &Path, user_agent: &str) -> Client {
    let mut config = config(file).await;
    let agent = user_agent.parse().expect("a user agent is a header value");
    config.headers.push((http::header::USER_AGENT, agent));
    Client::try_from(config).expect("client")
}

/// The settings of a kubeconfig's only context.
pub(crate) async fn config(file: &Path) -> Config {
    let parsed = Kubeconfig::read_from(file).expect("kubeconfig");
    let config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default()).await;
    let mut config = config.expect("kubeconfig");
    config.default_retry = false;
    config
}

/// Writes a kubeconfig for `server` with a bearer token and the cluster's authority.
pub(crate) fn with_token(facts: &Facts, server: &str, token: &str) -> PathBuf {
    write(facts, server, &json!({"token": token}))
}

/// Writes a kubeconfig for `server` without any credential.
pub(crate) fn anonymous(facts: &Facts, server: &str) -> PathBuf {
    write(facts, server, &json!({}))
}

fn write(facts: &Facts, server: &str, user: &serde_json::Value) -> PathBuf {
    let admin = Kubeconfig::read_from(&facts.kubeconfig).expect("kubeconfig");
    let authority = admin.clusters.first().and_then(|c| c.cluster.as_ref());
    let authority = authority.and_then(|c| c.certificate_authority_data.clone());
    let mut cluster = json!({"server": server});
    if server.starts_with("https:") {
        cluster["certificate-authority-data"] = json!(authority);
    }
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    });
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let file = facts
        .kubeconfig
        .with_file_name(format!("kubeconfig-{number}"));
    std::fs::write(&file, text.to_string()).expect("kubeconfig is written");
    file
}

//! What the daemon serves: probes, metrics, and a webhook that makes it look at once.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::requests;
use crate::cluster::{Cluster, Options};
use crate::daemon::{self, Daemon, Settings};
use crate::fleet::{self, path, service};
use crate::gitserver::GitServer;

const SECRET: &str = "what-the-forge-and-the-daemon-share";

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().fold("sha256=".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

fn push_of(url: &str, commit: &str) -> String {
    let repository = format!(r#"{{"clone_url": "{url}"}}"#);
    format!(r#"{{"ref": "refs/heads/main", "after": "{commit}", "repository": {repository}}}"#)
}

async fn tell(daemon: &Daemon<'_>, body: &str, signature: &str) -> u16 {
    let headers = [
        ("Content-Type", "application/json"),
        ("X-GitHub-Event", "push"),
        ("X-Hub-Signature-256", signature),
    ];
    daemon.webhook(&headers, body).await.0
}

#[tokio::test]
async fn signed_push_is_looked_at_at_once_and_a_forged_one_refused() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    let settings = Settings::of(server.url("fleet"))
        .env("TIDEGATE_INTERVAL", "1h")
        .webhook_secret(SECRET)
        .git_login(GitServer::USER, GitServer::TOKEN);
    daemon::install(&cluster);
    let daemon = Daemon::launch(&cluster, &settings).await;
    assert_eq!(daemon.healthz().await.0, 200);
    // An empty repository has no `main`: nothing was read yet, so the daemon is not ready.
    daemon.wait_log("the repository cannot be read").await;
    let (status, why) = daemon.readyz().await;
    assert_eq!(status, 503);
    assert!(
        why.contains("never read") || why.contains("the view of"),
        "{why}"
    );

    let first = fleet::push(&repo, &[("gull", service("gull", 1, 'a'))]);
    let body = push_of(&server.url("fleet"), &first);
    assert_eq!(tell(&daemon, &body, "sha256=00").await, 401);
    assert_eq!(tell(&daemon, &body, &signature(&body)).await, 202);
    daemon.wait_reconciled(&first).await;
    assert_eq!(daemon.readyz().await.0, 200);

    // The interval is an hour, so only the webhook can have told.
    let second = repo.push(&[(&path("gull"), &service("gull", 2, 'a'))], "Scale gull");
    let body = push_of(&server.url("fleet"), &second);
    assert_eq!(tell(&daemon, &body, &signature("another body")).await, 401);
    assert_eq!(tell(&daemon, &body, &signature(&body)).await, 202);
    daemon.wait_reconciled(&second).await;

    let metrics = daemon.metrics().await;
    for name in ["tidegate_leader 1", "tidegate_units{phase=\"ready\"} 2"] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
    requests(&cluster, mark).await;
}

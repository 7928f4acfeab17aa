//! Repositories that cannot be read, or not as they should be: each says why, and what runs stays.

use std::fs;
use std::path::Path;

use ::tidegate::release::ReleaseStatus;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use tempfile::TempDir;

use super::fleet::{folder, run, tidegate, write};
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{self, Daemon, Settings};
use crate::fleet::{path, push, service};
use crate::gitserver::{GitServer, git};

/// The small fleet in a repository of two commits, the last with a replica more.
fn repository() -> TempDir {
    let folder = folder(&[]);
    let gull = folder.path().join("desks/rates/gull.yaml");
    let commit = || {
        git(folder.path(), &["add", "--all"]);
        git(
            folder.path(),
            &["commit", "--quiet", "--message", "A change"],
        );
    };
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    commit();
    let text = fs::read_to_string(&gull).expect("text");
    write(&gull, text.replace("replicas: 2", "replicas: 3").as_bytes());
    commit();
    folder
}

/// What `diff` and `preview` say of a revision that they cannot read. `DIR` is the folder.
fn refuses(folder: &Path, rev: &str, message: &str) {
    let dir = folder.to_str().expect("temporary paths are UTF-8");
    for command in ["diff", "preview"] {
        let (exit, stdout, stderr) = run(&mut tidegate(&[command, dir, "--base", rev]));
        assert_eq!(
            (exit, stdout.as_str()),
            (3, ""),
            "{command} --base {rev}: {stderr}"
        );
        let real = fs::canonicalize(folder).expect("the folder is there");
        let stderr = stderr.replace(real.to_str().expect("UTF-8"), "DIR");
        assert_eq!(
            stderr.replace(dir, "DIR"),
            message,
            "{command} --base {rev}"
        );
    }
}

#[test]
fn a_revision_that_is_not_there_is_told_with_the_nearest_that_is() {
    let folder = repository();
    refuses(
        folder.path(),
        "mian",
        "error: failed to find the revision `mian` in `DIR/.git/`: it is no branch, remote branch, tag or commit there; did you mean `main`?\n",
    );
    refuses(
        folder.path(),
        "HEAD~5",
        "error: failed to find the revision `HEAD~5` in `DIR/.git/`: it is no branch, remote branch, tag or commit there\n",
    );
    refuses(
        folder.path(),
        "main..HEAD",
        "error: failed to read the revision `main..HEAD`: it is not a name or expression that Git knows, such as `main`, `origin/main`, `v1.2` or `HEAD~1`\n",
    );
    refuses(
        folder.path(),
        "HEAD:desks",
        "error: failed to read the revision `HEAD:desks`: it does not name a commit\n",
    );
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let folder = repository();
    let clone = tempfile::tempdir().expect("a temporary folder");
    let url = format!("file://{}", folder.path().display());
    let target = clone.path().to_str().expect("temporary paths are UTF-8");
    git(
        clone.path(),
        &["clone", "--quiet", "--depth=1", &url, target],
    );
    refuses(
        clone.path(),
        "HEAD~1",
        "error: failed to find the revision `HEAD~1` in `DIR/.git/`: it is no branch, remote branch, tag or commit there; the clone is shallow: `git fetch --unshallow` gets the rest of its history\n",
    );
}

#[test]
fn a_folder_without_a_repository_has_no_revisions() {
    refuses(
        folder(&[]).path(),
        "main",
        "error: failed to find a Git repository at or above `DIR`: there is none, and a revision can only be read from one\n",
    );
}

/// The `Git:` line of `tidegate status`.
fn git_line(cluster: &Cluster) -> String {
    let kubeconfig = cluster.kubeconfig().to_str().expect("UTF-8");
    let (_, text, stderr) = run(&mut tidegate(&["status", "--kubeconfig", kubeconfig]));
    let line = text.lines().find(|line| line.starts_with("Git:"));
    line.unwrap_or_else(|| panic!("no word about Git: {text}{stderr}"))
        .to_owned()
}

/// Waits until the leader tells a failure with these words.
async fn wait_told(cluster: &Cluster, words: &str) {
    let leases: Api<Lease> = Api::namespaced(cluster.client().await, daemon::NAMESPACE);
    wait::until(&leases, "tidegate", words, |lease| {
        let annotations = lease.and_then(|it| it.metadata.annotations.as_ref());
        let told = annotations.and_then(|it| it.get("tidegate.dev/failure"));
        told.is_some_and(|told| told.contains(words))
    })
    .await;
}

async fn runs(cluster: &Cluster, strategy: &str) -> bool {
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, "rates");
    let found = deployments.get_opt(strategy).await.expect("a read");
    found.is_some_and(|it| it.metadata.deletion_timestamp.is_none())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_lost_its_repository_says_why_and_keeps_what_runs() {
    let cluster = Cluster::private(&Options::default());
    daemon::install(&cluster);
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    let fleet = [
        ("gull", service("gull", 1, 'a')),
        ("tern", service("tern", 1, 'b')),
    ];
    let first = push(&repo, &fleet);
    let url = server.url("fleet");
    let settings = || Settings::of(&url).env("TIDEGATE_INTERVAL", "1s");

    let wrong = settings().git_login(GitServer::USER, "of-yesterday");
    let mut daemon = Daemon::launch(&cluster, &wrong).await;
    daemon.wait_log("GitUnauthorised").await;
    wait_told(&cluster, "the credential").await;
    assert_eq!(
        git_line(&cluster).replace(&url, "URL"),
        "Git:    failed to fetch `URL`: the host does not accept the credential; check that it is the right one, still valid, and may read this repository"
    );
    daemon.terminate().await;

    let right = settings().git_login(GitServer::USER, GitServer::TOKEN);
    let mut daemon = Daemon::launch(&cluster, &right).await;
    daemon.wait_reconciled(&first).await;

    fs::remove_file(repo.clone_dir().join(path("tern"))).expect("the file goes");
    let rewritten = repo.push_rewritten(&[], "Another history");
    daemon.wait_log("the branch was rewritten").await;
    daemon::wait_looked(&cluster, &rewritten).await;
    let waits = |status: &ReleaseStatus| {
        daemon::waits_for(
            status,
            "the branch was rewritten, and the strategy's files went away",
        )
    };
    daemon::wait_release(&cluster, "tern", "waits for a commit", waits).await;
    assert!(
        runs(&cluster, "tern").await,
        "what a rewrite lost was pruned"
    );

    // Another daemon, whose mirror is new, knows no more of the history than what it was told.
    daemon.terminate().await;
    let daemon = Daemon::launch(&cluster, &right).await;
    daemon.wait_log("the branch was rewritten").await;
    daemon::wait_release(&cluster, "tern", "waits for a commit", waits).await;
    let on_top = repo.push(&[], "It was meant");
    daemon.wait_reconciled(&on_top).await;
    assert!(
        !runs(&cluster, "tern").await,
        "what a commit on top leaves out stays"
    );

    drop(server);
    daemon.wait_log("GitUnreachable").await;
    wait_told(&cluster, "cannot be reached").await;
    assert_eq!(
        git_line(&cluster).replace(&url, "URL"),
        "Git:    failed to fetch `URL`: its host cannot be reached; check the host's name and port, DNS, and what the network lets through: failed to connect to 127.0.0.1: Connection refused"
    );
    assert!(runs(&cluster, "gull").await);
}

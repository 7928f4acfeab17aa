//! The example fleet in a repository of its own, applied to a cluster.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::cluster::audit::Event;
use crate::cluster::{Cluster, Options};
use crate::{daemon, fleet};

/// How the command line names itself to the API server.
const AGENT: &str = "tidegate/";

/// How often it may take another apply until nothing is left to do.
const TRIES: usize = 5;

/// Where it keeps its own records.
const OWN: &str = "tidegate-system";

/// The cluster of the tests that only look, with the example applied.
static APPLIED: OnceCell<Arc<Cluster>> = OnceCell::const_new();

fn installed() -> Arc<Cluster> {
    let cluster = Cluster::private(&Options::default());
    daemon::install_crds(&cluster);
    daemon::install_files(&cluster, &["namespace", "desk-roles"]);
    Arc::new(cluster)
}

/// A clone of the example fleet, and the cluster that it is for.
pub(super) struct Fleet {
    pub(super) cluster: Arc<Cluster>,
    folder: TempDir,
}

/// What a command said.
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.said()))
    }

    pub(super) fn said(&self) -> String {
        format!("exit {}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Fleet {
    /// The example as it is, applied, converged and at rest, in a cluster that other tests look at
    /// too: leave everything in it as it is.
    pub(super) async fn to_look_at() -> Self {
        let first = async { Self::to_change().cluster };
        Self::cloned(APPLIED.get_or_init(|| first).await.clone())
    }

    /// The same in a cluster of its own.
    pub(super) fn to_change() -> Self {
        let fleet = Self::cloned(installed());
        fleet.rest();
        fleet
    }

    /// Applies until nothing more is to come.
    pub(super) fn rest(&self) {
        self.apply();
        let jobs = [
            "wait",
            "--for=condition=complete",
            "job",
            "--all",
            "--all-namespaces",
        ];
        succeed(&mut self.cluster.kubectl(jobs));
        // A Job that ended since is put into the record, once; and what the last pod to end still
        // referred to can go.
        for _ in 0..TRIES {
            self.apply();
            if self.diff(&[]).code == 0 {
                return;
            }
        }
    }

    /// What an apply writes now.
    pub(super) async fn writes(&self) -> Vec<String> {
        let audit = self.cluster.audit();
        let mark = audit.mark().await;
        self.apply();
        let events = audit.since(mark).await;
        assert!(events.iter().any(is_asked_by_tidegate), "it is in the log");
        let words = |event: &Event| format!("{} {} {}", event.verb, event.uri, event.status());
        let ours = events.iter().filter(|event| is_ours(event));
        ours.map(words).collect()
    }

    fn cloned(cluster: Arc<Cluster>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fleet::copy_example(folder.path());
        let fleet = Self { cluster, folder };
        fleet.git(&["init", "--quiet", "--initial-branch=main"]);
        fleet.commit();
        fleet
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(super) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=Change"]);
    }

    fn git(&self, args: &[&str]) {
        let mut command = Command::new("git");
        let who = [
            "-c",
            "user.name=aiko",
            "-c",
            "user.email=aiko@meridian.example",
        ];
        command.args(who).args(args).current_dir(self.folder.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        succeed(command.env("GIT_CONFIG_NOSYSTEM", "1"));
    }

    /// Runs the command line as administrator.
    pub(super) fn tidegate(&self, args: &[&str]) -> Answer {
        self.tidegate_as(self.cluster.kubeconfig(), args)
    }

    /// Runs the command line with another kubeconfig.
    pub(super) fn tidegate_as(&self, kubeconfig: &Path, args: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args(args).current_dir(self.folder.path());
        command.env("KUBECONFIG", kubeconfig);
        for name in ["TIDEGATE_NAMESPACE", "TIDEGATE_LOG", "TIDEGATE_COLOUR"] {
            command.env_remove(name);
        }
        let output = command.output().expect("the command starts");
        Answer {
            code: output.status.code().expect("it ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Applies, which converges.
    pub(super) fn apply(&self) {
        let answer = self.tidegate(&["apply", "--timeout", "5m"]);
        assert_eq!(answer.code, 0, "{}", answer.said());
    }

    /// The diff against the cluster as JSON.
    pub(super) fn diff(&self, more: &[&str]) -> Answer {
        self.tidegate(&[&["diff", "--live", "--output", "json"], more].concat())
    }
}

/// The objects that Tidegate changed, but for its own records. An event tells of a change, and is none.
pub(super) fn written(events: &[Event]) -> BTreeSet<String> {
    let ours = events.iter().filter(|event| is_ours(event));
    let ours = ours.map(|event| &event.object_ref);
    let of_a_desk =
        ours.filter(|object| object.namespace != OWN && object.api_group != "events.k8s.io");
    let named = of_a_desk.map(|object| {
        let resource = tidegate::cluster::resource::all().find(|resource| {
            (resource.group, resource.plural) == (&object.api_group, &object.resource)
        });
        let kind = resource.expect("a kind of ours").kind;
        match kind {
            "Namespace" => format!("{kind} /{}", object.name),
            _ => format!("{kind} {}/{}", object.namespace, object.name),
        }
    });
    named.collect()
}

fn is_asked_by_tidegate(event: &Event) -> bool {
    event.user_agent.starts_with(AGENT)
}

fn is_ours(event: &Event) -> bool {
    let is_question = event.object_ref.api_group == "authorization.k8s.io";
    is_asked_by_tidegate(event) && event.is_write() && !is_question
}

/// Runs a command that must succeed.
pub(super) fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the command starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    output
}

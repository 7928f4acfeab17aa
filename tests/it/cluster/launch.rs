//! Building and starting `tests/controlplane`, and what its `cluster.json` says.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde::Deserialize;

/// How many lines of each log are shown when a test fails.
const LOG_LINES: usize = 12;

/// How long a deleted pod takes to end; a pod's own annotation wins.
#[derive(Clone, Copy, Default)]
pub(crate) enum PodEnd {
    /// At once.
    #[default]
    Immediate,
    /// 0 to 20 seconds by seed, namespace, name and revision.
    Seeded(u64),
    /// For ever.
    Never,
    /// That many seconds.
    After(u32),
}

/// Settings of a private control plane.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// How long deleted pods take to end.
    pub(crate) pod_end: PodEnd,
    /// Further flags of kube-apiserver.
    pub(crate) apiserver_flags: Vec<String>,
    /// Further flags of kube-controller-manager.
    pub(crate) controller_manager_flags: Vec<String>,
}

impl Options {
    fn flags(&self) -> Vec<String> {
        let mut flags = match self.pod_end {
            PodEnd::Immediate => vec!["--pod-end=immediate".to_owned()],
            PodEnd::Seeded(seed) => vec!["--pod-end=seeded".to_owned(), format!("--seed={seed}")],
            PodEnd::Never => vec!["--pod-end=never".to_owned()],
            PodEnd::After(seconds) => vec![format!("--pod-end={seconds}s")],
        };
        flags.extend(
            self.apiserver_flags
                .iter()
                .map(|f| format!("--kube-apiserver-flag={f}")),
        );
        let extra = &self.controller_manager_flags;
        flags.extend(
            extra
                .iter()
                .map(|f| format!("--kube-controller-manager-flag={f}")),
        );
        flags
    }
}

/// The fields of `cluster.json` that tests use.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    pub(crate) server: String,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) audit_log: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) control: PathBuf,
}

/// A running supervisor with its components.
pub(crate) struct Plane {
    pub(crate) facts: Facts,
    pub(crate) binary: PathBuf,
    supervisor: Mutex<Child>,
    words: Arc<Mutex<String>>,
}

impl Plane {
    /// Builds the control plane if this version of it was never built, starts it, and returns
    /// when it is usable. Its data folder goes with it, unless `TIDEGATE_KEEP_CLUSTER` is set.
    pub(crate) fn start(options: &Options) -> Self {
        let binary = build().join("controlplane");
        let folder = tempfile::Builder::new()
            .prefix("tidegate-it-")
            .tempdir()
            .expect("temp folder");
        let folder = folder.keep();
        let mut command = Command::new(&binary);
        command
            .arg("up")
            .arg("--until-stdin-closes")
            .arg("--data-dir")
            .arg(&folder);
        command.args(options.flags());
        if std::env::var_os("TIDEGATE_KEEP_CLUSTER").is_none() {
            command.arg("--remove");
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut supervisor = command.spawn().expect("the control plane starts");
        let words = collect(supervisor.stderr.take().expect("stderr is piped"));
        let stdout = supervisor.stdout.take().expect("stdout is piped");
        let ready = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .any(|l| l.starts_with("READY"));
        assert!(ready, "the control plane did not start: {}", said(&words));
        let facts = std::fs::read(folder.join("cluster.json")).expect("cluster.json");
        let facts = serde_json::from_slice(&facts).expect("cluster.json is as we know it");
        Self {
            facts,
            binary,
            supervisor: Mutex::new(supervisor),
            words,
        }
    }

    /// What the supervisor said and the ends of the components' logs.
    pub(crate) fn last_words(&self) -> String {
        let mut text = format!(
            "control plane in {}\n{}",
            self.facts.logs.display(),
            said(&self.words)
        );
        let Ok(folder) = std::fs::read_dir(&self.facts.logs) else {
            return text;
        };
        let mut files: Vec<_> = folder.flatten().map(|f| f.path()).collect();
        files.retain(|f| f != &self.facts.audit_log);
        files.sort();
        for file in files {
            let log = std::fs::read_to_string(&file).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = lines
                .get(lines.len().saturating_sub(LOG_LINES)..)
                .unwrap_or_default();
            let _ = writeln!(text, "--- {}\n{}", file.display(), last.join("\n"));
        }
        text
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let supervisor = self
            .supervisor
            .get_mut()
            .expect("nobody panics holding the supervisor");
        // The end of its stdin ends the supervisor, and that its components.
        drop(supervisor.stdin.take());
        let _ = supervisor.wait();
    }
}

fn build() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane/build.sh");
    let output = Command::new(script)
        .stderr(Stdio::inherit())
        .output()
        .expect("build.sh runs");
    assert!(output.status.success(), "the control plane cannot be built");
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

fn collect(mut from: std::process::ChildStderr) -> Arc<Mutex<String>> {
    let words = Arc::new(Mutex::new(String::new()));
    let into = words.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            let text = String::from_utf8_lossy(buffer.get(..n).unwrap_or_default()).into_owned();
            into.lock()
                .expect("nobody panics holding the words")
                .push_str(&text);
        }
    });
    words
}

fn said(words: &Mutex<String>) -> String {
    words
        .lock()
        .expect("nobody panics holding the words")
        .clone()
}

#[test]
fn options_become_flags_of_the_supervisor() {
    let flags = |pod_end| {
        Options {
            pod_end,
            ..Options::default()
        }
        .flags()
    };
    assert_eq!(flags(PodEnd::Immediate), ["--pod-end=immediate"]);
    assert_eq!(flags(PodEnd::Seeded(7)), ["--pod-end=seeded", "--seed=7"]);
    assert_eq!(flags(PodEnd::Never), ["--pod-end=never"]);
    assert_eq!(flags(PodEnd::After(3)), ["--pod-end=3s"]);
}

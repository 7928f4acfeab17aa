//! A process whose log is followed while it runs.

use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::cluster::wait;

/// How much of the log is shown when a test fails.
const SHOWN: usize = 12_000;

/// A process of the test's runtime; dropping it kills it.
pub(super) struct Process {
    child: Child,
    id: u32,
    log: watch::Receiver<String>,
}

impl Process {
    /// Starts a command and follows what it logs.
    pub(super) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the daemon starts");
        let (text, log) = watch::channel(String::new());
        tokio::spawn(follow(child.stderr.take().expect("stderr is piped"), text));
        let id = child.id().expect("it was just started");
        Self { child, id, log }
    }

    /// The address that it says it listens on.
    pub(super) async fn address(&self) -> String {
        let mut log = self.log.clone();
        let listening = log.wait_for(|text| address(text).is_some());
        match wait::within("the daemon listens", listening).await {
            Ok(text) => address(&text).expect("it was just found"),
            Err(error) => panic!("the daemon did not start: {error}: {}", self.log()),
        }
    }

    /// Waits until the log holds a text.
    pub(super) async fn wait_log(&self, text: &str) {
        let mut log = self.log.clone();
        let told = log.wait_for(|log| log.contains(text));
        let told = wait::within(text, told).await.is_ok();
        assert!(
            told,
            "the daemon ended before it said `{text}`: {}",
            self.log()
        );
    }

    /// What it logged so far.
    pub(super) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Sends a signal by name.
    pub(super) fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        super::run(kill.arg(format!("-{name}")).arg(self.id.to_string()));
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("it is a child of ours")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let cut = log.len().saturating_sub(SHOWN);
            let from = (cut..=log.len()).find(|at| log.is_char_boundary(*at));
            eprintln!(
                "--- the daemon's log\n{}",
                log.get(from.unwrap_or(0)..).unwrap_or_default()
            );
        }
    }
}

async fn follow(mut from: impl AsyncRead + Unpin, text: watch::Sender<String>) {
    let mut buffer = vec![0; 8192];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        let piece = String::from_utf8_lossy(buffer.get(..n).unwrap_or_default()).into_owned();
        text.send_modify(|text| text.push_str(&piece));
    }
}

/// The address in the line that says that the daemon starts, once that line is complete.
fn address(log: &str) -> Option<String> {
    let (complete, _) = log.rsplit_once('\n')?;
    complete.lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let address = line
            .pointer("/fields/address")
            .or_else(|| line.get("address"))?;
        address.as_str().map(str::to_owned)
    })
}

//! The daemon: from a push to everything written and healthy; its memory; and its calls at rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::generate::Fleet;
use crate::plane::Plane;
use crate::{Outcome, say, seconds};

pub(crate) const TIDEGATE: &str = env!("CARGO_BIN_EXE_tidegate");
const REST: Duration = Duration::from_secs(30);

/// How many requests about objects the daemon has under way at most.
pub(crate) const IN_FLIGHT: usize = 32;

/// Of `/proc`, a second: the same on every Linux.
const TICKS: u64 = 100;

/// What was measured.
pub(crate) struct Measured {
    /// From the start until every object was written.
    pub(crate) written: Duration,
    /// From the start until every unit was told to be in place and healthy.
    pub(crate) healthy: Duration,
}

/// Brings the fleet up and prints how.
pub(crate) fn measure(fleet: &Fleet) -> Outcome<Measured> {
    let repository = fleet.beside("fleet.git");
    let commit = push(&fleet.path(), &repository)?;
    let plane = Plane::start(fleet.beside("ours"))?;
    let start = Instant::now();
    let begun = jiff::Timestamp::now();
    let daemon = Daemon::start(fleet, &repository, &plane)?;
    wait(&plane, &commit)?;
    let healthy = start.elapsed();
    let events = plane.audit()?;
    let written = last_write(&events, begun).ok_or("the daemon wrote nothing")?;
    say(&format!(
        "daemon, {} strategies: written in {}, healthy in {}",
        fleet.strategies,
        seconds(written),
        seconds(healthy)
    ));
    say(&format!("daemon, calls: {}", tally(&events)));
    say(&format!(
        "daemon, processor time: {}",
        seconds(daemon.processor_time()?)
    ));
    std::thread::sleep(REST);
    let rest: Vec<Value> = plane.audit()?.split_off(events.len());
    say(&format!(
        "daemon at rest for {}: {}",
        seconds(REST),
        tally(&rest)
    ));
    say(&format!(
        "daemon, peak memory: {} MiB",
        daemon.peak_memory()? / 1024
    ));
    Ok(Measured { written, healthy })
}

/// Waits until every unit is in place and healthy.
fn wait(plane: &Plane, commit: &str) -> Outcome<()> {
    let status = Command::new(TIDEGATE)
        .args(["status", "--wait", "20m", "--output", "json", "--commit"])
        .arg(commit)
        .arg("--kubeconfig")
        .arg(plane.kubeconfig())
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the daemon did not converge".into())
    }
}

/// The objects that the fleet renders to, in apply order.
pub(crate) fn objects(fleet: &Fleet) -> Outcome<Vec<Value>> {
    let mut command = Command::new(TIDEGATE);
    let output = command
        .arg("render")
        .arg(fleet.path())
        .args(["--output", "json"])
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A running daemon; it ends with this.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Starts one that follows a repository.
    pub(crate) fn start(fleet: &Fleet, repository: &Path, plane: &Plane) -> Outcome<Self> {
        let mut command = Command::new(TIDEGATE);
        command
            .args(["run", "--listen", "127.0.0.1:0", "--repo"])
            .arg(repository)
            .arg("--cache-dir")
            .arg(fleet.beside("mirror"))
            .arg("--kubeconfig")
            .arg(plane.kubeconfig())
            .stderr(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// In user and kernel mode, over all threads.
    pub(crate) fn processor_time(&self) -> Outcome<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // What comes before the closing bracket is the name, which may hold anything.
        let (_, fields) = stat.rsplit_once(") ").ok_or("no name")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let mut ticks: u64 = 0;
        for place in [11, 12] {
            ticks += fields.get(place).ok_or("no times")?.parse::<u64>()?;
        }
        Ok(Duration::from_millis(ticks * 1000 / TICKS))
    }

    /// In KiB.
    pub(crate) fn peak_memory(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .ok_or("no VmHWM")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a bare repository of the fleet.
pub(crate) fn push(fleet: &Path, repository: &Path) -> Outcome<String> {
    let git = |arguments: &[&str]| -> Outcome<String> {
        let mut command = Command::new("git");
        command.current_dir(fleet).args([
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@example.com",
        ]);
        let output = command.args(arguments).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    git(&["init", "--quiet", "--initial-branch=main"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--message", "Start"])?;
    git(&[
        "clone",
        "--quiet",
        "--bare",
        ".",
        &repository.display().to_string(),
    ])?;
    git(&["rev-parse", "HEAD"])
}

/// When our last write of an object was answered. Leases and records are not objects of the fleet.
fn last_write(events: &[Value], begun: jiff::Timestamp) -> Option<Duration> {
    let patches = events
        .iter()
        .filter(|event| is_ours(event) && event["verb"] == "patch");
    let last = patches
        .filter_map(|event| {
            event["stageTimestamp"]
                .as_str()?
                .parse::<jiff::Timestamp>()
                .ok()
        })
        .max()?;
    Duration::try_from(last.duration_since(begun)).ok()
}

pub(crate) fn is_ours(event: &Value) -> bool {
    let agent = event["userAgent"].as_str().unwrap_or_default();
    let of_status = event["verb"] == "list"
        && event["requestURI"]
            .as_str()
            .is_some_and(|uri| uri.contains("/releases"));
    agent.starts_with("tidegate/") && !of_status
}

/// How many calls of each kind; Leases and records are told apart from objects.
pub(crate) fn tally(events: &[Value]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| is_ours(event)) {
        let verb = event["verb"].as_str().unwrap_or_default();
        let resource = event["objectRef"]["resource"].as_str().unwrap_or_default();
        let kind = match resource {
            "leases" => "lease".to_owned(),
            "releases" => format!("{verb} of records"),
            _ => verb.to_owned(),
        };
        *counts.entry(kind).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    if parts.is_empty() {
        "no calls".to_owned()
    } else {
        parts.join(", ")
    }
}

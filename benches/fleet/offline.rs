//! `check` and `render` of the whole fleet, beside reading the same files with a YAML library.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::generate::Fleet;
use crate::{Outcome, say};

const TIDEGATE: &str = env!("CARGO_BIN_EXE_tidegate");
const RUNS: usize = 5;

/// Prints both.
pub(crate) fn compare(fleet: &Fleet) -> Outcome<()> {
    let peer = best(|| read_all(&fleet.path()))?;
    for command in ["check", "render"] {
        let ours = best(|| run(command, &fleet.path()))?;
        say(&format!(
            "tidegate {command}: {} ms · serde_yaml reading the same files: {} ms · ratio {:.2}",
            ours.as_millis(),
            peer.as_millis(),
            ours.as_secs_f64() / peer.as_secs_f64()
        ));
    }
    Ok(())
}

fn best(mut work: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn run(command: &str, fleet: &Path) -> Outcome<()> {
    let mut child = Command::new(TIDEGATE);
    child
        .arg(command)
        .arg(fleet)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = child.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`tidegate {command}` failed: {status}").into())
    }
}

fn read_all(folder: &Path) -> Outcome<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path)?;
        } else {
            let _: serde_json::Value = serde_yaml::from_str(&std::fs::read_to_string(path)?)?;
        }
    }
    Ok(())
}

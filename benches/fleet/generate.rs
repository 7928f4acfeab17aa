//! A believable fleet of any size: the same one every time.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::Outcome;

/// A fleet on the disk.
pub(crate) struct Fleet {
    folder: TempDir,
    /// How many strategies it has.
    pub(crate) strategies: usize,
    /// How many files it has.
    pub(crate) files: usize,
}

impl Fleet {
    /// Its folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("fleet")
    }

    /// A folder beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const DESKS: [&str; 4] = ["crypto-mm", "crypto-trend", "us-eq", "research"];

/// Services in the first stage of a rollout that nobody lets go on: every other one waits for a
/// person while a metric is judged, and the rest for time to pass.
pub(crate) fn waiting(strategies: usize, metric: &str) -> Outcome<Fleet> {
    let mut fleet = empty(strategies)?;
    let metrics = format!(
        "  metrics:\n    level: {{http: {{url: '{metric}', path: $.level, samples: $.samples}}}}\n"
    );
    write(&mut fleet, "tidegate.yaml", &format!("{FLEET}{metrics}"))?;
    for number in 0..strategies {
        let name = format!("s{number:04}");
        let stage = if number % 2 == 0 {
            "{weight: 50%, gates: [{pause: {}}, {metric: level, max: 1, minSamples: 1, interval: 30s}]}"
        } else {
            "{weight: 50%, for: 8h}"
        };
        let service = service(&name).replace("replicas: 1", "replicas: 2");
        let spec = format!("{service}  rollout: {{canary: [{stage}]}}\n");
        strategy(&mut fleet, number, &name, &spec)?;
    }
    Ok(fleet)
}

/// Six algos with configuration and state, three services and a job, over and over.
pub(crate) fn fleet(strategies: usize) -> Outcome<Fleet> {
    let mut fleet = empty(strategies)?;
    write(&mut fleet, "tidegate.yaml", FLEET)?;
    for number in 0..strategies {
        let name = format!("s{number:04}");
        let spec = match number % 10 {
            0..6 => algo(&name),
            6..9 => service(&name),
            _ => job(&name),
        };
        strategy(&mut fleet, number, &name, &spec)?;
    }
    Ok(fleet)
}

/// A fleet of desks.
fn empty(strategies: usize) -> Outcome<Fleet> {
    let mut fleet = Fleet {
        folder: tempfile::tempdir()?,
        strategies,
        files: 0,
    };
    for desk in DESKS {
        let text = format!(
            "kind: Desk\nmetadata: {{name: {desk}}}\nspec: {{email: {desk}@example.com}}\n"
        );
        write(&mut fleet, &format!("desks/{desk}/desk.yaml"), &text)?;
    }
    Ok(fleet)
}

/// Adds a strategy with its configuration, to one desk after the other.
fn strategy(fleet: &mut Fleet, number: usize, name: &str, spec: &str) -> Outcome<()> {
    let desk = DESKS.get(number % DESKS.len()).copied();
    let desk = desk.unwrap_or("research");
    write(fleet, &format!("desks/{desk}/{name}.yaml"), spec)?;
    let config =
        format!("name: {name}\nseed: {number}\npairs: [BTC/USDT, ETH/USDT]\nwindow: 240\n");
    write(fleet, &format!("desks/{desk}/{name}/config.yaml"), &config)
}

fn write(fleet: &mut Fleet, path: &str, text: &str) -> Outcome<()> {
    let path = fleet.path().join(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    fleet.files += 1;
    Ok(())
}

const FLEET: &str = "kind: Fleet
metadata: {name: bench}
spec:
  edition: 2026-11
  clusters:
  - {name: local, storageClasses: {ssd: {name: ssd, csi: true}}}
";

fn algo(name: &str) -> String {
    format!(
        "kind: Strategy
metadata: {{name: {name}}}
spec:
  class: algo
  mode: paper
  image: registry.example.com/desk/{name}:1.4.2
  command: [python, /app/live.py]
  env: {{PYTHONUNBUFFERED: '1'}}
  config:
  - {{path: /app/config.yaml, from: {name}/config.yaml}}
  resources: {{cpu: 100m, memory: 128Mi}}
  state:
  - {{name: data, mountPath: /app/data, size: 1Gi, class: ssd}}
  network:
    egress: [{{to: 'namespace:market-data', port: 443}}]
"
    )
}

fn service(name: &str) -> String {
    format!(
        "kind: Strategy
metadata: {{name: {name}}}
spec:
  class: service
  image: registry.example.com/desk/{name}:2.0.1
  config:
  - {{path: /etc/config.yaml, from: {name}/config.yaml}}
  resources: {{cpu: 100m, memory: 128Mi}}
  replicas: 1
"
    )
}

fn job(name: &str) -> String {
    format!(
        "kind: Strategy
metadata: {{name: {name}}}
spec:
  class: job
  image: registry.example.com/desk/{name}:3.1.0
  command: [python, /app/backtest.py]
  run: {{cron: '0 2 * * 1-5', timeZone: America/New_York}}
  config:
  - {{path: /app/config.yaml, from: {name}/config.yaml}}
  resources: {{cpu: 1, memory: 1Gi}}
"
    )
}

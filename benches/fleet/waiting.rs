//! What rollouts cost that wait: each at its first stage, half of them for a person while a metric is
//! judged. And how soon the next stage begins once the person has said so.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::daemon::{self, Daemon, TIDEGATE};
use crate::generate;
use crate::plane::Plane;
use crate::{Outcome, say, seconds, steps};

/// How long it is looked at while nothing happens.
const REST: Duration = Duration::from_mins(2);

/// How long all of them may take to wait.
const PATIENCE: Duration = Duration::from_mins(20);

/// How many stages are let go on, one after the other.
const PROMOTIONS: usize = 20;

/// Brings the rollouts to where they wait, and prints what that costs.
pub(crate) fn measure(strategies: usize) -> Outcome<()> {
    let gauge = Gauge::start()?;
    let fleet = generate::waiting(strategies, &gauge.url)?;
    let repository = fleet.beside("fleet.git");
    daemon::push(&fleet.path(), &repository)?;
    let plane = Plane::start(fleet.beside("waiting"))?;
    let start = Instant::now();
    let daemon = Daemon::start(&fleet, &repository, &plane)?;
    while waiting(&plane)? < strategies {
        if start.elapsed() > PATIENCE {
            return Err("the rollouts never came to wait".into());
        }
        std::thread::sleep(Duration::from_secs(2));
    }
    say(&format!(
        "{strategies} rollouts wait after {}",
        seconds(start.elapsed())
    ));
    // What is written after a while is written by then.
    std::thread::sleep(REST);
    let (before, asked) = (plane.audit()?.len(), gauge.asked());
    let busy = daemon.processor_time()?;
    std::thread::sleep(REST);
    let rest: Vec<Value> = plane.audit()?.split_off(before);
    say(&format!(
        "rollouts that wait, for {}: {}; {} measurements; {} of processor time; peak memory {} MiB",
        seconds(REST),
        daemon::tally(&rest),
        gauge.asked() - asked,
        seconds(daemon.processor_time()?.saturating_sub(busy)),
        daemon.peak_memory()? / 1024
    ));
    steps::measure(&plane, &fleet)?;
    promote(&plane, strategies)
}

/// How many rollouts are at a stage that they wait at.
fn waiting(plane: &Plane) -> Outcome<usize> {
    let output = Command::new(TIDEGATE)
        .args(["status", "--output", "json", "--kubeconfig"])
        .arg(plane.kubeconfig())
        .output()?;
    let Ok(status) = serde_json::from_slice::<Value>(&output.stdout) else {
        return Ok(0);
    };
    let units = status["units"].as_array().map_or(&[][..], Vec::as_slice);
    let waits = |unit: &&Value| {
        let text = unit["status"]["waitingOn"].to_string();
        text.contains("gate {for: 8h}") || text.contains("who promotes")
    };
    Ok(units.iter().filter(waits).count())
}

/// From the word of a person to the first write of the next stage, by the API server's clock.
fn promote(plane: &Plane, strategies: usize) -> Outcome<()> {
    let mut took = Vec::new();
    for number in (0..strategies).step_by(2).take(PROMOTIONS) {
        let name = format!("s{number:04}");
        let before = plane.audit()?.len();
        Command::new(TIDEGATE)
            .args(["promote", &name, "--kubeconfig"])
            .arg(plane.kubeconfig())
            .output()?;
        took.push(first_write(plane, before, &name)?);
    }
    took.sort_unstable();
    let at = |index: usize| took.get(index).copied().unwrap_or_default();
    say(&format!(
        "from a promotion to the next stage's first write: median {} ms, longest {} ms, of {}",
        at(took.len() / 2).as_millis(),
        at(took.len().saturating_sub(1)).as_millis(),
        took.len()
    ));
    Ok(())
}

/// From the Intent to the first write of an object of the strategy.
fn first_write(plane: &Plane, before: usize, name: &str) -> Outcome<Duration> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let events = plane.audit()?.split_off(before);
        let of = |resource: &str, verb: &str| {
            let found = events.iter().find(|event| {
                event["verb"] == verb
                    && event["stage"] == "ResponseComplete"
                    && event["objectRef"]["resource"] == resource
                    && (resource == "intents" || is_of(event, name))
            })?;
            found["stageTimestamp"]
                .as_str()?
                .parse::<jiff::Timestamp>()
                .ok()
        };
        if let (Some(asked), Some(written)) = (of("intents", "create"), of("deployments", "patch"))
        {
            return Ok(Duration::try_from(written.duration_since(asked))?);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(format!("{name} was promoted, and nothing was written").into())
}

fn is_of(event: &Value, name: &str) -> bool {
    let object = event["objectRef"]["name"].as_str().unwrap_or_default();
    daemon::is_ours(event) && object.starts_with(name)
}

/// A server with one number, that counts how often it is asked.
struct Gauge {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Gauge {
    fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/level", listener.local_addr()?);
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                // Whoever asks may have gone.
                std::thread::spawn(move || answer(&stream, &counter).is_ok());
            }
        });
        Ok(Self { url, asked })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Answers every request of a connection.
fn answer(stream: &TcpStream, counter: &AtomicUsize) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut writer = stream;
    loop {
        loop {
            match lines.next().transpose()? {
                None => return Ok(()),
                Some(line) if line.is_empty() => break,
                Some(_) => {}
            }
        }
        counter.fetch_add(1, Ordering::Relaxed);
        let body = r#"{"level": 0.5, "samples": 100}"#;
        write!(
            writer,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

//! `make bench`: ratios, side by side with a peer in the same run. Nothing here passes or fails.
//!
//! `TIDEGATE_BENCH_STRATEGIES` sets the size of the fleet (1000), `TIDEGATE_BENCH_OFFLINE=1` leaves
//! the control plane out, `TIDEGATE_BENCH_ONLY=waiting` all but the rollouts that wait, and
//! `TIDEGATE_BENCH_ONLY=fleet` just those.

mod daemon;
mod generate;
mod offline;
mod peer;
mod plane;
mod steps;
mod waiting;

use std::error::Error;
use std::time::Duration;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    // `cargo test --benches` would run this too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let count = std::env::var("TIDEGATE_BENCH_STRATEGIES").ok();
    let count = count.map_or(Ok(1000), |text| text.parse())?;
    let fleet = generate::fleet(count)?;
    say(&format!("{count} strategies, {} files", fleet.files));
    offline::compare(&fleet)?;
    if std::env::var_os("TIDEGATE_BENCH_OFFLINE").is_some() {
        return Ok(());
    }
    let only = std::env::var("TIDEGATE_BENCH_ONLY").unwrap_or_default();
    if only != "fleet" {
        waiting::measure(count)?;
    }
    if only == "waiting" {
        return Ok(());
    }
    let ours = daemon::measure(&fleet)?;
    let objects = daemon::objects(&fleet)?;
    say(&format!(
        "the daemon has at most {} requests about objects in flight; the peer once as many, once one",
        daemon::IN_FLIGHT
    ));
    for in_flight in [daemon::IN_FLIGHT, 1] {
        let theirs = peer::measure(&objects, in_flight)?;
        say(&format!(
            "bare loop of {} server-side PATCHes, {in_flight} in flight: written in {}, pods ready in {}",
            objects.len(),
            seconds(theirs.written),
            seconds(theirs.ready)
        ));
        for (what, ours, theirs) in [
            ("written to written", ours.written, theirs.written),
            ("healthy to written", ours.healthy, theirs.written),
            ("healthy to ready", ours.healthy, theirs.ready),
        ] {
            say(&format!(
                "daemon to bare loop, {in_flight} in flight, {what}: {:.2}",
                ours.as_secs_f64() / theirs.as_secs_f64()
            ));
        }
    }
    Ok(())
}

/// Prints a line of the report.
#[expect(clippy::print_stdout, reason = "a report is what a benchmark is for")]
fn say(line: &str) {
    println!("{line}");
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

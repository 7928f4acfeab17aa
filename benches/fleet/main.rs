//! `make bench`: ratios, side by side with a peer in the same run. Nothing here passes or fails.
//!
//! `TIDEGATE_BENCH_STRATEGIES` sets the size of the fleet (1000), `TIDEGATE_BENCH_OFFLINE=1` leaves
//! the control plane out.

mod daemon;
mod generate;
mod offline;
mod peer;
mod plane;

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
    let ours = daemon::measure(&fleet)?;
    let objects = daemon::objects(&fleet)?;
    for in_flight in [32, 1] {
        let theirs = peer::measure(&objects, in_flight)?;
        say(&format!(
            "push to every object written: {} · bare PATCHes, {in_flight} in flight: {} · ratio {:.2}",
            seconds(ours.written),
            seconds(theirs),
            ours.written.as_secs_f64() / theirs.as_secs_f64()
        ));
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

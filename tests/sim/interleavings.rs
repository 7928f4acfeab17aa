//! Many interleavings, each from a seed, on every core.
//!
//! `SIM_SCRIPTS` says how many, `SIM_FROM` which seed is the first, `SIM_SEED` replays one with
//! everything that happens in it, and `SIM_SCRIPT` replays a script, as JSON.

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::sim::fleet::{Role, Site, casts, staged_casts};
use crate::sim::invariant::{Invariant, Violation};
use crate::sim::run::{self, Beat, Fleets, Report};
use crate::sim::script::Script;
use crate::sim::table::Table;

/// How many interleavings a plain `cargo test` runs.
const FEW: u64 = 60;

/// From so many interleavings on, every action must have met every fault.
const MANY: u64 = 20_000;

/// Scripts that once broke an invariant.
const MENDED: [&str; 4] = [
    // A strategy that is removed in the middle of a change of its class.
    r#"{"seed":809,"cast":["quoter","last"],"isFresh":false,"items":[{"action":{"what":"reclass","role":"quoter","number":1}},{"turns":6},{"turns":3},{"action":{"what":"remove","role":"quoter","number":0}}]}"#,
    // One that Git loses under a Halt, with its record.
    r#"{"seed":618,"cast":["pricer","quoter"],"isFresh":false,"items":[{"action":{"what":"halt","role":"pricer","number":2}},{"action":{"what":"forgetRecord","role":"quoter","number":2}},{"action":{"what":"empty","role":"quoter","number":0}},{"action":{"what":"restore","role":"pricer","number":3}}]}"#,
    // A Halt in the middle of a change of class.
    r#"{"seed":643,"cast":["pricer","quoter"],"isFresh":false,"items":[{"turns":6},{"turns":3},{"action":{"what":"reclass","role":"quoter","number":1}},{"turns":2},{"action":{"what":"empty","role":"quoter","number":1}},{"turns":5},{"action":{"what":"revert","role":"quoter","number":3}},{"turns":5},{"action":{"what":"halt","role":"pricer","number":1}}]}"#,
    // What cannot be changed in place, on the way back.
    r#"{"seed":5129,"cast":["quoter","signals"],"isFresh":false,"items":[{"action":{"what":"push","role":"quoter","number":3}},{"turns":5},{"action":{"what":"remove","role":"signals","number":2}},{"turns":5},{"action":{"what":"freeze","role":"signals","number":1}},{"turns":6},{"action":{"what":"deleteWorkload","role":"quoter","number":2}},{"turns":1},{"action":{"what":"refuse","role":"quoter","number":1}},{"turns":3},{"action":{"what":"push","role":"quoter","number":0}},{"turns":2},{"action":{"what":"push","role":"quoter","number":2}},"quiet"]}"#,
];

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.replace('_', "")
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number")),
    )
}

/// Tells whoever runs the test, however its output is captured.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
}

/// What all interleavings come to.
struct Sum {
    table: Table,
    counted: u64,
    failures: u64,
}

struct Work {
    next: AtomicU64,
    end: u64,
    casts: &'static [&'static [Role]],
    stop: AtomicBool,
    fleets: Fleets,
    sum: Mutex<Sum>,
}

#[test]
fn whatever_happens_the_invariants_hold() {
    if let Ok(text) = std::env::var("SIM_SCRIPT") {
        let script = serde_json::from_str(&text).expect("SIM_SCRIPT is a script");
        return tell(&run::replay(&script, &mut Fleets::default(), true));
    }
    if let Some(seed) = number("SIM_SEED") {
        let report = run::from_seed(
            seed,
            &mut Fleets::default(),
            &mut Table::new(),
            casts(),
            true,
        );
        return tell(&report);
    }
    simulate(number("SIM_SCRIPTS").unwrap_or(FEW), casts());
}

/// Promoted, held, halted, or waiting for somebody who is named.
#[test]
fn a_rollout_always_ends_once_the_world_stops_changing() {
    if std::env::var_os("SIM_SCRIPT").is_none() && std::env::var_os("SIM_SEED").is_none() {
        simulate(number("SIM_SCRIPTS").unwrap_or(FEW) / 10, staged_casts());
    }
}

#[test]
fn what_once_broke_an_invariant_no_longer_does() {
    let mut fleets = Fleets::default();
    for text in MENDED {
        let script = serde_json::from_str(text).expect("it is a script");
        let found = run::replay(&script, &mut fleets, false).violation;
        assert!(found.is_none(), "{text}: {}", found.expect("it is there"));
    }
}

/// What a real control plane is held against, in `tests/it/agreement`.
#[test]
fn a_quiet_script_ends_the_same_each_time() {
    for seed in 1..=5 {
        let quiet = || run::quiet(seed, &mut Fleets::at(Site::default()));
        let beats: Vec<Beat> =
            quiet().unwrap_or_else(|violation| panic!("seed {seed}: {violation}"));
        let told: Vec<String> = beats.iter().map(ToString::to_string).collect();
        let same = quiet().is_ok_and(|again| again == beats);
        assert!(same, "seed {seed}:\n{}", told.join("\n"));
    }
}

fn simulate(scripts: u64, casts: &'static [&'static [Role]]) {
    let from = number("SIM_FROM").unwrap_or(1);
    let begun = Instant::now();
    let work = Work {
        next: AtomicU64::new(from),
        end: from + scripts,
        casts,
        stop: AtomicBool::new(false),
        fleets: Fleets::default(),
        sum: Mutex::new(Sum {
            table: Table::new(),
            counted: 0,
            failures: 0,
        }),
    };
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work.run());
        }
    });
    let sum = work.sum.into_inner().expect("no thread panicked");
    report(&sum, scripts, begun, threads);
}

impl Work {
    fn run(&self) {
        let mut fleets = self.fleets.share();
        let mut table = Table::new();
        let mut counted = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end {
                break;
            }
            let one = AssertUnwindSafe(|| {
                run::from_seed(seed, &mut fleets, &mut table, self.casts, false)
            });
            match catch_unwind(one) {
                Ok(Report {
                    violation: None,
                    counts,
                    ..
                }) => counted += u64::from(counts),
                Ok(Report {
                    violation: Some(found),
                    script,
                    ..
                }) => {
                    let least = run::shrink(&script, found.invariant, &mut fleets);
                    self.fail(seed, &found, Some(&least));
                }
                Err(_) => {
                    let what = "something panicked; its message is above".to_owned();
                    self.fail(
                        seed,
                        &Violation {
                            invariant: Invariant::Total,
                            what,
                        },
                        None,
                    );
                    fleets = self.fleets.share();
                }
            }
        }
        let mut sum = self.sum.lock().expect("no thread panicked");
        sum.table.add(&table);
        sum.counted += counted;
    }

    fn fail(&self, seed: u64, found: &Violation, script: Option<&Script>) {
        let most = number("SIM_FAILURES").unwrap_or(1);
        tell_failure(seed, found, script);
        let mut sum = self.sum.lock().expect("no thread panicked");
        sum.failures += 1;
        if sum.failures >= most {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn tell_failure(seed: u64, violation: &Violation, script: Option<&Script>) {
    let mut text = format!("\nseed {seed}: {violation}\n");
    if let Some(script) = script {
        let json = serde_json::to_string(script).expect("a script is plain data");
        let _ = writeln!(
            text,
            "{script}the least of it: SIM_SCRIPT='{json}' tests/sim/run.sh"
        );
    }
    let _ = write!(text, "all of it: SIM_SEED={seed} tests/sim/run.sh");
    say(&text);
}

fn report(sum: &Sum, scripts: u64, begun: Instant, threads: usize) {
    let took = begun.elapsed().as_secs_f64();
    if scripts >= MANY || sum.failures > 0 {
        say(&sum.table.text());
    }
    let empty = sum.table.empty();
    let pace = f64::from(u32::try_from(scripts).unwrap_or(u32::MAX)) / took;
    say(&format!(
        "{} interleavings of at least 10 actions, 2 strategies and 1 fault, of {scripts} scripts, in {took:.1} s on {threads} cores ({pace:.1} scripts/s); {} empty cells",
        sum.counted,
        empty.len()
    ));
    assert!(
        sum.failures == 0,
        "an invariant does not hold; the seed is above"
    );
    assert!(scripts < MANY || empty.is_empty(), "never met: {empty:?}");
}

/// Tells a single interleaving from beginning to end.
fn tell(report: &Report) {
    say(&report.log.join("\n"));
    say(&report.script.to_string());
    say(&serde_json::to_string(&report.script).expect("a script is plain data"));
    if let Some(violation) = &report.violation {
        panic!("{violation}");
    }
}

//! A simulated rollout for a terminal.

use std::fmt::Write as _;

use super::Replay;
use crate::calendar::whole_second;
use crate::diagnostic::render::neutralise;
use crate::forecast::human;
use crate::rollout::ahead::{Ending, Leg, Passage};
use crate::rollout::verdict::Verdict;
use crate::rollout::words;

/// The stages, each with what its gates said, and how it ended.
pub fn text(replay: &Replay) -> String {
    let mut page = String::new();
    let journey = &replay.journey;
    line(
        &mut page,
        &format!(
            "{}: simulated from {} to {}",
            replay.strategy,
            whole_second(journey.from),
            whole_second(replay.until)
        ),
    );
    for hold in &journey.holds {
        let until = hold.until.map_or_else(String::new, |until| {
            format!(", until {}", whole_second(until))
        });
        line(&mut page, &format!("  waits for {}{until}", hold.what));
    }
    for (index, leg) in journey.legs.iter().enumerate() {
        stage(&mut page, index + 1, leg, &journey.ending);
    }
    ending(&mut page, replay);
    for missing in &replay.missing {
        line(
            &mut page,
            &format!("  missing   nothing is recorded of `{missing}`"),
        );
    }
    for assumed in &replay.assumed {
        line(&mut page, &format!("  assumed   {assumed}"));
    }
    page
}

fn line(page: &mut String, text: &str) {
    let _ = writeln!(page, "{}", neutralise(text).trim_end());
}

fn stage(page: &mut String, number: usize, leg: &Leg, ending: &Ending) {
    let name = leg.stage.as_ref().map_or("at once", |it| &it.name);
    let from = whole_second(leg.entered);
    let (mark, until) = match (leg.left, ending) {
        (Some(left), _) => (
            '✔',
            format!("until {}, {}", whole_second(left), human(leg.entered, left)),
        ),
        (None, Ending::Stopped { at, .. }) => (
            '✖',
            format!(
                "stopped at {}, after {}",
                whole_second(*at),
                human(leg.entered, *at)
            ),
        ),
        (None, _) => ('…', "not left".to_owned()),
    };
    line(page, "");
    line(
        page,
        &format!("  {mark} {number} {name}  from {from} {until}"),
    );
    for passage in &leg.gates {
        gate(page, leg, passage);
    }
    for hold in &leg.holds {
        let until = hold.until.map_or_else(String::new, |until| {
            format!(" until {}", whole_second(until))
        });
        let since = whole_second(hold.since);
        line(
            page,
            &format!("      waits for {} from {since}{until}", hold.what),
        );
    }
}

fn gate(page: &mut String, leg: &Leg, passage: &Passage) {
    let mark = mark(passage.verdict);
    let since = passage.since.filter(|since| *since > leg.entered);
    let since = since.map(|since| format!("  [+{}]", human(leg.entered, since)));
    let asks = words::gate(&passage.gate);
    line(
        page,
        &format!("      {mark} {asks}{}", since.unwrap_or_default()),
    );
    if let Some(said) = passage.said.as_ref().filter(|it| !it.is_empty()) {
        line(page, &format!("          {said}"));
    }
}

/// The sign before a gate.
fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => '✔',
        Verdict::Wait => '…',
        Verdict::Inconclusive => '?',
        Verdict::Fail => '✖',
        Verdict::Error => '!',
    }
}

fn ending(page: &mut String, replay: &Replay) {
    let journey = &replay.journey;
    line(page, "");
    match &journey.ending {
        Ending::Promoted(at) => {
            let takes = journey.begins().map(|from| human(from, *at));
            let takes = takes.map_or_else(String::new, |it| format!(", {it} after it began"));
            line(page, &format!("  promoted  {}{takes}", whole_second(*at)));
        }
        Ending::Stopped { at, why, then } => {
            line(page, &format!("  stopped   {}: {why}", whole_second(*at)));
            line(
                page,
                &format!("            it {}", words::on_failure(*then)),
            );
        }
        Ending::Waits(waits) | Ending::Beyond(waits) => {
            line(
                page,
                &format!(
                    "  undecided when the recording ends, {}",
                    whole_second(replay.until)
                ),
            );
            for wait in waits {
                line(
                    page,
                    &format!(
                        "            waits for {}, until {}",
                        wait.what, wait.unblocks_when
                    ),
                );
            }
        }
    }
}

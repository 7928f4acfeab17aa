//! The stages that a change comes through, as a table.
//!
//! Without any instant in it: a preview is the same whenever it is made. `tidegate plan` tells times.

use std::fmt::Write as _;

use super::Row;
use super::inline::safe;
use crate::resolve::rollout::{Rollout, Stage};
use crate::rollout::words;

/// A table of this many stages stands open; a longer one is folded.
const OPEN: usize = 4;

/// The stages of a unit; empty where its change comes at once.
pub(super) fn markdown(row: &Row, name: &str) -> String {
    let Some(rollout) = &row.rollout else {
        return String::new();
    };
    let mut table = String::from("| Stage | Exposure | Left when |\n|---|---|---|\n");
    for (index, stage) in rollout.stages.iter().enumerate() {
        let what = words::exposure(&stage.exposure, rollout);
        let _ = writeln!(
            table,
            "| {} {} | {} | {} |",
            index + 1,
            safe(&format!("`{}`", stage.name)),
            safe(&what),
            left_when(stage)
        );
    }
    let open = if rollout.stages.len() <= OPEN {
        " open"
    } else {
        ""
    };
    let stages = match rollout.stages.len() {
        1 => "1 stage".to_owned(),
        count => format!("{count} stages"),
    };
    format!(
        "\n<details{open}><summary><code>{name}</code> · rollout in {stages}</summary>\n\n{table}\n{}\n</details>\n",
        terms(rollout)
    )
}

fn left_when(stage: &Stage) -> String {
    let gates: Vec<String> = stage
        .gates
        .iter()
        .map(|it| safe(&words::gate(it)))
        .collect();
    match gates.as_slice() {
        [] => "in place".to_owned(),
        gates => gates.join("<br>"),
    }
}

/// What holds for all of them.
fn terms(rollout: &Rollout) -> String {
    let mut text = String::new();
    if let Some(window) = &rollout.window {
        let window = safe(&format!("`{window}`"));
        let _ = writeln!(
            text,
            "It begins, and goes to its next stage, while {window} is open."
        );
    }
    if let Some(keep) = rollout.keep_for.filter(|_| rollout.style.is_beside()) {
        let _ = writeln!(text, "What ran before is kept for {keep} after the switch.");
    }
    let then = words::on_failure(rollout.on_failure);
    let _ = writeln!(
        text,
        "When a stage fails, it {then}. `tidegate plan` tells the earliest times."
    );
    text
}

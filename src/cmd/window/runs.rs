//! The runs of a job by trading session.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::calendar::{Next, Run, Tables, whole_second};
use crate::resolve::run::SessionRun;

/// How many runs are listed.
const RUNS: usize = 3;

/// The next runs of a job, each with the instant by which it is to be done.
pub(super) struct Runs<'a> {
    run: &'a SessionRun,
    next: Vec<(Timestamp, Option<Timestamp>)>,
}

impl<'a> Runs<'a> {
    pub(super) fn of(run: &'a SessionRun, tables: &Tables, at: Timestamp) -> Self {
        let edges = Run {
            after: &run.after,
            finish_before: run.finish_before.as_ref(),
        };
        let mut next = Vec::new();
        let mut after = at;
        while let Next::At(due) = edges.next(tables, after)
            && next.len() < RUNS
        {
            let time = edges.time(tables, due);
            next.push((due, time.and_then(|time| due.checked_add(time).ok())));
            after = due;
        }
        Self { run, next }
    }

    pub(super) fn text(&self, name: &str) -> String {
        let mut text = format!("{name}: it runs {}\n\n", self.run);
        if self.next.is_empty() {
            text.push_str("No run is known: its calendar has no such edge, or ends before it\n");
            return text;
        }
        text.push_str("Its next runs are due\n");
        for (due, deadline) in &self.next {
            let due = whole_second(*due);
            let _ = match deadline.map(whole_second) {
                Some(deadline) => writeln!(text, "  at {due}, done by {deadline}"),
                None => writeln!(text, "  at {due}"),
            };
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let next = self.next.iter().map(|(due, deadline)| {
            json!({"at": whole_second(*due), "doneBy": deadline.map(whole_second)})
        });
        json!({"run": self.run, "next": next.collect::<Vec<_>>()})
    }
}

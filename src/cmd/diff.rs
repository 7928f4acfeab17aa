//! `tidegate diff`.

mod live;
mod unwanted;

use serde_json::{Value, json};

use self::unwanted::Kept;
use super::input::Input;
use super::{Exit, Failure, Screen};
use crate::cli::{DiffOptions, DiffOutput};
use crate::diff::mask::Masked;
use crate::diff::{self, ObjectDiff, Verdict, render};
use crate::object::Object;

/// What comes of a comparison.
struct Comparison {
    diffs: Vec<ObjectDiff>,
    kept: Vec<Kept>,
    notes: Vec<String>,
}

impl Comparison {
    fn of(diffs: Vec<ObjectDiff>) -> Self {
        Self {
            diffs,
            kept: Vec::new(),
            notes: Vec::new(),
        }
    }
}

pub(super) fn run(options: &DiffOptions, screen: Screen) -> Result<Exit, Failure> {
    let head = Input::from_folder(&options.fleet)?;
    head.tell_findings(screen);
    let Comparison { diffs, kept, notes } = match &options.base {
        Some(rev) => Comparison::of(between(options, &head, rev)?),
        None => live::compare(options, &head)?,
    };
    let masked = Masked::of(&diffs);
    match options.output {
        DiffOutput::Text => {
            screen.data(&render::text(&masked, screen.out_colour()))?;
            screen.data(&unwanted::text(&kept))?;
        }
        DiffOutput::Json => screen.json(&json(&masked, &kept))?,
        DiffOutput::Markdown => screen.data(&render::markdown(&masked))?,
    }
    for note in notes {
        screen.words(&format!("{note}\n"));
    }
    Ok(exit(&diffs).and(head.exit(Exit::SpecErrors)))
}

/// The diff, and under `kept` what Git no longer wants and an apply leaves where it is.
fn json(masked: &Masked, kept: &[Kept]) -> Value {
    let mut json = render::json(masked);
    json["kept"] = json!(kept);
    json
}

/// Git against Git.
fn between(options: &DiffOptions, head: &Input, rev: &str) -> Result<Vec<ObjectDiff>, Failure> {
    let base = Input::from_revision(&options.fleet, rev)?;
    Ok(diff::objects(
        &base.objects(&options.strategy),
        &head.objects(&options.strategy),
    ))
}

fn exit(diffs: &[ObjectDiff]) -> Exit {
    diffs
        .iter()
        .map(|diff| match diff.verdict {
            Verdict::Same => Exit::Done,
            Verdict::Differs(_) | Verdict::Created | Verdict::Deleted => Exit::Found,
            Verdict::CannotTell { .. } => Exit::CannotTell,
        })
        .fold(Exit::Done, Exit::and)
}

impl Input {
    /// The objects of the strategies named that are there, or of everything.
    fn objects(&self, strategies: &[String]) -> Vec<Object> {
        let wanted = |unit: &crate::compile::UnitId| {
            strategies.is_empty() || strategies.iter().any(|name| *name == unit.release_name())
        };
        let bundles = self
            .build
            .bundles
            .iter()
            .filter(|bundle| wanted(&bundle.unit));
        bundles
            .flat_map(|bundle| bundle.objects.iter().cloned())
            .collect()
    }
}

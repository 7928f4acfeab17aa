//! `tidegate diff`.

mod labels;
mod live;
mod unwanted;

use serde_json::{Value, json};

use self::unwanted::Kept;
use super::input::{self, Input};
use super::{Exit, Failure, Screen};
use crate::cli::{DiffOptions, DiffOutput};
use crate::compile::UnitId;
use crate::diff::mask::Masked;
use crate::diff::{self, ObjectDiff, Verdict, render};
use crate::object::Object;
use crate::preview::Label;

/// What comes of a comparison.
struct Comparison {
    labels: Vec<Label>,
    diffs: Vec<ObjectDiff>,
    kept: Vec<Kept>,
    notes: Vec<String>,
}

impl Comparison {
    fn of(diffs: Vec<ObjectDiff>) -> Self {
        Self {
            labels: Vec::new(),
            diffs,
            kept: Vec::new(),
            notes: Vec::new(),
        }
    }
}

pub(super) fn run(options: &DiffOptions, screen: Screen) -> Result<Exit, Failure> {
    let head = Input::from_folder(&options.fleet)?;
    head.tell_findings(screen);
    let Comparison {
        labels,
        diffs,
        kept,
        notes,
    } = match &options.base {
        Some(rev) => between(options, &head, rev)?,
        None => live::compare(options, &head)?,
    };
    let masked = Masked::of(&diffs);
    match options.output {
        DiffOutput::Text => {
            screen.data(&render::text(&masked, screen.out_colour()))?;
            screen.data(&unwanted::text(&kept))?;
            screen.data(&Label::text(&labels))?;
        }
        DiffOutput::Json => screen.json(&json(&masked, &kept, &labels))?,
        DiffOutput::Markdown => {
            screen.data(&Label::markdown(&labels))?;
            screen.data(&render::markdown(&masked))?;
        }
    }
    for note in notes {
        screen.words(&format!("{note}\n"));
    }
    Ok(exit(&diffs).and(head.exit(Exit::SpecErrors)))
}

/// The diff, under `kept` what Git no longer wants and an apply leaves where it is, and under `units`
/// what is material.
fn json(masked: &Masked, kept: &[Kept], labels: &[Label]) -> Value {
    let mut json = render::json(masked);
    json["kept"] = json!(kept);
    json["units"] = Label::json(labels);
    json
}

/// Git against Git.
fn between(options: &DiffOptions, head: &Input, rev: &str) -> Result<Comparison, Failure> {
    let base = Input::from_revision(&options.fleet, rev)?;
    let diffs = diff::objects(
        &base.objects(&options.strategy),
        &head.objects(&options.strategy),
    );
    let preview = input::preview(&options.fleet, &base, head)?;
    let rows = preview.rows.iter();
    let wanted = rows.filter(|row| is_wanted(&row.unit, &options.strategy));
    Ok(Comparison {
        labels: wanted.map(Label::of).collect(),
        ..Comparison::of(diffs)
    })
}

/// Whether a unit is one of those named, or none is.
fn is_wanted(unit: &UnitId, strategies: &[String]) -> bool {
    strategies.is_empty() || strategies.contains(&unit.release_name())
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
        let bundles = self.build.bundles.iter();
        let bundles = bundles.filter(|bundle| is_wanted(&bundle.unit, strategies));
        bundles
            .flat_map(|bundle| bundle.objects.iter().cloned())
            .collect()
    }
}

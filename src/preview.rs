//! What a pull request would change, strategy by strategy, and why it matters.
//!
//! Git against Git: nothing here knows a cluster, so a preview is the same on any machine and safe
//! on a change that nobody has read yet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod consequence;
mod edition;
mod fact;
pub(crate) mod inline;
mod json;
mod label;
mod markdown;
mod news;
mod stages;

use std::collections::{BTreeMap, BTreeSet};

use crate::build::Build;
use crate::compile::{Bundle, UnitId};
use crate::diff::{self, ObjectDiff, Verdict};
use crate::digest::short;
use crate::object::ObjectId;
use crate::release::Revision;
use crate::resolve::rollout::Rollout;
use crate::resolve::{Class, Mode, Strategy};
use crate::rollout::consent;
use crate::spec::names::DeskName;

pub use edition::label_editions;
pub use json::json;
pub use label::{Cause, Label};
pub use markdown::{MARKER, MAX_CHARACTERS, markdown};
pub use news::News;

/// A pull request, as the cluster would see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The units that change, the riskiest first.
    pub rows: Vec<Row>,
    /// How many do not.
    pub unchanged: usize,
    /// The findings that it brings.
    pub news: News,
}

/// A unit that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The unit.
    pub unit: UnitId,
    /// Its desk.
    pub desk: DeskName,
    /// Its class; `None` for a desk.
    pub class: Option<Class>,
    /// Its mode.
    pub mode: Option<Mode>,
    /// What happens to it.
    pub change: Change,
    /// What changed it.
    pub cause: Cause,
    /// What changes, in the spec's words.
    pub facts: Vec<String>,
    /// What comes of it in the cluster.
    pub consequence: String,
    /// How a change reaches it, where it does so in stages.
    pub rollout: Option<Rollout>,
    /// The objects that differ.
    pub objects: Vec<ObjectDiff>,
    /// What Git no longer wants, and what stays until somebody consents to its deletion.
    pub kept: Vec<ObjectId>,
}

/// What happens to a unit, the riskiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It has errors: it is left as it runs.
    Broken,
    /// It leaves the fleet.
    Removed,
    /// What it does changes.
    Material,
    /// It joins the fleet.
    Added,
    /// Nothing that it does changes: applied without a restart.
    Minor,
}

impl Change {
    /// The word for tables and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Removed => "removed",
            Self::Material => "material",
            Self::Added => "added",
            Self::Minor => "minor",
        }
    }
}

/// Compares two builds of a fleet.
pub fn preview(base: &Build, head: &Build) -> Preview {
    let before: BTreeMap<&UnitId, &Bundle> = base.bundles.iter().map(|b| (&b.unit, b)).collect();
    let after: BTreeMap<&UnitId, &Bundle> = head.bundles.iter().map(|b| (&b.unit, b)).collect();
    let units: BTreeSet<&UnitId> = before.keys().chain(after.keys()).copied().collect();
    let mut rows: Vec<Row> = units
        .iter()
        .filter_map(|unit| {
            row(
                before.get(unit).copied(),
                after.get(unit).copied(),
                base,
                head,
            )
        })
        .collect();
    rows.extend(newly_broken(base, head, &before));
    let unchanged = units
        .iter()
        .filter(|unit| !rows.iter().any(|row| row.unit == ***unit))
        .count();
    rows.sort_by(|a, b| (a.change, a.class, &a.unit).cmp(&(b.change, b.class, &b.unit)));
    Preview {
        rows,
        unchanged,
        news: news::news(&base.findings, &head.findings),
    }
}

/// What is known of what runs in a cluster.
#[derive(Debug, Clone, Copy, Default)]
pub struct Running<'a> {
    /// What its record says.
    pub stable: Option<&'a Revision>,
    /// Its bundle, where that is stored.
    pub bundle: Option<&'a Bundle>,
    /// The fleet as it was in the commit that the record names, as this Tidegate compiles it.
    pub base: Option<&'a Build>,
}

/// What changes from what runs in a cluster to what Git says; `None` if nothing does.
pub fn against(running: Running<'_>, git: &Bundle, head: &Build) -> Option<Row> {
    let change = match running.stable {
        None => Change::Added,
        Some(stable) if stable.behaviour != git.behaviour.to_string() => Change::Material,
        Some(stable) if stable.bundle != git.bundle.to_string() => Change::Minor,
        Some(_) => return None,
    };
    let of_base = running
        .base
        .and_then(|base| base.bundles.iter().find(|it| it.unit == git.unit));
    let was = running.bundle.or(of_base);
    let mut differing = diff::objects(objects(was), &git.objects);
    differing.retain(|object| object.verdict != Verdict::Same);
    // The same spec came to something else before.
    let is_of_compiler =
        running.stable.is_some() && of_base.is_some_and(|it| it.bundle == git.bundle);
    let old = running.base.and_then(|base| strategy(base, &git.unit));
    let new = strategy(head, &git.unit);
    let (cause, facts) = match (running.stable, was) {
        _ if is_of_compiler => (Cause::Compiler, fact::facts(None, None, &differing)),
        (Some(stable), None) => (Cause::Spec, vec![unknown(stable)]),
        (Some(_), Some(_)) if old.is_none() => (Cause::Spec, fact::facts(None, None, &differing)),
        _ => (Cause::Spec, fact::facts(old, new, &differing)),
    };
    let rollout = staged(git).filter(|_| change != Change::Minor);
    Some(Row {
        unit: git.unit.clone(),
        desk: git.desk.clone(),
        class: git.class,
        mode: new.and_then(|strategy| strategy.mode),
        change,
        cause,
        facts,
        consequence: consequence::of(change, git.class, rollout, 0),
        rollout: rollout.cloned(),
        objects: differing,
        kept: Vec::new(),
    })
}

fn unknown(stable: &Revision) -> String {
    let digits = short(&stable.behaviour);
    match &stable.commit {
        Some(commit) => format!(
            "{digits} runs, of commit {}, which is not here",
            short(commit)
        ),
        None => format!("{digits} runs, of a folder that was never committed"),
    }
}

fn row(before: Option<&Bundle>, after: Option<&Bundle>, base: &Build, head: &Build) -> Option<Row> {
    let any = after.or(before)?;
    if after.is_none() && (head.unreadable || head.is_broken(&any.unit)) {
        return None;
    }
    let (kept, objects): (Vec<ObjectDiff>, Vec<ObjectDiff>) =
        diff::objects(objects(before), objects(after))
            .into_iter()
            .filter(|object| object.verdict != Verdict::Same)
            .partition(is_kept);
    let kept: Vec<ObjectId> = kept.into_iter().map(|object| object.id).collect();
    let change = match (before, after) {
        (Some(_), None) => Change::Removed,
        (None, _) => Change::Added,
        (Some(before), Some(after)) if before.behaviour != after.behaviour => Change::Material,
        (Some(before), Some(after)) if before.bundle != after.bundle => Change::Minor,
        (Some(_), Some(_)) => return None,
    };
    let (old, new) = (strategy(base, &any.unit), strategy(head, &any.unit));
    Some(Row {
        unit: any.unit.clone(),
        desk: any.desk.clone(),
        class: any.class,
        mode: new.or(old).and_then(|s| s.mode),
        change,
        cause: Cause::Spec,
        facts: fact::facts(old, new, &objects),
        consequence: consequence::of(change, any.class, after.and_then(staged), kept.len()),
        rollout: after
            .and_then(staged)
            .filter(|_| change != Change::Minor)
            .cloned(),
        objects,
        kept,
    })
}

/// How a change of a bundle comes, if it does in stages that are left on evidence.
fn staged(bundle: &Bundle) -> Option<&Rollout> {
    let rollout = bundle.rollout.as_ref()?;
    let is_judged = rollout.stages.iter().any(|stage| !stage.gates.is_empty());
    let is_staged = match bundle.class {
        Some(Class::Service) => rollout.stages.len() > 1 || is_judged,
        // There is one stage, which may be judged.
        Some(Class::Algo | Class::Gateway) => is_judged,
        Some(Class::Job) | None => false,
    };
    is_staged.then_some(rollout)
}

fn is_kept(object: &ObjectDiff) -> bool {
    object.verdict == Verdict::Deleted && consent::is_protected(&object.id)
}

/// Strategies that have an error now: they would be left as they run.
fn newly_broken(base: &Build, head: &Build, before: &BTreeMap<&UnitId, &Bundle>) -> Vec<Row> {
    let Some(fleet) = &head.fleet else {
        return Vec::new();
    };
    fleet
        .broken
        .iter()
        .map(|(name, desk)| {
            let unit = UnitId::Strategy(name.clone());
            let old = strategy(base, &unit);
            let runs = before.contains_key(&unit);
            Row {
                desk: desk.clone(),
                class: old.map(|s| s.class),
                mode: old.and_then(|s| s.mode),
                change: Change::Broken,
                cause: Cause::Spec,
                facts: vec!["has errors".to_owned()],
                consequence: consequence::of_errors(runs).to_owned(),
                rollout: None,
                objects: Vec::new(),
                kept: Vec::new(),
                unit,
            }
        })
        .collect()
}

fn strategy<'a>(build: &'a Build, unit: &UnitId) -> Option<&'a Strategy> {
    match unit {
        UnitId::Strategy(name) => build.fleet.as_ref()?.strategies.get(name),
        UnitId::Desk(_) => None,
    }
}

fn objects(bundle: Option<&Bundle>) -> &[crate::object::Object] {
    bundle.map_or(&[], |bundle| &bundle.objects)
}

#[cfg(test)]
mod tests;

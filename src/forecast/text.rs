//! A plan for a terminal.

use std::fmt::Write as _;

use super::{Coming, Forecast, Step, human, later};
use crate::calendar::whole_second;
use crate::compile::UnitId;
use crate::diagnostic::render::{Colour, neutralise};
use crate::diff::mask::{Masked, MaskedObject};
use crate::diff::render::brief;
use crate::diff::{Effect, ObjectDiff};
use crate::preview::{Change, Label};
use crate::rollout::ahead::{Ending, Hold, Journey, Leg};
use crate::rollout::words;

/// So many objects of a stage are listed; more are counted.
const OBJECTS: usize = 12;

/// The rollouts to come, a paragraph each.
pub fn text(forecast: &Forecast, colour: Colour) -> String {
    let mut page = Page {
        text: String::new(),
        colour,
    };
    for unit in &forecast.units {
        page.unit(unit);
        page.text.push('\n');
    }
    let changed = match forecast.units.len() {
        0 => "nothing changes".to_owned(),
        1 => "1 unit changes".to_owned(),
        count => format!("{count} units change"),
    };
    let _ = writeln!(
        page.text,
        "{changed}, {} unchanged; pushed at {}, with every gate passing at its first look",
        forecast.unchanged,
        whole_second(forecast.at)
    );
    page.text
}

struct Page {
    text: String,
    colour: Colour,
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        let pad = " ".repeat(depth);
        let text = neutralise(text);
        let _ = writeln!(self.text, "{pad}{}", text.trim_end());
    }

    fn bold(&mut self, text: &str) {
        let text = neutralise(text);
        let _ = match self.colour {
            Colour::Always => writeln!(self.text, "\u{1b}[1m{text}\u{1b}[0m"),
            Colour::Never => writeln!(self.text, "{text}"),
        };
    }

    fn unit(&mut self, unit: &Coming) {
        let row = &unit.row;
        let name = match &row.unit {
            UnitId::Desk(desk) => format!("{desk}/ · desk"),
            UnitId::Strategy(name) => format!("{name} · {}", row.desk),
        };
        self.bold(&format!("{name} · {}", row.change.as_str()));
        let facts = short_digests(&Label::of(row).reasons());
        self.line(2, &format!("changes   {facts}"));
        let Some(journey) = &unit.journey else {
            self.line(2, &format!("comes     {}", row.consequence));
            return;
        };
        match (&unit.rollout, unit.is_staged()) {
            (Some(rollout), true) => {
                self.line(2, &format!("comes     {}", words::style(rollout)));
                let then = words::on_failure(rollout.on_failure);
                self.line(2, &format!("on fail   it {then}"));
            }
            (Some(rollout), false) if row.change != Change::Minor => {
                self.line(2, &format!("comes     {}", words::style(rollout)));
            }
            _ => self.line(2, &format!("comes     {}", row.consequence)),
        }
        self.holds(2, &journey.holds);
        for (index, (leg, step)) in journey.legs.iter().zip(&unit.steps).enumerate() {
            self.step(index + 1, leg, step, journey);
        }
        if !unit.rest.is_empty() {
            self.line(2, "then, once promoted");
            self.objects(6, &unit.rest);
        }
        self.ending(unit, journey);
    }

    fn step(&mut self, number: usize, leg: &Leg, step: &Step, journey: &Journey) {
        let Some(stage) = &leg.stage else {
            self.objects(4, &step.objects);
            return;
        };
        self.text.push('\n');
        let when = span(leg, journey);
        self.bold(&format!("  {number} {:<24} {when}", stage.name));
        let pods = step.pods.words().map(|pods| format!(": {pods}"));
        self.line(4, &format!("{}{}", step.exposure, pods.unwrap_or_default()));
        self.objects(4, &step.objects);
        if leg.is_direct {
            self.line(4, "its gates are not judged: it comes at once");
            return;
        }
        if !step.gates.is_empty() {
            self.line(4, "is left when");
        }
        for ((asks, sight), passage) in step.gates.iter().zip(&leg.gates) {
            let since = passage.since.and_then(|at| later(leg.entered, at));
            let since = since.map_or_else(String::new, |since| format!("  [{since}]"));
            self.line(6, &format!("• {asks}{since}"));
            if let Some(sight) = sight {
                self.line(10, &sight.text);
            }
        }
        self.holds(6, &leg.holds);
    }

    fn objects(&mut self, depth: usize, objects: &[ObjectDiff]) {
        let masked = Masked::of(objects);
        let is_small = |it: &&MaskedObject| it.effect() == Some(Effect::MetadataOnly);
        let (small, told): (Vec<_>, Vec<_>) = masked.objects().iter().partition(is_small);
        for object in told.iter().take(OBJECTS) {
            self.line(depth, &brief(object));
        }
        let more = told.len().saturating_sub(OBJECTS);
        if more > 0 {
            self.line(
                depth,
                &format!("… and {more} more; `tidegate diff` shows them"),
            );
        }
        if !small.is_empty() {
            let names = small.iter().map(|it| it.diff().id.to_string());
            let names: Vec<String> = names.collect();
            self.line(depth, &format!("~ metadata only: {}", names.join(", ")));
        }
    }

    fn holds(&mut self, depth: usize, holds: &[Hold]) {
        for hold in holds {
            let until = match hold.until {
                Some(until) => format!("until {}", whole_second(until)),
                None => format!("until {}", hold.unblocks_when),
            };
            self.line(depth, &format!("waits for {}, {until}", hold.what));
        }
    }

    fn ending(&mut self, unit: &Coming, journey: &Journey) {
        let people = unit.waits_for_people();
        let is_plain = journey.approvals.is_empty() && journey.overridden.is_empty();
        if !unit.is_staged() && journey.holds.is_empty() && is_plain {
            return;
        }
        self.text.push('\n');
        match &journey.ending {
            Ending::Promoted(at) => {
                let takes = journey.begins().map(|from| human(from, *at));
                let takes = takes.map_or_else(String::new, |it| format!(", {it} after it begins"));
                let at = whole_second(*at);
                self.line(2, &format!("promoted  {at} at the earliest{takes}"));
            }
            Ending::Stopped { why, .. } => self.line(2, &format!("stops     {why}")),
            Ending::Waits(waits) | Ending::Beyond(waits) => {
                for wait in waits {
                    let (what, until) = (&wait.what, &wait.unblocks_when);
                    self.line(2, &format!("waits     for {what}, until {until}"));
                }
            }
        }
        for what in &journey.overridden {
            self.line(2, &format!("OVERRIDDEN  {what}"));
        }
        for asked in &journey.approvals {
            self.line(2, &format!("approval  before it begins: {asked}"));
        }
        if !people.is_empty() {
            let stages: Vec<String> = people.iter().map(|it| format!("`{it}`")).collect();
            self.line(2, &format!("a person  promotes {}", stages.join(", ")));
        }
    }
}

/// When a stage is at its earliest.
fn span(leg: &Leg, journey: &Journey) -> String {
    let from = journey.begins().unwrap_or(leg.entered);
    let begins = match whole_second(leg.entered) {
        entered if leg.entered == from => format!("from {entered}"),
        entered => format!("from {entered} (+{})", human(from, leg.entered)),
    };
    match leg.left {
        Some(left) if left > leg.entered => format!("{begins}, {}", human(leg.entered, left)),
        _ => begins,
    }
}

/// So many digits of a digest tell it from all others that a reader sees.
const DIGITS: usize = 10;

/// A text in which digests are as short as in names.
fn short_digests(text: &str) -> String {
    const MARK: &str = "sha256:";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let (before, digest) = rest.split_at(at + MARK.len());
        let length = digest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let shown = if length == 64 { DIGITS } else { length };
        out.push_str(before);
        out.push_str(digest.get(..shown).unwrap_or_default());
        rest = digest.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

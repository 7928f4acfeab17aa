//! The stages of a rollout as a picture, from top to bottom: how far the new version is let in, what
//! each gate asks, and when it can pass at the earliest.

mod canvas;

use jiff::{Timestamp, tz::TimeZone};

use super::{Coming, Forecast, Step, human, later};
use crate::resolve::rollout::Exposure;
use crate::rollout::ahead::{Ending, Hold, Journey, Leg, Passage};
use crate::rollout::words;
use crate::spec::gate::GateKind;
use canvas::{Anchor, Canvas, shortened, width, wrapped};

/// The picture is so wide.
const WIDTH: u32 = 860;
/// Where the dots of the stages stand.
const RAIL: u32 = 44;
/// Where the cards of the stages begin and end.
const CARD: (u32, u32) = (80, WIDTH - 24);
/// The room between a card's edge and what is in it.
const PAD: u32 = 18;
/// What the gates ask stands from here on.
const ASKS: u32 = CARD.0 + PAD + 92;
/// When a gate can pass stands right of this.
const WHEN: u32 = 84;
const LINE: u32 = 19;
const GAP: u32 = 16;

/// The rollouts to come that go through stages, one under the other; `None` where there is none.
pub fn svg(forecast: &Forecast) -> Option<String> {
    let mut picture = Picture {
        canvas: Canvas::default(),
        y: 24,
    };
    let staged = forecast.units.iter().filter(|unit| unit.is_staged());
    let mut names = Vec::new();
    for unit in staged {
        let Some(journey) = &unit.journey else {
            continue;
        };
        picture.unit(unit, journey);
        names.push(unit.row.unit.release_name());
    }
    let label = format!("The stages of {}", names.join(", "));
    let size = (WIDTH, picture.y);
    (!names.is_empty()).then(|| {
        picture
            .canvas
            .finish(include_str!("svg/style.css"), &label, size)
    })
}

struct Picture {
    canvas: Canvas,
    /// Where the next thing is drawn.
    y: u32,
}

impl Picture {
    fn unit(&mut self, unit: &Coming, journey: &Journey) {
        let title = format!("{} · {}", unit.row.unit.release_name(), unit.row.desk);
        let title = shortened(&title, 20, WIDTH - 2 * 24);
        self.canvas
            .text("title", (24, self.y + 18), Anchor::Start, &title);
        self.y += 42;
        let how = unit.rollout.as_ref().map(words::style).unwrap_or_default();
        let change = unit.row.change.as_str();
        self.note(24, &format!("{change}: comes {how}"));
        for hold in &journey.holds {
            self.note(24, &held(hold));
        }
        self.y += GAP / 2;
        let legs = journey.legs.iter().zip(&unit.steps);
        let mut from = None;
        for (index, (leg, step)) in legs.enumerate() {
            from = Some(self.stage(index + 1, leg, step, (journey, from)));
        }
        self.end(unit, journey, from);
        self.y += 24;
    }

    /// A line in small print, or as many as it takes.
    fn note(&mut self, x: u32, text: &str) {
        for line in wrapped(text, 12, CARD.1 - PAD - x) {
            self.canvas
                .text("soft", (x, self.y + 12), Anchor::Start, &line);
            self.y += LINE - 2;
        }
    }

    /// Draws a stage, and gives where its dot is.
    fn stage(
        &mut self,
        number: usize,
        leg: &Leg,
        step: &Step,
        (journey, above): (&Journey, Option<u32>),
    ) -> u32 {
        let (top, under) = (self.y, std::mem::take(&mut self.canvas));
        self.y += PAD;
        self.head(leg, journey);
        self.exposure(leg, step);
        for ((asks, sight), passage) in step.gates.iter().zip(&leg.gates) {
            self.gate(leg, passage, asks);
            if let Some(sight) = sight {
                self.note(ASKS, &sight.text);
                self.y += 5;
            }
        }
        for hold in &leg.holds {
            self.note(ASKS, &held(hold));
        }
        self.y += PAD - 6;
        let card = std::mem::replace(&mut self.canvas, under);
        let dot = top + PAD + 6;
        self.rail(above, dot);
        let size = (CARD.1 - CARD.0, self.y - top);
        self.canvas.rect("card", (CARD.0, top), size);
        self.canvas.add(&card);
        self.dot("dot", dot, &number.to_string());
        self.y += GAP;
        dot
    }

    fn head(&mut self, leg: &Leg, journey: &Journey) {
        let name = leg.stage.as_ref().map_or("at once", |stage| &stage.name);
        let begins = journey.begins().unwrap_or(leg.entered);
        let when = match later(begins, leg.entered) {
            Some(after) => format!("{} · {after}", instant(leg.entered)),
            None => format!("from {}", instant(leg.entered)),
        };
        let room = CARD.1 - CARD.0 - 3 * PAD - width(&when, 13);
        let name = shortened(name, 16, room);
        let y = self.y + 12;
        self.canvas
            .text("name", (CARD.0 + PAD, y), Anchor::Start, &name);
        self.canvas
            .text("time", (CARD.1 - PAD, y), Anchor::End, &when);
        self.y += 26;
    }

    /// A bar of how far the new version is let in, and what that is in words.
    fn exposure(&mut self, leg: &Leg, step: &Step) {
        let whole = CARD.1 - CARD.0 - 2 * PAD;
        let at = (CARD.0 + PAD, self.y);
        self.canvas.rect("old", at, (whole, 8));
        let share = step.share.unwrap_or(0.0).clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a small number"
        )]
        let part = (f64::from(whole) * share).round() as u32;
        let is_copy = leg
            .stage
            .as_ref()
            .is_some_and(|stage| matches!(stage.exposure, Exposure::Mirror(_)));
        if part > 0 {
            let class = if is_copy { "copy" } else { "new" };
            self.canvas.rect(class, at, (part.max(8), 8));
        }
        self.y += 16;
        let pods = step.pods.words().map(|pods| format!(": {pods}"));
        self.note(
            CARD.0 + PAD,
            &format!("{}{}", step.exposure, pods.unwrap_or_default()),
        );
        self.y += 6;
    }

    fn gate(&mut self, leg: &Leg, passage: &Passage, asks: &str) {
        let kind = passage.gate.kind.as_str();
        let is_person = matches!(passage.gate.kind, GateKind::Pause | GateKind::Approve(_));
        let person = if is_person { "-person" } else { "" };
        let pill = (CARD.0 + PAD, self.y);
        let size = (width(kind, 11) + 22, 18);
        self.canvas.rect(&format!("pill{person}"), pill, size);
        let middle = (pill.0 + size.0 / 2, self.y + 13);
        self.canvas
            .text(&format!("word{person}"), middle, Anchor::Middle, kind);
        let after = passage.since.and_then(|since| later(leg.entered, since));
        let when = match (&passage.gate.kind, after) {
            (GateKind::Pause | GateKind::Approve(_), _) => "a person".to_owned(),
            (_, Some(after)) => after,
            (_, None) => "at once".to_owned(),
        };
        let place = (CARD.1 - PAD, self.y + 13);
        self.canvas.text("time", place, Anchor::End, &when);
        for line in wrapped(asks, 13, CARD.1 - PAD - WHEN - ASKS) {
            self.canvas
                .text("body", (ASKS, self.y + 13), Anchor::Start, &line);
            self.y += LINE;
        }
        self.y += 3;
    }

    fn end(&mut self, unit: &Coming, journey: &Journey, above: Option<u32>) {
        let dot = self.y + 12;
        self.rail(above, dot);
        let told = match &journey.ending {
            Ending::Promoted(at) => {
                let takes = journey.begins().map(|from| human(from, *at));
                let takes = takes.map_or_else(String::new, |it| format!(", {it} after it begins"));
                self.dot("done", dot, "✓");
                format!("promoted {} at the earliest{takes}", instant(*at))
            }
            Ending::Stopped { why, .. } => why.clone(),
            Ending::Waits(waits) | Ending::Beyond(waits) => {
                let waits: Vec<&str> = waits.iter().map(|wait| wait.what.as_str()).collect();
                format!("waits for {}", waits.join("; "))
            }
        };
        for line in wrapped(&told, 16, CARD.1 - CARD.0) {
            self.canvas
                .text("name", (CARD.0, self.y + 17), Anchor::Start, &line);
            self.y += 22;
        }
        self.y += 2;
        let then = unit
            .rollout
            .as_ref()
            .map(|it| words::on_failure(it.on_failure));
        if let Some(then) = then {
            self.note(CARD.0, &format!("when a stage fails, it {then}"));
        }
    }

    fn rail(&mut self, from: Option<u32>, to: u32) {
        if let Some(from) = from {
            self.canvas.line("rail", RAIL, (from + 15, to - 15));
        }
    }

    fn dot(&mut self, class: &str, y: u32, text: &str) {
        self.canvas.circle(class, (RAIL, y), 14);
        self.canvas
            .text("number", (RAIL, y + 5), Anchor::Middle, text);
    }
}

fn held(hold: &Hold) -> String {
    match hold.until {
        Some(until) => format!("waits for {} until {}", hold.what, instant(until)),
        None => format!("waits for {} until {}", hold.what, hold.unblocks_when),
    }
}

/// An instant as people write it, on the clock that does not change.
fn instant(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%a %-d %b %H:%M UTC").to_string()
}

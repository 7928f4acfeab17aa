//! Why a window says what it says: the conditions that decide it, each as a fact.

use jiff::{SignedDuration, Timestamp};

use super::expand::Trading;
use super::set::{Interval, Nanos, instant, nanos};
use super::window::{chunks, clock_of, condition, phase, span};
use super::{Calendar, Tables, Verdict, Window};
use crate::spec::measure::Duration;
use crate::spec::window::{Atom, Condition, Expr, Measure, Phase, WindowExpr};

/// Why a window says what it says at an instant.
pub(super) fn explain(
    expr: &WindowExpr,
    finish: Option<Duration>,
    tables: &Tables,
    at: Timestamp,
) -> String {
    let scene = Scene { expr, tables, at };
    let plain = Window::new(expr);
    let verdict = plain.verdict(tables, at);
    let mut facts = Vec::new();
    scene.tell(expr.root(), verdict, &mut facts);
    facts.dedup();
    if let Some(finish) = finish
        && verdict == Verdict::Open
        && plain.finishing_within(Some(finish)).verdict(tables, at) != Verdict::Open
    {
        let end = plain.next_change(tables, at);
        let end = end.map_or_else(|| "soon".to_owned(), |end| format!("at {}", utc(end)));
        let within = human(span(finish));
        return format!("the window closes {end}, and what begins must finish within {within}");
    }
    facts.join("; ")
}

struct Scene<'a> {
    expr: &'a WindowExpr,
    tables: &'a Tables,
    at: Timestamp,
}

impl Scene<'_> {
    fn verdict(&self, expr: &Expr) -> Verdict {
        match expr {
            Expr::Is(atom) => self.holds(atom),
            Expr::Not(part) => contrary(self.verdict(part)),
            Expr::All(parts) => all(parts.iter().map(|part| self.verdict(part))),
            Expr::Any(parts) => {
                contrary(all(parts.iter().map(|part| contrary(self.verdict(part)))))
            }
        }
    }

    fn holds(&self, atom: &Atom) -> Verdict {
        let at = nanos(self.at);
        condition(&atom.condition, self.tables, Interval::at(at)).at(at)
    }

    /// Adds what decides that an expression has its verdict: one that fails is enough for all of
    /// them to fail, and one that holds for any of them to hold.
    fn tell(&self, expr: &Expr, verdict: Verdict, facts: &mut Vec<String>) {
        match expr {
            Expr::Is(atom) => facts.push(self.fact(atom)),
            Expr::Not(part) => self.tell(part, contrary(verdict), facts),
            Expr::All(parts) | Expr::Any(parts) => {
                for part in parts.iter().filter(|part| self.verdict(part) == verdict) {
                    self.tell(part, verdict, facts);
                }
            }
        }
    }

    fn fact(&self, atom: &Atom) -> String {
        if let Condition::Between(between) = &atom.condition {
            let clock = self.at.to_zoned(clock_of(&between.zone));
            let place = if self.holds(atom) == Verdict::Open {
                "inside"
            } else {
                "outside"
            };
            let words = self.expr.words(atom);
            return format!(
                "it is {} in {}, {place} `{words}`",
                clock.strftime("%a %H:%M"),
                between.zone
            );
        }
        let Some(name) = atom.condition.calendar() else {
            return String::new();
        };
        let Some(calendar) = self.tables.get(name) else {
            return format!("there is no calendar `{name}`, and what is unknown denies");
        };
        if !calendar.knows(nanos(self.at)) {
            return outside(calendar);
        }
        match &atom.condition {
            Condition::Far {
                measure, span: by, ..
            } => self.distance(atom, calendar, *measure, span(*by)),
            Condition::Maintenance { .. } => self.maintenance(calendar),
            Condition::In { .. } | Condition::Between(_) => self.phase(calendar),
        }
    }

    fn phase(&self, calendar: &Calendar) -> String {
        let now = phase(calendar, nanos(self.at));
        let what = match now {
            Phase::Regular => "is in its regular session",
            Phase::Break => "is in a break of its session",
            Phase::Pre => "trades before its regular session",
            Phase::Post => "trades after its regular session",
            Phase::Closed => "is closed",
        };
        let end = self.first(calendar, |trading| {
            if let Some(set) = trading.phase(now) {
                return set.piece(nanos(self.at)).map(|piece| piece.to);
            }
            let any = trading.any();
            let mut begins = any.intervals().iter().map(|it| it.from);
            begins.find(|from| *from > nanos(self.at))
        });
        format!("{} {what}{}", calendar.name, until(calendar, end))
    }

    fn maintenance(&self, calendar: &Calendar) -> String {
        let at = nanos(self.at);
        let now = calendar.trading(Interval::at(at)).maintenance;
        let name = &calendar.name;
        match now.piece(at) {
            Some(piece) => {
                let end = until(calendar, Some(piece.to));
                format!("{name} is being maintained{end}")
            }
            None => format!("{name} is not being maintained"),
        }
    }

    /// The first instant that a look at a calendar finds, near instants first.
    fn first(
        &self,
        calendar: &Calendar,
        find: impl Fn(&Trading) -> Option<Nanos>,
    ) -> Option<Nanos> {
        let start = nanos(self.at);
        chunks(start).take(3).find_map(|chunk| {
            let range = Interval::new(start, chunk.to);
            find(&calendar.trading(range)).filter(|end| *end < chunk.to)
        })
    }

    fn distance(&self, atom: &Atom, calendar: &Calendar, measure: Measure, span: Nanos) -> String {
        let at = nanos(self.at);
        let reach = Interval::at(at).widened(span.saturating_mul(2).max(super::set::DAY * 5));
        let regular = calendar.trading(reach).regular;
        let opens = || regular.intervals().iter().map(|it| it.from);
        let closes = || regular.intervals().iter().map(|it| it.to);
        let name = &calendar.name;
        let (edge, verb) = match measure {
            Measure::UntilOpen => (opens().find(|edge| *edge > at), "opens"),
            Measure::UntilClose => (closes().find(|edge| *edge > at), "closes"),
            Measure::SinceOpen => (opens().rev().find(|edge| *edge <= at), "opened"),
            Measure::SinceClose => (closes().rev().find(|edge| *edge <= at), "closed"),
        };
        let holds = match self.holds(atom) {
            Verdict::Open => String::new(),
            Verdict::Closed => format!(", so `{}` does not hold", self.expr.words(atom)),
            Verdict::Unknown => return outside(calendar),
        };
        let Some(edge) = edge.filter(|edge| reach.contains(*edge)) else {
            return format!("{name} neither opens nor closes near this instant{holds}");
        };
        let place = place(calendar, edge);
        match measure {
            Measure::UntilOpen | Measure::UntilClose => {
                format!("{name} {verb} in {}, at {place}{holds}", human(edge - at))
            }
            Measure::SinceOpen | Measure::SinceClose => {
                format!("{name} {verb} {} ago, at {place}{holds}", human(at - edge))
            }
        }
    }
}

fn contrary(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Open => Verdict::Closed,
        Verdict::Closed => Verdict::Open,
        Verdict::Unknown => Verdict::Unknown,
    }
}

fn all(mut verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let first = verdicts.try_fold(Verdict::Open, |so_far, one| match one {
        Verdict::Closed => Err(Verdict::Closed),
        Verdict::Unknown => Ok(Verdict::Unknown),
        Verdict::Open => Ok(so_far),
    });
    first.unwrap_or_else(|closed| closed)
}

fn outside(calendar: &Calendar) -> String {
    let (first, last) = calendar.valid;
    format!(
        "the calendar {} knows only {first} to {last}, and what is unknown denies",
        calendar.name
    )
}

fn until(calendar: &Calendar, end: Option<Nanos>) -> String {
    end.map_or_else(String::new, |end| {
        format!(" until {}", place(calendar, end))
    })
}

/// An instant in UTC and by the calendar's own clock.
fn place(calendar: &Calendar, at: Nanos) -> String {
    let at = instant(at);
    let local = at.to_zoned(calendar.clock.clone());
    if matches!(calendar.zone.as_str(), "UTC" | "Etc/UTC") {
        return utc(at);
    }
    format!(
        "{} ({} {})",
        utc(at),
        local.strftime("%a %H:%M"),
        calendar.zone
    )
}

fn utc(at: Timestamp) -> String {
    whole_second(at).to_string()
}

fn human(span: Nanos) -> String {
    human_span(SignedDuration::from_nanos(span))
}

/// An instant without its fraction of a second: what holds up to an instant ends just behind it.
pub fn whole_second(at: Timestamp) -> Timestamp {
    let fraction = SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()));
    at.checked_sub(fraction).unwrap_or(at)
}

/// A span as people say it: its two largest units.
pub fn human_span(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    let units = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (name, length) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count}{name}"));
        }
    }
    parts.truncate(2);
    if parts.is_empty() {
        return "0s".to_owned();
    }
    parts.join(" ")
}

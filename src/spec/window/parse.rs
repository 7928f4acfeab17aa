//! From a window's text to its expression, by recursive descent.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Weekday;

use super::token::{Token, What, tokens};
use super::{
    Atom, Between, ClockSpan, ClockTime, Comparison, Condition, Expr, MAX_DEPTH, MAX_LENGTH,
    MAX_SPAN, Measure, Phase,
};
use crate::diagnostic::suggest;
use crate::spec::calendar::CalendarName;
use crate::spec::clock::ZoneName;
use crate::spec::measure::Duration;

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) reason: String,
    pub(super) at: usize,
}

type Parsed<T> = Result<T, Mistake>;

/// The words that a condition can begin with.
const WORDS: [&str; 12] = [
    "open",
    "closed",
    "pre",
    "regular",
    "post",
    "break",
    "maintenance",
    "until_open",
    "since_open",
    "until_close",
    "since_close",
    "between",
];

/// The expression of a text.
pub(super) fn expression(text: &str) -> Parsed<Expr> {
    if text.len() > MAX_LENGTH {
        return Err(Mistake {
            reason: format!("it has more than {MAX_LENGTH} bytes"),
            at: MAX_LENGTH,
        });
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
    };
    let root = parser.any(0)?;
    match parser.peek() {
        What::End => Ok(root),
        _ => Err(parser.expected("`&&`, `||` or the end")),
    }
}

/// `HH:MM` or `HH:MM:SS` in seconds, up to an hour that is the last possible instant.
pub(in crate::spec) fn clock_time(text: &str, last_hour: u32) -> Option<u32> {
    let digits = |part: &str| {
        let two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        two.then(|| part.parse::<u32>().ok())?
    };
    let mut parts = text.split(':');
    let hour = digits(parts.next()?)?;
    let minute = digits(parts.next()?).filter(|minute| *minute < 60)?;
    let second = match parts.next() {
        Some(part) => digits(part).filter(|second| *second < 60)?,
        None => 0,
    };
    let seconds = hour * 3600 + minute * 60 + second;
    (parts.next().is_none() && seconds <= last_hour * 3600).then_some(seconds)
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token<'t> {
        let last = self.tokens.len().saturating_sub(1);
        let token = self.tokens.get(self.next.min(last)).copied();
        token.expect("a text has at least its end as a token")
    }

    fn peek(&self) -> What<'t> {
        self.token().what
    }

    fn take(&mut self) -> Token<'t> {
        let token = self.token();
        self.next += 1;
        token
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let found = self.peek() == What::Sign(sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Parsed<Token<'t>> {
        match self.peek() {
            What::Sign(found) if found == sign => Ok(self.take()),
            _ => Err(self.expected(&format!("`{sign}`"))),
        }
    }

    fn expected(&self, what: &str) -> Mistake {
        let Token { what: found, at } = self.token();
        let reason = format!("expected {what}, found {}", found.told());
        Mistake { reason, at }
    }

    fn any(&mut self, depth: usize) -> Parsed<Expr> {
        let first = self.all(depth)?;
        let mut parts = vec![first];
        while self.takes("||") {
            parts.push(self.all(depth)?);
        }
        Ok(joined(parts, Expr::Any))
    }

    fn all(&mut self, depth: usize) -> Parsed<Expr> {
        let first = self.one(depth)?;
        let mut parts = vec![first];
        while self.takes("&&") {
            parts.push(self.one(depth)?);
        }
        Ok(joined(parts, Expr::All))
    }

    fn one(&mut self, depth: usize) -> Parsed<Expr> {
        if depth > MAX_DEPTH {
            let reason = format!("it nests deeper than {MAX_DEPTH}");
            let at = self.token().at;
            return Err(Mistake { reason, at });
        }
        if self.takes("!") {
            return Ok(Expr::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes("(") {
            let inner = self.any(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.atom().map(Expr::Is)
    }

    fn atom(&mut self) -> Parsed<Atom> {
        let token = self.token();
        let What::Word(word) = token.what else {
            return Err(self.expected("a condition such as `closed(XNYS)`"));
        };
        if !WORDS.contains(&word) {
            return Err(unknown_word(word, token.at));
        }
        self.take();
        self.expect("(")?;
        let condition = match (measure(word), word) {
            (Some(measure), _) => self.far(measure)?,
            (None, "between") => self.between()?,
            (None, _) => self.phase(word)?,
        };
        let place: Range<usize> = token.at..self.end_of_last();
        Ok(Atom { condition, place })
    }

    /// The byte behind the token that was taken last.
    fn end_of_last(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|it| self.tokens.get(it));
        last.map_or(0, |token| match token.what {
            What::Word(word) => token.at + word.len(),
            What::Sign(sign) => token.at + sign.len(),
            What::End => token.at,
        })
    }

    fn phase(&mut self, word: &str) -> Parsed<Condition> {
        let calendar = self.calendar()?;
        if word == "maintenance" {
            self.expect(")")?;
            return Ok(Condition::Maintenance { calendar });
        }
        let mut phases = phases(word);
        while self.takes(",") {
            self.option(word, &mut phases)?;
        }
        self.expect(")")?;
        Ok(Condition::In { phases, calendar })
    }

    /// What else counts: `breaks` as closed; `extended` hours as open.
    fn option(&mut self, word: &str, phases: &mut BTreeSet<Phase>) -> Parsed<()> {
        match (word, self.peek()) {
            ("closed", What::Word("breaks")) => {
                phases.insert(Phase::Break);
            }
            ("closed", What::Word("extended")) => {
                phases.retain(|phase| !matches!(phase, Phase::Pre | Phase::Post));
            }
            ("open", What::Word("extended")) => phases.extend([Phase::Pre, Phase::Post]),
            ("closed", _) => return Err(self.expected("`breaks` or `extended`")),
            ("open", _) => return Err(self.expected("`extended`")),
            _ => return Err(self.expected("`)`")),
        }
        self.take();
        Ok(())
    }

    fn far(&mut self, measure: Measure) -> Parsed<Condition> {
        let calendar = self.calendar()?;
        self.expect(")")?;
        let comparison = match self.peek() {
            What::Sign(">=") => Comparison::AtLeast,
            What::Sign(">") => Comparison::MoreThan,
            What::Sign("<=") => Comparison::AtMost,
            What::Sign("<") => Comparison::LessThan,
            _ => return Err(self.expected("`>=`, `>`, `<=` or `<` and a span such as `30m`")),
        };
        self.take();
        let span = self.span()?;
        Ok(Condition::Far {
            measure,
            calendar,
            comparison,
            span,
        })
    }

    fn calendar(&mut self) -> Parsed<CalendarName> {
        let token = self.token();
        let What::Word(word) = token.what else {
            return Err(self.expected("a calendar such as `XNYS`"));
        };
        let name = word.parse().map_err(|error| mistake(&error, token.at))?;
        self.take();
        Ok(name)
    }

    fn span(&mut self) -> Parsed<Duration> {
        let token = self.token();
        let What::Word(word) = token.what else {
            return Err(self.expected("a span such as `30m`"));
        };
        let span: Duration = word.parse().map_err(|error| mistake(&error, token.at))?;
        if span.seconds() == 0 || span.seconds() > MAX_SPAN {
            let days = MAX_SPAN / 86_400;
            let reason = format!("`{word}` is not between `1s` and `{days}d`");
            return Err(Mistake {
                reason,
                at: token.at,
            });
        }
        self.take();
        Ok(span)
    }

    fn between(&mut self) -> Parsed<Condition> {
        let at = self.token().at;
        let from = self.point()?;
        self.expect(",")?;
        let to = self.point()?;
        self.expect(",")?;
        let zone = self.zone()?;
        self.expect(")")?;
        let span = match (from, to) {
            ((None, from), (None, to)) => ClockSpan::Daily { from, to },
            ((Some(day), from), (Some(last), to)) => ClockSpan::Weekly {
                from: (day, from),
                to: (last, to),
            },
            _ => {
                let reason = "give both times a weekday, or neither".to_owned();
                return Err(Mistake { reason, at });
            }
        };
        Ok(Condition::Between(Between { span, zone }))
    }

    fn point(&mut self) -> Parsed<(Option<Weekday>, ClockTime)> {
        let day = match self.peek() {
            What::Word(word) => weekday(word),
            _ => None,
        };
        self.next += usize::from(day.is_some());
        let token = self.token();
        let time = match token.what {
            What::Word(word) => word.parse().ok(),
            _ => None,
        };
        let Some(time) = time else {
            return Err(self.expected("a time such as `09:30` or `Mon 09:30`"));
        };
        self.take();
        Ok((day, time))
    }

    fn zone(&mut self) -> Parsed<ZoneName> {
        let token = self.token();
        let What::Word(word) = token.what else {
            return Err(self.expected("a time zone such as `Europe/London`"));
        };
        let zone = word.parse().map_err(|error| mistake(&error, token.at))?;
        self.take();
        Ok(zone)
    }
}

fn joined(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn mistake(error: &dyn std::error::Error, at: usize) -> Mistake {
    Mistake {
        reason: error.to_string(),
        at,
    }
}

fn unknown_word(word: &str, at: usize) -> Mistake {
    let reason = match suggest(word, WORDS) {
        Some(meant) => format!("`{word}` is no condition; did you mean `{meant}`?"),
        None => format!("`{word}` is no condition; there are {}", WORDS.join(", ")),
    };
    Mistake { reason, at }
}

fn measure(word: &str) -> Option<Measure> {
    match word {
        "until_open" => Some(Measure::UntilOpen),
        "since_open" => Some(Measure::SinceOpen),
        "until_close" => Some(Measure::UntilClose),
        "since_close" => Some(Measure::SinceClose),
        _ => None,
    }
}

/// What a word means by itself. A break is not closed: whoever trades in the afternoon still holds
/// what the morning bought.
fn phases(word: &str) -> BTreeSet<Phase> {
    let phases: &[Phase] = match word {
        "closed" => &[Phase::Closed, Phase::Pre, Phase::Post],
        "pre" => &[Phase::Pre],
        "post" => &[Phase::Post],
        "break" => &[Phase::Break],
        _ => &[Phase::Regular],
    };
    phases.iter().copied().collect()
}

/// `Mon` to `Sun`.
pub(in crate::spec) fn weekday(word: &str) -> Option<Weekday> {
    match word {
        "Mon" => Some(Weekday::Monday),
        "Tue" => Some(Weekday::Tuesday),
        "Wed" => Some(Weekday::Wednesday),
        "Thu" => Some(Weekday::Thursday),
        "Fri" => Some(Weekday::Friday),
        "Sat" => Some(Weekday::Saturday),
        "Sun" => Some(Weekday::Sunday),
        _ => None,
    }
}

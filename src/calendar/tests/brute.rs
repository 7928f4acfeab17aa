//! Interval arithmetic and evaluation against a walk minute by minute that knows neither sets nor
//! signals.

use jiff::ToSpan;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::calendar::set::nanos;

const START: &str = "2026-03-04T00:00:00Z";
/// In how many minutes from the start something begins.
const MINUTES: i64 = 900;
/// How many minutes from the start the calendar knows: one day.
const KNOWN: i64 = 1440;
/// How many minutes more are walked on both sides.
const MARGIN: i64 = 130;

/// What a calendar is like: sessions in minutes from the start, and which minutes it knows.
#[derive(Debug, Clone)]
struct Model {
    sessions: Vec<(&'static str, i64, i64)>,
    maintenance: Vec<(i64, i64)>,
}

/// An expression, in a form of its own.
#[derive(Debug, Clone)]
enum Tree {
    Phase(&'static str),
    Far(&'static str, &'static str, i64),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

fn minute(number: i64) -> Timestamp {
    at(START) + number.minutes()
}

fn models() -> impl Strategy<Value = Model> {
    let kind = prop_oneof![
        4 => Just("regular"),
        1 => Just("pre"),
        1 => Just("post"),
        1 => Just("break"),
    ];
    let session =
        (kind, 0..MINUTES, 1..200_i64).prop_map(|(kind, from, length)| (kind, from, from + length));
    let upkeep = (0..MINUTES, 1..100_i64).prop_map(|(from, length)| (from, from + length));
    (
        prop::collection::vec(session, 0..6),
        prop::collection::vec(upkeep, 0..3),
    )
        .prop_map(|(sessions, maintenance)| Model {
            sessions,
            maintenance,
        })
}

fn trees() -> impl Strategy<Value = Tree> {
    let phase = prop::sample::select(vec![
        "open(test:a)",
        "open(test:a, extended)",
        "closed(test:a)",
        "closed(test:a, breaks)",
        "closed(test:a, extended)",
        "pre(test:a)",
        "post(test:a)",
        "break(test:a)",
        "maintenance(test:a)",
    ]);
    let measure = prop::sample::select(vec![
        "until_open",
        "since_open",
        "until_close",
        "since_close",
    ]);
    let comparison = prop::sample::select(vec![">=", ">", "<=", "<"]);
    let far = (measure, comparison, 1..120_i64).prop_map(|(m, c, span)| Tree::Far(m, c, span));
    let leaf = prop_oneof![phase.prop_map(Tree::Phase), far];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|it| Tree::Not(Box::new(it))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Tree::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Tree::Or(Box::new(a), Box::new(b))),
        ]
    })
}

fn written(tree: &Tree) -> String {
    match tree {
        Tree::Phase(text) => (*text).to_owned(),
        Tree::Far(measure, comparison, span) => {
            format!("{measure}(test:a) {comparison} {span}m")
        }
        Tree::Not(inner) => format!("!({})", written(inner)),
        Tree::And(a, b) => format!("({} && {})", written(a), written(b)),
        Tree::Or(a, b) => format!("({} || {})", written(a), written(b)),
    }
}

impl Model {
    /// It knows one day, from the start on.
    fn document(&self) -> Value {
        let sessions: Vec<Value> = self
            .sessions
            .iter()
            .map(|(kind, from, to)| {
                json!({
                    "from": minute(*from).to_string(), "to": minute(*to).to_string(), "kind": kind,
                })
            })
            .collect();
        let once: Vec<Value> = self
            .maintenance
            .iter()
            .map(|(from, to)| {
                json!({"from": minute(*from).to_string(), "to": minute(*to).to_string()})
            })
            .collect();
        json!({
            "zone": "Etc/UTC", "validFrom": "2026-03-04", "validTo": "2026-03-04",
            "sessions": sessions, "maintenance": {"once": once},
        })
    }

    /// What the calendar is in, minute by minute of the day that it knows.
    fn phases(&self) -> Vec<&'static str> {
        let phase = |minute: i64| {
            let inside = |wanted: &str| {
                self.sessions
                    .iter()
                    .any(|(kind, from, to)| *kind == wanted && *from <= minute && minute < *to)
            };
            ["regular", "break", "pre", "post"]
                .into_iter()
                .find(|kind| inside(kind))
                .unwrap_or("closed")
        };
        (0..KNOWN).map(phase).collect()
    }

    /// Whether an expression holds, minute by minute of the walk; `None` where it is unknown.
    fn walk(&self, tree: &Tree) -> Vec<Option<bool>> {
        let pairs = |a: &Tree, b: &Tree| self.walk(a).into_iter().zip(self.walk(b));
        match tree {
            Tree::Not(inner) => self.walk(inner).iter().map(|it| it.map(|it| !it)).collect(),
            Tree::And(a, b) => pairs(a, b)
                .map(|pair| match pair {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                })
                .collect(),
            Tree::Or(a, b) => pairs(a, b)
                .map(|pair| match pair {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                })
                .collect(),
            Tree::Phase(text) => {
                let phases = self.phases();
                let known = |(minute, phase)| Some(self.phase_holds(text, minute, phase));
                surrounded((0..).zip(phases).map(known).collect())
            }
            Tree::Far(measure, comparison, span) => {
                surrounded(self.far_holds(measure, comparison, *span))
            }
        }
    }

    fn phase_holds(&self, text: &str, minute: i64, phase: &str) -> bool {
        match text {
            "open(test:a)" => phase == "regular",
            "open(test:a, extended)" => ["regular", "pre", "post"].contains(&phase),
            "closed(test:a)" => ["closed", "pre", "post"].contains(&phase),
            "closed(test:a, breaks)" => phase != "regular",
            "closed(test:a, extended)" => phase == "closed",
            "pre(test:a)" => phase == "pre",
            "post(test:a)" => phase == "post",
            "break(test:a)" => phase == "break",
            _ => self
                .maintenance
                .iter()
                .any(|(from, to)| *from <= minute && minute < *to),
        }
    }

    /// Goes through the day with the distance to the edge that was passed last: forward to look
    /// back, backward to look ahead. Before the first one that edge is where nothing is known.
    fn far_holds(&self, measure: &str, comparison: &str, span: i64) -> Vec<Option<bool>> {
        let (until, opens) = (measure.starts_with("until"), measure.ends_with("open"));
        // In half minutes, so that what lies just behind a whole one can be said.
        let compare = |halves: i64| match comparison {
            ">=" => halves >= 2 * span,
            ">" => halves > 2 * span,
            "<=" => halves <= 2 * span,
            _ => halves < 2 * span,
        };
        let regular: Vec<bool> = self.phases().iter().map(|it| *it == "regular").collect();
        let is_edge = |minute: usize| {
            let before = minute > 0 && regular[minute - 1];
            regular[minute] != before && regular[minute] == opens
        };
        let mut minutes: Vec<usize> = (0..regular.len()).collect();
        if until {
            minutes.reverse();
        }
        let mut answers = vec![None; regular.len()];
        let (mut distance, mut found) = (if until { 2 } else { 1 }, false);
        for minute in minutes {
            if !until && is_edge(minute) {
                (distance, found) = (0, true);
            }
            let (near, far) = (compare(distance), compare(i64::MAX));
            answers[minute] = (found || near == far).then_some(near);
            distance += 2;
            if until && is_edge(minute) {
                (distance, found) = (2, true);
            }
        }
        answers
    }
}

/// The known day with the unknown minutes around it that are walked too.
fn surrounded(known: Vec<Option<bool>>) -> Vec<Option<bool>> {
    let around = || std::iter::repeat_n(None, usize::try_from(MARGIN).unwrap());
    around().chain(known).chain(around()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn evaluation_agrees_with_a_walk_minute_by_minute(model in models(), tree in trees()) {
        let tables = tables(&[("test:a", model.document())]);
        let expr = window(&written(&tree));
        let plain = Window::new(&expr);
        let range = Interval::new(
            nanos(minute(-MARGIN)),
            nanos(minute(KNOWN + MARGIN)),
        );
        let signal = plain.signal(&tables, range);
        for (number, holds) in (-MARGIN..).zip(model.walk(&tree)) {
            let expected = match holds {
                Some(true) => Verdict::Open,
                Some(false) => Verdict::Closed,
                None => Verdict::Unknown,
            };
            let instant = nanos(minute(number));
            prop_assert_eq!(signal.at(instant), expected, "{} at {}", expr, minute(number));
        }
    }

    #[test]
    fn an_instant_a_stretch_and_the_next_change_agree(
        model in models(), tree in trees(), number in 0..MINUTES, finish in 1..90_u32,
    ) {
        let tables = tables(&[("test:a", model.document())]);
        let expr = window(&written(&tree));
        let whole = Window::new(&expr).finishing_within(Some(format!("{finish}m").parse().unwrap()));
        let now = minute(number);
        let verdict = whole.verdict(&tables, now);
        let walked: Vec<Option<bool>> = (-MARGIN..)
            .zip(model.walk(&tree))
            .filter(|(it, _)| (number..=number + i64::from(finish)).contains(it))
            .map(|(_, holds)| holds)
            .collect();
        // Edges lie on whole minutes, but a distance can change just behind one: only what is so
        // for every minute, and just behind each of them, is so throughout.
        if verdict == Verdict::Open {
            prop_assert!(walked.iter().all(|it| *it == Some(true)), "{}", expr);
        }
        if walked.contains(&Some(false)) {
            prop_assert_eq!(verdict, Verdict::Closed);
        }
        if let Some(change) = whole.next_change(&tables, now) {
            prop_assert!(change > now);
            prop_assert_ne!(whole.verdict(&tables, change), verdict);
            let before = Timestamp::from_nanosecond(change.as_nanosecond() - 1).unwrap();
            prop_assert_eq!(whole.verdict(&tables, before), verdict);
        }
        let allowed = whole.allowed(&tables, now, now + 200.minutes());
        for minutes in 0..200 {
            let instant = now + minutes.minutes();
            let inside = allowed.iter().any(|(from, to)| *from <= instant && instant < *to);
            prop_assert_eq!(inside, whole.verdict(&tables, instant) == Verdict::Open);
        }
    }
}

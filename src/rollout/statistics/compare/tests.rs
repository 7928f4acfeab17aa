use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::rollout::gates::Source;

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

fn points(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
    let points = (0..).zip(values).map(|(minute, value)| Point {
        at: at(minute),
        value,
        samples: Some(100.0),
    });
    points.collect()
}

fn comparison(terms: Terms) -> Comparison {
    let source = Source::External {
        namespace: "rates".to_owned(),
        metric: "x".to_owned(),
        selector: std::collections::BTreeMap::new(),
    };
    Comparison {
        candidate: source.clone(),
        baseline: source,
        from: at(0),
        step: "1m".parse().unwrap(),
        sessions: Vec::new(),
        terms,
    }
}

fn terms(test: Test, margin: Margin, worse: Worse) -> Terms {
    Terms {
        test,
        margin,
        worse,
        risk: 0.05,
        negligible: None,
        min_samples: 20,
    }
}

/// Thirty values around one, without a trend.
fn around(center: f64) -> Vec<Point> {
    points((0..30).map(|i| center + f64::from(i * 7 % 11) / 10.0 - 0.5))
}

fn found(terms: Terms, candidate: &[Point], baseline: &[Point]) -> (Finding, String) {
    match compare(&comparison(terms), candidate, baseline) {
        Outcome::Compared(compared) => (compared.finding, compared.how),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_shift_is_held_against_the_margin() {
    let check = |center: f64, margin, worse, expected| {
        let terms = terms(Test::Shift, margin, worse);
        let (finding, how) = found(terms, &around(center), &around(10.0));
        assert_eq!(finding, expected, "{center}: {how}");
    };
    let two = Margin::Absolute(2.0);
    check(10.0, two, Worse::Either, Finding::Within);
    check(11.0, two, Worse::Either, Finding::Within);
    check(12.0, two, Worse::Either, Finding::Undecided);
    check(13.0, two, Worse::Either, Finding::Beyond);
    check(7.0, two, Worse::Either, Finding::Beyond);
    check(7.0, two, Worse::Higher, Finding::Within);
    check(7.0, two, Worse::Lower, Finding::Beyond);
    let tenth = Margin::Relative(0.1);
    check(10.2, tenth, Worse::Either, Finding::Within);
    check(12.0, tenth, Worse::Higher, Finding::Beyond);
}

#[test]
fn it_is_told_by_how_much() {
    let terms = terms(Test::Shift, Margin::Absolute(2.0), Worse::Either);
    let (_, how) = found(terms, &around(11.0), &around(10.0));
    assert_eq!(how, "is 1 (10 %) higher, surely within 2");
}

#[test]
fn a_share_of_nothing_is_no_margin() {
    let terms = terms(Test::Shift, Margin::Relative(0.2), Worse::Either);
    let outcome = compare(&comparison(terms), &around(0.0), &points([0.0; 30]));
    let Outcome::Error(why) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("write `within` as a number"), "{why}");
}

#[test]
fn sessions_are_compared_with_themselves() {
    let mut comparison = comparison(terms(Test::Shift, Margin::Absolute(2.0), Worse::Either));
    let late = |points: Vec<Point>, by: f64| {
        let moved = points.into_iter().map(|point| Point {
            at: point.at + SignedDuration::from_mins(100),
            value: point.value + by,
            ..point
        });
        moved.collect::<Vec<_>>()
    };
    // The second session is slow for both, and the candidate was there only for half of the first.
    let own = around(10.0)
        .into_iter()
        .skip(15)
        .chain(late(around(10.0), 50.0));
    let other = around(10.0).into_iter().chain(late(around(10.0), 50.0));
    let (own, other): (Vec<_>, Vec<_>) = (own.collect(), other.collect());
    comparison.sessions = vec![(at(0), at(50)), (at(100), at(150))];
    let finding = |outcome| match outcome {
        Outcome::Compared(compared) => (compared.finding, compared.samples),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        finding(compare(&comparison, &own, &other)),
        (Finding::Within, 45)
    );
    // Outside every session nothing counts.
    comparison.sessions = vec![(at(500), at(600))];
    assert!(matches!(
        compare(&comparison, &own, &other),
        Outcome::NoData(_)
    ));
}

#[test]
fn what_is_no_number_is_no_sample_and_what_is_infinite_an_error() {
    let terms = terms(Test::Shift, Margin::Absolute(2.0), Worse::Either);
    let comparison = comparison(terms);
    let nothing = points([f64::NAN; 30]);
    let outcome = compare(&comparison, &nothing, &around(1.0));
    assert!(matches!(outcome, Outcome::NoData(_)), "{outcome:?}");
    let outcome = compare(&comparison, &points([f64::INFINITY]), &around(1.0));
    assert!(matches!(outcome, Outcome::Error(_)), "{outcome:?}");
}

#[test]
fn rates_are_held_against_their_ratio() {
    let share = |percent: f64| points([percent / 100.0; 60]);
    let check = |own: f64, other: f64, negligible, expected| {
        let terms = Terms {
            negligible,
            ..terms(Test::Rate, Margin::Relative(0.5), Worse::Higher)
        };
        let (finding, how) = found(terms, &share(own), &share(other));
        assert_eq!(finding, expected, "{own} {other}: {how}");
    };
    check(3.0, 1.0, None, Finding::Beyond);
    check(1.0, 1.0, None, Finding::Within);
    check(1.5, 1.0, None, Finding::Undecided);
    check(0.0, 0.0, None, Finding::Undecided);
    check(0.0, 0.0, Some(0.001), Finding::Within);
    check(3.0, 0.0, Some(0.001), Finding::Beyond);
}

#[test]
fn a_rate_without_samples_says_what_to_do() {
    let terms = terms(Test::Rate, Margin::Relative(0.5), Worse::Higher);
    let mut own = points([0.0; 30]);
    own[3].samples = None;
    let outcome = compare(&comparison(terms), &own, &points([0.0; 30]));
    let Outcome::Error(why) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("give the metric `samples`"), "{why}");
}

#[test]
fn numbers_are_told_with_three_digits() {
    for (number, text) in [
        (0.0, "0"),
        (1.0, "1"),
        (12.345, "12.3"),
        (1234.6, "1235"),
        (0.001_234, "0.00123"),
        (100.0, "100"),
    ] {
        assert_eq!(short(number), text);
    }
}

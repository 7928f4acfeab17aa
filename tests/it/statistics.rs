//! The statistics of gates agree with scipy where it is exact, and with counting every permutation
//! where there are ties.

use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tidegate::rollout::statistics::ranks::{self, Sides};
use tidegate::rollout::statistics::rates::{self, Counts};

use crate::python;

const CASES: usize = 250;

/// So many values of a strategy, the same in every run.
fn samples<S: Strategy>(strategy: &S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    let mut one = || strategy.new_tree(&mut runner).expect("a value").current();
    (0..CASES).map(|_| one()).collect()
}

/// What scipy says about each of these, in their order.
fn scipy(questions: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = questions.iter().map(Value::to_string).collect();
    let printed = python::run(
        "statistics/requirements.txt",
        "statistics/agree.py",
        &lines.join("\n"),
    );
    let answers: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

#[track_caller]
fn near(ours: f64, theirs: &Value, question: &Value) {
    let theirs = theirs.as_f64().expect("a number");
    let off = (ours - theirs).abs() / theirs.max(1e-12);
    assert!(off < 1e-9, "{ours} and {theirs}: {question}");
}

/// Different values in a random order, of which the first so many are the candidate's. Shifting
/// them keeps them different.
fn without_ties() -> impl Strategy<Value = Sides> {
    let sizes = (1_usize..=40, 1_usize..=40, -30_i32..30);
    let values = sizes.prop_flat_map(|(m, n, shift)| {
        let count = i32::try_from(m + n).expect("it is small");
        let order = Just((0..count).collect::<Vec<_>>()).prop_shuffle();
        (Just(m), order, Just(shift))
    });
    values.prop_map(|(m, order, shift)| {
        let (candidate, baseline) = order.split_at(m);
        let moved = |value: &i32| f64::from(value + shift) + 0.5;
        Sides {
            candidate: candidate.iter().map(moved).collect(),
            baseline: baseline.iter().copied().map(f64::from).collect(),
        }
    })
}

fn counts() -> impl Strategy<Value = (Counts, f64)> {
    let events = (0_u64..40, 0_u64..40);
    let trials = (50_u64..5000, 50_u64..5000);
    let all = (events, trials, 5_u32..30)
        .prop_filter("no events say nothing", |((a, b), _, _)| a + b > 0);
    all.prop_map(
        |((events, baseline_events), (trials, baseline_trials), tenths)| {
            let counts = Counts {
                events,
                trials,
                baseline_events,
                baseline_trials,
            };
            (counts, f64::from(tenths) / 10.0)
        },
    )
}

#[test]
fn samples_without_ties_agree_with_scipy() {
    let sides = samples(&without_ties());
    let rare = samples(&counts());
    let tails = samples(&(0_u64..30, 30_u64..100_000, 1_u32..500));
    let mut questions: Vec<Value> = Vec::new();
    questions.extend(
        sides
            .iter()
            .map(|it| json!({"kind": "ranks", "candidate": it.candidate, "baseline": it.baseline})),
    );
    questions.extend(rare.iter().map(|(it, ratio)| {
        json!({"kind": "rates", "ratio": ratio, "events": it.events, "trials": it.trials,
               "baselineEvents": it.baseline_events, "baselineTrials": it.baseline_trials})
    }));
    questions.extend(tails.iter().map(|(events, trials, rate)| {
        json!({"kind": "atMost", "events": events, "trials": trials,
               "rate": f64::from(*rate) / 1e4})
    }));
    let answers = scipy(&questions);
    let mut asked = questions.iter().zip(&answers);
    for (one, (question, answer)) in sides.iter().zip(&mut asked) {
        let ours = ranks::test(std::slice::from_ref(one));
        assert!(ours.exact);
        near(ours.p_higher, &answer["higher"], question);
        near(ours.p_lower, &answer["lower"], question);
    }
    for ((counts, ratio), (question, answer)) in rare.iter().zip(&mut asked) {
        let ours = rates::test(std::slice::from_ref(counts), *ratio);
        assert!(ours.exact);
        near(ours.p_higher, &answer["higher"], question);
        near(ours.p_lower, &answer["lower"], question);
    }
    for ((events, trials, rate), (question, answer)) in tails.iter().zip(&mut asked) {
        let ours = rates::at_most(*events, *trials, f64::from(*rate) / 1e4);
        near(ours, &answer["p"], question);
    }
    assert!(asked.next().is_none(), "every answer was looked at");
}

/// Twice U by its definition: every pair, ties counted half.
fn u(candidate: &[f64], baseline: &[f64]) -> u64 {
    let pairs = candidate
        .iter()
        .flat_map(|a| baseline.iter().map(move |b| (a, b)));
    pairs
        .map(|(a, b)| match a.total_cmp(b) {
            std::cmp::Ordering::Greater => 2,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Less => 0,
        })
        .sum()
}

/// Every value that twice U takes when it is chance who is whose, as often as it takes it.
fn permutations(sides: &Sides) -> Vec<u64> {
    let all: Vec<f64> = [sides.candidate.clone(), sides.baseline.clone()].concat();
    let own = sides.candidate.len();
    let choices = (0_u32..1 << all.len()).filter(|it| it.count_ones() as usize == own);
    choices
        .map(|choice| {
            let (a, b): (Vec<_>, Vec<_>) = all
                .iter()
                .enumerate()
                .partition(|(index, _)| choice >> index & 1 == 1);
            let values = |side: Vec<(usize, &f64)>| -> Vec<f64> {
                side.into_iter().map(|(_, value)| *value).collect()
            };
            u(&values(a), &values(b))
        })
        .collect()
}

fn share(all: &[u64], of: impl Fn(u64) -> bool) -> f64 {
    let found = all.iter().filter(|it| of(**it)).count();
    let real = |count: usize| f64::from(u32::try_from(count).expect("it is small"));
    real(found) / real(all.len())
}

fn few_with_ties(most: usize) -> impl Strategy<Value = Sides> {
    let side = || prop::collection::vec((0_i32..4).prop_map(f64::from), 1..=most);
    (side(), side()).prop_map(|(candidate, baseline)| Sides {
        candidate,
        baseline,
    })
}

#[test]
fn few_samples_with_ties_agree_with_every_permutation() {
    for sides in samples(&few_with_ties(6)) {
        let null = permutations(&sides);
        let seen = u(&sides.candidate, &sides.baseline);
        let ours = ranks::test(std::slice::from_ref(&sides));
        assert!(
            (ours.p_higher - share(&null, |it| it >= seen)).abs() < 1e-12,
            "{sides:?}"
        );
        assert!(
            (ours.p_lower - share(&null, |it| it <= seen)).abs() < 1e-12,
            "{sides:?}"
        );
    }
}

#[test]
fn blocks_agree_with_every_permutation_of_each() {
    for (a, b) in samples(&(few_with_ties(4), few_with_ties(3))) {
        let null: Vec<u64> = permutations(&a)
            .into_iter()
            .flat_map(|x| permutations(&b).into_iter().map(move |y| x + y))
            .collect();
        let seen = u(&a.candidate, &a.baseline) + u(&b.candidate, &b.baseline);
        let ours = ranks::test(&[a, b]);
        assert!((ours.p_higher - share(&null, |it| it >= seen)).abs() < 1e-12);
        assert!((ours.p_lower - share(&null, |it| it <= seen)).abs() < 1e-12);
    }
}

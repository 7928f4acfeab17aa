//! What is foreseen of a rollout is what the daemon makes of it.

use super::*;
use crate::calendar::Tables;
use crate::compile;
use crate::intent::{Ask, Asked, IntentSpec};
use crate::resolve::rollout::{Bootstrap, Exposure, Stage as Step, Style};
use crate::rollout::Kept;
use crate::rollout::ahead::{Journey, Outset, Question, Witness, ahead};
use crate::rollout::gates::Outcome;

/// Nobody is asked: the stages wait for people only.
struct Nobody;

impl Witness for Nobody {
    fn says(&mut self, question: &Question<'_>) -> Outcome {
        panic!("nothing is measured here: {}", question.gate)
    }
}

/// A service whose stages each wait for a person.
fn staged(text: &str, style: Style, exposures: &[Exposure]) -> Strategy {
    let mut strategy = service(text);
    strategy.replicas = 4;
    let rollout = &mut strategy.rollout;
    rollout.bootstrap = Bootstrap::Direct;
    rollout.style = style;
    let step = |(index, exposure): (usize, &Exposure)| Step {
        name: format!("stage {index}"),
        exposure: exposure.clone(),
        gates: vec![serde_json::from_value(json!({"pause": {}})).unwrap()],
    };
    let exposures = exposures.iter().chain([&Exposure::Full]);
    rollout.stages = exposures.enumerate().map(step).collect();
    strategy
}

fn foreseen(stage: &Stage, runs: &Strategy, comes: &Strategy) -> Journey {
    let fleet = fixture::fleet([]);
    let runs = compile::strategy(&fleet, runs);
    let outset = Outset {
        git: &compile::strategy(&fleet, comes),
        record: stage.record(comes.name.as_str()),
        kept: &Kept::from([(runs.bundle.to_string(), runs)]),
        calendars: &Tables::built_in(),
        freezes: &[],
        from: stage.world.now,
        until: stage.world.now,
    };
    ahead(&outset, &mut Nobody)
}

fn promote(stage: &mut Stage, name: &str) {
    let record = stage.record("signals");
    let behaviour = record.candidate.clone().unwrap().behaviour;
    let unit = UnitId::Strategy("signals".parse().unwrap());
    let intents = stage.daemon.intents.entry(unit).or_default();
    intents.push(Asked {
        uid: format!("uid-{}", intents.len()),
        at: stage.world.now,
        spec: IntentSpec {
            release: "signals".to_owned(),
            action: Ask::Promote,
            behaviour,
            stage: Some(name.to_owned()),
            reason: None,
            by: "ann".to_owned(),
        },
    });
    stage.daemon.wake();
    stage.settle();
}

/// Whether a value has all that is expected of it, and perhaps more.
fn has(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => expected
            .iter()
            .all(|(name, expected)| value.get(name).is_some_and(|it| has(it, expected))),
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len()
                && value.iter().zip(expected).all(|(value, it)| has(value, it))
        }
        (value, expected) => value == expected,
    }
}

#[track_caller]
fn check(stage: &Stage, objects: &[Object]) {
    for object in objects {
        let live = stage.world.get(&object.id());
        let live = live.unwrap_or_else(|| panic!("{} is not there", object.id()));
        let (live, expected) = (&live.value()["spec"], &object.value()["spec"]);
        assert!(
            has(live, expected),
            "{}: {live:#} is not {expected:#}",
            object.id()
        );
    }
    let workloads = |objects: &mut dyn Iterator<Item = &Object>| {
        let workloads = objects.filter(|it| it.kind() == "Deployment");
        let names: std::collections::BTreeSet<String> =
            workloads.map(|it| it.name().to_owned()).collect();
        names
    };
    let mut live = stage.world.objects.values().map(std::rc::Rc::as_ref);
    assert_eq!(workloads(&mut live), workloads(&mut objects.iter()));
}

#[test]
fn each_stage_looks_as_it_was_foreseen() {
    let weight = |text: &str| Exposure::Weight(text.parse().unwrap());
    for (style, exposures) in [
        (Style::Canary, vec![weight("5%"), weight("50%")]),
        (Style::BlueGreen, vec![Exposure::Preview]),
        (Style::Rolling, vec![]),
    ] {
        let [runs, comes] = ["a", "b"].map(|text| staged(text, style, &exposures));
        let mut stage = Stage::new(1, Trouble::default());
        stage.push([runs.clone()], "a");
        stage.settle();
        let journey = foreseen(&stage, &runs, &comes);
        assert_eq!(journey.legs.len(), exposures.len() + 1);
        stage.push([comes], "b");
        stage.settle();
        for leg in &journey.legs {
            let at = stage.record("signals").rollout.clone().unwrap();
            let name = leg.stage.as_ref().map(|stage| stage.name.clone());
            assert_eq!(Some(&at.name), name.as_ref());
            check(&stage, &leg.objects);
            promote(&mut stage, &at.name);
        }
        assert_eq!(stage.record("signals").phase, Phase::Ready);
        check(&stage, &journey.after);
    }
}

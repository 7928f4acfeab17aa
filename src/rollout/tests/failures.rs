//! What keeps a unit from getting there, and how it is told.

use serde_json::json;

use super::{Stage, algo, fleet, service};
use crate::compile::fixture;
use crate::object::Object;
use crate::release::Phase;
use crate::resolve::{Consent, Freeze};
use crate::rollout::world::{Dice, Trouble};

fn consented(stage: &Stage, unit: &str) -> Vec<Consent> {
    let text = &stage.record(unit).waiting_on[0].unblocks_when;
    vec![Consent {
        digest: text.split('\'').nth(1).unwrap().parse().unwrap(),
        expires: "2026-03-03T00:00:00Z".parse().unwrap(),
        reason: "yes".to_owned(),
    }]
}

#[test]
fn an_object_that_somebody_else_made_is_left_and_named() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([], "c0");
    stage.settle();
    stage.world.make(
        Object::new(json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "signals", "namespace": "desk-rates",
                "annotations": {"meta.helm.sh/release-name": "old-signals"}},
            "spec": {},
        }))
        .unwrap(),
    );
    stage.push([service("a"), algo("spread: 5\n")], "c1");
    stage.settle();
    let record = stage.record("signals");
    assert_eq!(record.phase, Phase::Waiting);
    assert_eq!(
        record.waiting_on[0].what,
        "Service desk-rates/signals, which exists and is not this unit's: it belongs to Helm release `old-signals`"
    );
    assert_eq!(stage.record("quoter").phase, Phase::Ready, "others go on");
    assert!(stage.find("Deployment", "signals").is_none());
}

#[test]
fn a_label_that_a_person_took_away_is_put_back() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([service("a")], "c1");
    stage.settle();
    let id = stage.id("Service", "signals");
    stage.world.edit(&id, "/metadata/labels", json!({}));
    stage.settle();
    let service = stage.find("Service", "signals").unwrap();
    assert!(service.label(crate::object::mark::OWNER).is_some());
    assert_eq!(stage.record("signals").phase, Phase::Ready);
}

#[test]
fn a_strategy_comes_after_another_is_healthy() {
    let mut stage = Stage::new(2, Trouble::default());
    let mut last = service("a");
    last.after = vec!["quoter".parse().unwrap()];
    stage.world.controllers_stopped = true;
    stage.push([algo("spread: 5\n"), last], "c1");
    stage.settle();
    assert!(stage.find("Deployment", "signals").is_none());
    assert_eq!(
        stage.record("signals").waiting_on[0].what,
        "strategy `quoter`, which comes first: it is not ready"
    );
    stage.world.controllers_stopped = false;
    stage.settle();
    assert_eq!(stage.record("signals").phase, Phase::Ready);
}

#[test]
fn a_field_that_cannot_change_asks_before_it_deletes() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([service("a")], "c1");
    stage.settle();
    let id = stage.id("Deployment", "signals");
    stage.world.immutable.insert(id);
    let uid = stage
        .find("Deployment", "signals")
        .unwrap()
        .uid()
        .unwrap()
        .to_owned();
    stage.push([service("b")], "c2");
    stage.settle();
    let deployment = stage.find("Deployment", "signals").unwrap();
    assert_eq!(deployment.uid(), Some(uid.as_str()));
    let record = stage.record("signals");
    assert_eq!(record.phase, Phase::Waiting);
    assert_eq!(
        record.waiting_on[0].what,
        "a consent to delete Deployment desk-rates/signals and make it again: it cannot be changed in place (`spec`: field is immutable)"
    );
    let mut fleet = fixture::fleet([service("b")]);
    fleet.consents = consented(&stage, "signals");
    stage.daemon.push(fleet, "c3");
    stage.settle();
    let deployment = stage.find("Deployment", "signals").unwrap();
    assert_ne!(deployment.uid(), Some(uid.as_str()));
    assert_eq!(stage.record("signals").phase, Phase::Ready);
}

/// A hot loop would never come to rest.
#[test]
fn what_cannot_be_put_right_while_a_freeze_holds_the_next_version_is_told_and_not_hammered() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([service("a")], "c1");
    stage.settle();
    let mut frozen = fixture::fleet([service("b")]);
    frozen.freezes = vec![Freeze {
        desk: None,
        venue: None,
        until: None,
        reason: "quarter end".to_owned(),
    }];
    stage.daemon.push(frozen, "c2");
    stage.settle();
    let id = stage.id("Deployment", "signals");
    let grace = "/spec/template/spec/terminationGracePeriodSeconds";
    stage.world.edit(&id, grace, json!(7));
    stage.world.immutable.insert(id);
    stage.settle();
    let waits = &stage.record("signals").waiting_on;
    let told = waits
        .iter()
        .any(|it| it.what.contains("field is immutable"));
    assert!(told, "{waits:#?}");
}

#[test]
fn a_namespace_that_is_being_deleted_is_waited_for() {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([service("a")], "c1");
    stage.settle();
    let mut namespace = stage.find("Namespace", "desk-rates").unwrap().clone();
    namespace.value_mut()["metadata"]["deletionTimestamp"] = json!("2026-03-02T09:00:00Z");
    stage.world.make(namespace);
    stage.settle();
    let record = stage.record("desk rates");
    assert_eq!(record.phase, Phase::Waiting);
    assert_eq!(
        record.waiting_on[0].what,
        "Namespace desk-rates, which is being deleted"
    );
    assert_eq!(
        stage.record("signals").waiting_on[0].what,
        "namespace `desk-rates`, which its desk has not made yet"
    );
}

#[test]
fn a_pod_that_does_not_start_is_told_with_its_reason() {
    let mut stage = Stage::new(1, Trouble::default());
    let image = fixture::service().image.to_string();
    stage.world.broken_images.insert(image);
    stage.push([service("a")], "c1");
    stage.settle();
    let record = stage.record("signals");
    assert_eq!(record.phase, Phase::Progressing);
    let what = &record.waiting_on[0].what;
    assert!(
        what.starts_with(
            "Deployment desk-rates/signals: not every pod is available: pod `signals-"
        ),
        "{what}"
    );
    assert_eq!(record.stable, None);
}

#[test]
fn late_news_lost_answers_and_deaths_change_nothing_in_the_end() {
    let (before, after) = (fleet("spread: 5\n"), fleet("spread: 6\n"));
    let run = |seed: u64, trouble: Trouble| {
        let mut stage = Stage::new(seed, trouble);
        for (index, strategies) in [&before, &after].into_iter().enumerate() {
            stage.push(strategies.clone(), &format!("c{index}"));
            stage.settle();
        }
        (stage.outcome(), stage.daemon.writes)
    };
    let (undisturbed, writes) = run(1, Trouble::default());
    for seed in 10..14 {
        let trouble = Trouble {
            killed_at: Some(Dice::new(seed).below(writes)),
            stale: Some(3),
            silent: Some(6),
        };
        let (outcome, _) = run(seed, trouble);
        assert_eq!(outcome, undisturbed, "seed {seed}");
    }
}

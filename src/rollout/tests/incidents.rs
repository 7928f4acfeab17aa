//! What a deployment was able to do once, and what would stop it here. Each is named after its fact;
//! those that people stop stand beside approvals and halts.

use jiff::Timestamp;

use super::stages::{guarded, name};
use super::*;
use crate::calendar::Tables;
use crate::compile;
use crate::intent::Ask;
use crate::release::Revision;
use crate::resolve::rollout::{Bootstrap, Exposure, OnFailure, Stage as Step, Style};
use crate::rollout::Kept;
use crate::rollout::ahead::{Ending, Journey, Outset, Question, Witness, ahead};
use crate::rollout::gates::{Log, Logged, Outcome};
use crate::rollout::references;

/// Eight servers, each with a disk of its own, which a change reaches one by one.
fn eight_servers(text: &str) -> Strategy {
    let mut servers = guarded(text, |rollout| {
        rollout.on_failure = OnFailure::Halt;
        rollout.progress_deadline = Some("7d".parse().unwrap());
    });
    servers.state = vec![fixture::state("books")];
    servers.replicas = 8;
    servers
}

/// The eight, of which one cannot be reached when the flag is turned on.
fn one_missed() -> Stage {
    let mut stage = Stage::new(1, Trouble::default());
    stage.push([eight_servers("flag: off\n")], "a");
    stage.settle();
    let missed = stage.id("Pod", &format!("{}-0", name()));
    let mut pod = stage.world.get(&missed).unwrap().clone();
    pod.value_mut()["spec"]["nodeName"] = json!("eighth");
    stage.world.objects.insert(missed, pod.into());
    stage.world.lost_nodes.insert("eighth".to_owned());
    stage.push([eight_servers("flag: on\n")], "b");
    stage.settle();
    stage
}

impl Stage {
    /// What each pod reads its flag from.
    fn flags(&self) -> BTreeMap<String, String> {
        let pods = self.world.of_kind("Pod");
        let of = |pod: &Object| {
            let mut files = references::of_pod(pod).into_iter();
            let file = files.find(|id| id.kind == "ConfigMap")?;
            let text = self.world.get(&file)?.at("/data")?.as_object()?;
            let text = text.values().next()?.as_str()?;
            Some((pod.name().to_owned(), text.to_owned()))
        };
        pods.iter().filter_map(|pod| of(pod)).collect()
    }
}

fn count(flags: &BTreeMap<String, String>, flag: &str) -> usize {
    flags.values().filter(|it| *it == flag).count()
}

/// Knight Capital, 2012: the new code was copied to seven of eight servers, and nobody noticed.
#[test]
fn knight_2012_seven_of_eight_servers_are_no_deployment() {
    let mut stage = one_missed();
    assert_eq!(count(&stage.flags(), "flag: on\n"), 7);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    // Nor does a person's word make it one.
    stage.ask(Ask::Promote);
    assert_eq!((stage.runs(), stage.comes()), ("a", "b"));
    let at = stage.service().rollout.as_ref().unwrap();
    assert_eq!(at.settled_at, None);
    assert_ne!(stage.service().phase, Phase::Ready);

    stage.world.lost_nodes.clear();
    stage.daemon.wake();
    stage.settle();
    assert_eq!(count(&stage.flags(), "flag: on\n"), 8);
    assert_eq!((stage.runs(), stage.comes()), ("b", ""));
}

/// Knight Capital, 2012: a flag that meant something else to the old code was turned on for all eight
/// servers, the one with the old code among them.
#[test]
fn knight_2012_what_is_turned_on_for_the_new_version_does_not_reach_the_old_one() {
    let stage = one_missed();
    let flags = stage.flags();
    let old = format!("{}-0", name());
    assert_eq!(flags.get(&old).map(String::as_str), Some("flag: off\n"));
    assert_eq!((flags.len(), count(&flags, "flag: on\n")), (8, 7));
}

/// From 08:01 in New York on, the new version says what nobody has read before.
struct Mails;

impl Witness for Mails {
    fn says(&mut self, question: &Question<'_>) -> Outcome {
        let log = |classes: &[(&str, f64)]| Log {
            classes: (classes
                .iter()
                .map(|(class, count)| ((*class).to_owned(), *count)))
            .collect(),
            lines: 5000.0,
        };
        let usual = ("quote is late", 4.0);
        let candidate = if question.at < at("2026-11-23T13:01:00Z") {
            log(&[usual])
        } else {
            log(&[usual, ("Power Peg disabled", 97.0)])
        };
        Outcome::Logged(Logged {
            candidate,
            before: Some(log(&[usual])),
        })
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A router that comes up beside the old one, and takes over once the market is open.
fn router(text: &str) -> Strategy {
    let mut router = service(text);
    let gates = [
        json!({"logs": "errors", "interval": "1m"}),
        json!({"window": "open(XNYS)"}),
    ];
    let errors = json!({"loki": {
        "address": "http://loki.monitoring:3100",
        "query": "sum by (class) (count_over_time({track=\"{{track}}\"} |= `error` [{{interval}}]))",
        "samples": "sum(count_over_time({track=\"{{track}}\"}[{{interval}}]))",
    }});
    let rollout = &mut router.rollout;
    rollout.bootstrap = Bootstrap::Direct;
    rollout.style = Style::BlueGreen;
    rollout.on_failure = OnFailure::Halt;
    rollout.metrics = [(
        "errors".parse().unwrap(),
        serde_json::from_value(errors).unwrap(),
    )]
    .into();
    rollout.stages.insert(
        0,
        Step {
            name: "preview".to_owned(),
            exposure: Exposure::Preview,
            gates: gates.map(|it| serde_json::from_value(it).unwrap()).into(),
        },
    );
    router
}

fn on_the_morning_of_a_change() -> Journey {
    let fleet = fixture::fleet([]);
    let runs = compile::strategy(&fleet, &router("a"));
    let git = compile::strategy(&fleet, &router("b"));
    let record = ReleaseStatus {
        stable: Some(Revision {
            bundle: runs.bundle.to_string(),
            behaviour: runs.behaviour.to_string(),
            commit: None,
        }),
        ..ReleaseStatus::default()
    };
    let outset = Outset {
        git: &git,
        record: &record,
        kept: &Kept::from([(runs.bundle.to_string(), runs)]),
        calendars: &Tables::built_in(),
        freezes: &[],
        from: at("2026-11-23T12:45:00Z"),
        until: at("2026-11-24T00:00:00Z"),
    };
    ahead(&outset, &mut Mails)
}

/// Knight Capital, 2012: for 89 minutes before the open, 97 e-mails told of an error that there had
/// never been, and nobody read them.
#[test]
fn knight_2012_a_new_error_before_the_open_keeps_the_change_from_the_open() {
    let journey = on_the_morning_of_a_change();
    let Ending::Stopped {
        at: when,
        why,
        then,
    } = journey.ending
    else {
        panic!("{:?}", journey.ending);
    };
    assert_eq!(then, OnFailure::Halt);
    assert!(why.contains("`Power Peg disabled` (97 times)"), "{why}");
    // The market opens at 14:30.
    assert!(when <= at("2026-11-23T13:02:00Z"), "{when}");
}

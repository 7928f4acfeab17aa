//! The ways between stages: whatever order the cluster acts in, and whoever dies on the way.

use serde_json::json;

use super::super::*;
use super::bench::{BROKEN, Bench, Holds, bundle, routed, service, weight};
use crate::compile::fixture;
use crate::resolve::rollout::Exposure;
use crate::resolve::{Scale, Strategy};

const SEEDS: std::ops::Range<u64> = 0..3;

fn track(bundle: &Bundle) -> String {
    format!("signals-{}", bundle.behaviour.short())
}

/// From one version to the other, stage by stage; the pods that were judged are those that stay.
fn through(old: &Strategy, new: &Strategy, stages: &[Exposure], holds: Holds) {
    for seed in SEEDS {
        let mut bench = Bench::running(seed, old);
        let (old, new) = (bundle(old), bundle(new));
        bench.holds = holds;
        for exposure in stages.iter().cloned().chain([Exposure::Full]) {
            bench.go(&old, &new, 4, exposure);
        }
        let judged = bench.pods(&new);
        bench.promote(&new);
        assert_eq!(
            bench.pods(&new),
            judged,
            "the pods promoted are those judged"
        );
        assert!(bench.pods(&old).is_empty());
        assert_eq!(bench.names("Deployment"), [track(&new)].into());
        assert_eq!(bench.serving(), 4);
    }
}

#[test]
fn a_canary_by_pods_never_has_too_many_nor_serves_with_too_few() {
    through(
        &service(Style::Canary, 4, "1"),
        &service(Style::Canary, 4, "2"),
        &[weight("25%"), weight("50%")],
        Holds {
            most: Some(5),
            serving: 4,
        },
    );
}

#[test]
fn a_canary_by_weights_moves_them_only_to_pods_that_are_ready() {
    let old = routed(Style::Canary, 4, "1");
    let new = routed(Style::Canary, 4, "2");
    let holds = Holds {
        most: Some(8),
        serving: 4,
    };
    through(&old, &new, &[weight("5%"), weight("50%")], holds);
    let mut bench = Bench::running(3, &old);
    let (old, new) = (bundle(&old), bundle(&new));
    bench.go(&old, &new, 4, weight("5%"));
    assert_eq!(
        bench.weights(),
        [("signals".to_owned(), 95), (track(&new), 5)]
    );
    assert_eq!(bench.pods(&new).len(), 1);
    bench.go(&old, &new, 4, weight("50%"));
    assert_eq!(bench.pods(&new).len(), 2);
}

#[test]
fn blue_and_green_change_places_at_once() {
    let holds = Holds {
        most: Some(8),
        serving: 4,
    };
    let blue = |version| service(Style::BlueGreen, 4, version);
    through(&blue("1"), &blue("2"), &[Exposure::Preview], holds);
    let routed = |version| routed(Style::BlueGreen, 4, version);
    through(&routed("1"), &routed("2"), &[Exposure::Preview], holds);
}

#[test]
fn a_standby_takes_over_and_the_other_stands_by() {
    for seed in SEEDS {
        let mut old = service(Style::StandbyFirst, 2, "1");
        let mut bench = Bench::running(seed, &old);
        bench.holds.serving = 2;
        for version in ["2", "3"] {
            let new = service(Style::StandbyFirst, 2, version);
            let (before, after) = (bundle(&old), bundle(&new));
            bench.go(&before, &after, 2, Exposure::Standby);
            bench.go(&before, &after, 2, Exposure::Full);
            let judged = bench.pods(&after);
            bench.promote(&after);
            let pods = bench.pods(&after);
            assert!(judged.iter().all(|pod| pods.contains(pod)));
            assert_eq!(pods.len(), 4, "two serve, two stand by");
            old = new;
        }
        assert!(bench.track.is_main());
    }
}

/// A version that never gets ready goes nowhere, and what ran serves on with the same pods.
fn broken(style: Style, exposure: &Exposure, strategy: fn(Style, u32, &str) -> Strategy) {
    for seed in SEEDS {
        let old = strategy(style, 4, "1");
        let mut bench = Bench::running(seed, &old);
        let (old, new) = (bundle(&old), bundle(&strategy(style, 4, BROKEN)));
        bench.holds.serving = 4;
        let before = bench.pods(&old);
        let set = bench.set(&old, &new, 4, exposure.clone());
        assert!(!bench.settles(&set), "{:?}", bench.why(&set));
        bench.rest(&old);
        assert!(bench.pods(&new).is_empty());
        assert_eq!(bench.names("Deployment"), ["signals".to_owned()].into());
        if style != Style::Canary || old.rollout.as_ref().unwrap().route.is_some() {
            assert_eq!(bench.pods(&old), before);
        }
    }
}

#[test]
fn a_broken_version_goes_nowhere() {
    broken(Style::Canary, &weight("25%"), service);
    broken(Style::Canary, &weight("5%"), routed);
    broken(Style::BlueGreen, &Exposure::Preview, service);
}

#[test]
fn a_broken_version_that_runs_holds_up_no_fix() {
    for (strategy, exposure) in [
        (service as fn(Style, u32, &str) -> Strategy, weight("25%")),
        (routed, weight("25%")),
    ] {
        let old = strategy(Style::Canary, 4, "1");
        let mut bench = Bench::running(5, &old);
        // What ran well breaks all at once.
        let old = bundle(&old);
        for pod in bench.world.of_kind("Pod") {
            bench.world.vanish(&pod.id());
        }
        let image = fixture::image("registry.example.com/rates/program", "1");
        bench.world.broken_images.insert(image.to_string());
        let new = bundle(&strategy(Style::Canary, 4, "2"));
        bench.go(&old, &new, 4, exposure);
        bench.go(&old, &new, 4, Exposure::Full);
        bench.promote(&new);
        assert_eq!(bench.serving(), 4);
    }
}

#[test]
fn a_version_that_is_given_up_in_the_middle_leaves_nothing_behind() {
    for seed in SEEDS {
        for strategy in [service as fn(Style, u32, &str) -> Strategy, routed] {
            let old = strategy(Style::Canary, 4, "1");
            let mut bench = Bench::running(seed, &old);
            let (old, new) = (bundle(&old), bundle(&strategy(Style::Canary, 4, "2")));
            let before = bench.pods(&old);
            bench.holds.serving = 4;
            bench.go(&old, &new, 4, weight("50%"));
            bench.rest(&old);
            assert!(bench.pods(&new).is_empty());
            assert_eq!(bench.pods(&old).len(), 4);
            if strategy(Style::Canary, 4, "1").rollout.route.is_some() {
                assert_eq!(bench.pods(&old), before, "what ran was never touched");
                assert_eq!(bench.weights(), [("signals".to_owned(), 100)]);
            }
            for kind in ["NetworkPolicy", "PodDisruptionBudget", "Service"] {
                assert_eq!(bench.names(kind), ["signals".to_owned()].into(), "{kind}");
            }
        }
    }
}

#[test]
fn a_newer_version_takes_the_place_of_one_on_its_way() {
    for seed in SEEDS {
        for strategy in [service as fn(Style, u32, &str) -> Strategy, routed] {
            let old = strategy(Style::Canary, 4, "1");
            let mut bench = Bench::running(seed, &old);
            let version = |name| bundle(&strategy(Style::Canary, 4, name));
            let (old, second, third) = (version("1"), version("2"), version("3"));
            bench.holds.serving = 4;
            if old.rollout.as_ref().unwrap().route.is_none() {
                bench.holds.most = Some(5);
            }
            bench.go(&old, &second, 4, weight("50%"));
            bench.go(&old, &third, 4, weight("25%"));
            assert!(bench.pods(&second).is_empty());
            bench.go(&old, &third, 4, Exposure::Full);
            bench.promote(&third);
            assert_eq!(bench.pods(&third).len(), 4);
            assert!(bench.pods(&old).is_empty());
        }
    }
}

#[test]
fn who_lost_requests_keeps_pods_until_the_route_is_seen() {
    let old = routed(Style::BlueGreen, 2, "1");
    let mut bench = Bench::running(1, &old);
    let (old, new) = (bundle(&old), bundle(&routed(Style::BlueGreen, 2, "2")));
    bench.go(&old, &new, 2, Exposure::Preview);
    bench.world.standing.insert("HTTPRoute");
    let set = bench.set(&old, &new, 2, Exposure::Full);
    assert!(!bench.settles(&set));
    bench.track = Track::named(&new.behaviour.short());
    let set = steady(&new, &bench.track);
    assert!(!bench.settles(&set));
    assert_eq!(bench.pods(&old).len(), 2);
    bench.world.standing.clear();
    bench.settle(&set);
    assert!(bench.pods(&old).is_empty());
}

#[test]
fn a_cluster_without_routes_is_waited_for_and_nothing_is_lost_meanwhile() {
    let old = service(Style::Canary, 2, "1");
    let mut bench = Bench::running(1, &old);
    let (old, new) = (bundle(&old), bundle(&routed(Style::Canary, 2, "2")));
    bench.holds.serving = 2;
    bench.routeless = Some("this cluster has no routes".to_owned());
    let set = bench.set(&old, &new, 2, Exposure::Full);
    assert!(!bench.settles(&set));
    let why = bench.why(&set).join("\n");
    assert!(why.contains("this cluster has no routes"), "{why}");
    assert!(bench.names("HTTPRoute").is_empty());
    assert_eq!(bench.pods(&old).len(), 2);
    bench.routeless = None;
    bench.settle(&set);
    assert_eq!(bench.pods(&new).len(), 2);
}

fn with_scale(mut strategy: Strategy, min: u32, max: u32) -> Strategy {
    strategy.scale = Some(Scale {
        min,
        max,
        cpu: Some(70),
        memory: None,
        metrics: [].into(),
    });
    strategy
}

#[test]
fn an_autoscaler_is_added_held_and_removed_without_a_jump() {
    let count = |bench: &Bench, name: &str| {
        let replicas = bench.field("Deployment", name, "/spec/replicas").unwrap();
        replicas.as_u64().unwrap()
    };
    let policy = "/spec/behavior/scaleUp/selectPolicy";
    let fixed = routed(Style::Canary, 30, "1");
    let mut bench = Bench::running(2, &fixed);
    bench.holds.serving = 30;
    let scaled = with_scale(fixed.clone(), 30, 60);
    assert_eq!(bundle(&scaled).behaviour, bundle(&fixed).behaviour);
    bench.rest(&bundle(&scaled));
    assert_eq!(count(&bench, "signals"), 30);
    let id = bench.find("Deployment", "signals").unwrap().id();
    bench.world.autoscale(&id, 34);
    bench.rest(&bundle(&scaled));
    assert_eq!(count(&bench, "signals"), 34);
    let old = bundle(&scaled);
    let new = bundle(&with_scale(routed(Style::Canary, 30, "2"), 30, 60));
    bench.go(&old, &new, 34, weight("50%"));
    assert_eq!(
        (count(&bench, "signals"), count(&bench, &track(&new))),
        (34, 17)
    );
    for name in ["signals".to_owned(), track(&new)] {
        let held = bench.field("HorizontalPodAutoscaler", &name, policy);
        assert_eq!(held, Some(json!("Disabled")));
    }
    bench.go(&old, &new, 34, Exposure::Full);
    bench.promote(&new);
    assert_eq!(count(&bench, &track(&new)), 34);
    assert_eq!(
        bench.field("HorizontalPodAutoscaler", &track(&new), policy),
        None
    );
    let again = routed(Style::Canary, 34, "2");
    assert_eq!(bundle(&again).behaviour, new.behaviour);
    bench.rest(&bundle(&again));
    assert_eq!(count(&bench, &track(&new)), 34);
    assert!(bench.names("HorizontalPodAutoscaler").is_empty());
}

#[test]
fn an_autoscaled_version_comes_back_from_no_pods() {
    let old = with_scale(service(Style::Canary, 4, "1"), 4, 9);
    let mut bench = Bench::running(7, &old);
    let (old, new) = (
        bundle(&old),
        bundle(&with_scale(service(Style::Canary, 4, "2"), 4, 9)),
    );
    bench.holds = Holds {
        most: Some(7),
        serving: 4,
    };
    let id = bench.find("Deployment", "signals").unwrap().id();
    bench.world.autoscale(&id, 6);
    bench.rest(&old);
    bench.go(&old, &new, 6, weight("50%"));
    bench.go(&old, &new, 6, Exposure::Full);
    assert!(bench.pods(&old).is_empty());
    bench.rest(&old);
    assert_eq!(bench.pods(&old).len(), 6);
    assert!(bench.pods(&new).is_empty());
}

fn stateful(version: &str) -> Strategy {
    let mut strategy = service(Style::Rolling, 4, version);
    strategy.state = vec![fixture::state("books")];
    strategy
}

#[test]
fn pods_of_a_set_change_from_the_highest_down_and_come_back() {
    for seed in SEEDS {
        let old = stateful("1");
        let mut bench = Bench::running(seed, &old);
        let (old, new) = (bundle(&old), bundle(&stateful("2")));
        bench.go(
            &old,
            &new,
            4,
            Exposure::Pods(crate::spec::measure::Amount::Count(1)),
        );
        assert_eq!(bench.pods(&new), ["signals-3"]);
        let half = crate::spec::measure::Amount::Share("50%".parse().unwrap());
        bench.go(&old, &new, 4, Exposure::Pods(half));
        assert_eq!(bench.pods(&new), ["signals-2", "signals-3"]);
        let mut other = bench.clone();
        bench.go(&old, &new, 4, Exposure::Full);
        bench.promote(&new);
        assert_eq!(bench.pods(&new).len(), 4);
        other.rest(&old);
        assert_eq!(other.pods(&old).len(), 4);
    }
}

#[test]
fn a_pod_that_is_stuck_on_a_bad_version_is_removed() {
    for seed in SEEDS {
        let old = stateful("1");
        let mut bench = Bench::running(seed, &old);
        let (old, new) = (bundle(&old), bundle(&stateful(BROKEN)));
        let one = Exposure::Pods(crate::spec::measure::Amount::Count(1));
        let set = bench.set(&old, &new, 4, one);
        assert!(!bench.settles(&set));
        assert_eq!(bench.pods(&new), ["signals-3"]);
        assert_eq!(bench.pods(&old).len(), 3);
        bench.rest(&old);
        assert_eq!(bench.pods(&old).len(), 4);
    }
}

#[test]
fn the_same_from_scratch_is_the_same() {
    let first = service(Style::Canary, 4, "1");
    let mut bench = Bench::running(1, &first);
    let set = steady(&bundle(&first), &bench.track.clone());
    assert!(bench.is_in_place(&set));
    assert!(!bench.round(&set));
}

use proptest::prelude::*;

use super::*;

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

fn bounds(surge: u32, unavailable: u32) -> Bounds {
    Bounds::of(1, Amount::Count(surge), Amount::Count(unavailable))
}

/// Old and new pods for a weight.
fn check(replicas: u32, weight: &str, surge: u32, expect: (u32, u32)) {
    let split = split(replicas, percent(weight), bounds(surge, 0));
    assert_eq!(
        (split.stable, split.candidate),
        expect,
        "{replicas} at {weight}"
    );
}

#[test]
fn the_ratio_is_the_nearest_that_there_is() {
    check(10, "10%", 0, (9, 1));
    check(10, "50%", 1, (5, 5));
    check(3, "5%", 0, (2, 1));
    check(3, "5%", 1, (3, 1));
    check(3, "50%", 0, (1, 2));
    check(3, "50%", 1, (2, 2));
    check(1, "50%", 1, (1, 1));
    check(30, "5%", 1, (29, 2));
    check(30, "50%", 1, (15, 15));
}

#[test]
fn the_new_version_gets_a_pod_unless_there_is_one_only() {
    check(1, "5%", 0, (1, 0));
    check(1, "50%", 0, (0, 1));
    check(1, "1%", 1, (1, 1));
    check(2, "1%", 0, (1, 1));
    check(0, "50%", 1, (0, 0));
    check(5, "0%", 1, (5, 0));
    check(5, "100%", 1, (0, 5));
}

#[test]
fn bounds_never_stand_still() {
    let share = |text: &str| Amount::Share(percent(text));
    let of = |replicas, surge, unavailable| Bounds::of(replicas, surge, unavailable);
    let quarter = of(10, share("25%"), share("25%"));
    assert_eq!((quarter.most(10), quarter.fewest_ready(10)), (13, 8));
    let stuck = of(10, Amount::Count(0), share("5%"));
    assert_eq!((stuck.most(10), stuck.fewest_ready(10)), (10, 9));
}

#[test]
fn the_old_version_grows_first() {
    let pods = |count| Pods {
        asked: count,
        present: count,
        ready: count,
    };
    let now = Both {
        stable: pods(2),
        candidate: pods(0),
    };
    let target = Both {
        stable: 3,
        candidate: 1,
    };
    let next = next(3, bounds(0, 1), now, target);
    assert_eq!((next.stable, next.candidate), (3, 0));
}

/// All ratios that the bounds allow, and how far each is from the weight.
fn by_force(replicas: u32, weight: Percent, surge: u32) -> (u32, u32) {
    let fewest = u32::from(replicas > 1 || surge > 0);
    let mut best: Option<(f64, f64, u32, u32)> = None;
    for total in replicas..=replicas + surge.min(1) {
        for candidate in fewest..=total {
            let share = f64::from(candidate) / f64::from(total);
            let distance = (share - f64::from(weight.parts_per_million()) / 1e6).abs();
            let better = best.is_none_or(|(least, most, ..)| {
                distance < least - 1e-12 || (distance <= least + 1e-12 && share > most + 1e-12)
            });
            if better {
                best = Some((distance, share, total - candidate, candidate));
            }
        }
    }
    best.map(|(_, _, stable, candidate)| (stable, candidate))
        .unwrap()
}

/// A cluster that makes and takes away pods, in an order that numbers decide.
#[derive(Debug, Clone, Copy)]
struct Cluster {
    pods: Both<Pods>,
}

impl Cluster {
    fn act(&mut self, choice: u8, candidate_works: bool, stable_works: bool) {
        let (pods, works) = match choice % 2 {
            0 => (&mut self.pods.stable, stable_works),
            _ => (&mut self.pods.candidate, candidate_works),
        };
        if pods.present > pods.asked {
            // What is not ready goes first.
            pods.ready = pods.ready.min(pods.present - 1);
            pods.present -= 1;
        } else if pods.present < pods.asked {
            pods.present += 1;
        } else if works && pods.ready < pods.present {
            pods.ready += 1;
        }
    }

    fn ask(&mut self, asked: Both<u32>) {
        self.pods.stable.asked = asked.stable;
        self.pods.candidate.asked = asked.candidate;
    }

    fn ready(&self) -> u32 {
        self.pods.stable.ready + self.pods.candidate.ready
    }

    fn present(&self) -> u32 {
        self.pods.stable.present + self.pods.candidate.present
    }
}

fn all_stable(replicas: u32, ready: u32) -> Cluster {
    let stable = Pods {
        asked: replicas,
        present: replicas,
        ready,
    };
    Cluster {
        pods: Both {
            stable,
            candidate: Pods::default(),
        },
    }
}

proptest! {
    #[test]
    fn no_ratio_within_the_bounds_is_nearer(
        replicas in 1_u32..40,
        parts in 1_u32..1_000_000,
        surge in 0_u32..5,
    ) {
        let text = format!("{}.{:04}%", parts / 10_000, parts % 10_000);
        let weight = percent(&text);
        let split = split(replicas, weight, bounds(surge, 0));
        prop_assert_eq!((split.stable, split.candidate), by_force(replicas, weight, surge));
    }

    #[test]
    fn the_bounds_hold_on_every_way(
        replicas in 1_u32..12,
        surge in 0_u32..4,
        unavailable in 0_u32..4,
        weights in prop::collection::vec(0_u32..=100, 1..6),
        choices in prop::collection::vec(any::<u8>(), 0..200),
        candidate_works in any::<bool>(),
    ) {
        let bounds = bounds(surge, unavailable);
        let mut cluster = all_stable(replicas, replicas);
        let mut targets = weights.iter().cycle();
        let mut target = split(replicas, percent("0%"), bounds);
        for choice in choices {
            if choice % 16 == 0 {
                let weight = targets.next().unwrap();
                target = split(replicas, percent(&format!("{weight}%")), bounds);
            }
            let ready = cluster.ready();
            cluster.ask(next(replicas, bounds, cluster.pods, target));
            cluster.act(choice / 16, candidate_works, true);
            prop_assert!(cluster.present() <= bounds.most(replicas));
            prop_assert!(cluster.ready() >= ready.min(bounds.fewest_ready(replicas)));
        }
    }

    #[test]
    fn every_target_is_reached(
        replicas in 1_u32..12,
        surge in 0_u32..4,
        unavailable in 0_u32..4,
        mut weights in prop::collection::vec(0_u32..=100, 1..5),
        is_stable_broken in any::<bool>(),
    ) {
        let bounds = bounds(surge, unavailable);
        if is_stable_broken {
            // Nothing that is ready is given up for what is not.
            weights.sort_unstable();
        }
        let mut cluster = all_stable(replicas, if is_stable_broken { 0 } else { replicas });
        for weight in weights.iter().chain([&100]) {
            let target = split(replicas, percent(&format!("{weight}%")), bounds);
            for choice in 0..400 {
                cluster.ask(next(replicas, bounds, cluster.pods, target));
                cluster.act(choice_of(choice), true, !is_stable_broken);
            }
            let asked = Both {
                stable: cluster.pods.stable.asked,
                candidate: cluster.pods.candidate.asked,
            };
            prop_assert_eq!(asked, target);
        }
    }
}

fn choice_of(number: u32) -> u8 {
    u8::try_from(number % 251).unwrap()
}

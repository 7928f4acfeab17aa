//! Claims about whole bundles.

use serde_json::{Value, json};

use super::*;
use crate::object::mark;
use crate::resolve::{Mode, Peer};
use crate::yaml;

/// Holds a bundle's YAML against the golden file of that name.
fn check_golden(golden: &str, bundle: &Bundle) {
    let text = yaml::emit_all(bundle.objects.iter().map(Object::value));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../tests/golden/compile");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(golden, text));
}

/// Compiles a strategy beside a service that it may refer to.
fn compile(strategy: &Strategy) -> Bundle {
    let fleet = fixture::fleet([strategy.clone(), fixture::service()]);
    super::strategy(&fleet, strategy)
}

fn changed(strategy: &Strategy, change: impl FnOnce(&mut Strategy)) -> Strategy {
    let mut strategy = strategy.clone();
    change(&mut strategy);
    strategy
}

fn workload(bundle: &Bundle) -> &Object {
    let id = bundle.workload.as_ref().unwrap();
    bundle.objects.iter().find(|it| it.id() == *id).unwrap()
}

fn template(bundle: &Bundle) -> &Value {
    let workload = workload(bundle).value();
    let of_cron_job = workload.pointer("/spec/jobTemplate/spec/template");
    of_cron_job
        .or_else(|| workload.pointer("/spec/template"))
        .unwrap()
}

fn find<'b>(bundle: &'b Bundle, kind: &str) -> &'b Object {
    bundle.objects.iter().find(|it| it.kind() == kind).unwrap()
}

/// One of each class and shape.
fn every_shape() -> Vec<Strategy> {
    vec![
        fixture::algo(),
        fixture::everything(),
        changed(&fixture::algo(), |it| it.class = Class::Gateway),
        fixture::service(),
        changed(&fixture::service(), |it| {
            it.state = vec![fixture::state("book")];
            it.replicas = 1;
        }),
        fixture::job(),
        fixture::cron_job(),
    ]
}

#[test]
fn a_desk_compiles_to_its_golden_file() {
    check_golden("desk", &desk(&fixture::fleet([]), &fixture::desk()));
}

#[test]
fn an_algo_compiles_to_its_golden_file() {
    check_golden("algo", &compile(&fixture::algo()));
}

#[test]
fn an_algo_with_everything_compiles_to_its_golden_file() {
    check_golden("everything", &compile(&fixture::everything()));
}

#[test]
fn a_service_compiles_to_its_golden_file() {
    check_golden("service", &compile(&fixture::service()));
}

#[test]
fn a_service_with_state_compiles_to_its_golden_file() {
    let strategy = changed(&fixture::service(), |it| {
        it.state = vec![fixture::state("book")];
        it.replicas = 1;
    });
    check_golden("service_with_state", &compile(&strategy));
}

#[test]
fn a_job_compiles_to_its_golden_file() {
    check_golden("job", &compile(&fixture::job()));
}

#[test]
fn a_cron_job_compiles_to_its_golden_file() {
    check_golden("cron_job", &compile(&fixture::cron_job()));
}

#[test]
fn desks_come_before_strategies_and_both_by_name() {
    let bundles = fleet(&fixture::fleet(every_shape()));
    let units: Vec<String> = bundles.iter().map(|it| it.unit.to_string()).collect();
    let expect = [
        "desk rates",
        "strategy quoter",
        "strategy signals",
        "strategy sweep",
    ];
    assert_eq!(units, expect);
}

#[test]
fn the_order_of_what_is_a_set_makes_no_difference() {
    let strategy = fixture::everything();
    let shuffled = changed(&strategy, |it| {
        it.secrets.reverse();
        it.config.reverse();
        it.state.reverse();
        it.ports.reverse();
        it.network.egress.reverse();
        it.network.ingress.reverse();
        it.placement.apart_from.reverse();
        it.placement
            .require
            .values_mut()
            .for_each(|it| it.reverse());
        it.engine.writable.reverse();
        for egress in &mut it.network.egress {
            if let Peer::Cidrs { cidrs, except, .. } = &mut egress.to {
                cidrs.reverse();
                except.reverse();
            }
        }
    });
    assert_eq!(compile(&strategy), compile(&shuffled));
    let text = |bundle: &Bundle| serde_json::to_string(bundle).unwrap();
    assert_eq!(text(&compile(&strategy)), text(&compile(&shuffled)));
}

#[test]
fn the_groups_of_a_desk_are_a_set() {
    let fleet = fixture::fleet([]);
    let mut shuffled = fixture::desk();
    shuffled.viewers.reverse();
    assert_eq!(desk(&fleet, &fixture::desk()), desk(&fleet, &shuffled));
}

#[test]
fn what_another_strategy_is_makes_no_difference() {
    let alone = fixture::fleet([fixture::algo()]);
    let beside = fixture::fleet([fixture::algo(), fixture::service(), fixture::job()]);
    let algo = fixture::algo();
    assert_eq!(
        super::strategy(&alone, &algo),
        super::strategy(&beside, &algo)
    );
}

#[test]
fn every_name_fits_at_the_longest_strategy_name() {
    let longest = "a".repeat(36);
    for strategy in every_shape() {
        let strategy = changed(&strategy, |it| it.name = longest.parse().unwrap());
        let bundle = compile(&strategy);
        for object in &bundle.objects {
            let max = match object.kind() {
                "CronJob" | "StatefulSet" => 52,
                "PersistentVolumeClaim" | "ConfigMap" => 253,
                _ => 63,
            };
            assert!(object.name().len() <= max, "{}", object.id());
        }
    }
}

#[test]
fn no_mapping_is_out_of_order_and_nothing_is_null_or_empty() {
    fn check(path: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                assert!(map.keys().is_sorted(), "{path}");
                let may_be_empty = path.ends_with("podSelector");
                assert!(!map.is_empty() || may_be_empty, "{path}");
                map.iter()
                    .for_each(|(key, value)| check(&format!("{path}.{key}"), value));
            }
            Value::Array(items) => {
                assert!(!items.is_empty(), "{path}");
                for item in items {
                    check(path, item);
                }
            }
            Value::Null => panic!("{path} is null"),
            Value::String(text) => assert!(!text.is_empty(), "{path}"),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let strategies = every_shape();
    let bundles = strategies.iter().map(compile);
    for bundle in bundles.chain([desk(&fixture::fleet([]), &fixture::desk())]) {
        for object in &bundle.objects {
            check(&object.id().to_string(), object.value());
        }
    }
}

#[test]
fn every_object_and_every_pod_carries_its_owner() {
    for strategy in every_shape() {
        let bundle = compile(&strategy);
        for object in &bundle.objects {
            assert_eq!(object.label(mark::OWNER), Some(bundle.owner.as_str()));
            assert_eq!(object.label(mark::STRATEGY), Some(strategy.name.as_str()));
            assert_eq!(object.namespace(), Some("desk-rates"));
        }
        let labels = &template(&bundle)["metadata"]["labels"];
        assert_eq!(labels[mark::OWNER], bundle.owner.as_str());
        assert_eq!(labels[mark::INSTANCE], strategy.name.as_str());
    }
}

#[test]
fn a_pod_template_carries_the_behaviour_and_not_the_bundle() {
    for strategy in every_shape() {
        let bundle = compile(&strategy);
        let annotations = &template(&bundle)["metadata"]["annotations"];
        assert_eq!(annotations[mark::BEHAVIOUR], bundle.behaviour.hex());
        let text = serde_json::to_string(&bundle.objects).unwrap();
        assert!(!text.contains(&bundle.bundle.hex()));
    }
}

#[test]
fn a_holding_stands_on_the_pods_that_take_it() {
    let strategy = changed(&fixture::algo(), |it| {
        let account = it.account.as_mut().unwrap();
        account.exclusive = vec!["one/ETH".to_owned(), "one/BTC".to_owned()];
    });
    let bundle = compile(&strategy);
    assert_eq!(bundle.holdings, ["one/BTC", "one/ETH"]);
    let annotations = &template(&bundle)["metadata"]["annotations"];
    assert_eq!(annotations[mark::HOLDINGS], r#"["one/BTC","one/ETH"]"#);
}

#[test]
fn a_rollout_turns_the_replicas_of_a_singleton_and_its_budget() {
    let bundle = compile(&fixture::algo());
    assert!(workload(&bundle).at("/spec/replicas").is_none());
    let budget = find(&bundle, "PodDisruptionBudget");
    assert!(budget.at("/spec/maxUnavailable").is_none());
}

/// A change that must not restart a pod.
type Change = (&'static str, fn(&mut Strategy));

#[test]
fn a_minor_change_leaves_every_pod_template_as_it_is() {
    let minor: &[Change] = &[
        ("replicas", |it| it.replicas += 1),
        ("after", |it| it.after = vec!["quoter".parse().unwrap()]),
        ("rollout", |it| {
            it.deferred
                .insert("rollout".to_owned(), json!({"window": "open"}));
        }),
        ("scale", |it| {
            it.deferred
                .insert("scale".to_owned(), json!([{"cpu": "70%"}]));
        }),
        ("largest number", |it| {
            it.deferred.insert("replicas.max".to_owned(), json!(9));
        }),
        ("alerts", |it| {
            it.deferred
                .insert("observe.alerts".to_owned(), json!([{"name": "late"}]));
        }),
        ("parallelism", |it| it.job.parallelism += 1),
        ("size", |it| {
            for state in &mut it.state {
                state.size = fixture::quantity("20Gi");
            }
        }),
        ("origin", |it| it.origins.clear()),
    ];
    for strategy in every_shape() {
        let before = compile(&strategy);
        for (what, change) in minor {
            let after = compile(&changed(&strategy, change));
            assert_eq!(after.behaviour, before.behaviour, "{what}");
            assert_eq!(after.workload, before.workload, "{what}");
            assert_eq!(template(&after), template(&before), "{what}");
        }
    }
}

#[test]
fn a_minor_change_is_another_bundle() {
    let before = compile(&fixture::service());
    let after = compile(&changed(&fixture::service(), |it| it.replicas = 4));
    assert_ne!(after.bundle, before.bundle);
    let mut fleet = fixture::fleet([fixture::service()]);
    for desk in fleet.desks.values_mut() {
        desk.email = "new@example.com".to_owned();
    }
    let after = super::strategy(&fleet, &fixture::service());
    assert_ne!(after.bundle, before.bundle);
    assert_eq!(after.behaviour, before.behaviour);
    assert_eq!(template(&after), template(&before));
}

#[test]
fn whatever_changes_what_a_program_does_is_another_behaviour() {
    let material: &[Change] = &[
        ("image", |it| {
            it.image = fixture::image("example.com/other", "1.4.2");
        }),
        ("command", |it| it.command.push("--fast".to_owned())),
        ("argument order", |it| {
            it.args = vec!["b".to_owned(), "a".to_owned()];
        }),
        ("variable", |it| {
            it.env.insert("SPREAD".to_owned(), "6".to_owned());
        }),
        ("config text", |it| it.config = vec![changed_text()]),
        ("writable", |it| {
            it.config.iter_mut().for_each(|it| it.writable ^= true);
        }),
        ("model freshness", |it| {
            it.models.iter_mut().for_each(|it| it.freshness.clear());
        }),
        ("secret scope", |it| {
            it.secrets.iter_mut().for_each(|it| it.scope = None);
        }),
        ("mode", |it| it.mode = Some(Mode::Shadow)),
        ("engine", |it| {
            it.engine.digest = crate::digest::Digest::of("other");
        }),
        ("network", |it| it.network.egress.clear()),
        ("on stop", |it| it.on_stop = Some("keep".to_owned())),
        ("venue", |it| {
            it.account.as_mut().unwrap().venue = "XCME".to_owned();
        }),
        ("limits", |it| {
            it.deferred
                .insert("limits".to_owned(), json!({"maxDailyLoss": "16k USDT"}));
        }),
        ("knobs", |it| {
            it.deferred.insert("knobs".to_owned(), json!({}));
        }),
        ("memory", |it| {
            it.resources.memory = fixture::quantity("1Gi");
        }),
    ];
    let before = compile(&fixture::everything());
    for (what, change) in material {
        let after = compile(&changed(&fixture::everything(), change));
        assert_ne!(after.behaviour, before.behaviour, "{what}");
        assert_ne!(after.bundle, before.bundle, "{what}");
        assert_ne!(template(&after), template(&before), "{what}");
    }
}

fn changed_text() -> crate::resolve::ConfigFile {
    crate::resolve::ConfigFile {
        text: "spread: 6\n".to_owned(),
        ..fixture::config("/app/quoter.yaml")
    }
}

#[test]
fn a_job_is_named_by_its_behaviour_and_a_cron_job_is_not() {
    let bundle = compile(&fixture::job());
    let name = format!("sweep-{}", bundle.behaviour.short());
    assert_eq!(workload(&bundle).name(), name);
    assert_eq!(workload(&bundle).label(mark::INSTANCE), Some(name.as_str()));
    assert_eq!(workload(&compile(&fixture::cron_job())).name(), "sweep");
}

#[test]
fn a_renamed_strategy_mounts_the_claim_it_had() {
    let bundle = compile(&fixture::everything());
    assert_eq!(
        find(&bundle, "PersistentVolumeClaim").name(),
        "old-quoter.data"
    );
    let text = template(&bundle).to_string();
    assert!(text.contains(r#""claimName":"old-quoter.data""#), "{text}");
}

#[test]
fn forgetting_an_earlier_name_restarts_nothing() {
    let before = compile(&fixture::everything());
    let after = compile(&changed(&fixture::everything(), |it| {
        it.renamed_from = None;
    }));
    assert_eq!(after.behaviour, before.behaviour);
    assert_ne!(after.bundle, before.bundle);
}

#[test]
fn a_folder_that_keeps_state_is_no_scratch_space() {
    let strategy = changed(&fixture::algo(), |it| {
        it.engine.writable = vec!["/app/data/".to_owned()];
    });
    let bundle = compile(&strategy);
    let mounts = &template(&bundle)["spec"]["containers"][0]["volumeMounts"];
    let at = |path: &str| {
        let mounts = mounts.as_array().unwrap().iter();
        let mounts = mounts.filter(|it| it["mountPath"] == path);
        mounts.map(|it| it["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(at("/app/data"), ["state-data"]);
    assert_eq!(at("/tmp"), ["scratch-0"]);
}

#[test]
fn an_address_that_stands_for_nothing_opens_nothing() {
    let strategy = changed(&fixture::algo(), |it| {
        let everything = fixture::everything().network.egress;
        let nowhere = everything
            .into_iter()
            .filter(|it| matches!(&it.to, Peer::Cidrs { cidrs, .. } if cidrs.is_empty()));
        it.network.egress = nowhere.collect();
        assert_eq!(it.network.egress.len(), 1);
    });
    let before = compile(&fixture::algo());
    let after = compile(&strategy);
    let policy = |bundle: &Bundle| find(bundle, "NetworkPolicy").clone();
    assert_eq!(policy(&after), policy(&before));
}

#[test]
fn a_broken_strategy_is_still_kept_apart_from() {
    let mut fleet = fixture::fleet([fixture::everything(), fixture::service()]);
    let sound = super::strategy(&fleet, &fixture::everything());
    let service = fixture::service();
    fleet.strategies.remove(&service.name);
    fleet.broken.insert(service.name, service.desk);
    assert_eq!(super::strategy(&fleet, &fixture::everything()), sound);
}

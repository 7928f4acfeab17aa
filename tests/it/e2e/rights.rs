//! The rights of `deploy/install/rbac.yaml`: each is used, and none is missing. And what Tidegate
//! leaves behind when it goes: everything, running.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim};
use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use kube::api::Api;
use serde::Deserialize as _;
use serde_json::Value;
use tidegate::release::{Phase, ReleaseStatus};

use super::{consent_in, deployed, requests, root_with, uids};
use crate::cluster::audit::Event;
use crate::cluster::gateway::Gateway;
use crate::cluster::{Cluster, Options, wait};
use crate::daemon::{
    self, Daemon, NAMESPACE, Settings, tidegate, wait_looked, wait_reconciled, wait_release,
};
use crate::fleet::{self, RATES, algo, path, service};

const DESK: &str = "\
kind: Desk
spec:
  email: rates@example.com
  viewers: [rates]
  operators: [rates-traders]
  quota: {cpu: 8, memory: 8Gi, ephemeralStorage: 8Gi, storage: 20Gi, pods: 20}
";

/// A job, with one line that says when or how long it runs.
fn job(name: &str, run: &str) -> String {
    let image = fleet::image(name, 'a');
    format!(
        "\
kind: Strategy
metadata: {{name: {name}}}
spec:
  class: job
  image: {image}
  command: [/{name}]
  {run}
  resources: {{cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi}}
"
    )
}

/// A right: API group, resource with subresource, verb, and whether it is for the whole cluster.
type Right = (String, String, String, bool);

/// The rights that `rbac.yaml` gives. `bind` is not a verb of any request: it is used when a
/// RoleBinding is made for a role whose rights the daemon does not have.
fn given() -> BTreeSet<Right> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/install/rbac.yaml");
    let text = std::fs::read_to_string(file).expect("the rights are readable");
    let documents = serde_yaml::Deserializer::from_str(&text);
    let mut given = BTreeSet::new();
    for document in documents {
        let value = Value::deserialize(document).expect("YAML");
        let kind = value.get("kind").and_then(Value::as_str).map(str::to_owned);
        match kind.as_deref() {
            Some("ClusterRole") => {
                let role: ClusterRole = serde_json::from_value(value).expect("a role");
                add(&mut given, role.rules.unwrap_or_default(), true);
            }
            Some("Role") => {
                let role: Role = serde_json::from_value(value).expect("a role");
                add(&mut given, role.rules.unwrap_or_default(), false);
            }
            _ => {}
        }
    }
    given
}

fn add(given: &mut BTreeSet<Right>, rules: Vec<PolicyRule>, everywhere: bool) {
    for rule in rules {
        for group in rule.api_groups.iter().flatten() {
            for resource in rule.resources.iter().flatten() {
                for verb in rule.verbs.iter().filter(|verb| *verb != "bind") {
                    given.insert((group.clone(), resource.clone(), verb.clone(), everywhere));
                }
            }
        }
    }
}

/// The rights that requests made use of. What a request to the daemon's own namespace uses may come
/// from either role, so it counts for both.
fn used(events: &[Event]) -> BTreeSet<Right> {
    let mut used = BTreeSet::new();
    // What was not found, or conflicted, was allowed all the same.
    let allowed = |status: u16| (200..300).contains(&status) || [404, 409].contains(&status);
    for event in events.iter().filter(|it| allowed(it.status())) {
        let object = &event.object_ref;
        let resource = match object.subresource.as_str() {
            "" => object.resource.clone(),
            subresource => format!("{}/{subresource}", object.resource),
        };
        // An apply that makes an object is asked for both.
        let creates = event.verb == "patch" && event.status() == 201;
        let verbs = [Some(event.verb.as_str()), creates.then_some("create")];
        for verb in verbs.into_iter().flatten() {
            let everywhere = object.namespace != NAMESPACE;
            used.insert((
                object.api_group.clone(),
                resource.clone(),
                verb.to_owned(),
                everywhere,
            ));
        }
    }
    used
}

#[expect(clippy::too_many_lines, reason = "a scenario is read in order")]
#[tokio::test]
async fn every_right_is_used_and_none_is_missing() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let _gateway = Gateway::start(&cluster);
    let (_folder, repo) = fleet::repo();
    // Another desk stays, so that the fleet never has no strategy left.
    repo.write(
        "desks/bonds/desk.yaml",
        "kind: Desk\nspec: {email: bonds@example.com}\n",
    );
    repo.write("desks/bonds/auk.yaml", service("auk", 1, 'a'));
    repo.write("settings.yaml", "depth: 5\n");
    let strategies = [
        (
            "tern",
            format!(
                "{}  config: [{{path: /etc/tern.yaml, from: ../../settings.yaml}}]\n",
                algo("tern", "one", 'a')
            ),
        ),
        (
            "gull",
            format!(
                "{}  ports: [{{name: http, port: 8080}}]\n  scale: [{{cpu: 70%}}, {{metric: queue_depth, target: 20k}}]\n  rollout: {{route: {{gateway: edge/public}}}}\n",
                service("gull", 2, 'a').replace("replicas: 2", "replicas: {min: 2, max: 4}")
            ),
        ),
        ("sweep", job("sweep", "deadline: 1h")),
        (
            "nightly",
            job("nightly", "run: {cron: '0 3 * * *', timeZone: Etc/UTC}"),
        ),
    ];
    fleet::push(&repo, &strategies);
    let commit = repo.push(&[("desks/rates/desk.yaml", DESK)], "A desk with everything");
    let daemon = Daemon::start(&cluster, &repo).await;
    daemon.wait_reconciled(&commit).await;

    // Somebody wants a service to be started anew.
    let asked = tidegate(&cluster, ["restart", "gull"]).status().await;
    assert!(asked.expect("tidegate runs").success());
    wait_release(&cluster, "gull", "was started anew", |status| {
        let is_done = status.restarting.is_empty() && !status.heeded.is_empty();
        is_done && status.phase == Phase::Ready
    })
    .await;

    halted_and_lifted(&cluster).await;

    // The whole desk goes, each protected object with a consent of its own.
    repo.git(&["rm", "--quiet", "-r", "desks/rates"]);
    let account = fleet::ACCOUNT.replace("[rates]", "[bonds]");
    let close = |consents: &[String]| {
        let root = format!("{}  deletionCap: 100\n", root_with(consents));
        let accounts = ["accounts/one.yaml", "accounts/two.yaml"].map(|file| (file, &*account));
        let [one, two] = accounts;
        repo.push(&[one, two, ("tidegate.yaml", &root)], "Close the desk")
    };
    let commit = close(&[]);
    // The desk is where it will stay, as the claim in its namespace is.
    daemon.wait_reconciled(&commit).await;
    let claim = wait_release(&cluster, "tern", "keeps its claim", |status| {
        status.inventory.len() == 1 && !status.waiting_on.is_empty()
    })
    .await;
    let claim = consent_in(&claim.waiting_on[0].unblocks_when, "tern.data");
    close(std::slice::from_ref(&claim));
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(cluster.client().await, RATES);
    wait::until_gone(&claims, "tern.data").await;
    let desk = wait_release(&cluster, "desk.rates", "keeps its namespace", |status| {
        status.inventory.len() == 1 && !status.waiting_on.is_empty()
    })
    .await;
    let namespace = consent_in(&desk.waiting_on[0].unblocks_when, RATES);
    let commit = close(&[claim, namespace]);
    let namespaces: Api<Namespace> = Api::all(cluster.client().await);
    wait::until_gone(&namespaces, RATES).await;
    wait_looked(&cluster, &commit).await;

    let events = requests(&cluster, mark).await;
    let used = used(&events);
    let unused: Vec<_> = given()
        .into_iter()
        .filter(|right| !used.contains(right))
        .collect();
    assert!(unused.is_empty(), "rights that nothing uses: {unused:#?}");
}

/// Somebody halts an algo, the Halt vanishes with its definition and is made again, and is lifted.
async fn halted_and_lifted(cluster: &Cluster) {
    let why = ["--reason", "it looks wrong"];
    let halt = tidegate(cluster, ["halt", "--strategy", "tern", why[0], why[1]]).status();
    assert!(halt.await.expect("tidegate runs").success());
    let is_halted = |status: &ReleaseStatus| !status.halts.is_empty();
    let status = wait_release(cluster, "tern", "is halted", is_halted).await;
    let name = &status.halts[0].name;
    daemon::run(&mut cluster.kubectl(["delete", "crd", "halts.tidegate.dev"]));
    wait_release(cluster, "tern", "has lost its Halt", |status| {
        status.halts.iter().any(|halt| halt.is_lost)
    })
    .await;
    daemon::install_crds(cluster);
    wait_release(cluster, "tern", "has its Halt again", |status| {
        is_halted(status) && status.halts.iter().all(|halt| !halt.is_lost)
    })
    .await;
    let lift = tidegate(cluster, ["unhalt", name, why[0], why[1]]).status();
    assert!(lift.await.expect("tidegate runs").success());
    wait_release(cluster, "tern", "runs again", |status| {
        !is_halted(status) && status.phase == Phase::Ready
    })
    .await;
}

#[tokio::test]
async fn removing_tidegate_stops_nothing_and_a_new_one_finds_everything_again() {
    let cluster = Cluster::private(&Options::default());
    let mark = cluster.audit().mark().await;
    let (_folder, repo) = fleet::repo();
    let strategies = [
        ("tern", algo("tern", "one", 'a')),
        ("knot", algo("knot", "two", 'a')),
        ("gull", service("gull", 2, 'a')),
        ("auk", service("auk", 1, 'a')),
    ];
    let mut daemon = deployed(&cluster, &repo, &strategies).await;
    let before = uids(&cluster, RATES);
    let inventories = inventories(&cluster).await;
    daemon.terminate().await;

    daemon::run(&mut cluster.kubectl(["delete", "namespace", NAMESPACE]));
    daemon::run(&mut cluster.kubectl(["delete", "crd", "releases.tidegate.dev"]));
    assert_eq!(uids(&cluster, RATES), before, "everything goes on running");

    daemon::install(&cluster);
    let daemon = Daemon::launch(&cluster, &Settings::following(&repo)).await;
    daemon.wait_reconciled(&repo.head()).await;
    assert_eq!(uids(&cluster, RATES), before, "nothing was restarted");
    assert_eq!(self::inventories(&cluster).await, inventories);
    drop(daemon);

    // What is taken out of Git while no Tidegate and no record is there is still found.
    daemon::run(&mut cluster.kubectl(["delete", "namespace", NAMESPACE]));
    daemon::run(&mut cluster.kubectl(["delete", "crd", "releases.tidegate.dev"]));
    let commit = fleet::remove(&repo, &[&path("knot"), &path("auk")]);
    daemon::install(&cluster);
    let daemon = Daemon::launch(&cluster, &Settings::following(&repo)).await;
    daemon.wait_reconciled(&commit).await;
    let kept = before.into_iter().filter(|(name, _)| {
        name == "PersistentVolumeClaim/knot.data"
            || !(name.contains("/knot") || name.contains("/auk"))
    });
    assert_eq!(uids(&cluster, RATES), kept.collect::<BTreeMap<_, _>>());
    let status = tidegate(&cluster, ["status", "knot"]).output().await;
    let status = String::from_utf8_lossy(&status.expect("status runs").stdout).into_owned();
    consent_in(&status, "knot.data");
    wait_reconciled(&cluster, &commit).await;
    requests(&cluster, mark).await;
}

/// The inventory of each unit, with the uids.
async fn inventories(cluster: &Cluster) -> BTreeMap<String, Value> {
    let status = daemon::status(cluster).await;
    let units = status
        .get("units")
        .and_then(Value::as_array)
        .expect("units");
    units
        .iter()
        .map(|unit| {
            let name = unit
                .pointer("/name")
                .and_then(Value::as_str)
                .expect("a name");
            let inventory = unit.pointer("/status/inventory").expect("an inventory");
            (name.to_owned(), inventory.clone())
        })
        .collect()
}

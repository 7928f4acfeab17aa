//! How long a look at a rollout takes that waits: one `step` on what a real API server holds.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tidegate::build::build;
use tidegate::calendar::Tables;
use tidegate::cluster::{self, Client, releases, resource};
use tidegate::compile::Bundle;
use tidegate::git::worktree;
use tidegate::object::{Object, mark};
use tidegate::release::ReleaseStatus;
use tidegate::rollout::consent::Permission;
use tidegate::rollout::{Desired, Kept, Observed, Situation, step};

use crate::generate::Fleet;
use crate::plane::Plane;
use crate::{Outcome, say};

/// How many rollouts are read; each is stepped over and over.
const ROLLOUTS: usize = 20;

/// How long each side is measured.
const LONG: Duration = Duration::from_secs(5);

/// A rollout as the cluster has it.
struct Case {
    bundle: Bundle,
    record: ReleaseStatus,
    observed: Observed,
    /// The same objects as the API server sent them.
    text: String,
}

/// Prints how many steps a second there are, beside reading the same objects from JSON.
pub(crate) fn measure(plane: &Plane, fleet: &Fleet) -> Outcome<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let cases = runtime.block_on(cases(plane, fleet))?;
    let steps = rate(&cases, |case| {
        black_box(step(&case.record, &case.situation()));
    });
    let reads = rate(&cases, |case| {
        black_box(serde_json::from_str::<serde_json::Value>(&case.text).is_ok());
    });
    say(&format!(
        "steps of a rollout that waits: {steps:.0} a second · reading its objects from JSON: {reads:.0} a second · ratio {:.2}",
        reads / steps
    ));
    Ok(())
}

impl Case {
    fn situation(&self) -> Situation<'_> {
        Situation {
            desired: Desired::Bundle(&self.bundle),
            commit: None,
            observed: &self.observed,
            kept: const { &Kept::new() },
            calendars: calendars(),
            freezes: &[],
            consents: &[],
            permission: &Permission::Granted,
            now: Timestamp::now(),
        }
    }
}

fn calendars() -> &'static Tables {
    static TABLES: std::sync::OnceLock<Tables> = std::sync::OnceLock::new();
    TABLES.get_or_init(Tables::built_in)
}

/// How often a second something is done, over one case after the other.
fn rate(cases: &[Case], work: impl Fn(&Case)) -> f64 {
    let (start, mut count) = (Instant::now(), 0_u32);
    for case in cases.iter().cycle() {
        work(case);
        count += 1;
        if start.elapsed() >= LONG {
            break;
        }
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

async fn cases(plane: &Plane, fleet: &Fleet) -> Outcome<Vec<Case>> {
    let options = cluster::Options {
        kubeconfig: Some(plane.kubeconfig()),
        ..cluster::Options::default()
    };
    let client = cluster::connect(&options).await?;
    let build = build(&worktree::read(&fleet.path())?, None);
    let mut cases = Vec::new();
    for release in releases::list(&client, "tidegate-system").await? {
        let name = release.metadata.name.as_deref();
        let mut bundles = build.bundles.iter();
        let bundle = bundles.find(|it| Some(it.unit.release_name().as_str()) == name);
        let (Some(bundle), Some(record)) = (bundle, release.status) else {
            continue;
        };
        if record.rollout.is_some() && cases.len() < ROLLOUTS {
            cases.push(case(&client, bundle.clone(), record).await?);
        }
    }
    Ok(cases)
}

async fn case(client: &Client, bundle: Bundle, record: ReleaseStatus) -> Outcome<Case> {
    let selector = format!("{}={}", mark::OWNER, bundle.owner.as_str());
    let mut objects = BTreeMap::new();
    for kind in resource::all().filter(|it| it.scope == resource::Scope::Namespaced) {
        // What this cluster does not know, the rollout does not have.
        let found = cluster::list(client, kind, &bundle.namespace, &selector).await;
        for object in found.unwrap_or_default() {
            objects.insert(object.id(), object);
        }
    }
    let values: Vec<_> = objects.values().map(Object::value).collect();
    let text = serde_json::to_string(&values)?;
    let observed = Observed {
        objects,
        ..Observed::default()
    };
    Ok(Case {
        bundle,
        record,
        observed,
        text,
    })
}

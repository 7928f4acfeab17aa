//! From a resolved fleet to Kubernetes objects: one Kubernetes kind a file.
//!
//! The same input bytes and edition give the same output bytes, on any machine. Every value is in
//! the form in which the API server gives it back, so that "same" can be told without asking it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod affinity;
mod cidr;
mod config_map;
mod container;
mod context;
mod cron_job;
mod deployment;
mod digest;
mod env;
mod fields;
#[cfg(test)]
pub(crate) mod fixture;
mod hpa;
mod http_route;
mod images;
mod job;
mod labels;
mod limit_range;
mod names;
mod namespace;
mod network_policy;
mod pdb;
mod pod;
mod pvc;
mod resource_quota;
mod role_binding;
mod security;
mod service;
mod service_account;
mod stateful_set;
#[cfg(test)]
mod tests;
mod unit;
mod volume;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::halt::Touches;
use crate::object::{Object, ObjectId};
use crate::people::Authority;
use crate::resolve::rollout::Rollout;
use crate::resolve::{Class, Desk, Fleet, Strategy, When};
use crate::spec::names::{ClusterName, DeskName, FleetName, StrategyName};

/// What is reconciled as a whole: a desk's surroundings, or a strategy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnitId {
    /// A desk's namespace, bindings, quota and default policy.
    Desk(DeskName),
    /// A strategy.
    Strategy(StrategyName),
}

impl UnitId {
    /// The name of its Release. A desk's has a dot, which no strategy's name can have.
    pub fn release_name(&self) -> String {
        match self {
            Self::Desk(desk) => format!("desk.{desk}"),
            Self::Strategy(strategy) => strategy.to_string(),
        }
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Desk(desk) => write!(f, "desk {desk}"),
            Self::Strategy(strategy) => write!(f, "strategy {strategy}"),
        }
    }
}

/// Whose an object is: what the label `tidegate.dev/owner` holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(String);

impl Owner {
    /// The owner label of a unit. This cannot change once somebody runs it.
    pub fn of(
        fleet: &FleetName,
        cluster: &ClusterName,
        desk: &DeskName,
        strategy: Option<&StrategyName>,
    ) -> Self {
        let strategy = strategy.map_or("", StrategyName::as_str);
        let digest = Digest::of_parts([fleet.as_str(), cluster.as_str(), desk.as_str(), strategy]);
        Self(digest.hex().chars().take(40).collect())
    }

    /// The owner that an object's label names.
    pub fn named(label: &str) -> Self {
        Self(label.to_owned())
    }

    /// The label's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A compiled unit: its objects in apply order, and the two digests that name it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    /// The version of this form.
    pub version: u32,
    /// What it is a bundle of.
    pub unit: UnitId,
    /// Its desk.
    pub desk: DeskName,
    /// Its namespace.
    pub namespace: String,
    /// Its class; `None` for a desk.
    pub class: Option<Class>,
    /// The label value that its objects carry.
    pub owner: Owner,
    /// Its objects, in apply order, exactly as `render` prints them.
    pub objects: Vec<Object>,
    /// The workload among them: StatefulSet, Deployment, Job or CronJob.
    pub workload: Option<ObjectId>,
    /// The exclusive holdings of which its pods take one place each.
    pub holdings: Vec<String>,
    /// The accounts and venues that it trades on.
    #[serde(default, skip_serializing_if = "Touches::is_empty")]
    pub touches: Touches,
    /// Strategies that must be healthy first.
    pub after: Vec<StrategyName>,
    /// Strategies that it needs as long as it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<StrategyName>,
    /// How a change reaches it; `None` for a desk, and for one that was stored before there was a
    /// choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// Who may approve its changes, and what they have to ask at least; `None` where nobody has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
    /// When it runs, where the cluster cannot start it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<When>,
    /// The strategy it was, whose claims it mounts.
    pub renamed_from: Option<StrategyName>,
    /// Every byte.
    pub bundle: Digest,
    /// Every byte but a closed list of minor fields.
    pub behaviour: Digest,
}

/// The version of [`Bundle`]'s form.
const VERSION: u32 = 1;

/// Compiles a fleet for its cluster: the desks, then the strategies, each by name.
pub fn fleet(fleet: &Fleet) -> Vec<Bundle> {
    let desks = fleet.desks.values().map(|it| desk(fleet, it));
    let strategies = fleet.strategies.values().map(|it| strategy(fleet, it));
    desks.chain(strategies).collect()
}

/// Compiles what surrounds a desk's strategies.
pub fn desk(fleet: &Fleet, desk: &Desk) -> Bundle {
    unit::desk(fleet, desk)
}

/// Compiles a strategy.
pub fn strategy(fleet: &Fleet, strategy: &Strategy) -> Bundle {
    unit::strategy(fleet, strategy)
}

//! What every object of a strategy is made from.

use serde_json::Value;

use super::fields::{Fields, sorted};
use super::{Owner, labels};
use crate::object::Object;
use crate::resolve::{Desk, Fleet, Strategy};

/// A strategy with its desk and fleet.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The fleet.
    pub(super) fleet: &'a Fleet,
    /// The strategy's desk.
    pub(super) desk: &'a Desk,
    /// The strategy.
    pub(super) strategy: &'a Strategy,
    /// The value of the owner label.
    pub(super) owner: Owner,
    /// The labels of every object.
    pub(super) labels: Fields,
}

impl<'a> Context<'a> {
    /// Looks the strategy's desk up.
    pub(super) fn new(fleet: &'a Fleet, strategy: &'a Strategy) -> Self {
        let desk = fleet.desks.get(&strategy.desk);
        let desk = desk.expect("a fleet holds the desk of each of its strategies");
        let cluster = &fleet.cluster.name;
        let owner = Owner::of(&fleet.name, cluster, &desk.name, Some(&strategy.name));
        Self {
            fleet,
            desk,
            strategy,
            labels: labels::of_strategy(fleet, strategy, &owner),
            owner,
        }
    }

    /// The name of the strategy's stable objects, and what its pods are selected by.
    pub(super) fn name(&self) -> &'a str {
        self.strategy.name.as_str()
    }

    /// How many pods there are; `None` where something scales them, to whom the number belongs.
    pub(super) fn replicas(&self) -> Option<u32> {
        let strategy = self.strategy;
        strategy.scale.is_none().then_some(strategy.replicas)
    }

    /// An object of the strategy. `rest` is all but version, kind and metadata.
    pub(super) fn object(&self, api: Api, name: &str, rest: Fields) -> Object {
        let namespace = Some(self.desk.namespace.as_str());
        let metadata = metadata(name, namespace, self.labels.clone(), self.desk);
        object(api, metadata, rest)
    }
}

/// A Kubernetes API: version and kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api(pub(super) &'static str, pub(super) &'static str);

/// An object from its parts.
pub(super) fn object(api: Api, metadata: Fields, rest: Fields) -> Object {
    let Api(version, kind) = api;
    let value: Value = rest
        .with("apiVersion", version)
        .with("kind", kind)
        .with("metadata", metadata)
        .into();
    Object::new(sorted(value)).expect("version, kind and name were just set")
}

/// An object's metadata.
pub(super) fn metadata(name: &str, namespace: Option<&str>, labels: Fields, desk: &Desk) -> Fields {
    let email = (!desk.email.is_empty()).then_some(desk.email.as_str());
    Fields::new()
        .with("name", name)
        .with_some("namespace", namespace)
        .with_map("labels", labels)
        .with_map("annotations", Fields::new().with_some("email", email))
}

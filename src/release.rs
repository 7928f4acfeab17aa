//! The record of one unit in one cluster: inventory, stable and candidate. A custom resource.
//!
//! No owned object refers to it and it has no finalizer: Tidegate can be removed and everything
//! goes on running.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::object::ObjectId;

/// Which unit a Release is about. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Release",
    namespaced,
    status = "ReleaseStatus",
    shortname = "rel"
)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSpec {
    /// The fleet.
    pub fleet: String,
    /// The cluster's name in the fleet.
    pub cluster: String,
    /// The desk.
    pub desk: String,
    /// The strategy; absent for the desk's own Release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The namespace its objects are in.
    pub namespace: String,
    /// The value of their owner label.
    pub owner: String,
}

/// What is known about the unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ReleaseStatus {
    /// The commit last reconciled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What runs, seen healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable: Option<Revision>,
    /// What is on its way to becoming stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Revision>,
    /// Where it stands, in one word.
    pub phase: Phase,
    /// Every object that is or may be in the cluster because of this unit. Written before the
    /// first write that could make it so.
    pub inventory: Vec<InventoryEntry>,
    /// Why nothing, or nothing more, happens.
    pub waiting_on: Vec<WaitingOn>,
    /// The last failure, if the last reconcile ended in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Jobs that ran to their end, by object name: they are never run again.
    pub completed: Vec<String>,
}

/// Where a unit stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Known, nothing written yet.
    #[default]
    Pending,
    /// On its way.
    Progressing,
    /// As Git says, and healthy.
    Ready,
    /// Needs a person, or another unit.
    Waiting,
    /// The last attempt failed; it is tried again.
    Failed,
    /// No longer in Git; its objects are being removed or wait for a consent.
    Retiring,
}

/// A bundle as a Release names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// Every byte.
    pub bundle: String,
    /// Every byte but the minor ones.
    pub behaviour: String,
    /// The commit it was first compiled from; absent for an uncommitted folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// An object of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryEntry {
    /// `group/version`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; absent for cluster-scoped objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Its uid, once seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

impl InventoryEntry {
    /// Its identity.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            group: self
                .api_version
                .rsplit_once('/')
                .map_or("", |(group, _)| group)
                .to_owned(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

/// Why nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOn {
    /// What is waited for.
    pub what: String,
    /// Since when.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// What ends the wait.
    pub unblocks_when: String,
}

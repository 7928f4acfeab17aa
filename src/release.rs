//! The record of one unit in one cluster: inventory, stable and candidate. A custom resource.
//!
//! No owned object refers to it and it has no finalizer: Tidegate can be removed and everything
//! goes on running.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod approval;
mod condition;
mod crd;
mod message;
mod notice;
mod overriding;
mod resumed;
mod rollout;
mod session;

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::UnitId;
use crate::halt::{Standing, Touches};
use crate::object::{Object, ObjectId};

pub use approval::{ApprovalWanted, CountedApproval};
pub use condition::{Condition, Truth};
pub use crd::crd;
pub use message::Message;
pub use notice::{Happening, Notice};
pub use overriding::{Overriding, WindowShut};
pub use resumed::Resumed;
pub use rollout::{GateStatus, Progress, Promotion, Quarantine, RolloutStatus, Stop, Tracks};
pub use session::SessionRuns;

/// Which unit a Release is about. Never changes.
#[derive(CustomResource, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tidegate.dev",
    version = "v1alpha1",
    kind = "Release",
    namespaced,
    status = "ReleaseStatus",
    shortname = "rel",
    category = "tidegate",
    printcolumn = r#"{"name":"Desk","type":"string","jsonPath":".spec.desk"}"#,
    printcolumn = r#"{"name":"Phase","type":"string","jsonPath":".status.phase"}"#,
    printcolumn = r#"{"name":"Stage","type":"string","jsonPath":".status.rollout.name"}"#,
    printcolumn = r#"{"name":"Commit","type":"string","jsonPath":".status.commit"}"#,
    printcolumn = r#"{"name":"Waiting on","type":"string","jsonPath":".status.waitingOn[0].what"}"#,
    printcolumn = r#"{"name":"Failure","type":"string","jsonPath":".status.failure","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
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

impl ReleaseSpec {
    /// The unit that the Release is about; `None` where its name is none.
    pub fn unit(&self) -> Option<UnitId> {
        match &self.strategy {
            Some(strategy) => strategy.parse().ok().map(UnitId::Strategy),
            None => self.desk.parse().ok().map(UnitId::Desk),
        }
    }
}

/// What is known about the unit.
///
/// A reader tolerates fields that it does not know, and leaves a record of a later [`VERSION`] as
/// it is: a Tidegate that was rolled back must not misread what its successor began.
///
/// [`VERSION`]: ReleaseStatus::VERSION
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ReleaseStatus {
    /// The version of this form; 0 before the first step.
    pub version: u32,
    /// The commit in which what is wanted now was first seen.
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
    /// The same for tools: `Ready` and `Stalled`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// How far the rollout of the candidate is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutStatus>,
    /// The names that the objects of the two revisions stand under.
    pub tracks: Tracks,
    /// What was promoted, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Promotion>,
    /// What failed, and is not tried again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quarantine: Vec<Quarantine>,
    /// What is to be in the ledger and is not known to be there yet, as it will be: written with
    /// what it tells of, so that neither is ever there without the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<String>,
    /// That the ledger alone says what ran, until it runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// What a person went back to, while what Git says is quarantined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Revision>,
    /// The uids of the pods that a person wants to be started anew, while they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restarting: Vec<String>,
    /// The uids of the Intents that are done with, while they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub heeded: Vec<String>,
    /// The Approvals that counted, while they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<CountedApproval>,
    /// The uids of the Approvals whose change failed since, while they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<String>,
    /// What people override, and what they do in vain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Overriding>,
    /// The digest of the people and the floor that changes are judged by; absent while nobody has to
    /// approve them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Every object that is or may be in the cluster because of this unit. Written before the
    /// first write that could make it so.
    pub inventory: Vec<InventoryEntry>,
    /// Why nothing, or nothing more, happens.
    pub waiting_on: Vec<WaitingOn>,
    /// The last failure, if the last reconcile ended in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The Jobs that ran, the latest last: what ran to its end is never run again.
    pub runs: Vec<JobRun>,
    /// Which runs by trading session are done with; absent for what has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<SessionRuns>,
    /// The uids of objects whose deletion was permitted: they may go without asking again.
    pub condemned: Vec<String>,
    /// Its claims: what it keeps there → the claim's name, which outlives every rename.
    pub claims: BTreeMap<String, String>,
    /// The exclusive holdings that it may start on. Others wait until this says otherwise.
    pub holdings: Vec<String>,
    /// The exclusive holdings that it may still have a pod or a claim on: those above, and those
    /// it took before, until it runs on others.
    pub held: Vec<String>,
    /// What happened lately that people are told of, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// The accounts and venues that it trades on, or did until it runs what Git says.
    #[serde(skip_serializing_if = "Touches::is_empty")]
    pub touches: Touches,
    /// The Halts that stand for it: remembered here, they stand even if their objects vanish.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub halts: Vec<Standing>,
    /// What still runs of it that they are to stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stopping: Vec<String>,
}

impl ReleaseStatus {
    /// The version of the form that this Tidegate writes.
    pub const VERSION: u32 = 1;

    /// What the unit should be: what is on its way, or else what runs.
    pub fn target(&self) -> Option<&Revision> {
        self.candidate.as_ref().or(self.stable.as_ref())
    }
}

/// A Job that was seen to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobRun {
    /// The Job's name, which holds a digest of what it runs.
    pub name: String,
    /// When it was made.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// How it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<JobEnd>,
}

/// How a Job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum JobEnd {
    /// It completed.
    Succeeded,
    /// It failed.
    Failed,
    /// It is gone, and so long after its start that its time to live may have removed it.
    Unseen,
    /// A word of a later Tidegate.
    #[serde(other)]
    Other,
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
    /// A word of a later Tidegate.
    #[serde(other)]
    Other,
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
    /// The entry of an object, with its uid if it has one.
    pub fn of(object: &Object) -> Self {
        Self {
            api_version: object.api_version().to_owned(),
            kind: object.kind().to_owned(),
            namespace: object.namespace().map(str::to_owned),
            name: object.name().to_owned(),
            uid: object.uid().map(str::to_owned),
        }
    }

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

    /// Whether that is its identity.
    pub fn is(&self, id: &ObjectId) -> bool {
        let group = self.api_version.rsplit_once('/');
        self.name == id.name
            && self.kind == id.kind
            && self.namespace == id.namespace
            && group.map_or("", |(group, _)| group) == id.group
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
    /// The entry of `consents:` in `tidegate.yaml` that ends it, if a consent does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The name of the Release of the unit that ends it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The subcommands of `tidegate` with which a person ends it, if one is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// What a person would approve to end it, if an approval does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalWanted>,
    /// What a person would override to end it, if it is a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowShut>,
}

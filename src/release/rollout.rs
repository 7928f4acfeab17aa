//! How far a rollout is, what was promoted before, and what failed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Revision;
use crate::resolve::rollout::OnFailure;
use crate::rollout::gates::GateState;

/// A rollout that is under way, or was stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolloutStatus {
    /// The digest of the stages: others begin anew.
    pub plan: String,
    /// The names of all its stages.
    pub stages: Vec<String>,
    /// The index of the stage it is at, from 0.
    pub stage: u32,
    /// The name of that stage, for lists.
    pub name: String,
    /// When the rollout began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When the stage began.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// When the cluster was first seen to be as the stage says: only what is measured after that
    /// counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub settled_at: Option<Timestamp>,
    /// How far its pods are, while the cluster is not as the stage says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// How many pods the stable had when the rollout began; the stages are shares of that.
    pub replicas: u32,
    /// Whether it goes straight to the end, past every gate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_direct: bool,
    /// The stage's gates, in the order of the spec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateStatus>,
    /// Why it goes no further, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
}

/// How far the pods of a stage are that is not in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The most of them that were ready at once.
    pub ready: u32,
    /// Since when it is no more.
    #[schemars(with = "String")]
    pub since: Timestamp,
}

/// A gate, as last judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GateStatus {
    /// What it asks, in the words of the spec.
    pub gate: String,
    /// What it came to.
    pub state: GateState,
}

/// A rollout that failed, or that a person gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// What becomes of it.
    pub then: OnFailure,
    /// Why.
    pub why: String,
    /// Since when.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// A revision that was promoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Promotion {
    /// What was promoted.
    pub revision: Revision,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// A behaviour that failed: it is not tried again until Git moves on or a person lifts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quarantine {
    /// What failed.
    pub revision: Revision,
    /// At which stage, and why.
    pub why: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// The names under which the objects of the two revisions stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Tracks {
    /// The stable's; empty for the plain name.
    pub stable: String,
    /// The candidate's, while there is one on a track of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// How many pods there were when the latest rollout began: what goes back is as many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
}

impl RolloutStatus {
    /// The same rollout at the beginning of a stage.
    #[must_use]
    pub fn at(self, stage: usize, now: Timestamp) -> Self {
        Self {
            stage: u32::try_from(stage).unwrap_or(u32::MAX),
            name: self.stages.get(stage).cloned().unwrap_or_default(),
            since: now,
            settled_at: None,
            progress: None,
            gates: Vec::new(),
            stopped: None,
            ..self
        }
    }
}

impl Tracks {
    /// What the stable's pods carry as their track.
    pub fn stable_label(&self) -> &str {
        match self.stable.as_str() {
            "" => "main",
            track => track,
        }
    }

    /// What the candidate's pods carry: that of the stable where it comes in its place.
    pub fn candidate_label(&self) -> &str {
        self.candidate.as_deref().unwrap_or(self.stable_label())
    }
}

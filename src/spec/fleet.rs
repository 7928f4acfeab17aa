//! `kind: Fleet`: the root of the repository, `tidegate.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::class::{Class, Mode};
use super::clock::Until;
use super::document::Document;
use super::gate::GateSpec;
use super::layer::Defaults;
use super::metric::Metrics;
use super::names::{ClusterName, DeskName, FleetName, NamespaceName, RoleName};
use super::net::{Cidr, Venue};
use super::notify::{CommitUrl, Notifiers};
use super::object_name::ObjectName;
use super::overriding::OverrideFloor;
use super::ssh_key::SshKey;
use crate::digest::Digest;

/// The document of a fleet.
pub type FleetDocument = Document<FleetKind, FleetName, FleetSpec>;

/// The kind of a fleet's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum FleetKind {
    /// The whole repository.
    Fleet,
}

/// What holds for the whole repository.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FleetSpec {
    /// The dated set of defaults, so that a newer Tidegate changes nothing by itself.
    pub edition: Edition,
    /// Who takes part.
    #[serde(default)]
    pub people: Vec<PersonSpec>,
    /// Where strategies run.
    #[schemars(length(min = 1))]
    pub clusters: Vec<ClusterSpec>,
    /// Where venues are and which addresses they have.
    #[serde(default)]
    pub venues: BTreeMap<Venue, VenueSpec>,
    /// What strategies do unless their desk or they say otherwise.
    pub defaults: Option<Defaults>,
    /// What gates can look at, by the names that they call it.
    #[serde(default)]
    pub metrics: Metrics,
    /// Who is told what happens.
    #[serde(default)]
    pub notify: Notifiers,
    /// Where a commit can be looked at, such as `https://git.example.com/desk/fleet/commit/{commit}`.
    pub commit_url: Option<CommitUrl>,
    /// The record of what was decided, in a reference of this repository; none without it.
    pub ledger: Option<LedgerSpec>,
    /// What every rollout has to ask at least.
    #[serde(default)]
    pub floors: Vec<FloorSpec>,
    /// Which files' changes have to be signed.
    #[serde(default)]
    pub signatures: Vec<SignatureSpec>,
    /// Times in which no rollout begins or goes to its next stage.
    #[serde(default)]
    pub freezes: Vec<FreezeSpec>,
    /// What may be deleted, and until when.
    #[serde(default)]
    pub consents: Vec<ConsentSpec>,
    /// More deletions than this in one reconcile need a consent.
    #[schemars(range(min = 0, max = 10000))]
    pub deletion_cap: Option<u32>,
}

/// A dated set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Edition {
    /// The first one.
    #[serde(rename = "2026-11")]
    November2026,
}

impl Edition {
    /// The word in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::November2026 => "2026-11",
        }
    }
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonSpec {
    /// A short name, unique in the fleet.
    pub name: String,
    /// The addresses in commits.
    #[serde(default)]
    pub emails: Vec<String>,
    /// The user names in clusters.
    #[serde(default)]
    pub kubernetes: Vec<String>,
    /// The fingerprints of signing keys.
    #[serde(default)]
    pub keys: Vec<String>,
    /// What the person may do, such as `risk` or `trader`.
    #[serde(default)]
    pub roles: Vec<RoleName>,
    /// For which desks; all of them unless said otherwise.
    #[serde(default)]
    pub desks: Vec<DeskName>,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSpec {
    /// Its name.
    pub name: ClusterName,
    /// Where it is, such as `ap-northeast-1`.
    pub region: Option<String>,
    /// The fleet's names for its storage classes.
    #[serde(default)]
    pub storage_classes: BTreeMap<String, StorageClassSpec>,
    /// The namespace that scrapes metrics, `monitoring` unless said otherwise.
    pub monitoring_namespace: Option<NamespaceName>,
    /// The namespace of its DNS, `kube-system` unless said otherwise.
    pub dns_namespace: Option<NamespaceName>,
}

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageClassSpec {
    /// Its name in the cluster.
    pub name: ObjectName,
    /// Whether a CSI driver serves it: only then can a claim belong to one pod at a time.
    #[serde(default)]
    pub csi: bool,
}

/// Where a venue is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VenueSpec {
    /// Its addresses.
    #[serde(default)]
    pub cidrs: Vec<Cidr>,
    /// The cloud regions near to it, for `placement.near`.
    #[serde(default)]
    pub regions: Vec<String>,
    /// The zones near to it, by the cluster's own names.
    #[serde(default)]
    pub zones: Vec<String>,
}

/// The record of what was decided: `refs/tidegate/ledger` of this repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LedgerSpec {
    /// The keys of those who write it, and of those who did: what another one signed does not
    /// count.
    #[schemars(length(min = 1))]
    pub keys: Vec<SshKey>,
}

/// A time in which no rollout begins or goes on. Going back is always possible.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FreezeSpec {
    /// The desk it is for; without one, all of them.
    pub desk: Option<DeskName>,
    /// The venue it is for: that of a strategy's account, or one that its `limits` name. Without
    /// one, all of them; with a desk too, what that desk has there.
    pub venue: Option<Venue>,
    /// When it is over; without it, when it is taken out.
    pub until: Option<Until>,
    /// Why.
    pub reason: String,
}

/// What the rollouts of a class or a mode have to ask at least. Only what was promoted lowers it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FloorSpec {
    /// The class it is for; without one, all of them.
    pub class: Option<Class>,
    /// The mode it is for; without one, all of them.
    pub mode: Option<Mode>,
    /// The gates that have to be asked, each before it begins or at one of its stages.
    #[serde(default)]
    pub gates: Vec<GateSpec>,
    /// What overriding a gate or a window takes besides the right to.
    #[serde(rename = "override")]
    pub overriding: Option<OverrideFloor>,
}

/// Files whose changes have to be signed by a key of `people`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureSpec {
    /// Files, and folders with a `/` at their end, such as `desks/crypto-mm/`; without any, all of
    /// the fleet.
    #[serde(default)]
    pub paths: Vec<String>,
    /// What they have to be.
    pub require: Requirement,
}

/// What commits have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Requirement {
    /// Signed with an SSH key of somebody in `people`.
    Signed,
}

/// A permission to delete.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentSpec {
    /// The digest that `diff --live` and `apply` print.
    #[schemars(with = "String", extend("format" = "digest"))]
    pub digest: Digest,
    /// Until when it counts.
    pub expires: Until,
    /// Why.
    pub reason: String,
}

//! What a script says: actions, faults, and turns of the cluster and the daemon in between.
//!
//! A script says nothing about how it is carried out, so that it can be replayed elsewhere: it is
//! written as JSON, and read back.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sim::fleet::Role;

/// An interleaving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Script {
    /// Decides the order of everything that the items leave open.
    pub(crate) seed: u64,
    /// The strategies that take part.
    pub(crate) cast: Vec<Role>,
    /// Whether nothing is deployed yet when it begins.
    pub(crate) is_fresh: bool,
    /// What happens.
    pub(crate) items: Vec<Item>,
}

/// One thing that a script says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Item {
    /// Somebody does something.
    Action(Action),
    /// Something is going to fail.
    Fault(Trouble),
    /// The cluster and the daemon do so many things.
    Turns(u8),
    /// Time passes until nothing happens any more by itself.
    Quiet,
}

/// Somebody does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) what: What,
    pub(crate) role: Role,
    /// A version, or a number of pods.
    pub(crate) number: u8,
}

/// Something is going to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trouble {
    pub(crate) fault: Fault,
    pub(crate) role: Role,
    /// How many writes, events or turns later, or how long.
    pub(crate) number: u8,
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum What {
    Push,
    Grow,
    Remove,
    Restore,
    Rename,
    Reclass,
    Swap,
    Break,
    Mend,
    Lock,
    Unlock,
    Rewrite,
    Revert,
    Empty,
    Consent,
    Scale,
    EditTemplate,
    StripLabels,
    DeletePod,
    DeleteWorkload,
    DeleteConfig,
    DeletePolicy,
    Copy,
    TakeName,
    ForgetRecord,
    Fire,
    HoldJobs,
    Refuse,
    Alter,
    BreakImage,
    Promote,
    Pause,
    Resume,
    Abort,
    Rollback,
    Restart,
    Lift,
    Freeze,
    Thaw,
    SpoilMetric,
    SilenceMetric,
    MendMetric,
    Autoscale,
    Approve,
    Halt,
    Unhalt,
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fault {
    Crash,
    Conflict,
    LostAnswer,
    LostRequest,
    LateRequest,
    Throttled,
    ServerError,
    StalePods,
    StaleRest,
    LostEvent,
    DuplicateEvents,
    ClockForward,
    ClockBack,
    NodeVanishes,
    SlowPods,
    ControllersStop,
    PodFails,
    MetricsDown,
    GatewayStops,
    PolicyGone,
    HaltsVanish,
    LedgerDown,
    LedgerForged,
}

impl What {
    pub(crate) const ALL: [Self; 46] = [
        Self::Push,
        Self::Grow,
        Self::Remove,
        Self::Restore,
        Self::Rename,
        Self::Reclass,
        Self::Swap,
        Self::Break,
        Self::Mend,
        Self::Lock,
        Self::Unlock,
        Self::Rewrite,
        Self::Revert,
        Self::Empty,
        Self::Consent,
        Self::Scale,
        Self::EditTemplate,
        Self::StripLabels,
        Self::DeletePod,
        Self::DeleteWorkload,
        Self::DeleteConfig,
        Self::DeletePolicy,
        Self::Copy,
        Self::TakeName,
        Self::ForgetRecord,
        Self::Fire,
        Self::HoldJobs,
        Self::Refuse,
        Self::Alter,
        Self::BreakImage,
        Self::Promote,
        Self::Pause,
        Self::Resume,
        Self::Abort,
        Self::Rollback,
        Self::Restart,
        Self::Lift,
        Self::Freeze,
        Self::Thaw,
        Self::SpoilMetric,
        Self::SilenceMetric,
        Self::MendMetric,
        Self::Autoscale,
        Self::Approve,
        Self::Halt,
        Self::Unhalt,
    ];
}

impl Fault {
    pub(crate) const ALL: [Self; 23] = [
        Self::Crash,
        Self::Conflict,
        Self::LostAnswer,
        Self::LostRequest,
        Self::LateRequest,
        Self::Throttled,
        Self::ServerError,
        Self::StalePods,
        Self::StaleRest,
        Self::LostEvent,
        Self::DuplicateEvents,
        Self::ClockForward,
        Self::ClockBack,
        Self::NodeVanishes,
        Self::SlowPods,
        Self::ControllersStop,
        Self::PodFails,
        Self::MetricsDown,
        Self::GatewayStops,
        Self::PolicyGone,
        Self::HaltsVanish,
        Self::LedgerDown,
        Self::LedgerForged,
    ];

    /// Whether it goes on until the cluster is well again.
    pub(crate) fn goes_on(self) -> bool {
        matches!(
            self,
            Self::StalePods
                | Self::StaleRest
                | Self::NodeVanishes
                | Self::SlowPods
                | Self::ControllersStop
                | Self::MetricsDown
                | Self::GatewayStops
                | Self::PolicyGone
                | Self::LedgerDown
                | Self::LedgerForged
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, role, number } = self;
        match what {
            What::Push => write!(f, "push version {number} of {role}"),
            What::Grow => write!(f, "push {role} with another number of pods"),
            What::Remove => write!(f, "push without {role}"),
            What::Restore => write!(f, "push {role} again"),
            What::Rename => write!(f, "rename {role}"),
            What::Reclass => write!(f, "push {role} as another class"),
            What::Swap => write!(f, "the algos trade accounts"),
            What::Break => write!(f, "push {role} with an error"),
            What::Mend => write!(f, "push {role} without its error"),
            What::Lock => write!(f, "a file of the fleet becomes unreadable"),
            What::Unlock => write!(f, "every file of the fleet is readable again"),
            What::Rewrite => write!(f, "rewrite the branch, without {role}"),
            What::Revert => write!(f, "revert the last push"),
            What::Empty => write!(f, "push a fleet without strategies"),
            What::Consent => write!(f, "consent to every deletion that is asked about"),
            What::Scale => write!(f, "scale {role} to {number} by hand"),
            What::EditTemplate => write!(f, "edit the template of {role} by hand ({number})"),
            What::StripLabels => write!(f, "take the labels off an object of {role}"),
            What::DeletePod => write!(f, "delete a pod of {role} by hand"),
            What::DeleteWorkload => write!(f, "delete the workload of {role} by hand"),
            What::DeleteConfig => write!(f, "delete a ConfigMap of {role} by hand"),
            What::DeletePolicy => write!(f, "delete the NetworkPolicy of {role} by hand"),
            What::Copy => write!(f, "copy an object of {role} by hand"),
            What::TakeName => write!(f, "somebody takes a name that {role} wants"),
            What::ForgetRecord => write!(f, "delete the record of {role} by hand"),
            What::Fire => write!(f, "the schedule of {role} starts a run"),
            What::HoldJobs => write!(f, "Jobs take for ever from now on"),
            What::Refuse => write!(f, "{role} can no longer be changed in place"),
            What::Alter => write!(f, "a webhook alters the workload of {role}"),
            What::BreakImage => write!(f, "the image of {role} no longer starts"),
            What::Promote => write!(f, "promote the stage of {role}"),
            What::Pause => write!(f, "pause the rollout of {role}"),
            What::Resume => write!(f, "resume the rollout of {role}"),
            What::Abort => write!(f, "abort the rollout of {role}"),
            What::Rollback => write!(f, "go back to an earlier version of {role}"),
            What::Restart => write!(f, "start {role} anew"),
            What::Lift => write!(f, "lift what failed of {role}"),
            What::Freeze => write!(f, "freeze the fleet"),
            What::Thaw => write!(f, "end the freeze"),
            What::SpoilMetric => write!(f, "the metric of {role} turns bad"),
            What::SilenceMetric => write!(f, "the metric of {role} falls silent"),
            What::MendMetric => write!(f, "the metric of {role} is good again"),
            What::Autoscale => write!(f, "{role} is scaled to {number} by its load"),
            What::Approve => write!(f, "approve what comes of {role} ({number})"),
            What::Halt => write!(f, "halt {role}, or what is around it ({number})"),
            What::Unhalt => write!(f, "lift a Halt"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fault,
            role,
            number,
        } = self;
        match fault {
            Fault::Crash => write!(f, "the daemon dies {number} writes later"),
            Fault::Conflict => write!(f, "somebody else is faster, {number} writes later"),
            Fault::LostAnswer => write!(f, "an answer is lost, {number} writes later"),
            Fault::LostRequest => write!(f, "a request is lost, {number} writes later"),
            Fault::LateRequest => write!(
                f,
                "another daemon takes the lead {number} writes later, and one of the last \
                 arrives late"
            ),
            Fault::Throttled => write!(f, "the API server throttles, {number} writes later"),
            Fault::ServerError => write!(f, "the API server fails, {number} writes later"),
            Fault::StalePods => write!(f, "nothing is told of pods for {number} turns"),
            Fault::StaleRest => write!(f, "only of pods is anything told for {number} turns"),
            Fault::LostEvent => write!(f, "an event is lost"),
            Fault::DuplicateEvents => write!(f, "the last {number} events are told again"),
            Fault::ClockForward => write!(f, "the clock jumps {number} minutes forward"),
            Fault::ClockBack => write!(f, "the clock jumps {number} minutes back"),
            Fault::NodeVanishes => write!(f, "the node of {role} cannot be reached"),
            Fault::SlowPods => write!(f, "pods take all their time to end"),
            Fault::ControllersStop => write!(f, "the controllers stand still"),
            Fault::MetricsDown => write!(f, "no metric can be had"),
            Fault::GatewayStops => write!(f, "the gateway takes no route in"),
            Fault::PodFails => write!(f, "a pod of {role} fails"),
            Fault::PolicyGone => write!(f, "the policy of approvals is gone"),
            Fault::HaltsVanish => write!(
                f,
                "the Halts vanish, with their definition for {number} times four turns"
            ),
            Fault::LedgerDown => write!(f, "nothing can be added to the ledger"),
            Fault::LedgerForged => write!(f, "somebody rewrites the ledger"),
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cast: Vec<String> = self.cast.iter().map(ToString::to_string).collect();
        let start = if self.is_fresh {
            "are pushed first"
        } else {
            "run"
        };
        writeln!(f, "{} {start}", cast.join(", "))?;
        for item in &self.items {
            match item {
                Item::Action(action) => writeln!(f, "- {action}")?,
                Item::Fault(trouble) => writeln!(f, "! {trouble}")?,
                Item::Quiet => writeln!(f, "  (until nothing happens any more)")?,
                Item::Turns(turns) => writeln!(f, "  ({turns} turns)")?,
            }
        }
        Ok(())
    }
}

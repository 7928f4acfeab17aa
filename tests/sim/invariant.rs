//! What must hold after every action.

use std::fmt;

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Invariant {
    /// At most one pod takes a place on an exclusive holding.
    OnePodPerHolding,
    /// A singleton has at most one pod, whichever workload made it.
    OnePodPerSingleton,
    /// A singleton's template changes only while nothing of it runs.
    TemplateUnderPod,
    /// What may come to be is in the record before it is written, and so is the holding that a pod
    /// is started on.
    RecordBeforeAction,
    /// Every ConfigMap and claim that a pod which has not ended refers to exists.
    ReferencesExist,
    /// Nothing is pruned while something of the fleet cannot be read, and nothing of a strategy
    /// whose file has errors.
    NothingPrunedBlindly,
    /// Claims and namespaces are deleted with a consent of their own only.
    ConsentFirst,
    /// What Git wants is deleted with a consent only.
    WantedStays,
    /// An emptied fleet, or more than the cap, is deleted with a consent only.
    BulkNeedsConsent,
    /// Only what we made, and what carries its unit's owner label, is deleted.
    OnlyOurs,
    /// A service that was complete has never fewer ready pods than it may have.
    EnoughReady,
    /// A service has never more pods than it may have.
    NotTooMany,
    /// No stage is left before its gates can have passed, on the version that comes.
    GatesFirst,
    /// What failed does not come again unless somebody lifts it, or Git moves on.
    FailedStays,
    /// Nothing begins, or goes on, in a freeze.
    FreezeHolds,
    /// Nothing begins, and no stage is left, before enough people approved it who did not write it.
    ApprovedFirst,
    /// Nothing starts, is made or goes on while a Halt stands, and what it stops is stopped.
    HaltHolds,
    /// Nothing begins, goes on or is promoted while the ledger is not as it was left.
    LedgerFirst,
    /// What was promoted is in the ledger, once.
    LedgerWhole,
    /// What runs is not touched while another version is judged beside it, nor when that fails.
    StableStays,
    /// There is always a version left.
    TracksStay,
    /// A rollout ends: it is promoted, held or halted, or waits for somebody named.
    RolloutEnds,
    /// A run is never cut short.
    RunsEnd,
    /// A run that ended is never run again.
    RunsOnce,
    /// Stepping again on the record to be and the same observation gives the same.
    StepAgain,
    /// A plan passes the plan linter.
    PlanLint,
    /// Nothing panics: `step` is total.
    Total,
    /// When the world stops changing, everything comes to rest.
    Rest,
    /// Whatever does not go on says why.
    Explained,
    /// The end is that of an undisturbed run.
    SameEnd,
}

/// That something did not hold.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

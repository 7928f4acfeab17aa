//! Of what a document refers to.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "depends-on-error",
        severity: Severity::Error,
        title: "Something that is referred to has errors",
        explanation: "The strategy cannot be resolved before the document that it refers to is.",
        remedy: "Correct the other document first.",
    },
    Explained {
        code: "unknown-desk",
        severity: Severity::Error,
        title: "There is no such desk",
        explanation: "A desk is a folder below `desks/` with a `desk.yaml`.",
        remedy: "Correct the name, or add the desk.",
    },
    Explained {
        code: "unknown-engine",
        severity: Severity::Error,
        title: "There is no such engine",
        explanation: "An engine is a profile in `engines/` or one of the built-in ones.",
        remedy: "Correct the name, add the profile, or leave `engine` out.",
    },
    Explained {
        code: "unknown-account",
        severity: Severity::Error,
        title: "There is no such account",
        explanation: "An account is a document in `accounts/`.",
        remedy: "Correct the name, or add the account.",
    },
    Explained {
        code: "unknown-venue",
        severity: Severity::Error,
        title: "Nothing trades on this venue",
        explanation: "A strategy trades on the venue of its account, and on those that its \
                      `limits` name.",
        remedy: "Correct the name, or remove the reference.",
    },
    Explained {
        code: "unknown-strategy",
        severity: Severity::Error,
        title: "There is no such strategy",
        explanation: "The fleet has no strategy of this name.",
        remedy: "Correct the name, or remove the reference.",
    },
    Explained {
        code: "unknown-cluster",
        severity: Severity::Error,
        title: "There is no such cluster",
        explanation: "The clusters stand in `tidegate.yaml`.",
        remedy: "Correct the name, or add the cluster.",
    },
    Explained {
        code: "unknown-storage-class",
        severity: Severity::Error,
        title: "There is no such storage class",
        explanation: "A strategy names a storage class by the fleet's word for it, which each \
                      cluster translates.",
        remedy: "Correct the name, or add it to the cluster's `storageClasses`.",
    },
    Explained {
        code: "unknown-port",
        severity: Severity::Error,
        title: "There is no such port",
        explanation: "Probes and metrics name one of the `ports`.",
        remedy: "Correct the name, or add the port.",
    },
    Explained {
        code: "no-cluster",
        severity: Severity::Error,
        title: "It is not known where a strategy runs",
        explanation: "The fleet has several clusters, and neither the strategy nor a default \
                      names one.",
        remedy: "Add `cluster: …` to the strategy, or to the desk's `defaults`.",
    },
    Explained {
        code: "refers-to-itself",
        severity: Severity::Error,
        title: "A strategy refers to itself",
        explanation: "It cannot wait for itself or be apart from itself.",
        remedy: "Remove the reference, or name another strategy.",
    },
    Explained {
        code: "after-cycle",
        severity: Severity::Error,
        title: "`after` goes in a circle",
        explanation: "Each strategy of the circle would wait for the next one for ever.",
        remedy: "Remove one `after` of the circle.",
    },
    Explained {
        code: "after-elsewhere",
        severity: Severity::Error,
        title: "`after` names a strategy of another cluster",
        explanation: "Each cluster is reconciled by itself and cannot see whether a strategy of \
                      another one is healthy.",
        remedy: "Remove it from `after`, or run both in one cluster.",
    },
    Explained {
        code: "renamed-from-existing",
        severity: Severity::Error,
        title: "A new name for something that still exists",
        explanation: "`renamedFrom` hands the data of a strategy over, which its old name must no \
                      longer use.",
        remedy: "Delete the old file, or leave `renamedFrom` out.",
    },
    Explained {
        code: "renamed-twice",
        severity: Severity::Error,
        title: "Two new names for one strategy",
        explanation: "Its data can go to one strategy only.",
        remedy: "Leave `renamedFrom` to the one that keeps the data.",
    },
];

//! Of what the class and the mode of a strategy allow.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "mode-live-refused",
        severity: Severity::Error,
        title: "Live trading is refused",
        explanation: "Nothing yet enforces limits, windows and gates before real orders, and \
                      nobody should trade behind a gate that is not there.",
        remedy: "Use `mode: paper` or `mode: shadow`.",
    },
    Explained {
        code: "not-enforced",
        severity: Severity::Warning,
        title: "A field that nothing enforces yet",
        explanation: "The field is accepted and counts into the approved digest, but nothing acts \
                      on it in this version.",
        remedy: "Do not rely on it.",
    },
    Explained {
        code: "wrong-class",
        severity: Severity::Error,
        title: "A field that means nothing for the class",
        explanation: "The field belongs to another class of strategy, and would silently do \
                      nothing here.",
        remedy: "Remove the field, or correct the class.",
    },
    Explained {
        code: "singleton-replicas",
        severity: Severity::Error,
        title: "More than one of what must be one",
        explanation: "Two pods of an algo are two traders on one account; two of a gateway are \
                      two logins.",
        remedy: "Remove `replicas` and `scale`.",
    },
    Explained {
        code: "singleton-on-spot",
        severity: Severity::Warning,
        title: "A singleton on nodes that may be taken away",
        explanation: "A preempted node takes the only pod with it, in the middle of whatever it \
                      does.",
        remedy: "Use `capacity: on-demand`.",
    },
    Explained {
        code: "state-of-one-pod",
        severity: Severity::Error,
        title: "One volume for several pods",
        explanation: "A strategy has one claim for each of its volumes, and one of a CSI class is \
                      mounted by one pod at a time. The second pod of a service would wait for it \
                      for ever.",
        remedy: "Use one replica, or a storage class that is not `csi`.",
    },
    Explained {
        code: "matrix-rows",
        severity: Severity::Error,
        title: "A table with no or too many rows",
        explanation: "Each row below the line of column names is one index of the job.",
        remedy: "Give the table at least one row, and at most 100,000.",
    },
];

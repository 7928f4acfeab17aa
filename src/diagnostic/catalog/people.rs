//! Of who is asked, told, and consents.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "below-floor",
        severity: Severity::Error,
        title: "A rollout that asks for less than it has to",
        explanation: "The fleet or the desk says in `floors` which gates every rollout of a class or \
                      a mode has to ask for. This one asks for less.",
        remedy: "Add the gate that the finding names.",
    },
    Explained {
        code: "no-approver",
        severity: Severity::Error,
        title: "An approval that nobody can give",
        explanation: "A rollout asks for the approval of more people with a role than `people` has \
                      for its desk: it would wait for ever.",
        remedy: "Give people the role, or ask for fewer or for others.",
    },
    Explained {
        code: "ambiguous-person",
        severity: Severity::Error,
        title: "A name that two people have",
        explanation: "A user, an address or a key stands for one person, who counts once and cannot \
                      approve what they wrote. One that two people have stands for nobody.",
        remedy: "Leave it to one of them, or make one person of both.",
    },
    Explained {
        code: "notifier",
        severity: Severity::Error,
        title: "Nobody would be told",
        explanation: "A notifier has one way to tell people, and whoever it is for has to be \
                      reachable by it.",
        remedy: "Do what the finding's help says.",
    },
    Explained {
        code: "consent-expired",
        severity: Severity::Warning,
        title: "A consent that is over",
        explanation: "It permits nothing any more.",
        remedy: "Remove it; if the deletion is still wanted, consent to it anew.",
    },
];

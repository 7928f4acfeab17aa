//! Of stages, gates and metrics.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "rollout-style",
        severity: Severity::Error,
        title: "A way of changing that does not fit",
        explanation: "A change comes in one way. Those in which the new version runs beside the \
                      old one are for services without state: a second copy would have empty \
                      volumes.",
        remedy: "Keep one of `rolling`, `canary`, `blueGreen`, `ab`, `mirror` and `standbyFirst`; \
                 with state it is `rolling`.",
    },
    Explained {
        code: "rollout-stages",
        severity: Severity::Error,
        title: "Stages that do not lead to the end",
        explanation: "Each stage lets the new version in by one measure, further than the one \
                      before. After the last one everything is of the new version.",
        remedy: "Let each stage say one thing, and let it rise.",
    },
    Explained {
        code: "rollout-needs-route",
        severity: Severity::Error,
        title: "A stage that needs a gateway",
        explanation: "Only a gateway can tell requests apart by their headers, or copy them. A \
                      share of the traffic can also be a share of the pods.",
        remedy: "Say with `route` which gateway leads to the service, and to which of its ports, \
                 or use weights.",
    },
    Explained {
        code: "bad-gate",
        severity: Severity::Error,
        title: "A gate that cannot be judged",
        explanation: "A gate has one kind, and with it what that kind needs and nothing else: a \
                      gate that could not be judged would hold a rollout, or let it through.",
        remedy: "Do what the finding's help says.",
    },
    Explained {
        code: "scan-unpinned",
        severity: Severity::Error,
        title: "A scan of an image that is not pinned",
        explanation: "A scanner's report is about a digest. What a tag names can change, so that no \
                      report is about what runs, and the gate would wait for ever.",
        remedy: "Write the digest behind `@`, or under `images` in `tidegate.lock`.",
    },
    Explained {
        code: "waiver-expired",
        severity: Severity::Warning,
        title: "A waiver that is over",
        explanation: "A `scan` gate puts up with a finding until the waiver's end. From then on the \
                      finding holds changes back again.",
        remedy: "Remove the waiver, or give it another end and a reason that still holds.",
    },
    Explained {
        code: "bad-metric",
        severity: Severity::Error,
        title: "A metric that cannot be asked for",
        explanation: "A metric comes from one place: a Prometheus or a Loki server, a JSON \
                      document, or the cluster's external metrics API.",
        remedy: "Do what the finding's help says.",
    },
    Explained {
        code: "unknown-stage",
        severity: Severity::Error,
        title: "There is no such stage",
        explanation: "A gate waits for a stage that the other strategy's rollout does not have.",
        remedy: "Correct the name. Stages that have none are named after what they do: `5%`, `full`.",
    },
    Explained {
        code: "unknown-metric",
        severity: Severity::Error,
        title: "There is no such metric",
        explanation: "A gate names one of the `metrics` of `tidegate.yaml`, of the strategy's desk \
                      or of its engine.",
        remedy: "Correct the name, or say there where the metric comes from.",
    },
    Explained {
        code: "match-not-portable",
        severity: Severity::Warning,
        title: "A match that depends on the gateway",
        explanation: "Gateways need not understand regular expressions, and differ in their \
                      dialects. All cookies of a request are one header, so that a single one can \
                      only be found by such an expression.",
        remedy: "Match a header of its own by its whole value.",
    },
];

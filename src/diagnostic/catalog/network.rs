//! Of probes, ports, venues and namespaces.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "probe-action",
        severity: Severity::Error,
        title: "A probe that does not do one thing",
        explanation: "A probe is a request, a connection or a command.",
        remedy: "Give it exactly one of `http`, `tcp` and `exec`.",
    },
    Explained {
        code: "port-not-served",
        severity: Severity::Warning,
        title: "A permission to a port that nothing serves",
        explanation: "One of the two numbers is probably wrong.",
        remedy: "Add the port to `ports`, or correct the number.",
    },
    Explained {
        code: "route-without-ingress",
        severity: Severity::Warning,
        title: "A route that no request comes by",
        explanation: "A strategy's pods take only the connections that its `network` lets in, and \
                      the pods of a gateway are no exception.",
        remedy: "Add the namespace of the gateway's pods to `network.ingress`.",
    },
    Explained {
        code: "venue-addresses-unknown",
        severity: Severity::Warning,
        title: "A venue of unknown addresses",
        explanation: "The port is opened to every public address; private ranges stay closed.",
        remedy: "Add the venue's `cidrs` to `tidegate.yaml`.",
    },
    Explained {
        code: "venue-place-unknown",
        severity: Severity::Warning,
        title: "A venue of unknown place",
        explanation: "It is not known where the venue is, so that nothing is near to it.",
        remedy: "Add the venue's `regions` or `zones` to `tidegate.yaml`.",
    },
    Explained {
        code: "reserved-namespace",
        severity: Severity::Error,
        title: "A namespace that belongs to the cluster",
        explanation: "A desk's policies would fall on the cluster's own workloads.",
        remedy: "Give the desk another `namespace`.",
    },
];

//! Of configuration files and what is mounted.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "config-missing",
        severity: Severity::Error,
        title: "A configuration file does not exist",
        explanation: "The path is relative to the file in which it is written.",
        remedy: "Correct the path, or add the file.",
    },
    Explained {
        code: "config-outside",
        severity: Severity::Error,
        title: "A configuration file outside of the fleet",
        explanation: "Files are read from this repository only, so that a commit says all.",
        remedy: "Move the file into the repository.",
    },
    Explained {
        code: "config-unreadable",
        severity: Severity::Error,
        title: "A configuration file that cannot be read",
        explanation: "The path leads to or through a link, a submodule, or a file that is too \
                      large or cannot be read.",
        remedy: "Put the file itself into the repository.",
    },
    Explained {
        code: "config-not-text",
        severity: Severity::Error,
        title: "A configuration file that is not text",
        explanation: "Configuration is mounted as text.",
        remedy: "Put binary data into a model artefact or the image.",
    },
    Explained {
        code: "config-too-large",
        severity: Severity::Error,
        title: "More configuration than Kubernetes keeps",
        explanation: "A ConfigMap ends at one mebibyte.",
        remedy: "Put data into a model artefact or the image.",
    },
    Explained {
        code: "mount-conflict",
        severity: Severity::Error,
        title: "Two things are mounted at one path",
        explanation: "Kubernetes would refuse the pod.",
        remedy: "Move one of them.",
    },
];

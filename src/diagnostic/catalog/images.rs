//! Of what runs, and whether it is pinned.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "unpinned-image",
        severity: Severity::Warning,
        title: "An image that is not pinned",
        explanation: "A tag can be moved: what runs would change without a commit, and what was \
                      approved would not be what runs.",
        remedy: "Write the digest behind `@`, or under `images` in `tidegate.lock`.",
    },
    Explained {
        code: "installs-at-start",
        severity: Severity::Warning,
        title: "Code is fetched at start",
        explanation: "What runs is then not what the image's digest says, and differs from start \
                      to start.",
        remedy: "Build it into the image, or give the engine profile a waiver `install-at-start` \
                 with the reason.",
    },
    Explained {
        code: "model-not-pinned",
        severity: Severity::Error,
        title: "A model that is not pinned",
        explanation: "A model decides what is traded, so it is part of what is approved.",
        remedy: "Write its digest behind `@`.",
    },
    Explained {
        code: "waiver-missing",
        severity: Severity::Warning,
        title: "An engine falls short of the hardened default",
        explanation: "What is waived must be said, with the reason, so that a reviewer sees it.",
        remedy: "Change the profile, or add the waiver with its reason.",
    },
];

//! Of accounts, and the keys to them.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "account-not-open",
        severity: Severity::Error,
        title: "An account that is not open to the desk",
        explanation: "The account lists the desks that may use it.",
        remedy: "Add the desk to the account, or use another account.",
    },
    Explained {
        code: "holding-conflict",
        severity: Severity::Error,
        title: "Two strategies hold the same part of an account",
        explanation: "Two traders on one account see each other's orders and positions as their \
                      own. Paper accounts count too; research and shadow send no orders and hold \
                      nothing.",
        remedy: "Give one of them another account or other instruments, or run it in shadow.",
    },
    Explained {
        code: "holding-unknown",
        severity: Severity::Error,
        title: "It is not known what a strategy holds",
        explanation: "The account is shared by instrument or order tag, and the strategy does not \
                      say which is its own.",
        remedy: "Add `limits.instruments` or `orderTag`.",
    },
    Explained {
        code: "key-not-for-mode",
        severity: Severity::Error,
        title: "A key that the mode must not have",
        explanation: "Which key is mounted decides what a strategy can do, whatever its \
                      configuration says; the account gives each key to some modes only.",
        remedy: "Remove the secret, or use a key that the account gives to the mode.",
    },
    Explained {
        code: "foreign-key",
        severity: Severity::Error,
        title: "A trade key of another account",
        explanation: "With it, the strategy could trade on an account that it does not hold.",
        remedy: "Add the account to the strategy, or use a key of scope `read`.",
    },
    Explained {
        code: "secret-target",
        severity: Severity::Error,
        title: "It is not clear where a secret goes",
        explanation: "A secret becomes a file, or its one key an environment variable.",
        remedy: "Give it exactly one of `file` and `env`.",
    },
    Explained {
        code: "secret-as-env",
        severity: Severity::Warning,
        title: "A secret as an environment variable",
        explanation: "Every child process sees it, and it lands in crash reports.",
        remedy: "Use `file`, or give the engine profile a waiver `secret-env` with the reason.",
    },
    Explained {
        code: "secret-in-plain-text",
        severity: Severity::Warning,
        title: "A secret in plain text",
        explanation: "A value looks like a password, key or token. Everyone who can read the \
                      repository can read it, in its history too.",
        remedy: "Put it into a Secret, name that under `secrets`, and change the secret.",
    },
];

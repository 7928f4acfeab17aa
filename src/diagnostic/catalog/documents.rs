//! Of documents that have not the shape of their kind, or stand in the wrong place.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "no-fleet",
        severity: Severity::Error,
        title: "There is no fleet",
        explanation: "Without `tidegate.yaml` it is not known what the repository holds, so it \
                      counts as unreadable, never as empty: nothing is pruned.",
        remedy: "Run Tidegate in the root of the fleet, or add `tidegate.yaml` with `kind: Fleet`.",
    },
    Explained {
        code: "no-kind",
        severity: Severity::Error,
        title: "A document does not say what it is",
        explanation: "Every document in a folder of documents has a `kind`. Until it has, it is \
                      not known what the fleet holds, and nothing is pruned.",
        remedy: "Add `kind: …`, or move a configuration file into a folder below the desk's.",
    },
    Explained {
        code: "unknown-kind",
        severity: Severity::Error,
        title: "A document of an unknown kind",
        explanation: "The kinds are Fleet, Desk, Account, Engine and Strategy. Until the word is \
                      right, it is not known what the fleet holds, and nothing is pruned.",
        remedy: "Correct the word after `kind:`.",
    },
    Explained {
        code: "misplaced-document",
        severity: Severity::Error,
        title: "A document stands in the wrong file",
        explanation: "Each kind has its place, so that owners and reviewers can be given by \
                      folder.",
        remedy: "Move the document to the place that the finding names.",
    },
    Explained {
        code: "ignored-file",
        severity: Severity::Warning,
        title: "A file looks like a document but is not read",
        explanation: "Documents end in `.yaml` and stand directly in `accounts/`, `engines/` or a \
                      desk's folder.",
        remedy: "Rename or move the file.",
    },
    Explained {
        code: "invalid-name",
        severity: Severity::Error,
        title: "A name that Kubernetes cannot have",
        explanation: "Names of documents become names of objects, and longer names are derived \
                      from them.",
        remedy: "Use lower-case letters, digits and `-`, beginning with a letter, within the \
                 length that the finding names.",
    },
    Explained {
        code: "duplicate-name",
        severity: Severity::Error,
        title: "A name is given twice",
        explanation: "Two things of one kind have the same name, and it is not known which of \
                      them is meant.",
        remedy: "Rename or delete one of them.",
    },
    Explained {
        code: "desk-name",
        severity: Severity::Error,
        title: "A desk is not called like its folder",
        explanation: "A desk is known by the folder of its strategies; a second name would be \
                      read for another desk.",
        remedy: "Give both the same name, or leave `metadata` out.",
    },
    Explained {
        code: "unknown-field",
        severity: Severity::Error,
        title: "A field that does not exist",
        explanation: "Nothing is ignored silently: a mistyped field would leave its default in \
                      force.",
        remedy: "Correct the field's name, or remove it.",
    },
    Explained {
        code: "missing-field",
        severity: Severity::Error,
        title: "A field is missing",
        explanation: "The field has no default that would be safe.",
        remedy: "Add the field.",
    },
    Explained {
        code: "wrong-type",
        severity: Severity::Error,
        title: "A value of the wrong type",
        explanation: "The value is not of the type that its field takes.",
        remedy: "Write the type that the finding names; quote a text that YAML reads as something \
                 else.",
    },
    Explained {
        code: "unknown-word",
        severity: Severity::Error,
        title: "A word that is not one of the choices",
        explanation: "The field takes one of a few words.",
        remedy: "Write one of the words that the finding lists.",
    },
    Explained {
        code: "invalid-value",
        severity: Severity::Error,
        title: "A value that breaks its rule",
        explanation: "The value has the right type but not the right form, or it contradicts \
                      another one.",
        remedy: "Write the form that the finding names.",
    },
    Explained {
        code: "bad-lock",
        severity: Severity::Error,
        title: "`tidegate.lock` cannot be used",
        explanation: "The lock says which digest an image's tag stands for. While it cannot be \
                      read, no tag can be trusted.",
        remedy: "Correct the file; it holds `images`, each with its digest.",
    },
];

//! Of what cannot be read.

use super::{Explained, Severity};

/// The codes of this part.
pub(super) const CODES: &[Explained] = &[
    Explained {
        code: "not-a-file",
        severity: Severity::Error,
        title: "A link or submodule in place of a file",
        explanation: "Symbolic links are never followed, because they could leave the repository, \
                      and a submodule's content is in another repository.",
        remedy: "Put the file itself at this path.",
    },
    Explained {
        code: "unreadable-file",
        severity: Severity::Error,
        title: "The file cannot be read",
        explanation: "What it declares is unknown, so nothing in the fleet is pruned meanwhile.",
        remedy: "Make the file readable, or remove it.",
    },
    Explained {
        code: "not-text",
        severity: Severity::Error,
        title: "The file is not text",
        explanation: "The file is binary, is not UTF-8, or holds a control character that YAML \
                      forbids, such as a terminal escape.",
        remedy: "Save the file as UTF-8 without control characters, or remove it from the fleet.",
    },
    Explained {
        code: "yaml-syntax",
        severity: Severity::Error,
        title: "The document is not YAML",
        explanation: "The parser could not go on at this place. Other documents of the same file \
                      are read all the same.",
        remedy: "Look at the line and the one above it: most often a quote, a bracket, a `:` or \
                 the indentation is off.",
    },
    Explained {
        code: "yaml-tab",
        severity: Severity::Error,
        title: "A tab indents a line",
        explanation: "YAML allows only spaces as indentation.",
        remedy: "Replace the tab by spaces, and let the editor insert spaces for the tab key.",
    },
    Explained {
        code: "yaml-budget",
        severity: Severity::Error,
        title: "The file is too large, too deep, or repeats too much",
        explanation: "Files are read within fixed budgets of bytes, documents, depth, and values \
                      after aliases are expanded, so that no file can exhaust the daemon.",
        remedy: "Split the file, or write out what the aliases repeat.",
    },
    Explained {
        code: "yaml-value",
        severity: Severity::Error,
        title: "A value that Kubernetes cannot hold",
        explanation: "The value is infinite or not a number, or it is not what its tag claims.",
        remedy: "Write a finite number, correct the tag, or quote the value to make it a text.",
    },
    Explained {
        code: "yaml-tag",
        severity: Severity::Error,
        title: "An unknown YAML tag",
        explanation: "kubectl ignores tags that it does not know, so that the value would silently \
                      mean something else than it says.",
        remedy: "Remove the tag, or quote the value if the `!` belongs to it.",
    },
    Explained {
        code: "yaml-key",
        severity: Severity::Error,
        title: "A key that is not a text",
        explanation: "A plain `on`, `y` or `0644` is a truth value or a number to kubectl, which \
                      would rename the key to `true` or `420`; lists, mappings and null cannot be \
                      keys at all.",
        remedy: "Quote the key.",
    },
    Explained {
        code: "yaml-merge",
        severity: Severity::Error,
        title: "A merge key that does not merge",
        explanation: "`<<` takes one mapping or a list of mappings, once in a mapping.",
        remedy: "Give it an alias of a mapping, or `<<: [*a, *b]` for several.",
    },
    Explained {
        code: "yaml-alias",
        severity: Severity::Error,
        title: "An alias that names nothing",
        explanation: "The alias has no anchor before it in its document, or stands inside the \
                      value that it repeats.",
        remedy: "Define the anchor above the alias, or quote a text that begins with `*`.",
    },
    Explained {
        code: "duplicate-key",
        severity: Severity::Error,
        title: "A key is written twice",
        explanation: "YAML forbids it, and tools disagree on which value counts.",
        remedy: "Keep one of the two, or rename one.",
    },
];

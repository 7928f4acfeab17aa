//! Every code that exists, with what it means and what to do: the source of `docs/findings.md`.
//!
//! A flat table, in the order of the rooms that raise the codes. A test compares it with the code.

use super::{Code, Severity};

/// What is known about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The code.
    pub code: Code,
    /// How much its findings weigh; a rule may weigh more on live strategies.
    pub severity: Severity,
    /// What it is called.
    pub title: &'static str,
    /// What it means, and why it is a finding at all.
    pub explanation: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What is known about a code.
pub fn find(code: &str) -> Option<&'static Explained> {
    CATALOG.iter().find(|entry| entry.code == code)
}

/// The reference of all codes in Markdown, in alphabetical order.
pub fn markdown() -> String {
    let mut entries: Vec<&Explained> = CATALOG.iter().collect();
    entries.sort_by_key(|entry| entry.code);
    let mut page = String::from(INTRODUCTION);
    for entry in entries {
        page.push_str(&section(entry));
    }
    page
}

fn section(entry: &Explained) -> String {
    format!(
        "\n## {}\n\n**{}** ({}). {}\n\n**What to do:** {}\n",
        entry.code,
        entry.title,
        entry.severity.as_str(),
        entry.explanation,
        entry.remedy
    )
}

const INTRODUCTION: &str = "\
# Findings

Everything that `tidegate check` can tell, by code. An error stops the strategy that has it, and
only that one; a warning or an info stops nothing. This page is generated from
`src/diagnostic/catalog.rs`.
";

/// Every code.
pub const CATALOG: &[Explained] = &[
    // yaml: what cannot be read.
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
    // spec: documents that have not the shape of their kind.
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
    // resolve: what documents say together.
    Explained {
        code: "bad-lock",
        severity: Severity::Error,
        title: "`tidegate.lock` cannot be used",
        explanation: "The lock says which digest an image's tag stands for. While it cannot be \
                      read, no tag can be trusted.",
        remedy: "Correct the file; it holds `images`, each with its digest.",
    },
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
        code: "unknown-calendar",
        severity: Severity::Error,
        title: "There is no such calendar",
        explanation: "A calendar is one of the built-in ones or a document in `calendars/`. What \
                      asks for one that nobody knows would stay closed for ever.",
        remedy: "Correct the name, or add the calendar.",
    },
    Explained {
        code: "invalid-calendar",
        severity: Severity::Error,
        title: "The document is no calendar",
        explanation: "It contradicts itself, or it neither corrects a built-in calendar nor says \
                      by itself when the venue trades. Until it is corrected nothing is known of \
                      this calendar, also where there is a built-in one, and windows that ask for \
                      it stay closed.",
        remedy: "Do what the finding says.",
    },
    Explained {
        code: "calendar-ends",
        severity: Severity::Warning,
        title: "A calendar soon knows no further days",
        explanation: "Holidays are known only so far ahead, and some markets announce them year \
                      by year. Outside its days a calendar knows nothing, and that denies: nothing \
                      is rolled out any more.",
        remedy: "Upgrade Tidegate, or add the days to come in `calendars/`.",
    },
    Explained {
        code: "no-maintenance-known",
        severity: Severity::Warning,
        title: "A window waits for maintenance that nobody has listed",
        explanation: "Most venues announce their maintenance each time instead of keeping to a \
                      schedule, so that their built-in calendars list none.",
        remedy: "List what the venue announces under `maintenance` in a document of `calendars/`, \
                 or remove the condition.",
    },
    Explained {
        code: "window-stays-closed",
        severity: Severity::Warning,
        title: "A window does not open within 30 days",
        explanation: "No change would be rolled out for so long: its conditions contradict each \
                      other, leave too little time for `mustFinishWithin`, or ask a calendar \
                      outside of the days that it knows.",
        remedy: "Look at `tidegate window explain`, and correct the window or the calendar.",
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
        code: "state-of-one-pod",
        severity: Severity::Error,
        title: "One volume for several pods",
        explanation: "A strategy has one claim for each of its volumes, and one of a CSI class is \
                      mounted by one pod at a time. The second pod of a service would wait for it \
                      for ever.",
        remedy: "Use one replica, or a storage class that is not `csi`.",
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
        code: "notifier",
        severity: Severity::Error,
        title: "Nobody would be told",
        explanation: "A notifier has one way to tell people, and whoever it is for has to be \
                      reachable by it.",
        remedy: "Do what the finding's help says.",
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
    Explained {
        code: "singleton-on-spot",
        severity: Severity::Warning,
        title: "A singleton on nodes that may be taken away",
        explanation: "A preempted node takes the only pod with it, in the middle of whatever it \
                      does.",
        remedy: "Use `capacity: on-demand`.",
    },
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
    Explained {
        code: "matrix-rows",
        severity: Severity::Error,
        title: "A table with no or too many rows",
        explanation: "Each row below the line of column names is one index of the job.",
        remedy: "Give the table at least one row, and at most 100,000.",
    },
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
    Explained {
        code: "reserved-namespace",
        severity: Severity::Error,
        title: "A namespace that belongs to the cluster",
        explanation: "A desk's policies would fall on the cluster's own workloads.",
        remedy: "Give the desk another `namespace`.",
    },
    Explained {
        code: "waiver-missing",
        severity: Severity::Warning,
        title: "An engine falls short of the hardened default",
        explanation: "What is waived must be said, with the reason, so that a reviewer sees it.",
        remedy: "Change the profile, or add the waiver with its reason.",
    },
    Explained {
        code: "consent-expired",
        severity: Severity::Warning,
        title: "A consent that is over",
        explanation: "It permits nothing any more.",
        remedy: "Remove it; if the deletion is still wanted, consent to it anew.",
    },
];

#[cfg(test)]
mod tests;

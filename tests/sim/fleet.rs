//! The fleets that scripts push, resolved and compiled by the product from files in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use tidegate::calendar::Tables;
use tidegate::compile::{self, Bundle, UnitId};
use tidegate::object::Object;
use tidegate::resolve::{self, Freeze, rollout};
use tidegate::source::{Entry, RepoPath, Sources};

/// A strategy that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Role {
    /// An algo on the account `one`.
    Quoter,
    /// An algo on the account `two`.
    Hedger,
    /// A gateway.
    Gate,
    /// A service.
    Signals,
    /// A service that keeps state.
    Store,
    /// A service that comes after the quoter.
    Last,
    /// A job that runs once for each version of itself.
    Sweep,
    /// A job on a schedule.
    Nightly,
    /// A service whose changes come as a share of its pods.
    Pricer,
    /// A service behind a gateway, under an autoscaler.
    Router,
    /// A service that changes unseen, then all at once.
    Screen,
    /// A service with a standby.
    Keeper,
}

/// How a change of a service comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// In place of what runs.
    InPlace,
    /// As a share of the pods.
    Ratio,
    /// Beside what runs, which is not touched until the change is promoted.
    Beside,
}

/// What holds of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    /// How many pods it has.
    pub(crate) pods: usize,
    /// How many of them it may lack.
    pub(crate) unavailable: usize,
    /// How its changes come.
    pub(crate) style: Style,
    /// Whether an autoscaler says how many pods it has.
    pub(crate) is_scaled: bool,
}

/// One version of a strategy's file.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a line of the file by itself"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    /// Its image (bit 0) and its configuration (bit 1).
    pub(crate) code: u8,
    /// Whether it has one pod, or one gibibyte, more.
    pub(crate) grown: bool,
    /// Whether the two algos have each other's account.
    pub(crate) swapped: bool,
    /// Whether it has its second name.
    pub(crate) renamed: bool,
    /// Whether it is of the other class: an algo a service, a service an algo.
    pub(crate) reclassed: bool,
}

/// What Git has of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Form {
    /// No file.
    Absent,
    /// A file with an error.
    Broken(Version),
    /// A file.
    Is(Version),
}

/// What Git has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tree {
    /// The strategies.
    pub(crate) slots: Vec<(Role, Form)>,
    /// Whether some other file cannot be read.
    pub(crate) unreadable: bool,
    /// Whether nothing may change.
    pub(crate) frozen: bool,
}

/// What a tree compiles to.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) bundles: BTreeMap<UnitId, Bundle>,
    pub(crate) broken: BTreeSet<UnitId>,
    pub(crate) unreadable: bool,
    pub(crate) remaining: usize,
    pub(crate) cap: usize,
    /// When venues trade.
    pub(crate) calendars: Arc<Tables>,
    /// Times in which no rollout begins or goes on.
    pub(crate) freezes: Vec<Freeze>,
    /// What holds of each service.
    pub(crate) services: BTreeMap<String, Service>,
}

/// Strategies that take part together.
pub(crate) fn casts() -> &'static [&'static [Role]] {
    &CASTS
}

/// Those of them in which something changes in stages.
pub(crate) fn staged_casts() -> &'static [&'static [Role]] {
    CASTS.get(..6).unwrap_or_default()
}

const CASTS: [&[Role]; 16] = [
    &[Role::Pricer, Role::Quoter],
    &[Role::Router, Role::Sweep],
    &[Role::Screen, Role::Store],
    &[Role::Keeper, Role::Pricer],
    &[Role::Screen, Role::Hedger],
    &[Role::Store, Role::Router],
    &[Role::Quoter, Role::Hedger],
    &[Role::Quoter, Role::Signals],
    &[Role::Gate, Role::Store],
    &[Role::Quoter, Role::Last],
    &[Role::Signals, Role::Sweep],
    &[Role::Nightly, Role::Quoter],
    &[Role::Store, Role::Nightly],
    &[Role::Quoter, Role::Hedger, Role::Signals],
    &[Role::Gate, Role::Hedger, Role::Sweep],
    &[Role::Signals, Role::Store],
];

const ROOT: &str = "\
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters:
  - name: east
    region: ap-northeast-1
    storageClasses: {ssd: {name: ssd, csi: true}}
  venues: {'crypto:binance': {cidrs: [203.0.113.0/24], regions: [ap-northeast-1]}}
";

const METRICS: &str = "  \
  metrics:
    rejects:
      prometheus:
        address: http://prometheus.monitoring:9090
        query: '{{behaviour}}'
";

const FREEZES: &str = "  freezes: [{reason: quarter end}]\n";

const DESK: &str = "\
kind: Desk
spec: {email: rates@example.com}
";

const ACCOUNT: &str = "\
kind: Account
spec:
  venue: crypto:binance
  currency: USDT
  exclusive: account
  desks: [rates]
  keys:
  - {secret: trade, scope: trade, modes: [live]}
";

const PORTS: &str = "  ports: [{name: http, port: 8080}]\n";

const PRICER: &str = "  \
  rollout:
    bootstrap: direct
    canary:
    - {weight: 25%, for: 1m, gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    - {weight: 50%, gates: [{health: {}}, {freeze: {}}]}
    watch: {for: 1m}
";

const ROUTER: &str = "  \
  scale: [{cpu: 70%}]
  rollout:
    bootstrap: direct
    route: {gateway: edge/public, port: http}
    canary:
    - {weight: 10%, gates: [{metric: rejects, max: 1, minSamples: 2, interval: 20s, timeout: 10m}]}
    - {weight: 50%, gates: [{pause: {}}]}
    onFailure: halt
";

const SCREEN: &str = "  \
  rollout:
    blueGreen: {for: 1m, gates: [{pause: {}}, {health: {}}]}
    watch: {gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    onNewRevision: queue
    rollbackWindow: {revisions: 3}
";

const KEEPER: &str = "  \
  rollout:
    bootstrap: direct
    standbyFirst: {gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    onFailure: hold
";

const STORE: &str = "  \
  rollout:
    bootstrap: direct
    rolling:
    - {pods: 1, for: 1m, gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    onNewRevision: reject
";

impl Role {
    /// The name, first or second.
    pub(crate) fn name(self, renamed: bool) -> &'static str {
        match (self, renamed) {
            (Self::Quoter, false) => "quoter",
            (Self::Quoter, true) => "skipper",
            (Self::Hedger, false) => "hedger",
            (Self::Hedger, true) => "pilot",
            (Self::Gate, false) => "gate",
            (Self::Gate, true) => "sluice",
            (Self::Signals, false) => "signals",
            (Self::Signals, true) => "beacons",
            (Self::Store, false) => "store",
            (Self::Store, true) => "shelf",
            (Self::Last, _) => "last",
            (Self::Sweep, _) => "sweep",
            (Self::Nightly, _) => "nightly",
            (Self::Pricer, false) => "pricer",
            (Self::Pricer, true) => "valuer",
            (Self::Router, _) => "router",
            (Self::Screen, _) => "screen",
            (Self::Keeper, _) => "keeper",
        }
    }

    /// Whether it can get another name.
    pub(crate) fn can_be_renamed(self) -> bool {
        self.name(true) != self.name(false)
    }

    /// Whether it can become of another class.
    pub(crate) fn can_be_reclassed(self) -> bool {
        matches!(self, Self::Quoter | Self::Signals)
    }

    /// Whether it can grow without another behaviour.
    pub(crate) fn can_grow(self) -> bool {
        !matches!(self, Self::Sweep | Self::Nightly | Self::Router)
    }

    /// Whether it holds an account.
    pub(crate) fn trades(self) -> bool {
        matches!(self, Self::Quoter | Self::Hedger)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name(false))
    }
}

impl Form {
    /// The version of a file that is there.
    pub(crate) fn version(self) -> Option<Version> {
        match self {
            Self::Absent => None,
            Self::Broken(version) | Self::Is(version) => Some(version),
        }
    }
}

impl Tree {
    /// A tree with every strategy of a cast as it first was.
    pub(crate) fn of(cast: &[Role]) -> Self {
        let first = Form::Is(Version::default());
        Self {
            slots: cast.iter().map(|role| (*role, first)).collect(),
            unreadable: false,
            frozen: false,
        }
    }

    /// What it has of a strategy.
    pub(crate) fn form(&self, role: Role) -> Form {
        let found = self.slots.iter().find(|(other, _)| *other == role);
        found.map_or(Form::Absent, |(_, form)| *form)
    }

    /// The same with another form of a strategy.
    pub(crate) fn with(&self, role: Role, form: Form) -> Self {
        let mut tree = self.clone();
        for slot in tree.slots.iter_mut().filter(|(other, _)| *other == role) {
            slot.1 = form;
        }
        tree
    }

    /// Resolves and compiles it.
    pub(crate) fn compile(&self) -> Arc<Compiled> {
        let freezes = if self.frozen { FREEZES } else { "" };
        let root = format!("{ROOT}{METRICS}{freezes}");
        let mut texts = vec![
            ("tidegate.yaml".to_owned(), root),
            ("desks/rates/desk.yaml".to_owned(), DESK.to_owned()),
            ("accounts/one.yaml".to_owned(), ACCOUNT.to_owned()),
            ("accounts/two.yaml".to_owned(), ACCOUNT.to_owned()),
            ("desks/rates/0.cfg".to_owned(), "spread: 5\n".to_owned()),
            ("desks/rates/1.cfg".to_owned(), "spread: 6\n".to_owned()),
        ];
        for (role, form) in &self.slots {
            texts.extend(file(*role, *form, self));
        }
        let borrowed = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let mut sources = Sources::from_texts(borrowed);
        if self.unreadable {
            let reason = "permission denied".to_owned();
            let path = RepoPath::from("desks/rates/locked.yaml");
            sources.entries.insert(path, Entry::Unreadable { reason });
        }
        Arc::new(compiled(&sources))
    }
}

fn compiled(sources: &Sources) -> Compiled {
    let outcome = resolve::fleet(sources, None);
    let fleet = outcome.fleet.expect("the root is readable");
    let bundles = compile::fleet(&fleet);
    Compiled {
        services: bundles.iter().filter_map(service).collect(),
        bundles: bundles
            .into_iter()
            .map(|it| (it.unit.clone(), it))
            .collect(),
        broken: fleet.broken.keys().cloned().map(UnitId::Strategy).collect(),
        unreadable: outcome.unreadable,
        remaining: fleet.strategies.len() + fleet.broken.len(),
        cap: fleet.deletion_cap,
        calendars: Arc::new(fleet.calendars.clone()),
        freezes: fleet.freezes.clone(),
    }
}

fn service(bundle: &Bundle) -> Option<(String, Service)> {
    let class = Some(tidegate::resolve::Class::Service);
    let id = bundle.workload.as_ref().filter(|_| bundle.class == class)?;
    let find = |test: &dyn Fn(&Object) -> bool| bundle.objects.iter().find(|it| test(it));
    let workload = find(&|it| it.id() == *id)?;
    let scaler = find(&|it| it.kind() == "HorizontalPodAutoscaler");
    let pods = match scaler {
        Some(scaler) => scaler.number("/spec/minReplicas")?,
        None => workload.number("/spec/replicas")?,
    };
    let rollout = bundle.rollout.as_ref()?;
    let style = match rollout.style {
        rollout::Style::Canary if rollout.route.is_none() => Style::Ratio,
        it if it.is_beside() => Style::Beside,
        _ => Style::InPlace,
    };
    let service = Service {
        pods: usize::try_from(pods).ok()?,
        unavailable: usize::from(workload.kind() == "StatefulSet"),
        style,
        is_scaled: scaler.is_some(),
    };
    Some((bundle.unit.release_name(), service))
}

fn file(role: Role, form: Form, tree: &Tree) -> Option<(String, String)> {
    let version = form.version()?;
    let name = role.name(version.renamed);
    let mut text = text(role, version, tree);
    if matches!(form, Form::Broken(_)) {
        text.push_str("  unheardOf: true\n");
    }
    Some((format!("desks/rates/{name}.yaml"), text))
}

fn text(role: Role, version: Version, tree: &Tree) -> String {
    let digit = if version.code & 1 == 0 { "a" } else { "b" };
    let image = format!(
        "registry.example.com/rates/{role}@sha256:{}",
        digit.repeat(64)
    );
    let config = (version.code >> 1) & 1;
    let mut text = format!(
        "\
kind: Strategy
metadata: {{name: {}}}
spec:
  image: {image}
  command: [/run]
  resources: {{cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi}}
  config: [{{path: /app/one.yaml, from: {config}.cfg}}]
",
        role.name(version.renamed)
    );
    if version.renamed {
        let _ = writeln!(text, "  renamedFrom: {}", role.name(false));
    }
    text.push_str(&class(role, version, tree));
    text
}

fn class(role: Role, version: Version, tree: &Tree) -> String {
    let size = if version.grown { "2Gi" } else { "1Gi" };
    let state = format!("  state: [{{name: data, mountPath: /data, size: {size}, class: ssd}}]\n");
    let pods = if version.grown { 3 } else { 2 };
    let service = format!("  class: service\n  replicas: {pods}\n");
    let account = match role == Role::Hedger {
        other if other != version.swapped => "two",
        _ => "one",
    };
    let algo = format!("  class: algo\n  mode: paper\n  onStop: cancel\n  account: {account}\n");
    match role {
        Role::Quoter | Role::Signals if version.reclassed == (role == Role::Signals) => {
            format!("{algo}{state}")
        }
        Role::Quoter | Role::Signals => service,
        Role::Hedger => format!("{algo}{state}"),
        Role::Gate => format!("  class: gateway\n{state}"),
        Role::Store => format!("{service}{state}{STORE}"),
        Role::Pricer => format!(
            "{}{PORTS}{PRICER}",
            service.replace('3', "4").replace('2', "3")
        ),
        Role::Router => {
            format!("  class: service\n  replicas: {{min: 2, max: 4}}\n{PORTS}{ROUTER}")
        }
        Role::Screen => format!("{service}{PORTS}{SCREEN}"),
        Role::Keeper => format!("{service}{PORTS}{KEEPER}"),
        Role::Last => match tree.form(Role::Quoter).version() {
            Some(quoter) => format!(
                "{service}  after: [{}]\n",
                Role::Quoter.name(quoter.renamed)
            ),
            None => service,
        },
        Role::Sweep => "  class: job\n".to_owned(),
        Role::Nightly => "  class: job\n  run: {cron: '0 2 * * *', timeZone: Etc/UTC}\n".to_owned(),
    }
}

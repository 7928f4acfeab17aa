//! The fleets that scripts push, resolved and compiled by the product from files in memory.

pub(crate) mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
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
    /// A service that people approve, before it begins and on its way.
    Warden,
    /// An algo on the account `two` that people approve before it begins.
    Trader,
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
    /// Whether clients come to it by a Service.
    pub(crate) has_clients: bool,
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

/// Where a fleet lives, and how fast its rollouts go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// The name of the fleet.
    pub(crate) fleet: String,
    /// The name of its only desk, and of its namespace.
    pub(crate) desk: String,
    /// The address of its metrics.
    pub(crate) prometheus: String,
    /// Whether its rollouts take seconds, as they must where time passes by itself.
    pub(crate) is_brisk: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            fleet: "harbour".to_owned(),
            desk: "rates".to_owned(),
            prometheus: "http://prometheus.monitoring:9090".to_owned(),
            is_brisk: false,
        }
    }
}

/// What a tree compiles to.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// Where it lives.
    pub(crate) site: Arc<Site>,
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

const CASTS: [&[Role]; 19] = [
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
    &[Role::Warden, Role::Trader],
    &[Role::Trader, Role::Pricer],
    &[Role::Warden, Role::Signals],
];

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
            (Self::Warden, _) => "warden",
            (Self::Trader, _) => "trader",
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
        !matches!(
            self,
            Self::Sweep | Self::Nightly | Self::Router | Self::Trader
        )
    }

    /// Whether its changes come in stages that something is asked of.
    pub(crate) fn is_staged(self) -> bool {
        matches!(
            self,
            Self::Pricer | Self::Router | Self::Screen | Self::Keeper | Self::Store | Self::Warden
        )
    }

    /// Whether it keeps something that is not deleted unasked.
    pub(crate) fn keeps_state(self) -> bool {
        self.is_singleton() || self == Self::Store
    }

    /// Whether it has one pod at most.
    pub(crate) fn is_singleton(self) -> bool {
        matches!(
            self,
            Self::Quoter | Self::Hedger | Self::Gate | Self::Trader
        )
    }

    /// Whether people have to approve its changes.
    pub(crate) fn is_approved(self) -> bool {
        matches!(self, Self::Warden | Self::Trader)
    }

    /// The account that it is on at first, or would be.
    pub(crate) fn account(self) -> &'static str {
        match self {
            Self::Hedger | Self::Trader => "two",
            _ => "one",
        }
    }

    /// Whether it runs to an end.
    pub(crate) fn is_job(self) -> bool {
        matches!(self, Self::Sweep | Self::Nightly)
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
    pub(crate) fn compile(&self, site: &Arc<Site>) -> Arc<Compiled> {
        let texts = files::of(self, site);
        let borrowed = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let mut sources = Sources::from_texts(borrowed);
        if self.unreadable {
            let reason = "permission denied".to_owned();
            let path = RepoPath::from(format!("desks/{}/locked.yaml", site.desk).as_str());
            sources.entries.insert(path, Entry::Unreadable { reason });
        }
        Arc::new(compiled(&sources, site))
    }
}

fn compiled(sources: &Sources, site: &Arc<Site>) -> Compiled {
    let outcome = resolve::fleet(sources, None);
    let fleet = outcome.fleet.expect("the root is readable");
    let bundles = compile::fleet(&fleet);
    Compiled {
        site: site.clone(),
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

/// What holds of the service that a bundle is of.
pub(crate) fn service(bundle: &Bundle) -> Option<(String, Service)> {
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
    let name = bundle.unit.release_name();
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
        has_clients: find(&|it| it.kind() == "Service" && it.name() == name).is_some(),
    };
    Some((name, service))
}

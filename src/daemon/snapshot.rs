//! What Git says at one commit, packed: a fleet of a thousand fits in little memory, and one unit
//! at a time is unpacked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use crate::calendar::Tables;
use crate::compile::{self, Bundle, Owner, UnitId};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::git::history::History;
use crate::object::{Object, ObjectId};
use crate::people::{Concern, People};
use crate::release::InventoryEntry;
use crate::resolve::{self, Class, Consent, Fleet, Freeze, Notifier};
use crate::rollout::{self, Clock};
use crate::signature::Fingerprint;
use crate::source::Sources;
use crate::spec::names::{ClusterName, DeskName, FleetName, StrategyName};
use crate::spec::notify::CommitUrl;

/// More errors of a commit than these are not told one by one.
const TOLD: usize = 20;

/// What Git says at one commit.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The commit; `None` for a folder with changes.
    pub(super) commit: Option<String>,
    /// The fleet and the cluster it was built for; `None` when there is no fleet to speak of.
    pub(super) place: Option<(FleetName, ClusterName)>,
    /// The units, by the name of their Release.
    pub(super) units: BTreeMap<String, Arc<Packed>>,
    /// The strategies that have an error, by the name of their Release.
    pub(super) broken: BTreeMap<String, DeskName>,
    /// Where it can be read who wrote it.
    pub(super) history: History,
    /// When venues trade.
    pub(super) calendars: Tables,
    /// By which keys its ledger is signed; `None` when it keeps none.
    pub(super) ledger: Option<BTreeSet<Fingerprint>>,
    /// Times in which no rollout begins or goes on.
    pub(super) freezes: Vec<Freeze>,
    /// Who is told what happens, by desk.
    pub(super) notifiers: BTreeMap<DeskName, Vec<Notifier>>,
    /// Where a commit can be looked at.
    pub(super) commit_url: Option<CommitUrl>,
    /// Who is who.
    pub(super) people: People,
    /// What may be deleted.
    pub(super) consents: Vec<Consent>,
    /// More deletions than this need a consent.
    pub(super) deletion_cap: usize,
    /// Whether an absence proves anything.
    pub(super) leave: PruneLeave,
    /// How many errors, and how many other findings, the fleet has.
    pub(super) findings: (usize, usize),
    /// The first of the errors.
    pub(super) errors: Vec<Diagnostic>,
}

/// Whether what is not in Git may be pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PruneLeave {
    /// It may.
    Granted,
    /// Not while something cannot be read.
    Unreadable,
    /// Not while the branch's last move was a rewrite: a forced push may have lost files.
    Rewritten,
}

/// A unit's bundle, packed.
#[derive(Debug)]
pub(super) struct Packed {
    /// The unit.
    pub(super) unit: UnitId,
    /// Its desk.
    pub(super) desk: DeskName,
    /// Its namespace.
    pub(super) namespace: String,
    /// Its class; `None` for a desk.
    pub(super) class: Option<Class>,
    /// Its owner label.
    pub(super) owner: Owner,
    /// Its exclusive holdings.
    pub(super) holdings: Vec<String>,
    /// Strategies that must be healthy first.
    pub(super) after: Vec<StrategyName>,
    /// Strategies that it needs as long as it runs.
    pub(super) requires: Vec<StrategyName>,
    /// Strategies that its gates come after.
    pub(super) peers: Vec<StrategyName>,
    /// The strategy it was.
    pub(super) renamed_from: Option<StrategyName>,
    /// The files that make it what it is.
    pub(super) concern: Option<Concern>,
    /// Whether people have to approve its changes.
    pub(super) is_asked: bool,
    /// Every byte.
    pub(super) digest: Digest,
    ids: BTreeSet<ObjectId>,
    bytes: Box<[u8]>,
}

impl Snapshot {
    /// Its calendars, as of now.
    pub(super) fn clock(&self) -> Clock<'_> {
        Clock {
            calendars: &self.calendars,
            freezes: &self.freezes,
            now: Timestamp::now(),
        }
    }

    /// Whether somebody may approve something by a signed tag.
    pub(super) fn knows_tags(&self) -> bool {
        let has_key = self.people.iter().any(|person| !person.keys.is_empty());
        has_key && self.units.values().any(|packed| packed.is_asked)
    }

    /// Whether a strategy is in Git, with errors or without.
    pub(super) fn knows(&self, strategy: &StrategyName) -> bool {
        let key = UnitId::Strategy(strategy.clone()).release_name();
        self.units.contains_key(&key) || self.broken.contains_key(&key)
    }

    /// Who is told what happens to a desk.
    pub(super) fn notifiers_of(&self, desk: &str) -> &[Notifier] {
        let mut notifiers = self.notifiers.iter();
        let found = notifiers.find(|(name, _)| name.as_str() == desk);
        found.map_or(&[], |(_, notifiers)| notifiers)
    }

    /// What says nothing, and proves nothing.
    pub(super) fn nothing() -> Self {
        Self {
            commit: None,
            place: None,
            units: BTreeMap::new(),
            broken: BTreeMap::new(),
            history: History::None,
            calendars: Tables::default(),
            ledger: None,
            freezes: Vec::new(),
            notifiers: BTreeMap::new(),
            commit_url: None,
            people: People::default(),
            consents: Vec::new(),
            deletion_cap: 0,
            leave: PruneLeave::Unreadable,
            findings: (0, 0),
            errors: Vec::new(),
        }
    }

    /// The same, of which it can be read who wrote it.
    pub(super) fn with_history(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// Builds what a commit says.
    pub(super) fn of(sources: &Sources, cluster: Option<&ClusterName>, leave: PruneLeave) -> Self {
        let commit = sources.commit.clone();
        let outcome = resolve::fleet(sources, cluster);
        let leave = if outcome.unreadable {
            PruneLeave::Unreadable
        } else {
            leave
        };
        let count = |errors: bool| {
            outcome
                .findings
                .iter()
                .filter(|f| f.is_error() == errors)
                .count()
        };
        let findings = (count(true), count(false));
        let errors = outcome.findings.iter().filter(|it| it.is_error());
        let errors: Vec<Diagnostic> = errors.take(TOLD).cloned().collect();
        let Some(fleet) = outcome.fleet else {
            return Self {
                commit,
                findings,
                errors,
                ..Self::nothing()
            };
        };
        Self {
            commit,
            place: Some((fleet.name.clone(), fleet.cluster.name.clone())),
            units: pack_all(&fleet),
            broken: broken(&fleet),
            history: History::None,
            calendars: fleet.calendars,
            ledger: fleet.ledger,
            freezes: fleet.freezes,
            notifiers: fleet.notifiers,
            commit_url: fleet.commit_url,
            people: fleet.people,
            consents: fleet.consents,
            deletion_cap: fleet.deletion_cap,
            leave,
            findings,
            errors,
        }
    }
}

/// Compiles and packs unit by unit, so that only one is spread out at a time.
fn pack_all(fleet: &Fleet) -> BTreeMap<String, Arc<Packed>> {
    let desks = fleet.desks.values().map(|desk| Packed {
        concern: Some(Concern::of_desk(desk)),
        is_asked: desk.authority.is_some(),
        ..Packed::of(&compile::desk(fleet, desk))
    });
    let strategies = fleet.strategies.values().map(|strategy| {
        let packed = Packed::of(&compile::strategy(fleet, strategy));
        Packed {
            concern: Some(Concern::of(fleet, strategy)),
            is_asked: strategy.authority.is_some(),
            ..packed
        }
    });
    desks
        .chain(strategies)
        .map(|packed| (packed.unit.release_name(), Arc::new(packed)))
        .collect()
}

/// The strategies that have errors.
fn broken(fleet: &Fleet) -> BTreeMap<String, DeskName> {
    let broken = fleet.broken.iter();
    broken
        .map(|(name, desk)| (UnitId::Strategy(name.clone()).release_name(), desk.clone()))
        .collect()
}

impl Packed {
    /// Packs a bundle.
    pub(super) fn of(bundle: &Bundle) -> Self {
        let json = serde_json::to_vec(bundle).expect("a bundle holds only JSON values and strings");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder
            .write_all(&json)
            .expect("writing to memory does not fail");
        let bytes = encoder.finish().expect("writing to memory does not fail");
        Self {
            unit: bundle.unit.clone(),
            desk: bundle.desk.clone(),
            namespace: bundle.namespace.clone(),
            class: bundle.class,
            owner: bundle.owner.clone(),
            holdings: bundle.holdings.clone(),
            after: bundle.after.clone(),
            requires: bundle.requires.clone(),
            peers: rollout::peers(bundle).cloned().collect(),
            renamed_from: bundle.renamed_from.clone(),
            concern: None,
            is_asked: false,
            digest: bundle.bundle,
            ids: bundle.objects.iter().map(Object::id).collect(),
            bytes: bytes.into_boxed_slice(),
        }
    }

    /// Whether it still wants all of an inventory.
    pub(super) fn wants_all(&self, inventory: &[InventoryEntry]) -> bool {
        inventory.iter().all(|entry| self.ids.contains(&entry.id()))
    }

    /// The bundle as gzipped JSON.
    pub(super) fn gzipped(&self) -> &[u8] {
        &self.bytes
    }

    /// The bundle.
    pub(super) fn unpack(&self) -> Bundle {
        let mut json = Vec::new();
        GzDecoder::new(&*self.bytes)
            .read_to_end(&mut json)
            .expect("these are the bytes that were packed");
        serde_json::from_slice(&json).expect("these are the bytes that were packed")
    }
}

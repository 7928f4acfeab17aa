//! What people stop: Halts, who lifts them, and those that vanish with their definition.

use std::collections::{BTreeMap, BTreeSet};

use tidegate::compile::UnitId;
use tidegate::halt::{Halts, Place, Scope, Seen, Standing, Touches};
use tidegate::release::ReleaseStatus;

use super::World;

/// The Halts of a cluster, and what is known of them without looking at any record.
#[derive(Debug, Clone, Default)]
pub(super) struct Stops {
    there: Vec<Seen>,
    /// For how many turns their definition is gone.
    gone_for: u8,
    /// The uids of those that somebody lifted.
    lifted: BTreeSet<String>,
    /// The uids of those that a unit heeded, and whose objects may have vanished since.
    heeded: BTreeMap<UnitId, BTreeSet<String>>,
}

impl World {
    /// Somebody halts; false while Halts cannot be made.
    pub(crate) fn halt(&mut self, scope: Scope) -> bool {
        let is_known = |seen: &Seen| !seen.is_lifted && seen.scope.scope() == scope;
        if self.stops.gone_for > 0 || self.stops.there.iter().any(is_known) {
            return false;
        }
        let number = self.next();
        self.tell(|| format!("a person halts {scope}"));
        self.stops.there.push(Seen {
            name: format!("halt-{number}"),
            uid: format!("halt-{number}"),
            scope: scope.into(),
            by: "ann".to_owned(),
            reason: "fills look wrong".to_owned(),
            at: self.now,
            restores: None,
            is_lifted: false,
        });
        true
    }

    /// Somebody who may lifts the Halt that stood longest; false if none is there.
    pub(crate) fn unhalt(&mut self) -> bool {
        let mut there = self.stops.there.iter_mut();
        let Some(seen) = there.find(|seen| !seen.is_lifted) else {
            return false;
        };
        seen.is_lifted = true;
        let (name, uids) = (
            seen.name.clone(),
            [Some(seen.uid.clone()), seen.restores.clone()],
        );
        self.stops.lifted.extend(uids.into_iter().flatten());
        self.tell(|| format!("a person lifts {name}"));
        true
    }

    /// The Halts vanish, with their definition.
    pub(crate) fn lose_halts(&mut self, turns: u8) -> bool {
        self.stops.gone_for = turns.max(self.stops.gone_for);
        self.tell(|| "the Halts vanish, with their definition".to_owned());
        self.stops.there.clear();
        true
    }

    /// The definition of Halts is there again a turn from now.
    pub(super) fn define_halts_soon(&mut self) {
        self.stops.gone_for = self.stops.gone_for.min(1);
    }

    /// A turn passes; true once the definition of Halts is there again, though not what went with it.
    pub(crate) fn define_halts(&mut self) -> bool {
        let was_gone = self.stops.gone_for > 0;
        self.stops.gone_for = self.stops.gone_for.saturating_sub(1);
        was_gone && self.stops.gone_for == 0
    }

    /// Makes a Halt again that a record remembers, once that is possible; false if none is missing.
    pub(crate) fn restore_halt(&mut self) -> bool {
        if self.stops.gone_for > 0 {
            return false;
        }
        let remembered = self.records.values().flat_map(|it| &it.halts);
        let mut lost = remembered.filter(|it| it.is_lost).filter(|halt| {
            let mut there = self.stops.there.iter();
            !there.any(|seen| seen.is(&halt.uid))
        });
        let Some(Standing {
            uid,
            scope,
            by,
            reason,
            ..
        }) = lost.next().cloned()
        else {
            return false;
        };
        drop(lost);
        let number = self.next();
        self.tell(|| format!("{uid} is made again"));
        for heeded in self.stops.heeded.values_mut() {
            if heeded.remove(&uid) {
                heeded.insert(format!("halt-{number}"));
            }
        }
        self.stops.there.push(Seen {
            name: format!("halt-{number}"),
            uid: format!("halt-{number}"),
            scope,
            by,
            reason,
            at: self.now,
            restores: Some(uid),
            is_lifted: false,
        });
        true
    }

    /// What is seen of Halts that concern a unit.
    pub(crate) fn halts(&self, unit: &UnitId, namespace: &str) -> Halts {
        let blind = "their definition is not there".to_owned();
        let all = Halts {
            there: self.stops.there.clone(),
            blind: (self.stops.gone_for > 0).then_some(blind),
        };
        if all.there.is_empty() {
            return all;
        }
        let touches = self.touches(unit);
        let place = Place {
            unit,
            namespace,
            touches: &touches,
        };
        let record = self.records.get(unit);
        let before = record.map(|it| it.halts.as_slice());
        all.concerning(&place, before.unwrap_or_default())
    }

    fn touches(&self, unit: &UnitId) -> Touches {
        let recorded = self.records.get(unit).map(|it| it.touches.clone());
        let recorded = recorded.unwrap_or_default();
        match self.git.bundles.get(unit) {
            Some(bundle) => recorded.and(&bundle.touches),
            None => recorded,
        }
    }

    /// Whether a Halt stands for a unit: one that is there and was not lifted, or one that the unit
    /// heeded and that vanished without being lifted.
    pub(crate) fn is_halted(&self, unit: &UnitId) -> bool {
        let heeded = self.stops.heeded.get(unit);
        if self.stops.there.is_empty() && heeded.is_none() {
            return false;
        }
        let touches = self.touches(unit);
        let is_about = |seen: &Seen| match seen.scope.scope() {
            Scope::Everything => true,
            Scope::Desk(namespace) => namespace == self.git.site.desk,
            Scope::Strategy(named) => named.name == unit.release_name(),
            Scope::Venue(venue) => touches.venues.contains(&venue),
            Scope::Account(account) => touches.accounts.contains(&account),
        };
        let is_heeded = |seen: &Seen| {
            let mut known = heeded.into_iter().flatten();
            known.any(|uid| seen.is(uid))
        };
        let stands = |seen: &&Seen| !seen.is_lifted && !self.stops.lifted.contains(&seen.uid);
        let mut there = self.stops.there.iter().filter(stands);
        let lost = |uid: &String| !self.stops.lifted.contains(uid);
        there.any(|seen| is_heeded(seen) || is_about(seen))
            || heeded.into_iter().flatten().any(lost)
    }

    /// A record says which Halts its unit heeds: from then on they stand, whatever becomes of them.
    pub(super) fn heed(&mut self, unit: &UnitId, record: &ReleaseStatus) {
        let there = |uid: &&String| {
            let mut there = self.stops.there.iter();
            there.any(|seen| seen.uid == **uid)
        };
        let uids = record.halts.iter().map(|it| &it.uid).filter(there);
        let uids: Vec<String> = uids.cloned().collect();
        if !uids.is_empty() {
            let heeded = self.stops.heeded.entry(unit.clone()).or_default();
            heeded.extend(uids);
        }
    }

    /// A record is gone, and what it remembered.
    pub(super) fn unheed(&mut self, unit: &UnitId) {
        self.stops.heeded.remove(unit);
    }
}

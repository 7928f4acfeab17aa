//! What must be so once the world stops changing.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use tidegate::compile::{Bundle, UnitId};
use tidegate::object::mark;
use tidegate::release::{Phase, ReleaseStatus};
use tidegate::resolve::rollout::Style;

use super::Run;
use super::fleets::meant;
use crate::sim::fleet::Form;
use crate::sim::invariant::Invariant;
use crate::sim::world::strategy;

impl Run<'_> {
    /// Comes to rest as the cluster is, then as it is once it is well, and looks at both.
    pub(super) fn end(&mut self) {
        if self.world.ails() && self.dice.one_in(4) {
            self.settle();
            self.check_explained();
        }
        let ailed = self.world.ails();
        self.ongoing.clear();
        self.daemon.disarm();
        self.world.heal();
        // Long enough for whatever is believed for a while only.
        self.world.pass(SignedDuration::from_mins(1));
        if ailed {
            self.daemon.restart(&mut self.world);
        }
        self.settle();
        self.check_explained();
        self.check_rollouts();
        self.check_halted();
        self.let_all_go_on();
        self.check_end();
        self.check_ledger();
    }

    /// The ledger says what happened.
    fn check_ledger(&mut self) {
        if let Some(what) = self.world.is_mistold() {
            self.world.violate(Invariant::LedgerWhole, what);
        }
    }

    /// Whatever does not go on says why.
    fn check_explained(&mut self) {
        if self.world.violation.is_some() {
            return;
        }
        let units = self.daemon.units(&self.world);
        for unit in units {
            let Some(record) = self.world.records.get(&unit).cloned() else {
                let what = format!("{unit} has no record");
                self.world.violate(Invariant::Explained, what);
                continue;
            };
            let says = !record.waiting_on.is_empty() || record.failure.is_some();
            if record.phase != Phase::Ready && !says {
                let what = format!("{unit} is {:?}, and nothing says why", record.phase);
                self.world.violate(Invariant::Explained, what);
            }
        }
    }

    fn check_end(&mut self) {
        if self.world.violation.is_some() {
            return;
        }
        let git = self.world.git.clone();
        let stuck: BTreeSet<UnitId> = git
            .bundles
            .keys()
            .filter(|it| !self.is_ready(it))
            .cloned()
            .collect();
        for unit in &stuck {
            if !self.may_be_stuck(unit, &stuck) {
                let record = self.world.records.get(unit).cloned();
                let what = format!("{unit} does not get there: {record:#?}");
                self.world.violate(Invariant::Rest, what);
            }
        }
        for (role, form) in self.tree.slots.clone() {
            let Form::Is(version) = form else { continue };
            let Ok(name) = role.name(version.renamed).parse() else {
                continue;
            };
            let unit = UnitId::Strategy(name);
            if git.bundles.contains_key(&unit) && !stuck.contains(&unit) {
                let end = self.fleets.end(&self.tree, role);
                self.check_same(&unit, &end);
                self.check_pods(&unit);
            }
        }
        self.check_gone();
    }

    fn is_ready(&self, unit: &UnitId) -> bool {
        let record = self.world.records.get(unit);
        record.is_some_and(|it| it.phase == Phase::Ready)
    }

    /// What may keep a unit waiting for a person, or for another unit that does.
    fn may_be_stuck(&self, unit: &UnitId, stuck: &BTreeSet<UnitId>) -> bool {
        let git = &self.world.git;
        let is_after = git.bundles.get(unit).is_some_and(|bundle| {
            bundle.after.iter().any(|it| {
                let other = UnitId::Strategy(it.clone());
                stuck.contains(&other) || git.broken.contains(&other)
            })
        });
        let mut claims = self.world.of_kind("", "PersistentVolumeClaim");
        let has_leftover = claims.any(|(_, it)| {
            let name = strategy(&it.object).parse().ok();
            name.is_none_or(|name| !git.bundles.contains_key(&UnitId::Strategy(name)))
        });
        let mut others = self
            .world
            .records
            .iter()
            .filter(|(other, _)| *other != unit);
        let has_unknown = others.any(|(other, record)| {
            let wants = git.bundles.get(unit).map(|it| it.holdings.as_slice());
            let mut wants = wants.unwrap_or_default().iter();
            let is_doubtful = !git.bundles.contains_key(other);
            let is_stuck = stuck.contains(other) && !record.holdings.is_empty();
            wants.any(|it| is_stuck || (is_doubtful && record.held.contains(it)))
        });
        // What a person took the labels off is nobody's.
        let objects = git.bundles.get(unit).into_iter().flat_map(|it| &it.objects);
        let mut live = objects.filter_map(|it| self.world.get(&it.id()));
        let has_lost = live.any(|it| it.object.label(mark::OWNER).is_none());
        // What it was renamed from stays while that is not known to be unwanted, or a person is asked.
        let is_renamed = git
            .bundles
            .get(unit)
            .is_some_and(|it| it.renamed_from.is_some());
        let is_asked = self.world.records.values().any(|it| asks_for_a_set(it));
        let is_doubtful = is_renamed && (git.unreadable || self.world.is_rewritten || is_asked);
        // Nobody knows which version was judged once its record is gone; others may want its place.
        let is_lost = |record: &ReleaseStatus| {
            let mut waits = record.waiting_on.iter();
            waits.any(|it| it.what.contains("the record of what runs is gone"))
        };
        let wants_places = git
            .bundles
            .get(unit)
            .is_some_and(|it| !it.holdings.is_empty());
        let mut records = self.world.records.iter();
        let is_lost = records.any(|(of, record)| (wants_places || of == unit) && is_lost(record));
        is_lost || is_doubtful || is_after || has_leftover || has_unknown || has_lost
    }

    /// The objects of a unit are as an undisturbed run leaves them.
    fn check_same(&mut self, unit: &UnitId, end: &super::fleets::End) {
        let found = meant(&self.world, unit);
        // Claims outlive names, so what came before decides which are mounted.
        if found.claims != end.claims {
            return;
        }
        for (id, parts) in &end.objects {
            match found.objects.get(id) {
                None => {
                    let is_job = id.kind == "Job";
                    let what = format!("{id} is missing at the end");
                    if !is_job {
                        self.world.violate(Invariant::SameEnd, what);
                    }
                }
                Some(other) if other != parts => {
                    let what = format!("{id} ends as {other:#}\ninstead of {parts:#}");
                    self.world.violate(Invariant::SameEnd, what);
                }
                Some(_) => {}
            }
        }
    }

    /// As many pods as there should be, all of what Git says.
    fn check_pods(&mut self, unit: &UnitId) {
        let git = self.world.git.clone();
        let Some(bundle) = git.bundles.get(unit) else {
            return;
        };
        let name = unit.release_name();
        let want = match bundle.class {
            Some(class) if class.is_singleton() => 1,
            _ => match git.services.get(&name) {
                Some(service) if service.is_scaled => return,
                Some(service) if has_standby(bundle) => 2 * service.pods,
                Some(service) => service.pods,
                None => return,
            },
        };
        let behaviour = bundle.behaviour.hex();
        let pods: Vec<_> = self
            .world
            .pods_of(&name)
            .map(|(_, it)| it.object.clone())
            .collect();
        let is_right = |it: &&std::sync::Arc<tidegate::object::Object>| {
            it.annotation(mark::BEHAVIOUR) == Some(behaviour.as_str())
        };
        let right = pods.iter().filter(is_right).count();
        if right != want || pods.len() != want {
            let what = format!(
                "{unit} has {} pods at the end, {right} of them of what Git says, and should have {want}",
                pods.len()
            );
            self.world.violate(Invariant::SameEnd, what);
        }
    }

    /// Nothing is left of what Git no longer wants, but for what waits for a consent.
    fn check_gone(&mut self) {
        let git = self.world.git.clone();
        if git.unreadable || self.world.is_rewritten || git.remaining == 0 {
            return;
        }
        let mut left = Vec::new();
        let mut asks = false;
        for (id, entry) in &self.world.entries {
            let Ok(name) = strategy(&entry.object).parse() else {
                continue;
            };
            let unit = UnitId::Strategy(name);
            let is_wanted = git.bundles.contains_key(&unit) || git.broken.contains(&unit);
            if is_wanted || id.kind == "PersistentVolumeClaim" {
                continue;
            }
            left.push(format!("{id}"));
            let record = self.world.records.get(&unit);
            asks |= record.is_some_and(|it| asks_for_a_set(it));
        }
        if !left.is_empty() && !asks {
            let what = format!("left at the end: {}", left.join(", "));
            self.world.violate(Invariant::SameEnd, what);
        }
    }
}

/// Whether a unit waits for a consent to delete a set of objects.
fn asks_for_a_set(record: &ReleaseStatus) -> bool {
    let mut waits = record.waiting_on.iter();
    waits.any(|wait| wait.consent.is_some() && wait.what.contains("of its objects"))
}

pub(super) fn has_standby(bundle: &Bundle) -> bool {
    let rollout = bundle.rollout.as_ref();
    rollout.is_some_and(|it| it.style == Style::StandbyFirst)
}

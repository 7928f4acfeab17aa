//! What each action and each fault does to the world.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use tidegate::compile::UnitId;
use tidegate::digest::Digest;
use tidegate::intent::Ask;
use tidegate::object::{Object, ObjectId, mark};
use tidegate::resolve::Consent;
use tidegate::rollout::consent::{Deletion, digest};

use super::Run;
use crate::sim::fleet::{Form, Role, Tree, Version};
use crate::sim::script::{Action, Fault, Trouble, What};
use crate::sim::world::Mood;

impl Run<'_> {
    /// Does something; false, and nothing is done, if it cannot be done now.
    pub(super) fn perform(&mut self, action: Action) -> bool {
        let Action { what, role, number } = action;
        let name = self.name(role);
        let world = &mut self.world;
        match what {
            What::Scale => world.scale_by_hand(name, number),
            What::EditTemplate => world.edit_template(name, number % 2 == 0),
            What::StripLabels => world.strip_labels(name),
            What::DeletePod => world.delete_pod(name),
            What::DeleteWorkload => world.delete_workload(name),
            What::DeleteConfig => world.delete_config(name),
            What::DeletePolicy => world.delete_policy(name),
            What::Copy => world.copy(name),
            What::TakeName => self.take_name(name),
            What::ForgetRecord => self.forget_record(name),
            What::Fire => world.fire(name),
            What::HoldJobs => !std::mem::replace(&mut world.hold_jobs, true),
            What::Refuse => world.refuse(name),
            What::Alter => world.alter(name),
            What::BreakImage => world.break_image(name),
            What::Promote => self.ask(name, Ask::Promote),
            What::Pause => self.ask(name, Ask::Pause),
            What::Resume => self.ask(name, Ask::Resume),
            What::Abort => self.ask(name, Ask::Abort),
            What::Rollback => self.ask(name, Ask::Rollback),
            What::Restart => self.ask(name, Ask::Restart),
            What::Lift => self.ask(name, Ask::Lift),
            What::SpoilMetric => self.turn_metric(name, Some(Mood::Bad)),
            What::SilenceMetric => self.turn_metric(name, Some(Mood::Silent)),
            What::MendMetric => self.turn_metric(name, None),
            What::Autoscale => world.autoscale(name, i64::from(number) + 1),
            What::Consent => self.consent(),
            What::Approve => self.approve(name, number),
            What::Halt => self.halt(role, number),
            What::Unhalt => self.unhalt(),
            What::Rewrite => self.rewrite(role),
            _ => self.next_tree(what, role, number).is_some_and(|tree| {
                self.push(tree, false);
                true
            }),
        }
    }

    /// The name that a strategy has now, or would have.
    pub(super) fn name(&self, role: Role) -> &'static str {
        let version = self.tree.form(role).version();
        role.name(version.is_some_and(|it| it.renamed))
    }

    /// What Git has after a push; `None` where there is nothing to push.
    fn next_tree(&self, what: What, role: Role, number: u8) -> Option<Tree> {
        let tree = &self.tree;
        let form = tree.form(role);
        let whole = |it: Form| match it {
            Form::Is(version) => Some(version),
            Form::Absent | Form::Broken(_) => None,
        };
        let with = |version| Some(tree.with(role, Form::Is(version)));
        match what {
            What::Push => {
                let version = whole(form).filter(|it| it.code != number)?;
                with(Version {
                    code: number,
                    ..version
                })
            }
            What::Grow => {
                let version = whole(form).filter(|_| role.can_grow())?;
                with(Version {
                    grown: !version.grown,
                    ..version
                })
            }
            What::Rename => {
                let may = |it: &Version| role.can_be_renamed() && !it.renamed;
                let version = whole(form).filter(may)?;
                with(Version {
                    renamed: true,
                    ..version
                })
            }
            What::Reclass => {
                let version = whole(form).filter(|_| self.may_be_reclassed(role))?;
                with(Version {
                    reclassed: !version.reclassed,
                    ..version
                })
            }
            What::Swap => self.swapped(),
            _ => self.reshaped(what, role),
        }
    }

    /// What Git has once a file came, went, or can be read no more.
    fn reshaped(&self, what: What, role: Role) -> Option<Tree> {
        let tree = &self.tree;
        let form = tree.form(role);
        let with = |version| Some(tree.with(role, Form::Is(version)));
        match what {
            What::Remove => {
                let others = tree.slots.iter().filter(|(other, _)| *other != role);
                let is_last = others.into_iter().all(|(_, form)| *form == Form::Absent);
                (form != Form::Absent && !is_last).then(|| tree.with(role, Form::Absent))
            }
            What::Restore => {
                let is_gone = form == Form::Absent;
                let swapped = tree.slots.iter().any(|(other, form)| {
                    other.trades() && form.version().is_some_and(|it| it.swapped)
                });
                let version = Version {
                    swapped,
                    ..Version::default()
                };
                is_gone.then(|| tree.with(role, Form::Is(version)))
            }
            What::Break => match form {
                Form::Is(version) => Some(tree.with(role, Form::Broken(version))),
                Form::Absent | Form::Broken(_) => None,
            },
            What::Mend => match form {
                Form::Broken(version) => with(version),
                Form::Absent | Form::Is(_) => None,
            },
            What::Lock => (!tree.unreadable).then(|| Tree {
                unreadable: true,
                ..tree.clone()
            }),
            What::Unlock => tree.unreadable.then(|| Tree {
                unreadable: false,
                ..tree.clone()
            }),
            What::Freeze => (!tree.frozen).then(|| Tree {
                frozen: true,
                ..tree.clone()
            }),
            What::Thaw => tree.frozen.then(|| Tree {
                frozen: false,
                ..tree.clone()
            }),
            What::Revert => (self.before != *tree).then(|| self.before.clone()),
            What::Empty => {
                let is_empty = tree.slots.iter().all(|(_, form)| *form == Form::Absent);
                (!is_empty).then(|| emptied(tree))
            }
            _ => None,
        }
    }

    /// Two on one account at a time are an error, not a change of class.
    fn may_be_reclassed(&self, role: Role) -> bool {
        let others = self.script.cast.iter().filter(|other| **other != role);
        role.can_be_reclassed() && !others.into_iter().any(|other| other.trades())
    }

    fn swapped(&self) -> Option<Tree> {
        let mut tree = self.tree.clone();
        let mut any = false;
        for (role, form) in &mut tree.slots {
            match form {
                Form::Is(version) | Form::Broken(version) if role.trades() => {
                    version.swapped = !version.swapped;
                    any = true;
                }
                _ => {}
            }
        }
        any.then_some(tree)
    }

    fn rewrite(&mut self, role: Role) -> bool {
        if self.tree.form(role) == Form::Absent {
            return false;
        }
        let tree = self.tree.with(role, Form::Absent);
        self.push(tree, true);
        true
    }

    pub(super) fn push(&mut self, tree: Tree, is_rewritten: bool) {
        let git = self.fleets.compiled(&tree);
        self.before = std::mem::replace(&mut self.tree, tree);
        self.pushes += 1;
        let by = if self.pushes.is_multiple_of(3) {
            "bob"
        } else {
            "ann"
        };
        let of = self.changed();
        self.world.commit(self.pushes, by, of);
        self.world.pushed(git, is_rewritten);
        self.daemon.kept = self.fleets.kept.clone();
        self.world.kept = self.fleets.kept.clone();
        let consents = self.daemon.consents().to_vec();
        self.daemon
            .push(&self.world, format!("c{}", self.pushes), consents);
    }

    /// What a metric says of the version that comes, or else of the one that Git says.
    fn turn_metric(&mut self, name: &str, mood: Option<Mood>) -> bool {
        let Ok(name) = name.parse() else { return false };
        let unit = UnitId::Strategy(name);
        let candidate = self
            .world
            .records
            .get(&unit)
            .and_then(|it| it.candidate.clone());
        let git = self.world.git.bundles.get(&unit);
        let behaviour = candidate
            .map(|it| it.behaviour)
            .or_else(|| git.map(|it| it.behaviour.to_string()));
        behaviour.is_some_and(|it| {
            self.world
                .turn_metric(it.trim_start_matches("sha256:"), mood)
        })
    }

    /// Consents to everything that a record asks for.
    fn consent(&mut self) -> bool {
        let waits = self.world.records.values().flat_map(|it| &it.waiting_on);
        let asked: BTreeSet<Digest> = waits
            .filter_map(|wait| wait.consent.as_ref()?.split('\'').nth(1)?.parse().ok())
            .collect();
        let expires = self.world.now.saturating_add(SignedDuration::from_hours(1));
        let expires = expires.unwrap_or(self.world.now);
        let mut consents = self.daemon.consents().to_vec();
        let known: BTreeSet<Digest> = consents.iter().map(|it| it.digest).collect();
        let new: Vec<Digest> = asked.difference(&known).copied().collect();
        if new.is_empty() {
            return false;
        }
        let of = |digest: Digest| Consent {
            digest,
            expires,
            reason: "yes".to_owned(),
        };
        consents.extend(new.iter().copied().map(of));
        let mut bulk = new.clone();
        for entry in self.world.entries.values() {
            let own = digest([&Deletion::of(&entry.object)]);
            if new.contains(&own) {
                bulk.retain(|digest| *digest != own);
                let uid = entry.object.uid().unwrap_or_default().to_owned();
                self.world.consented.insert(uid, expires);
            }
        }
        if !bulk.is_empty() {
            self.consent_to_all(expires);
        }
        self.pushes += 1;
        self.daemon
            .push(&self.world, format!("c{}", self.pushes), consents);
        true
    }

    /// A consent to a set covers what nothing in Git wants, or wanted when it was asked about, but for
    /// what needs one of its own.
    fn consent_to_all(&mut self, until: jiff::Timestamp) {
        let git = self.world.git.clone();
        let emptied = &self.world.once_emptied;
        let is_wanted = |object: &Object| {
            let name = object.label(mark::STRATEGY).and_then(|it| it.parse().ok());
            let unit = name.map(UnitId::Strategy);
            unit.is_none_or(|unit| git.bundles.contains_key(&unit) && !emptied.contains(&unit))
        };
        let all = self.world.entries.values().map(|it| &it.object);
        let all = all.filter(|it| it.kind() != "PersistentVolumeClaim" && !is_wanted(it));
        let uids: Vec<String> = all.filter_map(|it| Some(it.uid()?.to_owned())).collect();
        self.world
            .consented
            .extend(uids.into_iter().map(|uid| (uid, until)));
    }

    /// Somebody takes a name that a unit wants and that is free.
    fn take_name(&mut self, name: &str) -> bool {
        let Ok(name) = name.parse() else { return false };
        let git = self.world.git.clone();
        let Some(bundle) = git.bundles.get(&UnitId::Strategy(name)) else {
            return false;
        };
        let ids: Vec<ObjectId> = bundle.objects.iter().map(Object::id).collect();
        let mut free = bundle.objects.iter().zip(&ids);
        let wanted = free.find(|(it, id)| {
            matches!(it.kind(), "Service" | "ServiceAccount" | "ConfigMap")
                && self.world.get(id).is_none()
        });
        wanted.is_some_and(|(wanted, _)| self.world.take_name(wanted))
    }

    fn forget_record(&mut self, name: &str) -> bool {
        let Ok(name) = name.parse() else { return false };
        let unit = UnitId::Strategy(name);
        let is_wanted = self.world.git.bundles.contains_key(&unit);
        if !is_wanted || !self.world.forget_record(&unit) {
            return false;
        }
        self.daemon.wake_all(&self.world);
        true
    }

    /// Something is going to fail, or fails at once.
    pub(super) fn befall(&mut self, trouble: Trouble) {
        let Trouble {
            fault,
            role,
            number,
        } = trouble;
        self.world.tell(|| format!("!!! {trouble}"));
        let name = self.name(role);
        let minutes = SignedDuration::from_mins(i64::from(number));
        let strikes = match fault {
            Fault::Crash
            | Fault::Conflict
            | Fault::LostAnswer
            | Fault::LostRequest
            | Fault::LateRequest
            | Fault::Throttled
            | Fault::ServerError => {
                self.daemon.arm(fault, number - 1);
                false
            }
            Fault::StalePods | Fault::StaleRest => {
                self.daemon.hold(fault, number * 2);
                false
            }
            Fault::LostEvent => {
                self.daemon.drop_event(number % 2 == 0);
                false
            }
            Fault::DuplicateEvents => {
                let at_most = self.dice.below(usize::from(number) + 1);
                self.daemon.repeat_events(usize::from(number) * 2, at_most)
            }
            Fault::ClockForward => {
                self.world.pass(minutes);
                self.world.wake_all();
                true
            }
            Fault::ClockBack => {
                self.world.pass(-minutes);
                true
            }
            Fault::NodeVanishes => self.world.lose_node(name),
            Fault::SlowPods => !std::mem::replace(&mut self.world.pods_are_slow, true),
            Fault::ControllersStop => !std::mem::replace(&mut self.world.controllers_stopped, true),
            Fault::MetricsDown => !std::mem::replace(&mut self.world.metrics_down, true),
            Fault::GatewayStops => !std::mem::replace(&mut self.world.gateway_stopped, true),
            Fault::PodFails => self.world.fail_pod(name),
            Fault::PolicyGone => self.world.drop_policy(),
            Fault::HaltsVanish => self.world.lose_halts(number * 4),
            Fault::LedgerDown => self.world.refuse_ledger(),
            Fault::LedgerForged => self.world.forge_ledger(),
        };
        if matches!(
            fault,
            Fault::PolicyGone | Fault::HaltsVanish | Fault::LedgerForged
        ) {
            self.daemon.wake_all(&self.world);
        }
        if strikes {
            self.struck(fault);
        }
    }
}

fn emptied(tree: &Tree) -> Tree {
    let slots = tree.slots.iter().map(|(role, _)| (*role, Form::Absent));
    Tree {
        slots: slots.collect(),
        unreadable: tree.unreadable,
        frozen: tree.frozen,
    }
}

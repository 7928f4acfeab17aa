//! Whose override counts, and whether that is enough.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::Overrides;
use crate::admission::Guard;
use crate::compile::Bundle;
use crate::diagnostic::suggest;
use crate::digest::short;
use crate::overrides::{Hurdle, Overridden};
use crate::people::{Authority, Authors, Identity, People, Person};
use crate::release::ReleaseStatus;
use crate::rollout::approvals::in_force;
use crate::rollout::target::Kept;
use crate::rollout::{Observed, staged};
use crate::spec::gate::{Gate, GateKind};
use crate::spec::overriding::{LONGEST, OverrideFloor};

/// Those who may override for a change, and what they said.
#[derive(Debug)]
pub(in crate::rollout) struct Council<'a> {
    bundle: &'a Bundle,
    overrides: &'a Overrides,
    authors: &'a Authors,
    record: &'a ReleaseStatus,
    people: &'a People,
    floors: &'a [OverrideFloor],
    /// Why nobody counts, if so.
    lack: Option<String>,
    now: Timestamp,
}

/// That people pass something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rollout) struct Passing {
    voices: Vec<(String, String)>,
    pub(in crate::rollout) until: Timestamp,
}

impl fmt::Display for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let voices = self.voices.iter();
        let voices: Vec<String> = voices
            .map(|(name, reason)| format!("{name} ({reason})"))
            .collect();
        write!(
            f,
            "overridden by {} until {}",
            voices.join(" and "),
            self.until
        )
    }
}

/// A person's word.
pub(super) struct Voice<'a> {
    person: &'a Person,
    pub(super) until: Timestamp,
}

impl<'a> Council<'a> {
    /// Those who may override for a bundle.
    pub(in crate::rollout) fn of(
        record: &'a ReleaseStatus,
        bundle: &'a Bundle,
        (git, kept): (&'a Bundle, &'a Kept),
        observed: &'a Observed,
        now: Timestamp,
    ) -> Self {
        let overrides = &observed.overrides;
        let (authority, lack) = match in_force(record, bundle, git, kept) {
            Ok(authority) => (authority, None),
            Err(shut) => (None, Some(format!("it waits for {}", shut.wait.what))),
        };
        let floors = authority.map_or(&[][..], |it: &Authority| it.overrides.as_slice());
        Self {
            bundle,
            overrides,
            authors: &observed.approvals.authors,
            record,
            people: authority.map_or(&overrides.people, |it| &it.people),
            floors,
            lack,
            now,
        }
    }

    /// Whether people pass something; why not, if somebody said that they do.
    pub(super) fn passing(&self, hurdle: &Hurdle) -> Result<Passing, Option<String>> {
        let mut voices: BTreeMap<&str, (Voice<'_>, &str)> = BTreeMap::new();
        let given = self.overrides.given.iter();
        for made in given.filter(|it| it.spec.hurdle().as_ref() == Some(hurdle)) {
            let Ok(voice) = self.voice(made) else {
                continue;
            };
            let name = voice.person.name.as_str();
            let longest = voices.get(name).map(|(known, _)| known.until);
            if longest.is_none_or(|longest| longest < voice.until) {
                voices.insert(name, (voice, made.spec.reason.as_str()));
            }
        }
        let Some(until) = voices.values().map(|(voice, _)| voice.until).min() else {
            return Err(None);
        };
        if let Some(floor) = self.floors.iter().find(|it| !self.is_met(it, &voices)) {
            let names: Vec<&str> = voices.keys().copied().collect();
            let names = names.join(" and ");
            return Err(Some(format!("it takes {floor}, and so far it is {names}")));
        }
        let told = voices.into_iter();
        let told = told.map(|(name, (_, reason))| (name.to_owned(), reason.to_owned()));
        Ok(Passing {
            voices: told.collect(),
            until,
        })
    }

    fn is_met(&self, floor: &OverrideFloor, voices: &BTreeMap<&str, (Voice<'_>, &str)>) -> bool {
        let people = voices.values().map(|(voice, _)| voice.person);
        let people = people.filter(|it| it.has(&floor.role, &self.bundle.desk));
        people.count() >= usize::try_from(floor.quorum.max(1)).unwrap_or(usize::MAX)
    }

    /// Whose Override this is, and until when it counts; or why it does not.
    pub(super) fn voice(&self, made: &Overridden) -> Result<Voice<'a>, String> {
        self.is_of_this(made)?;
        self.is_believed(made)?;
        let until = self.until(made);
        if until <= self.now {
            return Err(format!("ended at {until}"));
        }
        if self.record.withdrawn.contains(&made.uid) {
            return Err("is used up: what it was for failed since".to_owned());
        }
        let person = self.person(made)?;
        let is_approval = self.gate(made)?.is_some_and(is_approval);
        if is_approval || self.floors.iter().any(|floor| floor.quorum > 1) {
            self.is_no_author(person)?;
        }
        Ok(Voice { person, until })
    }

    /// Until when an Override counts, if it does.
    pub(super) fn until(&self, made: &Overridden) -> Timestamp {
        let longest = self.floors.iter().map(|floor| floor.expires);
        let longest = longest.min().unwrap_or(LONGEST);
        let longest = SignedDuration::from_secs(i64::from(longest.seconds()));
        let latest = made.at.saturating_add(longest).unwrap_or(made.at);
        made.spec.expires.min(latest)
    }

    fn is_of_this(&self, made: &Overridden) -> Result<(), String> {
        let spec = &made.spec;
        if spec.behaviour != self.bundle.behaviour.to_string() {
            let digits = short(&spec.behaviour);
            return Err(format!("is for {digits}, which this is not"));
        }
        let plan = self.bundle.rollout.as_ref().map(staged::plan);
        if spec.plan.is_some() && spec.plan != plan {
            return Err("is for other stages or gates than it comes with now".to_owned());
        }
        Ok(())
    }

    fn is_believed(&self, made: &Overridden) -> Result<(), String> {
        if made.is_edited {
            return Err("was changed after it was made".to_owned());
        }
        if let Some(lack) = &self.lack {
            return Err(format!("does not count: {lack}"));
        }
        match &self.overrides.guard {
            Guard::Open(why) => Err(format!("does not count: {why}")),
            Guard::InForce { since } if made.at < *since => {
                let why = "was made before its admission policy was in force";
                Err(format!("{why}, {since}: override again"))
            }
            Guard::InForce { .. } => Ok(()),
        }
    }

    fn person(&self, made: &Overridden) -> Result<&'a Person, String> {
        const THERE: &str = "in what was promoted last";
        let user = Identity::User(made.spec.by.clone());
        let Some(person) = self.people.who(&user) else {
            return Err(format!(
                "does not count: the user is nobody of `people` {THERE}"
            ));
        };
        let (name, desk) = (&person.name, &self.bundle.desk);
        if !person.is_of(desk) {
            return Err(format!(
                "does not count: `{name}` is not of desk `{desk}` {THERE}"
            ));
        }
        let mut floors = self.floors.iter();
        match self.floors.first() {
            Some(first) if !floors.any(|floor| person.has(&floor.role, desk)) => Err(format!(
                "does not count: `{name}` has no role `{}` for desk `{desk}` {THERE}",
                first.role
            )),
            _ => Ok(person),
        }
    }

    fn is_no_author(&self, person: &Person) -> Result<(), String> {
        let name = person.name.as_str();
        match self.authors.among(self.people) {
            Ok(authors) if authors.contains(name) => {
                Err(format!("does not count: `{name}` wrote the change"))
            }
            Ok(_) => Ok(()),
            Err(why) => Err(format!(
                "does not count: it is not known who wrote the change: {why}"
            )),
        }
    }

    /// The gate that an Override passes; `None` for the window. Whatever cannot be passed is said.
    fn gate(&self, made: &Overridden) -> Result<Option<&'a Gate>, String> {
        let rollout = self.bundle.rollout.as_ref();
        let Some(hurdle) = made.spec.hurdle() else {
            return Err("names neither one gate of a stage nor the window".to_owned());
        };
        let Hurdle::Gate { stage, gate } = hurdle else {
            let window = rollout.and_then(|rollout| rollout.window.as_ref());
            let none = || "is for the window, and there is none".to_owned();
            return window.map(|_| None).ok_or_else(none);
        };
        let stages = rollout.map_or(&[][..], |rollout| rollout.stages.as_slice());
        let Some(at) = stages.iter().find(|it| it.name == stage) else {
            let names = stages.iter().map(|it| it.name.as_str());
            let close = did_you_mean(suggest(&stage, names));
            return Err(format!("is for stage `{stage}`, which there is not{close}"));
        };
        let Some(found) = at.gates.iter().find(|it| it.to_string() == gate) else {
            let names: Vec<String> = at.gates.iter().map(ToString::to_string).collect();
            let close = did_you_mean(suggest(&gate, names.iter().map(String::as_str)));
            return Err(format!(
                "is for gate `{gate}`, which stage `{stage}` does not have{close}"
            ));
        };
        match found.kind {
            GateKind::Freeze => Err("is for a freeze, which nobody overrides".to_owned()),
            _ => Ok(Some(found)),
        }
    }
}

fn is_approval(gate: &Gate) -> bool {
    matches!(gate.kind, GateKind::Approve(_))
}

fn did_you_mean(close: Option<&str>) -> String {
    close.map_or_else(String::new, |close| format!(" (did you mean `{close}`?)"))
}

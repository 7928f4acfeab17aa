//! Counting people.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Approvals, in_force, plan};
use crate::admission::Guard;
use crate::approval::Approved;
use crate::compile::Bundle;
use crate::digest::short;
use crate::people::{Authority, Identity, Person};
use crate::release::{ApprovalWanted, CountedApproval, ReleaseStatus};
use crate::rollout::Observed;
use crate::rollout::hours::Shut;
use crate::rollout::target::Kept;
use crate::rollout::waiting::Wait;
use crate::spec::gate::{ApproveGate, Approver};
use crate::spec::names::DeskName;

/// What could not be seen is looked at again after so long.
const AGAIN: SignedDuration = SignedDuration::from_secs(15);

/// More reasons than this are not told at once.
const TOLD: usize = 3;

/// Those who may approve a change, and what they said.
#[derive(Debug)]
pub(in crate::rollout) struct Assembly<'a> {
    pub(super) strategy: String,
    pub(super) desk: &'a DeskName,
    pub(super) behaviour: String,
    pub(super) plan: String,
    pub(super) authority: &'a Authority,
    approvals: &'a Approvals,
    pub(super) record: &'a ReleaseStatus,
    pub(super) now: Timestamp,
}

/// How many people approved, and why others do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    asked: ApproveGate,
    people: Vec<String>,
    /// The approvals that count.
    pub(super) counted: Vec<CountedApproval>,
    refused: Vec<String>,
    /// Why nobody counts, if so.
    lack: Option<String>,
    /// When it is to be counted again: an approval that counts expires.
    pub(in crate::rollout) until: Option<Timestamp>,
    strategy: String,
    behaviour: String,
    plan: String,
    tag: Option<String>,
}

impl<'a> Assembly<'a> {
    /// Those who may approve a bundle; `None` where it knows nobody.
    pub(in crate::rollout) fn of(
        record: &'a ReleaseStatus,
        bundle: &'a Bundle,
        (git, kept): (&'a Bundle, &'a Kept),
        observed: &'a Observed,
        now: Timestamp,
    ) -> Result<Option<Self>, Box<Shut>> {
        let authority = in_force(record, bundle, git, kept)?;
        Ok(authority.map(|authority| Self {
            strategy: bundle.unit.release_name(),
            desk: &bundle.desk,
            behaviour: bundle.behaviour.to_string(),
            plan: plan(bundle).to_string(),
            authority,
            approvals: &observed.approvals,
            record,
            now,
        }))
    }

    /// Counts those who said yes to what is asked.
    pub(in crate::rollout) fn tally(&self, asked: &ApproveGate) -> Tally {
        let mut people: BTreeMap<&str, Timestamp> = BTreeMap::new();
        let (mut counted, mut refused) = (Vec::new(), Vec::new());
        let given = self.approvals.given.iter();
        for approved in given.filter(|it| it.spec.is_as(&asked.by)) {
            match self.person(approved, asked) {
                Ok((name, until)) => {
                    counted.push(approved.counted(name));
                    let latest = people.entry(name).or_insert(until);
                    *latest = until.max(*latest);
                }
                Err(Some(why)) => refused.push(format!("that of `{}` {why}", approved.spec.by)),
                Err(None) => {}
            }
        }
        for tagged in &self.approvals.tagged {
            match self.signer(tagged, asked) {
                Ok((name, until)) => {
                    counted.extend(tagged.counted(name, &self.behaviour));
                    let latest = people.entry(name).or_insert(until);
                    *latest = until.max(*latest);
                }
                Err(Some(why)) => refused.push(format!("tag `{}` {why}", tagged.name)),
                Err(None) => {}
            }
        }
        let tag = self.tag(asked);
        let untagged = self.approvals.untagged.iter();
        refused.extend(untagged.filter(|_| tag.is_some()).cloned());
        // Whoever approved last wants to know first.
        let excess = refused.len().saturating_sub(TOLD);
        refused.drain(..excess);
        let lack = self.lack();
        let again = self.now.saturating_add(AGAIN).unwrap_or(self.now);
        let again = lack.as_ref().map(|_| again);
        Tally {
            asked: asked.clone(),
            until: people.values().copied().chain(again).min(),
            people: people.into_keys().map(str::to_owned).collect(),
            counted,
            refused,
            lack,
            strategy: self.strategy.clone(),
            behaviour: self.behaviour.clone(),
            plan: self.plan.clone(),
            tag,
        }
    }

    /// Why no approval counts, if so.
    fn lack(&self) -> Option<String> {
        if let Guard::Open(why) = &self.approvals.guard {
            return Some(format!("no approval counts: {why}"));
        }
        let authors = self.approvals.authors.among(&self.authority.people);
        let why = authors.err()?;
        Some(format!("it is not known who wrote the change: {why}"))
    }

    /// Whose approval this is, and until when it counts. `Err` says why it does not, if that is
    /// worth telling.
    fn person(
        &self,
        approved: &Approved,
        asked: &ApproveGate,
    ) -> Result<(&str, Timestamp), Option<String>> {
        let until = self.is_of_this(approved, asked)?;
        let no = |why: String| Err(Some(why));
        if approved.is_edited {
            return no("was changed after it was made".to_owned());
        }
        match &self.approvals.guard {
            Guard::Open(_) => return Err(None),
            Guard::InForce { since } if approved.at < *since => {
                let why = "was made before its admission policy was in force";
                return no(format!("{why}, {since}: approve again"));
            }
            Guard::InForce { .. } => {}
        }
        let people = &self.authority.people;
        let user = Identity::User(approved.spec.by.clone());
        let Some(person) = people.who(&user) else {
            let why = "does not count: the user is nobody of `people`";
            return no(format!("{why} in what was promoted last"));
        };
        self.counted(person, asked)?;
        Ok((person.name.as_str(), until))
    }

    /// Whether somebody's word counts: whoever has the role, and did not write the change.
    pub(super) fn counted(
        &self,
        person: &Person,
        asked: &ApproveGate,
    ) -> Result<(), Option<String>> {
        let no = |why: String| Err(Some(why));
        let name = person.name.as_str();
        if let Approver::Role(role) = &asked.by
            && !person.has(role, self.desk)
        {
            let desk = self.desk;
            let why = format!("does not count: `{name}` has no role `{role}` for desk `{desk}`");
            return no(format!("{why} in what was promoted last"));
        }
        match self.approvals.authors.among(&self.authority.people) {
            Ok(authors) if authors.contains(name) => {
                no(format!("does not count: `{name}` wrote the change"))
            }
            Ok(_) => Ok(()),
            Err(_) => Err(None),
        }
    }

    /// Until when an approval counts, if it is for this change at all.
    fn is_of_this(
        &self,
        approved: &Approved,
        asked: &ApproveGate,
    ) -> Result<Timestamp, Option<String>> {
        let spec = &approved.spec;
        let span = SignedDuration::from_secs(i64::from(asked.expires.seconds()));
        let until = approved.at.saturating_add(span).unwrap_or(approved.at);
        let until = until.min(spec.expires);
        if spec.behaviour != self.behaviour {
            let mut known = self.record.history.iter().map(|it| &it.revision);
            let is_done = known.any(|it| it.behaviour == spec.behaviour) || until <= self.now;
            let digits = short(&spec.behaviour);
            return Err((!is_done).then(|| format!("is for {digits}, which this is not")));
        }
        if until <= self.now {
            return Err(Some(format!("expired at {until}")));
        }
        if spec.plan != self.plan {
            let why = "is for other stages, gates or people than it comes with now";
            return Err(Some(why.to_owned()));
        }
        if self.record.withdrawn.contains(&approved.uid) {
            return Err(Some("is used up: what it was for failed since".to_owned()));
        }
        Ok(until)
    }
}

impl Tally {
    /// Whether enough people approved.
    pub(in crate::rollout) fn is_enough(&self) -> bool {
        let quorum = usize::try_from(self.asked.quorum).unwrap_or(usize::MAX);
        self.people.len() >= quorum
    }

    /// How it stands, for a person.
    pub(in crate::rollout) fn why(&self) -> String {
        let mut why = format!("approval by {}", self.asked);
        if !self.people.is_empty() {
            why = format!("{why}, after {}", self.people.join(" and "));
        }
        let lack = self.lack.iter().filter(|_| !self.is_enough());
        for reason in lack.chain(&self.refused) {
            why = format!("{why}; {reason}");
        }
        why
    }

    /// That it is waited for. What is looked for besides is told with it.
    pub(in crate::rollout) fn wait(&self, besides: Option<&str>) -> Wait {
        let what = match besides {
            Some(besides) => format!("{} ({besides})", self.why()),
            None => self.why(),
        };
        let (flag, name) = match &self.asked.by {
            Approver::Role(role) => ("--role", role.as_str()),
            Approver::Group(group) => ("--group", group.as_str()),
        };
        let until = format!("`tidegate approve {} {flag} {name}` says so", self.strategy);
        Wait::for_approval(self.wanted(), what, until)
    }

    fn wanted(&self) -> ApprovalWanted {
        let (role, group) = match &self.asked.by {
            Approver::Role(role) => (Some(role.to_string()), None),
            Approver::Group(group) => (None, Some(group.clone())),
        };
        ApprovalWanted {
            behaviour: self.behaviour.clone(),
            plan: self.plan.clone(),
            role,
            group,
            quorum: self.asked.quorum,
            expires_in: self.asked.expires.to_string(),
            tag: self.tag.clone(),
            people: self.people.clone(),
        }
    }
}

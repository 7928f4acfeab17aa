//! What the records know and Git no longer wants: what would go, what stays, and the consents that
//! deletions wait for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use crate::build::Build;
use crate::cluster::resource::Resource;
use crate::cluster::{self, Client};
use crate::compile::{Bundle, UnitId};
use crate::diff::ObjectDiff;
use crate::error::chain;
use crate::object::{Object, ObjectId, mark};
use crate::release::{InventoryEntry, Release, ReleaseStatus};
use crate::rollout::consent::{self, Deletion, Permission, Question, Wanted};
use crate::rollout::{self, Fate, Own};

/// What pods are, and what they are made from.
const USERS: [(&str, &str); 3] = [
    ("", "Pod"),
    ("apps", "ReplicaSet"),
    ("apps", "ControllerRevision"),
];

/// Said of earlier configuration that is still in use.
const REFERRED: &str = "still referred to by pods, or by what pods are made from";

/// An object that Git no longer wants and that an apply leaves where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Kept {
    /// The object.
    #[serde(flatten)]
    id: ObjectId,
    /// Why it stays.
    reason: String,
}

/// How many objects stay, a line for each reason.
pub(super) fn text(kept: &[Kept]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for Kept { reason, .. } in kept {
        *counts.entry(reason).or_default() += 1;
    }
    let mut text = String::new();
    for (reason, count) in counts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{count} kept: {reason}");
    }
    text
}

/// What Git no longer wants.
#[derive(Default)]
pub(super) struct Unwanted {
    /// What an apply deletes, at once or when it is permitted; or of what nobody can tell.
    pub(super) diffs: Vec<ObjectDiff>,
    /// What stays.
    pub(super) kept: Vec<Kept>,
    /// What people should know about them.
    pub(super) notes: Vec<String>,
    wanted: BTreeMap<UnitId, Wanted>,
}

/// Looks at everything that the records know and that is not among the objects.
pub(super) async fn look(
    client: &Client,
    build: &Build,
    objects: &[Object],
    records: &[Release],
) -> Unwanted {
    let desired: BTreeSet<ObjectId> = objects.iter().map(Object::id).collect();
    let mut unwanted = Unwanted::default();
    for record in records {
        let unit = record.spec.unit().filter(|unit| !build.is_broken(unit));
        if let (Some(unit), Some(status)) = (unit, &record.status) {
            let entries = status.inventory.iter();
            let leftovers = Leftovers {
                bundle: build.bundles.iter().find(|bundle| bundle.unit == unit),
                entries: entries.filter(|it| !desired.contains(&it.id())).collect(),
                unit,
                record,
                status,
            };
            unwanted.add(client, build, &leftovers).await;
        }
    }
    unwanted.note_consents(build);
    unwanted
}

/// What a unit has beyond what it should have.
struct Leftovers<'a> {
    unit: UnitId,
    bundle: Option<&'a Bundle>,
    record: &'a Release,
    status: &'a ReleaseStatus,
    entries: Vec<&'a InventoryEntry>,
}

impl Leftovers<'_> {
    /// The object of an entry, if it is there and still the unit's.
    async fn read(
        &self,
        client: &Client,
        entry: &InventoryEntry,
    ) -> Result<Option<Object>, cluster::Error> {
        let live = cluster::read(client, &entry.api_version, &entry.id()).await?;
        Ok(live.filter(|live| live.label(mark::OWNER) == Some(&self.record.spec.owner)))
    }

    /// What may refer to an earlier version's configuration.
    async fn users(&self, client: &Client) -> Result<Vec<Object>, cluster::Error> {
        let mut users = Vec::new();
        if self.entries.is_empty() || self.bundle.is_none() {
            return Ok(users);
        }
        let label = format!("{}={}", mark::OWNER, self.record.spec.owner);
        for (group, kind) in USERS {
            let resource = Resource::of(group, kind).expect("the table has every kind we meet");
            let namespace = &self.record.spec.namespace;
            users.extend(cluster::list(client, resource, namespace, &label).await?);
        }
        Ok(users)
    }
}

impl Unwanted {
    async fn add(&mut self, client: &Client, build: &Build, leftovers: &Leftovers<'_>) {
        let users = leftovers.users(client).await;
        for entry in &leftovers.entries {
            let live = match (leftovers.read(client, entry).await, &users) {
                (Ok(None), _) => continue,
                (Ok(Some(live)), Ok(users)) => Ok((live, users)),
                (Err(error), _) => Err(chain(&error)),
                (Ok(Some(_)), Err(error)) => Err(chain(error)),
            };
            match live {
                Ok((live, users)) => self.judge(build, leftovers, &live, users),
                Err(why) => self.diffs.push(ObjectDiff::cannot_tell(entry.id(), why)),
            }
        }
    }

    fn judge(&mut self, build: &Build, leftovers: &Leftovers<'_>, live: &Object, users: &[Object]) {
        let own: Own<'_> = users.iter().map(|it| (it.identity(), it)).collect();
        let fate = rollout::fate(live, leftovers.bundle, leftovers.status, &own);
        let wanted = self.wanted.entry(leftovers.unit.clone()).or_default();
        match fate {
            Fate::Protected => return self.protected(build, live),
            Fate::Referred => return self.keep(live, REFERRED),
            Fate::Superseded => {}
            Fate::Condemned => _ = wanted.condemned.insert(Deletion::of(live)),
            Fate::Asked => _ = wanted.asked.insert(Deletion::of(live)),
        }
        if build.unreadable {
            self.keep(
                live,
                "nothing is deleted while a file of the fleet cannot be read",
            );
        } else {
            self.diffs.push(ObjectDiff::deleted(live));
        }
    }

    fn keep(&mut self, live: &Object, reason: &str) {
        self.kept.push(Kept {
            id: live.id(),
            reason: reason.to_owned(),
        });
    }

    fn protected(&mut self, build: &Build, live: &Object) {
        let consents = build.fleet.as_ref().map(|fleet| fleet.consents.as_slice());
        if consent::object_consented(live, consents.unwrap_or_default(), Timestamp::now()) {
            self.diffs.push(ObjectDiff::deleted(live));
            return;
        }
        self.keep(live, "never deleted without a consent of its own");
        self.notes.push(format!(
            "{} stays; to delete it, add to `consents:` in `tidegate.yaml`:\n  {}",
            live.id(),
            consent::object_entry(live)
        ));
    }

    /// Says what the deletions of the whole fleet wait for.
    fn note_consents(&mut self, build: &Build) {
        let Some(fleet) = &build.fleet else { return };
        if build.unreadable {
            let note = "nothing is deleted while a file of the fleet cannot be read";
            self.notes.push(note.to_owned());
            return;
        }
        let question = Question {
            wanted: &self.wanted,
            remaining: fleet.strategies.len() + fleet.broken.len(),
            cap: fleet.deletion_cap,
            consents: &fleet.consents,
            now: Timestamp::now(),
        };
        if let Permission::Withheld { why, entry, .. } = consent::judge(&question) {
            self.notes.push(format!("nothing is deleted: {why}; to allow it, add to `consents:` in `tidegate.yaml`:\n  {entry}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, reason: &str) -> Kept {
        Kept {
            id: ObjectId {
                group: String::new(),
                kind: "ConfigMap".to_owned(),
                namespace: Some("harbour".to_owned()),
                name: name.to_owned(),
            },
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn what_stays_is_counted_by_reason() {
        let all = [kept("a", "in use"), kept("b", "asked"), kept("c", "in use")];
        assert_eq!(text(&all), "1 kept: asked\n2 kept: in use\n");
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn programs_see_the_object_and_the_reason() {
        let expect = serde_json::json!({
            "group": "", "kind": "ConfigMap", "namespace": "harbour", "name": "a",
            "reason": "in use",
        });
        assert_eq!(serde_json::json!(kept("a", "in use")), expect);
    }
}

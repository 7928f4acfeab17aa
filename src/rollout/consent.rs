//! Who said that something may be deleted.
//!
//! What the fleet no longer wants is judged as one set over the whole fleet: an empty fleet, or
//! more deletions than the cap, needs a consent that names exactly that set. Once permitted, an
//! object is condemned in its unit's record, so that a set which shrinks while it is carried out
//! does not ask again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::compile::UnitId;
use crate::digest::Digest;
use crate::object::{Object, ObjectId};
use crate::resolve::Consent;

/// One object to delete, as a consent names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deletion {
    /// Its kind.
    pub kind: String,
    /// Its namespace; absent for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid: a consent never covers a later object of the same name.
    pub uid: String,
}

impl Deletion {
    /// The deletion of a live object.
    pub fn of(live: &Object) -> Self {
        Self {
            kind: live.kind().to_owned(),
            namespace: live.namespace().map(str::to_owned),
            name: live.name().to_owned(),
            uid: live.uid().unwrap_or_default().to_owned(),
        }
    }
}

/// What one unit would delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What it may delete already, and what is not gone yet.
    pub condemned: BTreeSet<Deletion>,
    /// What it has to ask for.
    pub asked: BTreeSet<Deletion>,
}

/// Whether what the fleet no longer wants may be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Granted,
    /// It may, but every unit records so first: nothing is deleted in this pass. Judge again once
    /// the records are written.
    Recording,
    /// It needs a consent.
    Withheld {
        /// The digest of the set.
        digest: Digest,
        /// Why.
        why: String,
        /// The entry of `consents:` in `tidegate.yaml` that permits it.
        entry: String,
    },
    /// Not now, and nobody is asked.
    Suspended(Suspension),
}

/// Why nothing that is absent from Git may be deleted for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspension {
    /// Some file of the fleet cannot be read.
    Unreadable,
    /// The branch was rewritten, which may have lost files.
    Rewritten,
    /// Another commit is being weighed.
    Outdated,
}

/// The whole fleet's deletions, and what may allow them.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What each unit would delete.
    pub wanted: &'a BTreeMap<UnitId, Wanted>,
    /// How many strategies the fleet still has, those with errors included.
    pub remaining: usize,
    /// More deletions than this need a consent.
    pub cap: usize,
    /// The consents of the fleet.
    pub consents: &'a [Consent],
    /// The time.
    pub now: Timestamp,
}

/// The digest of a set of deletions.
pub fn digest<'a>(set: impl IntoIterator<Item = &'a Deletion>) -> Digest {
    let sorted: BTreeSet<&Deletion> = set.into_iter().collect();
    Digest::of_parts(sorted.into_iter().flat_map(|deletion| {
        let Deletion {
            kind,
            namespace,
            name,
            uid,
        } = deletion;
        [
            kind.as_str(),
            namespace.as_deref().unwrap_or_default(),
            name.as_str(),
            uid.as_str(),
        ]
    }))
}

/// The consent that covers a digest now.
pub fn covering(consents: &[Consent], digest: Digest, now: Timestamp) -> Option<&Consent> {
    consents
        .iter()
        .find(|consent| consent.digest == digest && now < consent.expires)
}

/// Whether an object is deleted with a consent of its own only: what goes with it cannot be made
/// again.
pub fn is_protected(id: &ObjectId) -> bool {
    matches!(
        (id.group.as_str(), id.kind.as_str()),
        ("", "Namespace" | "PersistentVolumeClaim")
            | ("apiextensions.k8s.io", "CustomResourceDefinition")
    )
}

/// Whether the deletion of this one object has a consent of its own.
pub fn object_consented(live: &Object, consents: &[Consent], now: Timestamp) -> bool {
    covering(consents, digest([&Deletion::of(live)]), now).is_some()
}

/// The entry of `consents:` that permits the deletion of this one object.
pub fn object_entry(live: &Object) -> String {
    let reason = format!("delete {}", live.id());
    entry(digest([&Deletion::of(live)]), &reason)
}

fn entry(digest: Digest, reason: &str) -> String {
    format!("- {{digest: '{digest}', expires: <date>, reason: {reason}}}")
}

/// Judges the deletions of the whole fleet.
pub fn judge(question: &Question<'_>) -> Permission {
    let Question {
        wanted,
        remaining,
        cap,
        consents,
        now,
    } = *question;
    let has_own = |it: &&Deletion| covering(consents, digest([*it]), now).is_some();
    let asked: BTreeSet<&Deletion> = wanted
        .values()
        .flat_map(|unit| &unit.asked)
        .filter(|it| !has_own(it))
        .collect();
    if asked.is_empty() {
        return Permission::Granted;
    }
    let why = match (remaining, asked.len()) {
        (0, _) => "the fleet has no strategy left".to_owned(),
        (_, count) if count > cap => {
            format!("{count} objects would be deleted, more than the cap of {cap}")
        }
        (_, _) => return Permission::Granted,
    };
    let all = wanted
        .values()
        .flat_map(|unit| unit.asked.iter().chain(&unit.condemned));
    let digest = digest(all);
    if covering(consents, digest, now).is_some() {
        return Permission::Recording;
    }
    let reason = format!("delete {} objects", asked.len());
    Permission::Withheld {
        digest,
        why,
        entry: entry(digest, &reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deletion(name: &str) -> Deletion {
        Deletion {
            kind: "Service".to_owned(),
            namespace: Some("harbour".to_owned()),
            name: name.to_owned(),
            uid: format!("uid of {name}"),
        }
    }

    fn consent(digest: Digest) -> Consent {
        Consent {
            digest,
            expires: "2026-03-03T00:00:00Z".parse().unwrap(),
            reason: "yes".to_owned(),
        }
    }

    fn wanted(asked: &[&str], condemned: &[&str]) -> BTreeMap<UnitId, Wanted> {
        let set = |names: &[&str]| names.iter().map(|name| deletion(name)).collect();
        let wanted = Wanted {
            asked: set(asked),
            condemned: set(condemned),
        };
        [(UnitId::Strategy("quoter".parse().unwrap()), wanted)].into()
    }

    fn ask(
        wanted: &BTreeMap<UnitId, Wanted>,
        remaining: usize,
        consents: &[Consent],
    ) -> Permission {
        judge(&Question {
            wanted,
            remaining,
            cap: 2,
            consents,
            now: "2026-03-02T00:00:00Z".parse().unwrap(),
        })
    }

    #[test]
    fn up_to_the_cap_nobody_is_asked() {
        assert_eq!(
            ask(&wanted(&["a", "b"], &["c"]), 1, &[]),
            Permission::Granted
        );
    }

    #[test]
    fn above_it_the_very_set_must_be_consented() {
        let three = wanted(&["a", "b", "c"], &[]);
        let set = ["a", "b", "c"].map(deletion);
        let Permission::Withheld {
            digest: asked,
            entry,
            ..
        } = ask(&three, 1, &[])
        else {
            panic!("it is not asked for");
        };
        assert_eq!(asked, digest(&set));
        assert_eq!(
            entry,
            format!("- {{digest: '{asked}', expires: <date>, reason: delete 3 objects}}")
        );
        assert_eq!(ask(&three, 1, &[consent(asked)]), Permission::Recording);
        let four = wanted(&["a", "b", "c", "d"], &[]);
        assert!(matches!(
            ask(&four, 1, &[consent(asked)]),
            Permission::Withheld { .. }
        ));
    }

    #[test]
    fn an_empty_fleet_is_never_taken_for_a_wish() {
        assert!(matches!(
            ask(&wanted(&["a"], &[]), 0, &[]),
            Permission::Withheld { .. }
        ));
        assert_eq!(ask(&wanted(&[], &["a"]), 0, &[]), Permission::Granted);
    }

    #[test]
    fn objects_with_a_consent_of_their_own_do_not_count() {
        let three = wanted(&["a", "b", "c"], &[]);
        let own = consent(digest([&deletion("a")]));
        assert_eq!(ask(&three, 1, &[own]), Permission::Granted);
    }

    #[test]
    fn once_all_are_recorded_they_may_go() {
        assert_eq!(
            ask(&wanted(&[], &["a", "b", "c"]), 1, &[]),
            Permission::Granted
        );
    }

    proptest! {
        #[test]
        fn the_digest_is_of_the_set_and_not_of_its_order(mut names in prop::collection::vec("[a-z]{1,6}", 0..8)) {
            let forward: Vec<_> = names.iter().map(|name| deletion(name)).collect();
            names.reverse();
            let backward: Vec<_> = names.iter().map(|name| deletion(name)).collect();
            prop_assert_eq!(digest(&forward), digest(&backward));
        }

        #[test]
        fn another_object_is_another_digest(a in "[a-z]{1,6}", b in "[a-z]{1,6}") {
            prop_assume!(a != b);
            prop_assert_ne!(digest([&deletion(&a)]), digest([&deletion(&b)]));
        }
    }
}

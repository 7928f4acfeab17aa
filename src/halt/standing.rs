//! The Halts that stand for a unit: those that are there, and those that its record remembers.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Halt, Place, Reach};

/// A Halt that stands, as a record remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it is about.
    pub scope: Reach,
    /// Who halted.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Since when the unit heeds it.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// Whether its object vanished without having been lifted. It stands all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_lost: bool,
}

/// A Halt as it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it is about.
    pub scope: Reach,
    /// Who halted.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub at: Timestamp,
    /// The uid of the one that it stands in for.
    pub restores: Option<String>,
    /// Whether a person lifted it.
    pub is_lifted: bool,
}

/// The Halts of a cluster, as far as they can be seen. Drills are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Halts {
    /// Those that are there, by age.
    pub there: Vec<Seen>,
    /// Why there may be others, if there may.
    pub blind: Option<String>,
}

impl Seen {
    /// A Halt that the API server gave; `None` for a drill, and for one that it never stored.
    pub fn of(halt: Halt) -> Option<Self> {
        if halt.spec.drill {
            return None;
        }
        Some(Self {
            is_lifted: halt.is_lifted(),
            at: halt.metadata.creation_timestamp?.0,
            name: halt.metadata.name?,
            uid: halt.metadata.uid?,
            scope: halt.spec.scope,
            by: halt.spec.by,
            reason: halt.spec.reason,
            restores: halt.spec.restores,
        })
    }

    /// Whether it is the Halt of this uid, or stands in for it.
    pub fn is(&self, uid: &str) -> bool {
        self.uid == uid || self.restores.as_deref() == Some(uid)
    }

    fn standing(&self, since: Timestamp) -> Standing {
        Standing {
            name: self.name.clone(),
            uid: self.uid.clone(),
            scope: self.scope.clone(),
            by: self.by.clone(),
            reason: self.reason.clone(),
            at: self.at,
            since,
            is_lost: false,
        }
    }
}

impl Halts {
    /// Those that matter to a unit: what once stood for it goes on doing so, whatever it trades on by
    /// now.
    #[must_use]
    pub fn concerning(mut self, place: &Place<'_>, before: &[Standing]) -> Self {
        self.there.retain(|seen| {
            let is_known = before.iter().any(|known| seen.is(&known.uid));
            is_known || seen.scope.scope().concerns(place)
        });
        self
    }

    /// Those that stand for a unit of which these were known to stand before.
    pub fn standing(&self, before: &[Standing], now: Timestamp) -> Vec<Standing> {
        let since = |seen: &Seen| {
            let known = before.iter().find(|known| seen.is(&known.uid));
            known.map_or(now, |known| known.since)
        };
        let there = self.there.iter().filter(|seen| !seen.is_lifted);
        let lost = before.iter().filter(|known| {
            let mut there = self.there.iter();
            !there.any(|seen| seen.is(&known.uid))
        });
        let lost = lost.map(|known| Standing {
            is_lost: true,
            ..known.clone()
        });
        there
            .map(|seen| seen.standing(since(seen)))
            .chain(lost)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::UnitId;
    use crate::halt::{Scope, Touches};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(uid: &str) -> Seen {
        Seen {
            name: format!("halt-{uid}"),
            uid: uid.to_owned(),
            scope: Scope::Desk("rates".to_owned()).into(),
            by: "ann".to_owned(),
            reason: "fills look wrong".to_owned(),
            at: at(1),
            restores: None,
            is_lifted: false,
        }
    }

    fn check(there: &[Seen], before: &[Standing], now: i64) -> Vec<Standing> {
        let unit = UnitId::Strategy("tern".parse().unwrap());
        let place = Place {
            unit: &unit,
            namespace: "rates",
            touches: &Touches::default(),
        };
        let halts = Halts {
            there: there.to_vec(),
            blind: None,
        };
        let standing = halts.clone().concerning(&place, before);
        let standing = standing.standing(before, at(now));
        let again = halts.concerning(&place, &standing);
        let again = again.standing(&standing, at(now + 1));
        assert_eq!(again, standing, "looking again changes nothing");
        standing
    }

    #[test]
    fn a_halt_stands_since_it_was_heeded_until_it_is_lifted() {
        let first = check(&[seen("a")], &[], 5);
        assert_eq!((first[0].at, first[0].since), (at(1), at(5)));
        let lifted = Seen {
            is_lifted: true,
            ..seen("a")
        };
        assert!(check(&[lifted], &first, 9).is_empty());
    }

    #[test]
    fn a_halt_whose_object_vanished_goes_on_standing_and_says_so() {
        let first = check(&[seen("a")], &[], 5);
        let lost = check(&[], &first, 9);
        assert!(lost[0].is_lost);
        assert_eq!(lost[0].since, at(5));
        let stand_in = Seen {
            restores: Some("a".to_owned()),
            ..seen("b")
        };
        let back = check(std::slice::from_ref(&stand_in), &lost, 12);
        assert_eq!(
            (back.len(), back[0].uid.as_str(), back[0].since),
            (1, "b", at(5))
        );
        assert!(!back[0].is_lost);
        let lifted = Seen {
            is_lifted: true,
            ..stand_in
        };
        assert!(check(std::slice::from_ref(&lifted), &lost, 13).is_empty());
        assert!(check(&[lifted], &back, 13).is_empty());
    }

    #[test]
    fn a_halt_of_another_desk_does_not_stand() {
        let other = Seen {
            scope: Scope::Desk("bonds".to_owned()).into(),
            ..seen("a")
        };
        assert!(check(&[other], &[], 5).is_empty());
    }
}

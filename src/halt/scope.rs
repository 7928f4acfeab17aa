//! What a Halt is about, and which units that concerns.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::UnitId;

/// What a Halt is about, as it is written: one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// One strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Named>,
    /// All of a desk, by the namespace that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
    /// Whatever trades on a venue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Whatever trades on an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Everything in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everything: Option<bool>,
}

/// A strategy in the namespace of its desk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// The namespace.
    pub namespace: String,
    /// The strategy.
    pub name: String,
}

/// What a Halt is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One strategy.
    Strategy(Named),
    /// All in a desk's namespace.
    Desk(String),
    /// Whatever trades on a venue.
    Venue(String),
    /// Whatever trades on an account.
    Account(String),
    /// Everything.
    Everything,
}

/// The accounts and venues that a unit trades on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Touches {
    /// The accounts.
    #[schemars(with = "Vec<String>")]
    pub accounts: BTreeSet<String>,
    /// The venues.
    #[schemars(with = "Vec<String>")]
    pub venues: BTreeSet<String>,
}

/// Which unit it is, and what it trades on.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The unit.
    pub unit: &'a UnitId,
    /// The namespace of its desk.
    pub namespace: &'a str,
    /// What it trades on, or did.
    pub touches: &'a Touches,
}

impl Touches {
    /// Whether it trades on nothing.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.venues.is_empty()
    }

    /// What either of them trades on.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let all =
            |one: &BTreeSet<String>, two: &BTreeSet<String>| one.union(two).cloned().collect();
        Self {
            accounts: all(&self.accounts, &other.accounts),
            venues: all(&self.venues, &other.venues),
        }
    }
}

impl Reach {
    /// What it is about. One that says nothing, or more than one thing, which no definition of ours
    /// lets through, is about everything: stopping is safe.
    pub fn scope(&self) -> Scope {
        match self.clone() {
            Self {
                strategy: Some(named),
                desk: None,
                venue: None,
                account: None,
                everything: None,
            } => Scope::Strategy(named),
            Self {
                strategy: None,
                desk: Some(namespace),
                venue: None,
                account: None,
                everything: None,
            } => Scope::Desk(namespace),
            Self {
                strategy: None,
                desk: None,
                venue: Some(venue),
                account: None,
                everything: None,
            } => Scope::Venue(venue),
            Self {
                strategy: None,
                desk: None,
                venue: None,
                account: Some(account),
                everything: None,
            } => Scope::Account(account),
            _ => Scope::Everything,
        }
    }
}

impl From<Scope> for Reach {
    fn from(scope: Scope) -> Self {
        let none = Self::default();
        match scope {
            Scope::Strategy(named) => Self {
                strategy: Some(named),
                ..none
            },
            Scope::Desk(namespace) => Self {
                desk: Some(namespace),
                ..none
            },
            Scope::Venue(venue) => Self {
                venue: Some(venue),
                ..none
            },
            Scope::Account(account) => Self {
                account: Some(account),
                ..none
            },
            Scope::Everything => Self {
                everything: Some(true),
                ..none
            },
        }
    }
}

impl Scope {
    /// Whether it is about a unit. What surrounds a desk's strategies trades on nothing.
    pub fn concerns(&self, place: &Place<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::Desk(namespace) => place.namespace == namespace,
            Self::Strategy(named) => {
                let is_it =
                    matches!(place.unit, UnitId::Strategy(name) if name.as_str() == named.name);
                is_it && place.namespace == named.namespace
            }
            Self::Venue(venue) => place.touches.venues.contains(venue),
            Self::Account(account) => place.touches.accounts.contains(account),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strategy(named) => write!(f, "strategy `{}`", named.name),
            Self::Desk(namespace) => write!(f, "everything in namespace `{namespace}`"),
            Self::Venue(venue) => write!(f, "venue `{venue}`"),
            Self::Account(account) => write!(f, "account `{account}`"),
            Self::Everything => f.write_str("everything"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scope: &Scope, unit: &UnitId, expect: bool) {
        let touches = Touches {
            accounts: ["one".to_owned()].into(),
            venues: ["crypto:binance".to_owned()].into(),
        };
        let none = Touches::default();
        let place = Place {
            unit,
            namespace: "rates",
            touches: match unit {
                UnitId::Strategy(_) => &touches,
                UnitId::Desk(_) => &none,
            },
        };
        assert_eq!(scope.concerns(&place), expect, "{scope} {unit}");
        assert_eq!(Reach::from(scope.clone()).scope(), *scope);
    }

    #[test]
    fn a_scope_is_about_what_it_names_and_nothing_else() {
        let tern = UnitId::Strategy("tern".parse().unwrap());
        let desk = UnitId::Desk("rates".parse().unwrap());
        let strategy = |namespace: &str, name: &str| {
            Scope::Strategy(Named {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        };
        for (scope, of_tern, of_desk) in [
            (Scope::Everything, true, true),
            (Scope::Desk("rates".to_owned()), true, true),
            (Scope::Desk("bonds".to_owned()), false, false),
            (strategy("rates", "tern"), true, false),
            (strategy("rates", "rates"), false, false),
            (strategy("bonds", "tern"), false, false),
            (Scope::Venue("crypto:binance".to_owned()), true, false),
            (Scope::Venue("XNYS".to_owned()), false, false),
            (Scope::Account("one".to_owned()), true, false),
            (Scope::Account("two".to_owned()), false, false),
        ] {
            check(&scope, &tern, of_tern);
            check(&scope, &desk, of_desk);
        }
    }

    #[test]
    fn what_cannot_be_told_is_about_everything() {
        let both = Reach {
            venue: Some("XNYS".to_owned()),
            account: Some("one".to_owned()),
            ..Reach::default()
        };
        assert_eq!(both.scope(), Scope::Everything);
        assert_eq!(Reach::default().scope(), Scope::Everything);
    }
}

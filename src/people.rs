//! Who is who: which accounts, addresses and keys are one person's, and what that person may do.
//!
//! A person counts once, under however many names. Whoever is not known, or is known as two people,
//! is nobody: that fails closed wherever somebody has to be known.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod authority;
mod authors;
mod change;
mod concern;
mod signed;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::spec::fleet::PersonSpec;
use crate::spec::names::{DeskName, RoleName};

pub use authority::{Authority, Loosened};
pub use authors::{Authored, Authors, Unknown};
pub use concern::{Concern, Touched};
pub use signed::Signed;

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// The name, unique in the fleet.
    pub name: String,
    /// The addresses in commits, in lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub emails: BTreeSet<String>,
    /// The user names in clusters.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kubernetes: BTreeSet<String>,
    /// The fingerprints of signing keys.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub keys: BTreeSet<String>,
    /// What the person may do.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<RoleName>,
    /// For which desks; empty for all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub desks: BTreeSet<DeskName>,
}

/// Everybody who takes part, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct People(Vec<Person>);

/// One of the names under which a person is met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// A user name in clusters.
    User(String),
    /// An address in a commit.
    Email(String),
    /// The fingerprint of a key that signed something.
    Key(String),
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user `{name}`"),
            Self::Email(address) => write!(f, "`{address}`"),
            Self::Key(fingerprint) => write!(f, "key `{fingerprint}`"),
        }
    }
}

impl Person {
    /// The person of the spec.
    pub fn of(spec: &PersonSpec) -> Self {
        let trimmed = |texts: &[String]| texts.iter().map(|it| it.trim().to_owned()).collect();
        let lowered = |text: &String| text.trim().to_ascii_lowercase();
        Self {
            name: spec.name.clone(),
            emails: spec.emails.iter().map(lowered).collect(),
            kubernetes: trimmed(&spec.kubernetes),
            keys: trimmed(&spec.keys),
            roles: spec.roles.iter().cloned().collect(),
            desks: spec.desks.iter().cloned().collect(),
        }
    }

    /// Whether the person has a role for a desk.
    pub fn has(&self, role: &RoleName, desk: &DeskName) -> bool {
        self.roles.contains(role) && self.is_of(desk)
    }

    /// Whether what the person may do reaches a desk.
    pub fn is_of(&self, desk: &DeskName) -> bool {
        self.desks.is_empty() || self.desks.contains(desk)
    }

    /// Whether the person is met under a name.
    pub fn is(&self, identity: &Identity) -> bool {
        match identity {
            Identity::User(name) => self.kubernetes.contains(name),
            Identity::Email(address) => self.emails.contains(&address.to_ascii_lowercase()),
            Identity::Key(fingerprint) => self.keys.contains(fingerprint),
        }
    }

    /// All the names that the person is met under.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let users = self.kubernetes.iter().cloned().map(Identity::User);
        let emails = self.emails.iter().cloned().map(Identity::Email);
        users
            .chain(emails)
            .chain(self.keys.iter().cloned().map(Identity::Key))
    }
}

impl People {
    /// These people.
    pub fn of(people: impl IntoIterator<Item = Person>) -> Self {
        let mut people: Vec<Person> = people.into_iter().collect();
        people.sort_by(|a, b| a.name.cmp(&b.name));
        Self(people)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.0.iter()
    }

    /// Who is met under a name; nobody if it is nobody's, or two people's.
    pub fn who(&self, identity: &Identity) -> Option<&Person> {
        let mut found = self.0.iter().filter(|person| person.is(identity));
        found.next().filter(|_| found.next().is_none())
    }

    /// The person of a name.
    pub fn named(&self, name: &str) -> Option<&Person> {
        self.0.iter().find(|person| person.name == name)
    }

    /// Those who have a role for a desk.
    pub fn with<'a>(
        &'a self,
        role: &'a RoleName,
        desk: &'a DeskName,
    ) -> impl Iterator<Item = &'a Person> {
        self.0.iter().filter(move |person| person.has(role, desk))
    }
}

#[cfg(test)]
mod tests;

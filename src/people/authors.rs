//! Who wrote a change.

use std::collections::BTreeSet;

use super::{Identity, People};

/// Who wrote a change, as far as Git tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authors {
    /// It is not known, and why.
    Unknown(String),
    /// These commits are the change.
    Commits(Vec<Authored>),
}

/// A commit, and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authored {
    /// Its id.
    pub commit: String,
    /// Who made it, as far as that is proven best: the key that signed it, or else the address of
    /// its author.
    pub by: Identity,
    /// Other names that it carries. Nobody need be known under them, but who is, is an author, too.
    pub also: Vec<Identity>,
    /// Why it is as good as not signed; `None` if the key in `by` signed it.
    pub unsigned: Option<String>,
    /// The files of the fleet that it changed and that matter.
    pub paths: BTreeSet<String>,
}

/// Why it is not known who wrote a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(String);

impl Default for Authors {
    fn default() -> Self {
        Self::Unknown("nobody looked at who wrote it".to_owned())
    }
}

impl Authors {
    /// The names of those who wrote it. One unknown author makes all of them unknown.
    pub fn among<'p>(&self, people: &'p People) -> Result<BTreeSet<&'p str>, Unknown> {
        let commits = match self {
            Self::Unknown(why) => return Err(Unknown(why.clone())),
            Self::Commits(commits) => commits,
        };
        let mut names = BTreeSet::new();
        for Authored {
            commit, by, also, ..
        } in commits
        {
            let digits = commit.get(..10).unwrap_or(commit);
            let author = people.who(by).ok_or_else(|| {
                Unknown(format!(
                    "{by}, who made commit {digits}, is nobody of `people`"
                ))
            })?;
            names.insert(author.name.as_str());
            let others = also.iter().filter_map(|it| people.who(it));
            names.extend(others.map(|it| it.name.as_str()));
        }
        Ok(names)
    }
}

impl Authored {
    /// The first digits of its id.
    pub fn digits(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Person;

    fn people() -> People {
        let person = |name: &str, key: &str| Person {
            name: name.to_owned(),
            emails: BTreeSet::from([format!("{name}@x.example")]),
            kubernetes: BTreeSet::new(),
            keys: BTreeSet::from([key.to_owned()]),
            roles: BTreeSet::new(),
            desks: BTreeSet::new(),
        };
        People::of([person("aiko", "k1"), person("ben", "k2")])
    }

    fn email(text: &str) -> Identity {
        Identity::Email(text.to_owned())
    }

    fn check(by: Identity, also: &[&str], expect: Result<&[&str], &str>) {
        let authors = Authors::Commits(vec![Authored {
            commit: "0123456789abcdef".to_owned(),
            by,
            also: also.iter().map(|it| email(it)).collect(),
            unsigned: None,
            paths: BTreeSet::new(),
        }]);
        let people = people();
        let names = authors.among(&people);
        let names = names.map(|it| it.into_iter().collect::<Vec<_>>());
        match expect {
            Ok(expect) => assert_eq!(names.as_deref(), Ok(expect)),
            Err(why) => assert_eq!(names.unwrap_err().to_string(), why),
        }
    }

    #[test]
    fn whoever_signed_is_the_author_and_so_is_whoever_it_names() {
        check(email("aiko@x.example"), &[], Ok(&["aiko"]));
        let key = || Identity::Key("k2".to_owned());
        check(key(), &["aiko@x.example"], Ok(&["aiko", "ben"]));
        check(key(), &["noreply@forge.example"], Ok(&["ben"]));
    }

    #[test]
    fn an_unknown_author_is_told() {
        let told = "`eve@x.example`, who made commit 0123456789, is nobody of `people`";
        check(email("eve@x.example"), &["aiko@x.example"], Err(told));
        assert!(Authors::default().among(&people()).is_err());
    }
}

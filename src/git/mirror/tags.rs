//! The tags of a mirror's remote by which people approve something.

use std::time::Duration;

use git2::{Direction, ObjectType, Oid, Remote, Repository};

use super::failure::of_conversation;
use super::session::{self, Session};
use super::{Job, Mirror, Store};
use crate::approval::tag::{PREFIX, Tagged};
use crate::git::{Credentials, Error, Reference};

/// More tags are not looked at: nobody can tell which of them matter.
const MOST: usize = 2_000;

/// What is longer is no tag of a person.
const LONGEST: usize = 64 << 10;

const TAGS: &str = "refs/tags/";

/// The tags by which people approve something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// Each of them, by name.
    pub all: Vec<Tagged>,
    /// Whether there are so many that none was looked at.
    pub are_too_many: bool,
}

impl Mirror {
    /// Fetches the tags by which people approve something, and tells what they say. A tag that is
    /// gone from the remote is not among them.
    pub fn fetch_approvals(
        &self,
        reference: &Reference,
        credentials: &Credentials,
        within: Duration,
    ) -> Result<Tags, Error> {
        let job = self.job(reference, None, credentials, within);
        self.in_time(job, Store::approvals)
    }
}

impl Store {
    fn approvals(&self, job: &Job) -> Result<Tags, Error> {
        let _fetching = self.begin()?;
        let repository = self.existing()?;
        let names = download(&repository, job)?;
        if names.len() > MOST {
            return Ok(Tags {
                are_too_many: true,
                ..Tags::default()
            });
        }
        let all = names.into_iter();
        let all = all.filter_map(|(name, id)| {
            let content = content(&repository, id);
            Tagged::of(&name, id.to_string(), content.as_deref())
        });
        Ok(Tags {
            all: all.collect(),
            are_too_many: false,
        })
    }
}

/// Downloads those that are not here yet. All of them by name, each with the id of its object.
fn download(repository: &Repository, job: &Job) -> Result<Vec<(String, Oid)>, Error> {
    let session = Session::new(job);
    let failed = |error: &git2::Error| {
        let verdict = session.verdict();
        verdict.unwrap_or_else(|| of_conversation(job, error))
    };
    let mut remote = repository
        .remote_anonymous(job.url.expose())
        .map_err(|error| failed(&error))?;
    let (callbacks, proxy) = (session.callbacks(), session::proxy());
    let mut connection = remote
        .connect_auth(Direction::Fetch, Some(callbacks), Some(proxy))
        .map_err(|error| failed(&error))?;
    let heads = connection.list().map_err(|error| failed(&error))?;
    let tags = heads.iter().filter_map(|head| {
        let name = head.name().strip_prefix(TAGS)?;
        let is_one = name.starts_with(PREFIX) && !name.ends_with("^{}");
        is_one.then(|| (name.to_owned(), head.oid()))
    });
    let tags: Vec<(String, Oid)> = tags.collect();
    let odb = repository.odb().map_err(|error| failed(&error))?;
    let missing = tags.iter().filter(|(_, id)| !odb.exists(*id));
    let missing: Vec<String> = missing
        .map(|(name, id)| format!("+{TAGS}{name}:refs/mirror/approve/{id}"))
        .collect();
    if missing.is_empty() || tags.len() > MOST {
        return Ok(tags);
    }
    let remote: &mut Remote<'_> = connection.remote();
    remote
        .download(&missing, Some(&mut session.options()))
        .map_err(|error| failed(&error))?;
    Ok(tags)
}

/// The bytes of a tag object; `None` for anything else.
fn content(repository: &Repository, id: Oid) -> Option<Vec<u8>> {
    let odb = repository.odb().ok()?;
    let (size, kind) = odb.read_header(id).ok()?;
    if kind != ObjectType::Tag || size > LONGEST {
        return None;
    }
    Some(odb.read(id).ok()?.data().to_vec())
}

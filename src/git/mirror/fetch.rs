//! One fetch into one repository.

use git2::{Commit, Direction, ErrorCode, Oid, Remote, RemoteConnection, RemoteHead, Repository};
use jiff::Timestamp;

use super::failure::of_conversation;
use super::session::{self, Session};
use super::{Fetched, Job, Movement};
use crate::digest::Digest;
use crate::git::near::near;
use crate::git::tree::{Item, broken, visit};
use crate::git::{Cause, Error, Folder, Reference};

/// Brings a reference into the repository, with everything that its commit's tree needs.
pub(super) fn update(
    repository: &Repository,
    job: &Job,
    previous: Option<Oid>,
) -> Result<Fetched, Error> {
    let tip = match &job.reference {
        Reference::Commit(id) if repository.odb().is_ok_and(|odb| odb.exists(id.oid())) => id.oid(),
        _ => download(repository, job)?,
    };
    let commit = commit(repository, job, tip)?;
    // A reference moves here only after everything was found to be there.
    if target(repository, &job.reference) != Some(commit.id()) {
        verify(repository, commit.id())?;
    }
    let movement = movement(repository, commit.id(), previous)?;
    remember(repository, job, commit.id())?;
    Ok(Fetched {
        commit: commit.id().into(),
        previous: previous.map(Into::into),
        movement,
        committed_at: Timestamp::from_second(commit.time().seconds()).unwrap_or_default(),
        author: author(&commit),
        summary: shortened(commit.summary_bytes().unwrap_or_default()),
    })
}

/// The name by which the mirror remembers where a reference was.
///
/// A digest, because `desk` and `desk/mm` can follow each other at the remote but not stand beside
/// each other here.
pub(super) fn local_name(reference: &Reference) -> String {
    format!("refs/mirror/{}", Digest::of(reference.full_name()).short())
}

/// Where the reference was after the last fetch.
pub(super) fn target(repository: &Repository, reference: &Reference) -> Option<Oid> {
    repository.refname_to_id(&local_name(reference)).ok()
}

/// Talks to the host: finds the reference and downloads what is missing.
fn download(repository: &Repository, job: &Job) -> Result<Oid, Error> {
    let session = Session::new(job);
    let failed = |error: &git2::Error| {
        session
            .verdict()
            .unwrap_or_else(|| of_conversation(job, error))
    };
    let mut remote = repository
        .remote_anonymous(job.url.expose())
        .map_err(|error| failed(&error))?;
    let mut connection = remote
        .connect_auth(
            Direction::Fetch,
            Some(session.callbacks()),
            Some(session::proxy()),
        )
        .map_err(|error| failed(&error))?;
    let wanted = wanted(&connection, job, &failed)?;
    if repository.odb().is_ok_and(|odb| odb.exists(wanted.tip)) {
        return Ok(wanted.tip);
    }
    let refspecs = wanted.refspecs;
    let remote: &mut Remote<'_> = connection.remote();
    remote
        .download(&refspecs, Some(&mut session.options()))
        .map_err(|error| failed(&error))?;
    Ok(wanted.tip)
}

struct Wanted {
    tip: Oid,
    refspecs: Vec<String>,
}

fn wanted(
    connection: &RemoteConnection<'_, '_, '_>,
    job: &Job,
    failed: &dyn Fn(&git2::Error) -> Error,
) -> Result<Wanted, Error> {
    let heads = connection.list().map_err(|error| failed(&error))?;
    let full_name = job.reference.full_name();
    let found = match &job.reference {
        Reference::Branch(_) | Reference::Tag(_) | Reference::Ledger => {
            heads.iter().find(|head| head.name() == full_name)
        }
        Reference::Commit(id) => heads.iter().find(|head| head.oid() == id.oid()),
    };
    match (found, &job.reference) {
        (Some(head), _) => Ok(Wanted {
            tip: head.oid(),
            refspecs: vec![format!("+{}:{}", head.name(), local_name(&job.reference))],
        }),
        // A host need not give commits by their id, so everything that leads to it is fetched.
        (None, Reference::Commit(id)) if !heads.is_empty() => Ok(Wanted {
            tip: id.oid(),
            refspecs: ["heads", "tags"]
                .map(|kind| format!("+refs/{kind}/*:refs/mirror/{kind}/*"))
                .into(),
        }),
        (None, reference) => Err(Error::NoSuchReference {
            url: job.url.clone(),
            reference: reference.clone(),
            near: near_names(&full_name, heads),
            empty: heads.is_empty(),
        }),
    }
}

/// The short names of the remote's branches or tags that are near the wanted one.
fn near_names(full_name: &str, heads: &[RemoteHead<'_>]) -> Vec<String> {
    let Some(kind) = ["refs/heads/", "refs/tags/"]
        .into_iter()
        .find(|kind| full_name.starts_with(kind))
    else {
        return Vec::new();
    };
    let wanted = full_name.trim_start_matches(kind);
    let names = heads
        .iter()
        .filter_map(|head| head.name().strip_prefix(kind))
        .filter(|name| !name.ends_with("^{}"));
    near(wanted, names)
}

fn commit<'repo>(
    repository: &'repo Repository,
    job: &Job,
    tip: Oid,
) -> Result<Commit<'repo>, Error> {
    let object = match repository.find_object(tip, None) {
        Ok(object) => object,
        Err(error) if error.code() == ErrorCode::NotFound && is_commit(&job.reference) => {
            return Err(Error::NoSuchReference {
                url: job.url.clone(),
                reference: job.reference.clone(),
                near: Vec::new(),
                empty: false,
            });
        }
        Err(error) => return Err(broken(repository, &error)),
    };
    object.peel_to_commit().map_err(|_| Error::NotACommit {
        rev: job.reference.full_name(),
    })
}

fn is_commit(reference: &Reference) -> bool {
    matches!(reference, Reference::Commit(_))
}

/// Checks that every object of the commit's tree is there.
fn verify(repository: &Repository, commit: Oid) -> Result<(), Error> {
    let odb = repository
        .odb()
        .map_err(|error| broken(repository, &error))?;
    visit(repository, commit, &Folder::root(), &mut |path, item| {
        let (Item::Blob(oid) | Item::Link(oid)) = item else {
            return Ok(());
        };
        if odb.exists(oid) {
            return Ok(());
        }
        Err(Error::Corrupt {
            path: repository.path().to_owned(),
            source: Cause::new(format!("the content of `{path}` ({oid}) is missing")),
        })
    })
}

fn movement(
    repository: &Repository,
    commit: Oid,
    previous: Option<Oid>,
) -> Result<Movement, Error> {
    let Some(previous) = previous else {
        return Ok(Movement::First);
    };
    if previous == commit {
        return Ok(Movement::Unchanged);
    }
    // In a mirror that was made anew, what no reference leads to any more is not there.
    if repository.find_commit(previous).is_err() {
        return Ok(Movement::Rewritten);
    }
    match repository.graph_descendant_of(commit, previous) {
        Ok(true) => Ok(Movement::Forward),
        Ok(false) => Ok(Movement::Rewritten),
        Err(error) => Err(broken(repository, &error)),
    }
}

fn remember(repository: &Repository, job: &Job, commit: Oid) -> Result<(), Error> {
    let moved = repository.reference(&local_name(&job.reference), commit, true, "fetch");
    moved.map(drop).map_err(|error| Error::Store {
        url: job.url.clone(),
        path: repository.path().to_owned(),
        source: Cause::from(&error),
    })
}

fn author(commit: &Commit<'_>) -> String {
    let author = commit.author();
    let name = shortened(author.name_bytes());
    match author.email_bytes() {
        [] => name,
        email => format!("{name} <{}>", shortened(email)),
    }
}

/// One line of text for people, whatever the commit holds.
fn shortened(bytes: &[u8]) -> String {
    const LENGTH: usize = 120;
    let text = String::from_utf8_lossy(bytes);
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    match plain.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or(&plain)),
        None => plain,
    }
}

//! One push of the ledger.

use std::cell::RefCell;

use git2::{ErrorCode, Repository};

use super::Job;
use super::failure::of_conversation;
use super::fetch::local_name;
use super::session::Session;
use crate::git::{Cause, CommitId, Error};

/// What the remote made of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It is there.
    Taken,
    /// Somebody else pushed first: what was to be pushed does not follow what is there.
    Outrun,
    /// The remote does not want it, in its own words.
    Refused(String),
}

/// The name under which the mirror holds what is to be pushed.
const OUTGOING: &str = "refs/mirror/outgoing";

/// What Git's own servers say when the reference has moved meanwhile.
const MOVED: [&str; 4] = [
    "fetch first",
    "non-fast-forward",
    "failed to update ref",
    "cannot lock ref",
];

/// Pushes, without force: the remote takes it only on top of what this mirror knows to be there.
pub(super) fn push(repository: &Repository, job: &Job, head: CommitId) -> Result<Pushed, Error> {
    let local = |error: &git2::Error| Error::Store {
        url: job.url.clone(),
        path: repository.path().to_owned(),
        source: Cause::from(error),
    };
    let keep = |name: &str| {
        let kept = repository.reference(name, head.oid(), true, "ledger");
        kept.map(drop).map_err(|error| local(&error))
    };
    keep(OUTGOING)?;
    let pushed = send(repository, job)?;
    if pushed == Pushed::Taken {
        keep(&local_name(&job.reference))?;
    }
    Ok(pushed)
}

fn send(repository: &Repository, job: &Job) -> Result<Pushed, Error> {
    let session = Session::new(job);
    let answer = RefCell::new(None);
    let refspec = format!("{OUTGOING}:{}", job.reference.full_name());
    let sent = repository
        .remote_anonymous(job.url.expose())
        .and_then(|mut remote| remote.push(&[refspec], Some(&mut session.push_options(&answer))));
    match (sent, answer.take()) {
        (Ok(()), None) => Ok(Pushed::Taken),
        (Ok(()), Some(refusal)) if is_about_movement(&refusal) => Ok(Pushed::Outrun),
        (Ok(()), Some(refusal)) => Ok(Pushed::Refused(job.url.redact(&refusal))),
        (Err(error), _) if error.code() == ErrorCode::NotFastForward => Ok(Pushed::Outrun),
        (Err(error), _) => Err(session
            .verdict()
            .unwrap_or_else(|| of_conversation(job, &error))),
    }
}

fn is_about_movement(refusal: &str) -> bool {
    MOVED.iter().any(|words| refusal.contains(words))
}

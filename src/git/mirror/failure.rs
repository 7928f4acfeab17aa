//! What the library's errors mean.

use git2::{ErrorClass, ErrorCode};

use super::Job;
use crate::git::credentials::Refusal;
use crate::git::location::open_error;
use crate::git::url::Transport;
use crate::git::{Cause, Error};

/// Maps an error of the library in a conversation with a host.
pub(super) fn of_conversation(job: &Job, error: &git2::Error) -> Error {
    let url = job.url.clone();
    let source = Cause::about(&url, error);
    match (error.code(), error.class()) {
        (ErrorCode::Timeout, _) => job.timed_out(),
        (ErrorCode::Auth, _) => unauthorised(job, Refusal::Rejected),
        (ErrorCode::Certificate, _) => Error::Certificate { url, source },
        (ErrorCode::Owner, _) => open_error(job.url.path().as_ref(), error),
        (_, ErrorClass::Ssl) => of_tls(job, error),
        (_, ErrorClass::Http) => of_http(job, error),
        (ErrorCode::Eof, ErrorClass::Ssh) => Error::NoSuchRepository { url, source },
        (_, ErrorClass::Ssh) => of_ssh(job, error),
        (_, _) if timed_out(error) => job.timed_out(),
        (_, class) if is_damage(class) && job.url.transport() != Transport::File => {
            Error::Corrupt {
                path: job.url.path().into(),
                source,
            }
        }
        (_, _) if job.url.transport() == Transport::File => Error::NoSuchRepository { url, source },
        (_, _) => Error::Unreachable { url, source },
    }
}

/// Whether an error of this class is about objects, not about the way to them.
fn is_damage(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Odb
            | ErrorClass::Object
            | ErrorClass::Zlib
            | ErrorClass::Indexer
            | ErrorClass::Tree
            | ErrorClass::Reference
            | ErrorClass::Repository
    )
}

fn of_http(job: &Job, error: &git2::Error) -> Error {
    let url = job.url.clone();
    let source = Cause::about(&url, error);
    let status = error
        .message()
        .rsplit_once("unexpected http status code: ")
        .map(|(_, code)| code);
    match status {
        Some("401") => unauthorised(job, Refusal::Rejected),
        Some("403") => unauthorised(job, Refusal::Forbidden),
        Some("404" | "410") => Error::NoSuchRepository { url, source },
        _ if timed_out(error) => job.timed_out(),
        _ => Error::Unreachable { url, source },
    }
}

fn of_tls(job: &Job, error: &git2::Error) -> Error {
    let url = job.url.clone();
    let source = Cause::about(&url, error);
    if timed_out(error) {
        job.timed_out()
    } else if error.message().contains("certificate") {
        Error::Certificate { url, source }
    } else {
        Error::Unreachable { url, source }
    }
}

fn of_ssh(job: &Job, error: &git2::Error) -> Error {
    let url = job.url.clone();
    let source = Cause::about(&url, error);
    let message = error.message().to_lowercase();
    if timed_out(error) {
        job.timed_out()
    } else if message.contains("public key") || message.contains("private key") {
        unauthorised(job, Refusal::UnusableKey)
    } else {
        Error::Unreachable { url, source }
    }
}

fn timed_out(error: &git2::Error) -> bool {
    let message = error.message().to_lowercase();
    message.contains("timed out") || message.contains("timeout")
}

fn unauthorised(job: &Job, refusal: Refusal) -> Error {
    Error::Unauthorised {
        url: job.url.clone(),
        refusal,
    }
}

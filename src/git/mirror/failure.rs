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
        (ErrorCode::Owner, _) => open_error(url.path().as_ref(), error),
        (ErrorCode::Eof, ErrorClass::Ssh) => Error::NoSuchRepository { url, source },
        (_, ErrorClass::Ssl) => of_tls(job, error),
        (_, ErrorClass::Http) => of_http(job, error),
        (_, ErrorClass::Ssh) => of_ssh(job, error),
        (_, _) if timed_out(error) => job.timed_out(),
        (_, class) if is_damage(class) => Error::Corrupt {
            path: url.path().into(),
            source,
        },
        (_, _) if disk_is_full(error) => Error::Store {
            path: url.path().into(),
            url,
            source,
        },
        (_, _) if url.transport() == Transport::File => Error::NoSuchRepository { url, source },
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
    )
}

fn disk_is_full(error: &git2::Error) -> bool {
    let message = error.message();
    message.contains("No space left") || message.contains("quota exceeded")
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use git2::ErrorClass::{Http, Net, Odb, Os, Repository, Ssh, Ssl};
    use git2::ErrorCode::{Eof, GenericError, Owner, Timeout};

    use super::*;
    use crate::git::{Class, Credentials};

    const HTTPS: &str = "https://h/fleet";
    const SSH: &str = "git@h:fleet";
    const FILE: &str = "/srv/fleet";

    fn check(url: &str, told: (ErrorCode, ErrorClass), message: &str, expect: Class) {
        let within = Duration::from_secs(30);
        let job = Job {
            url: url.parse().unwrap(),
            reference: "main".parse().unwrap(),
            since: None,
            credentials: Credentials::None,
            within,
            deadline: Instant::now() + within,
        };
        let error = git2::Error::new(told.0, told.1, message);
        assert_eq!(of_conversation(&job, &error).class(), expect, "{message}");
    }

    #[test]
    fn ways_that_end_nowhere_are_unreachable() {
        let expect = Class::Unreachable;
        check(HTTPS, (GenericError, Net), "failed to resolve", expect);
        check(HTTPS, (GenericError, Os), "failed to connect", expect);
        check(HTTPS, (GenericError, Ssl), "SSL error: unknown", expect);
        check(HTTPS, (GenericError, Http), STATUS_502, expect);
        check(SSH, (GenericError, Ssh), "failed to start", expect);
    }

    const STATUS_502: &str = "unexpected http status code: 502";
    const STATUS_404: &str = "unexpected http status code: 404";
    const STATUS_403: &str = "unexpected http status code: 403";

    #[test]
    fn what_the_host_does_not_have_is_not_found() {
        let expect = Class::NotFound;
        check(HTTPS, (GenericError, Http), STATUS_404, expect);
        check(SSH, (Eof, Ssh), "ERROR: Repository not found.", expect);
        check(FILE, (GenericError, Os), "failed to resolve path", expect);
        check(FILE, (GenericError, Repository), "not found", expect);
    }

    #[test]
    fn the_rest_keeps_its_meaning() {
        let slow = Class::TimedOut;
        check(HTTPS, (GenericError, Net), "Operation timed out", slow);
        check(HTTPS, (Timeout, Net), "could not read from socket", slow);
        let forbidden = Class::Unauthorised;
        check(HTTPS, (GenericError, Http), STATUS_403, forbidden);
        check(HTTPS, (GenericError, Odb), "no object", Class::Corrupt);
        let full = "write: No space left on device";
        check(HTTPS, (GenericError, Os), full, Class::Local);
        check(FILE, (Owner, Repository), "owner", Class::Configuration);
    }
}

//! Git for real: folders, commits, and remotes over files, HTTP, TLS and SSH.

mod history;
pub(crate) mod ledger;
mod mirror;
mod readers;
mod tags;
mod transports;

use std::error::Error as _;

use tidegate::git::Error;

/// An error with its sources, as it is printed.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Checks an error's exact text, in which `places` stand for what differs from run to run.
fn check_error<T: std::fmt::Debug>(
    result: Result<T, Error>,
    places: &[(&str, &str)],
    expect: &str,
) {
    let mut text = chain(&result.expect_err("a failure"));
    for (value, place) in places {
        text = text.replace(value, place);
    }
    assert_eq!(text, expect);
}

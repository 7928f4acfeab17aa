//! Errors as a person reads them: each error's text leaves its cause out, and this puts the chain
//! together, once, at the edges.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::error::Error;

/// An error and its causes in one line: `a: b: c`.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The innermost cause alone: `connection refused` rather than the four layers around it, and none
/// of the headers and queries that those may name.
pub fn root_cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

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

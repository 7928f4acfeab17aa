//! Requests to others: what gates ask, and what people are told.
//!
//! Every request has a deadline and a limit to its answer; only so many are under way at a time; no
//! redirect is followed; addresses at which clouds hand out credentials are never connected to. A
//! secret is shown only to the hosts that it names itself, and no error repeats one.

mod address;
mod client;
mod secret;
mod signed;

pub use client::SetupError;
pub(crate) use client::{Answer, Http, too_slow};
pub(crate) use secret::Secrets;
pub(crate) use signed::{Document, post};

/// Why there is no answer, in words that say what to do; they never repeat a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);

//! Everything that talks to the Kubernetes API.
//!
//! Reads come from a watch cache ([`cache`]), never from polling. Writes are carried one at a time
//! with the preconditions of the plan, and only while the leader's lease holds ([`lease`]). Each
//! call has a deadline, and each error says what to do.

pub mod access;
pub mod approvals;
pub mod bundles;
pub mod cache;
pub mod carrier;
mod client;
mod connect;
mod error;
pub mod events;
mod guard;
pub mod halts;
pub mod intents;
pub mod lease;
pub mod live;
pub mod overrides;
mod read;
pub mod releases;
pub mod resource;
pub mod scale;
mod writer;

pub use cache::Cache;
pub use carrier::Carrier;
pub use client::Client;
pub use connect::{ConnectError, Options, connect};
pub use error::{Attempt, Cause, Class, Error, Fault, Right};
pub use guard::guard;
pub use lease::Leadership;
pub use read::{list, read};
pub use writer::Writer;

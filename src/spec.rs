//! The document kinds of a fleet, strict, each with its JSON Schema.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod names;

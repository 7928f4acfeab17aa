//! The document kinds of a fleet, strict, each with its JSON Schema.
//!
//! The types are the one definition: schemas are generated from them ([`schema`]), documents are
//! checked against the schemas ([`structure`]), so that every mistake of a document is told at once
//! and with its place, and only what fits is read into the types.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod account;
pub mod blocks;
pub mod calendar;
pub mod class;
pub mod clock;
pub mod cron;
pub mod desk;
pub mod document;
pub mod edge;
pub mod engine;
pub mod fleet;
mod format;
pub mod gate;
pub mod image;
pub mod kind;
pub mod layer;
pub mod measure;
pub mod metric;
pub mod money;
pub mod names;
pub mod net;
pub mod notify;
pub mod object_name;
pub mod overriding;
pub mod path;
pub mod quantity;
pub mod rollout;
pub mod run;
pub mod schema;
pub mod ssh_key;
pub mod strategy;
pub mod structure;
mod text;
pub mod threshold;
pub mod window;

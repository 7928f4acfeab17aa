//! Tidegate turns a Git repository of trading-strategy specs into Kubernetes workloads.
//!
//! The crate has two zones. **Core** rooms are pure: same bytes in, same bytes out; they never see
//! a file, a socket, the environment or a clock, and clippy's `disallowed_methods` holds that wall.
//! **Shell** rooms do the IO and do not use each other, except `daemon` and `cmd`, which wire.
//!
//! ```text
//! git commit ─▶ Sources ─▶ documents ─▶ Resolved ─▶ Bundle ─▶ rollout::step ─▶ actions ─▶ cluster
//! ```

// Core: pure.
pub mod admission;
pub mod approval;
pub mod build;
pub mod calendar;
pub mod compile;
pub mod definition;
pub mod diagnostic;
pub mod diff;
pub mod digest;
pub mod error;
pub mod forecast;
pub mod halt;
pub mod intent;
pub mod ledger;
pub mod object;
pub mod overrides;
pub mod people;
pub mod plan;
pub mod preview;
pub mod release;
pub mod replay;
pub mod report;
pub mod resolve;
pub mod rollout;
pub mod signature;
pub mod source;
pub mod spec;
pub mod yaml;

// Shell: IO.
#[cfg(feature = "shell")]
pub mod cli;
#[cfg(feature = "shell")]
pub mod cluster;
#[cfg(feature = "shell")]
pub mod cmd;
#[cfg(feature = "shell")]
pub mod daemon;
#[cfg(feature = "shell")]
pub mod forge;
#[cfg(feature = "shell")]
pub mod git;
#[cfg(feature = "shell")]
pub mod measure;
#[cfg(feature = "shell")]
pub mod notify;
#[cfg(feature = "shell")]
pub mod outbound;
#[cfg(feature = "shell")]
pub mod web;

//! Git: the files of a fleet, read from a folder, from a commit, or from a remote's mirror.
//!
//! * [`worktree::read`] reads a folder as its user sees it.
//! * [`tree::read`] reads the same folder at another revision, without a checkout.
//! * [`mirror::Mirror`] follows one reference of a remote repository in a bare mirror.
//! * [`ledger`] reads the fleet's ledger and appends to it, one signed commit an entry.
//!
//! The first three produce [`Sources`](crate::source::Sources) under the same limits, and equal content
//! gives equal sources, whichever way it came. Names that start with a dot belong to tools (`.git`,
//! `.github`, `.gitlab-ci.yml`) and are no part of a fleet.
//!
//! Everything here blocks: asynchronous callers use `spawn_blocking`. Nothing here runs a program,
//! a hook or a filter, follows a symbolic link, or prints a secret.

mod base64;
mod commit_id;
mod credentials;
mod error;
mod folder;
mod gather;
pub mod history;
mod known_hosts;
pub mod ledger;
mod location;
pub mod mirror;
mod near;
mod reference;
mod revision;
mod timeouts;
pub mod tree;
pub mod url;
pub mod worktree;

pub use commit_id::{CommitId, ParseCommitIdError};
pub use credentials::{BasicCredential, Credentials, SshCredential};
pub use error::{Cause, Class, Error};
pub use folder::{Folder, ParseFolderError};
pub use gather::{MAX_DEPTH, MAX_FILES, MAX_TOTAL_BYTES};
pub use known_hosts::{HostKey, KnownHosts};
pub use reference::{ParseReferenceError, Reference};
pub use timeouts::limit_network_waits;

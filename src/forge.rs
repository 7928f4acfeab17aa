//! Forges: what GitHub, GitLab, Gitea and Forgejo tell Tidegate.
//!
//! * [`webhook`] verifies and reads the requests that announce a push.

pub mod webhook;

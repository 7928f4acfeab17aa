//! The security contexts of pods and containers: the `restricted` standard, and what scanners ask
//! for beyond it.

use serde_json::{Value, json};

use crate::resolve::Engine;

/// Whether a container may write outside its volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RootFileSystem {
    /// It may not.
    ReadOnly,
    /// It may: a waiver of its engine's profile.
    Writable,
}

impl RootFileSystem {
    /// What the engine needs.
    pub(super) fn of(engine: &Engine) -> Self {
        if engine.writable_root {
            Self::Writable
        } else {
            Self::ReadOnly
        }
    }
}

/// A pod's security context.
pub(super) fn pod(engine: &Engine) -> Value {
    json!({
        "fsGroup": engine.gid,
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsGroup": engine.gid,
        "runAsNonRoot": true,
        "runAsUser": engine.uid,
        "seLinuxOptions": {"type": "container_t"},
        "seccompProfile": {"type": "RuntimeDefault"},
        "supplementalGroups": [engine.gid],
    })
}

/// A container's security context. Scanners do not count what the pod's already says.
pub(super) fn container(engine: &Engine, root: RootFileSystem) -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "privileged": false,
        "readOnlyRootFilesystem": root == RootFileSystem::ReadOnly,
        "runAsGroup": engine.gid,
        "runAsNonRoot": true,
        "runAsUser": engine.uid,
        "seLinuxOptions": {"type": "container_t"},
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

//! From an action to the request that carries it out, every precondition spelled out.

use serde_json::{Value, json};

use crate::object::{ObjectId, mark};

use super::super::Seen;
use super::{Task, Verb};

/// A resource version that no object has: etcd's first revision is older than any object. A
/// server-side apply that names it makes an object that is absent, and conflicts with one that
/// exists.
pub const UNMATCHED_RESOURCE_VERSION: &str = "1";

/// A request to the API server. The shell turns it into a path and sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `apiVersion` of the object.
    pub api_version: String,
    /// The object.
    pub id: ObjectId,
    /// What is asked for.
    pub call: Call,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A server-side apply, always forced and always with strict field validation.
    Apply {
        /// The whole body, preconditions in its metadata.
        body: Value,
        /// The field manager.
        manager: &'static str,
        /// Whether it is written.
        write: Write,
    },
    /// A JSON patch, whose first or last operation sets the resource version it is for.
    Patch {
        /// The operations.
        operations: Value,
        /// The field manager.
        manager: &'static str,
    },
    /// A deletion in the background.
    Delete {
        /// The preconditions.
        seen: Seen,
    },
}

/// Whether a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It does.
    Persist,
    /// It is a dry run.
    DryRun,
}

/// The request that a task needs next.
pub(super) fn request(task: &Task) -> Request {
    let id = task.id.clone();
    let (api_version, call) = match &task.action.verb {
        Verb::Create(object) => {
            let body = with_version(object.value(), None, UNMATCHED_RESOURCE_VERSION);
            (
                object.api_version(),
                apply(body, mark::MANAGER, Write::Persist),
            )
        }
        Verb::Apply {
            object,
            seen,
            takeover,
        } => {
            let call = match (takeover, &task.taken_over) {
                (Some(operations), None) => Call::Patch {
                    operations: operations.clone(),
                    manager: mark::MANAGER,
                },
                (_, taken_over) => {
                    let version = taken_over.as_deref().unwrap_or(&seen.resource_version);
                    let body = with_version(object.value(), Some(&seen.uid), version);
                    apply(body, mark::MANAGER, Write::Persist)
                }
            };
            (object.api_version(), call)
        }
        Verb::Rehearse { object, seen } => {
            let body = with_version(object.value(), Some(&seen.uid), &seen.resource_version);
            (
                object.api_version(),
                apply(body, mark::MANAGER, Write::DryRun),
            )
        }
        Verb::Turn {
            api_version,
            id,
            spec,
            seen,
        } => {
            let body = turn(api_version, id, spec, seen);
            (
                api_version.as_str(),
                apply(body, mark::RUNTIME_MANAGER, Write::Persist),
            )
        }
        Verb::Delete {
            api_version, seen, ..
        } => (api_version.as_str(), Call::Delete { seen: seen.clone() }),
    };
    Request {
        api_version: api_version.to_owned(),
        id,
        call,
    }
}

fn apply(body: Value, manager: &'static str, write: Write) -> Call {
    Call::Apply {
        body,
        manager,
        write,
    }
}

fn with_version(object: &Value, uid: Option<&str>, version: &str) -> Value {
    let mut body = object.clone();
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        if let Some(uid) = uid {
            metadata.insert("uid".to_owned(), uid.into());
        }
        metadata.insert("resourceVersion".to_owned(), version.into());
    }
    body
}

fn turn(api_version: &str, id: &ObjectId, spec: &Value, seen: &Seen) -> Value {
    let mut metadata = json!({
        "name": id.name,
        "uid": seen.uid,
        "resourceVersion": seen.resource_version,
    });
    if let (Some(namespace), Some(metadata)) = (&id.namespace, metadata.as_object_mut()) {
        metadata.insert("namespace".to_owned(), namespace.as_str().into());
    }
    json!({
        "apiVersion": api_version,
        "kind": id.kind,
        "metadata": metadata,
        "spec": spec,
    })
}

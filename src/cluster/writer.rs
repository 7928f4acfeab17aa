//! The one way to write: only while the lease holds, and with the answer in the cache at once.

use http::Method;
use serde_json::{Value, json};

use crate::object::{Object, ObjectId};

use super::cache::Cache;
use super::client::{Answer, Body, Call, Client};
use super::error::{Attempt, Error, Fault};
use super::lease::Leadership;
use super::resource::{Resource, escaped};

/// Writes to one cluster, in the name of its leader. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    client: Client,
    leadership: Leadership,
    cache: Cache,
}

/// What a write leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Left {
    /// The object as it is now.
    Object(Object),
    /// Nothing: it is gone.
    Nothing,
}

impl Writer {
    /// Writes through this connection while `leadership` holds. The cache takes in each answer.
    pub fn new(client: Client, leadership: Leadership, cache: Cache) -> Self {
        Self {
            client,
            leadership,
            cache,
        }
    }

    /// The connection, for reading.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether this process may still write.
    pub fn may_write(&self) -> bool {
        self.leadership.holds()
    }

    /// Makes a call that writes. The lease is looked at last, right before it is sent.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, Error> {
        if !self.leadership.holds() {
            return Err(Error::new(call.attempt, Fault::LeadershipLost));
        }
        self.client.call(call).await
    }

    /// Makes a call that writes an object.
    pub(super) async fn put(&self, call: Call) -> Result<Object, Error> {
        let attempt = call.attempt.clone();
        let answer = self.call(call).await?;
        for warning in &answer.warnings {
            tracing::warn!(%attempt, %warning, "the API server warns");
        }
        let object = object_in(answer.tree()?, attempt)?;
        self.cache.applied(&object);
        Ok(object)
    }

    /// Deletes an object in the background, if it is still the one that was seen.
    pub(super) async fn delete(
        &self,
        resource: &'static Resource,
        api_version: &str,
        id: &ObjectId,
        preconditions: Value,
    ) -> Result<Left, Error> {
        let attempt = Attempt::to("delete", id);
        let uid = preconditions.get("uid").and_then(Value::as_str);
        let uid = uid.unwrap_or_default().to_owned();
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": "Background",
        });
        let call = Call {
            attempt: attempt.clone(),
            resource,
            method: Method::DELETE,
            target: resource.object_path(api_version, id),
            body: Body::Json(options.to_string().into_bytes()),
        };
        let tree = match self.call(call).await {
            Ok(answer) => answer.tree()?,
            // It went before, and a watch that is down cannot have told of it.
            Err(error) if *error.fault() == Fault::NotFound => {
                self.cache.deleted(id, &uid);
                return Ok(Left::Nothing);
            }
            Err(error) => return Err(error),
        };
        if let Some(object) = Object::new(tree).filter(is_lingering) {
            self.cache.applied(&object);
            return Ok(Left::Object(object));
        }
        self.cache.deleted(id, &uid);
        Ok(Left::Nothing)
    }
}

/// The answer to a deletion is a status, or the object as it was, or the object as it still is
/// because something holds it: a finalizer, or a pod's time to end.
fn is_lingering(object: &Object) -> bool {
    let finalizers = object.at("/metadata/finalizers");
    let held = finalizers
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty());
    let grace = object.number("/metadata/deletionGracePeriodSeconds");
    object.kind() != "Status" && object.is_terminating() && (held || grace.unwrap_or_default() > 0)
}

pub(super) fn object_in(tree: Value, attempt: Attempt) -> Result<Object, Error> {
    Object::new(tree).ok_or_else(|| {
        let why = "it holds no object".to_owned();
        Error::new(attempt, Fault::Garbled { why })
    })
}

/// The path and query of a server-side apply: forced, with strict field validation.
pub(super) fn apply_target(path: &str, manager: &str) -> String {
    let manager = escaped(manager);
    format!("{path}?fieldManager={manager}&force=true&fieldValidation=Strict")
}

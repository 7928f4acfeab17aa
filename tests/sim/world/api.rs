//! The API server: preconditions, server-side applies by two managers, deletions.

use std::sync::Arc;

use serde_json::Value;

use tidegate::compile::UnitId;
use tidegate::digest::Digest;
use tidegate::object::{Object, ObjectId, mark};
use tidegate::plan::machine::{Call, Request, Response, UNMATCHED_RESOURCE_VERSION, Write};
use tidegate::plan::{Cause, Seen};

use super::claims::Claims;
use super::{Id, World, guard};

impl World {
    /// Answers a request that the machine makes for a unit.
    pub(crate) fn request(&mut self, unit: &UnitId, request: &Request) -> Response {
        match &request.call {
            Call::Apply {
                body,
                manager,
                write,
            } => self.apply(unit, &request.id, body, manager, *write),
            Call::Patch { .. } => match self.get(&request.id) {
                Some(live) => Response::Accepted(Some(live.object.as_ref().clone())),
                None => Response::NotFound(request.id.to_string()),
            },
            Call::Delete { seen } => self.delete(unit, &request.id, seen),
        }
    }

    /// Answers a request that a daemon sends which no longer leads.
    pub(crate) fn late_request(&mut self, unit: &UnitId, request: &Request) {
        self.is_late = true;
        self.request(unit, request);
        self.is_late = false;
    }

    fn apply(
        &mut self,
        unit: &UnitId,
        id: &ObjectId,
        body: &Value,
        manager: &str,
        write: Write,
    ) -> Response {
        if !self.is_as_seen(id, body) {
            return Response::Conflict(format!("{id} is not what was seen"));
        }
        if let Some(refusal) = self.refusal(id, body, manager) {
            return refusal;
        }
        let mut object = Object::new(body.clone()).expect("the machine sends objects");
        if let Some(metadata) = object.value_mut()["metadata"].as_object_mut() {
            metadata.shift_remove("uid");
            metadata.shift_remove("resourceVersion");
        }
        let live = self.get(id);
        let claims = live.and_then(|it| it.claims.as_deref()).cloned();
        let mut claims = claims.unwrap_or_default();
        if write == Write::DryRun {
            claims.apply(object, &self.forms);
            return Response::Accepted(Some(self.admitted(id, &claims)));
        }
        guard::applied(self, unit, id, &object, manager);
        if manager == mark::RUNTIME_MANAGER {
            self.tell(|| format!("{manager} turns {id}: {}", object.value()["spec"]));
            claims.turn(&object.value()["spec"]);
        } else {
            self.tell(|| format!("{manager} applies {id}"));
            claims.apply(object, &self.forms);
        }
        self.refresh(id, claims);
        Response::Accepted(self.get(id).map(|it| it.object.as_ref().clone()))
    }

    fn is_as_seen(&self, id: &ObjectId, body: &Value) -> bool {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let (uid, version) = (text("/metadata/uid"), text("/metadata/resourceVersion"));
        match self.get(id) {
            Some(live) => {
                version == live.object.resource_version()
                    && uid.is_none_or(|uid| Some(uid) == live.object.uid())
            }
            None => uid.is_none() && version == Some(UNMATCHED_RESOURCE_VERSION),
        }
    }

    fn refusal(&self, id: &ObjectId, body: &Value, manager: &str) -> Option<Response> {
        let template = |value: &Value| value.pointer("/spec/template").cloned();
        if manager == mark::MANAGER
            && self.immutable.contains(id)
            && let Some(live) = self.get(id)
            && template(live.object.value()) != template(body)
        {
            return Some(Response::Invalid(vec![Cause {
                field: "spec".to_owned(),
                message: "field is immutable".to_owned(),
            }]));
        }
        let namespace = id.namespace.as_ref()?;
        let mut spaces = self.of_kind("", "Namespace");
        let is_there = spaces.any(|(space, _)| space.name == *namespace);
        (!is_there).then(|| Response::NotFound(format!("namespaces {namespace:?} not found")))
    }

    fn delete(&mut self, unit: &UnitId, id: &ObjectId, seen: &Seen) -> Response {
        let Some(live) = self.get(id).cloned() else {
            return Response::NotFound(id.to_string());
        };
        if Seen::of(&live.object) != *seen {
            return Response::Conflict(format!("{id} is not what was seen"));
        }
        guard::deleted(self, unit, id, &live);
        self.remove(id);
        // A pod takes its time to end.
        Response::Accepted(self.get(id).map(|it| it.object.as_ref().clone()))
    }

    /// Works an object out from what each manager claims.
    pub(super) fn refresh(&mut self, id: &ObjectId, claims: Claims) {
        let mut object = self.admitted(id, &claims);
        let before = self.get(id).cloned();
        let mut generation = 1;
        let mut revision = None;
        if let Some(live) = &before {
            let same = |at: &str| object.at(at) == live.object.at(at);
            let is_spec_same = same("/spec");
            let others = ["/data", "/metadata/labels", "/metadata/annotations"];
            if is_spec_same && others.into_iter().all(same) && same("/metadata/managedFields") {
                return;
            }
            let number = live.object.number("/metadata/generation").unwrap_or(0);
            generation = number + i64::from(!is_spec_same);
            revision = live.revision.clone().filter(|_| is_spec_same);
            if let Some(status) = live.object.value().get("status") {
                object.value_mut()["status"] = status.clone();
            }
        }
        object.value_mut()["metadata"]["generation"] = generation.into();
        let revision = revision.or_else(|| revision_name(&object));
        let id: Id = match self.entries.get_key_value(id) {
            Some((id, _)) => id.clone(),
            None => Arc::new(id.clone()),
        };
        self.store(&id, object, Some(Arc::new(claims)), revision);
    }

    /// What the API server makes of an object.
    fn admitted(&self, id: &ObjectId, claims: &Claims) -> Object {
        let mut object = claims.merged();
        if let Some((pointer, value)) = self.altered.get(id)
            && let Some(slot) = object.value_mut().pointer_mut(pointer)
        {
            *slot = value.clone();
        }
        object
    }
}

/// The name of the revision that a workload's template is.
fn revision_name(owner: &Object) -> Option<Arc<str>> {
    let template = owner.at("/spec/template")?;
    let digest = Digest::of(template.to_string());
    Some(format!("{}-{}", owner.name(), digest.short()).into())
}

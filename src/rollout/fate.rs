//! What becomes of an object that nothing wants any more.

use serde_json::json;

use crate::compile::Bundle;
use crate::object::{Object, ObjectId, mark};
use crate::release::{JobEnd, ReleaseStatus};

use super::unit::Own;
use super::{consent, holdings, job, references, stage};

/// What becomes of an object that its unit no longer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes without a question: the unit's own next version took its place.
    Superseded,
    /// It would go, but stays while pods, or what pods are made from, refer to it.
    Referred,
    /// It stays until a person consents to this one deletion: what is in it cannot be made again.
    Protected,
    /// It goes: that was permitted before.
    Condemned,
    /// It goes once the deletions of the whole fleet are permitted.
    Asked,
}

/// The fate of a live object. `bundle` is its unit's, if Git still has the unit; `own` has at least
/// the unit's pods, replica sets and controller revisions.
pub fn fate(live: &Object, bundle: Option<&Bundle>, record: &ReleaseStatus, own: &Own<'_>) -> Fate {
    let id = live.id();
    let is_condemned = || live.uid().is_some_and(|uid| is_condemned(record, uid));
    if consent::is_protected(&id) {
        Fate::Protected
    } else if let Some(bundle) = bundle
        && stage::is_left_over(live, bundle)
    {
        // Pods keep what surrounds them until they have ended.
        if has_pods(live, own) {
            Fate::Referred
        } else {
            Fate::Superseded
        }
    } else if bundle.is_some() && is_referred(&id, own) {
        Fate::Referred
    } else if bundle.is_some() && is_superseded(live) {
        Fate::Superseded
    } else if is_condemned() {
        Fate::Condemned
    } else {
        Fate::Asked
    }
}

/// Whether there are pods of the same track as an object that makes none itself.
fn has_pods(live: &Object, own: &Own<'_>) -> bool {
    let instance = live.label(mark::INSTANCE);
    let mut pods = own.values().filter(|object| object.kind() == "Pod");
    live.kind() != "Deployment" && pods.any(|pod| pod.label(mark::INSTANCE) == instance)
}

fn is_condemned(record: &ReleaseStatus, uid: &str) -> bool {
    record.condemned.iter().any(|condemned| condemned == uid)
}

/// Whether the unit's own next version took its place.
fn is_superseded(live: &Object) -> bool {
    match live.kind() {
        "ConfigMap" => live.value().get("immutable") == Some(&json!(true)),
        "Job" => job::end(live).is_some_and(|end| end != JobEnd::Other),
        "CronJob" => true,
        _ => false,
    }
}

/// The pod that has not ended and refers to an object, or what is going to make one.
pub(super) fn user_of<'a>(id: &ObjectId, own: &Own<'a>) -> Option<&'a Object> {
    let uses = |object: &Object| match object.kind() {
        "Pod" => !matches!(object.text("/status/phase"), "Succeeded" | "Failed"),
        "StatefulSet" => holdings::is_up(object),
        _ => false,
    };
    let mut own = own.values().copied();
    own.find(|object| uses(object) && references::of_any(object).contains(id))
}

/// Whether anything that is a pod, or that a pod may still be made from, refers to an object.
fn is_referred(id: &ObjectId, own: &Own<'_>) -> bool {
    referrer(id, own).is_some()
}

/// What is a pod, or may still make one, and refers to an object.
pub(super) fn referrer<'a>(id: &ObjectId, own: &Own<'a>) -> Option<&'a Object> {
    let refers = |object: &Object| match object.kind() {
        "Pod" => {
            let ended = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
            !ended && references::of_pod(object).contains(id)
        }
        // A run of a Job makes another pod when one fails.
        "Job" => job::end(object).is_none() && references::of_any(object).contains(id),
        "ReplicaSet" | "ControllerRevision" | "CronJob" => references::of_any(object).contains(id),
        _ => false,
    };
    own.values().copied().find(|object| refers(object))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compile::{self, fixture};
    use serde_json::Value;

    fn object(version: &str, kind: &str, body: &Value) -> Object {
        let mut value = json!({
            "apiVersion": version, "kind": kind,
            "metadata": {"name": "old", "namespace": "desk-rates", "uid": format!("uid-{kind}")},
        });
        for (name, field) in body.as_object().unwrap() {
            value[name] = field.clone();
        }
        Object::new(value).unwrap()
    }

    fn config() -> Object {
        object("v1", "ConfigMap", &json!({"immutable": true}))
    }

    #[test]
    fn what_is_going_to_make_a_pod_uses_its_claim() {
        let claim = object("v1", "PersistentVolumeClaim", &json!({}));
        let volume = json!({"name": "data", "persistentVolumeClaim": {"claimName": "old"}});
        for (replicas, is_used) in [(1, true), (0, false)] {
            let spec = json!({"replicas": replicas, "template": {"spec": {"volumes": [volume]}}});
            let status = json!({"replicas": 0, "observedGeneration": 1});
            let mut set = object(
                "apps/v1",
                "StatefulSet",
                &json!({"spec": spec, "status": status}),
            );
            set.value_mut()["metadata"]["generation"] = json!(1);
            let own = BTreeMap::from([(set.identity(), &set)]);
            assert_eq!(user_of(&claim.id(), &own).is_some(), is_used);
        }
    }

    fn check(live: &Object, bundle: Option<&Bundle>, user: &Object, expect: Fate) {
        let record = ReleaseStatus {
            condemned: vec!["uid-Service".to_owned()],
            ..ReleaseStatus::default()
        };
        let own = BTreeMap::from([(user.identity(), user)]);
        assert_eq!(fate(live, bundle, &record, &own), expect);
    }

    #[test]
    fn an_earlier_version_stays_while_it_is_referred_to_and_its_unit_is_wanted() {
        let bundles = compile::fleet(&fixture::fleet([fixture::service()]));
        let bundle = bundles.last();
        let mounting = json!({"volumes": [{"name": "a", "configMap": {"name": "old"}}]});
        let history = json!({"spec": {"template": {"spec": mounting}}});
        let user = object("apps/v1", "ReplicaSet", &history);
        let stranger = object("apps/v1", "ReplicaSet", &json!({}));
        check(&config(), bundle, &user, Fate::Referred);
        check(&config(), bundle, &stranger, Fate::Superseded);
        check(&config(), None, &user, Fate::Asked);
        // One that a person made again in its place is not ours to replace, and stays as long.
        let remade = object("v1", "ConfigMap", &json!({}));
        check(&remade, bundle, &user, Fate::Referred);
        check(&remade, bundle, &stranger, Fate::Asked);

        let ended = object(
            "v1",
            "Pod",
            &json!({"spec": mounting, "status": {"phase": "Failed"}}),
        );
        check(&config(), bundle, &ended, Fate::Superseded);

        let spec = json!({"template": {"spec": mounting}});
        let running = object("batch/v1", "Job", &json!({"spec": spec}));
        check(&config(), bundle, &running, Fate::Referred);
        let done = json!({"conditions": [{"type": "Complete", "status": "True"}]});
        let done = object("batch/v1", "Job", &json!({"spec": spec, "status": done}));
        check(&config(), bundle, &done, Fate::Superseded);
    }

    #[test]
    fn what_cannot_be_made_again_is_protected_and_the_rest_is_asked_about_once() {
        let bundles = compile::fleet(&fixture::fleet([fixture::service()]));
        let user = object("v1", "Pod", &json!({}));
        for bundle in [None, bundles.last()] {
            let of = |kind: &str| object("v1", kind, &json!({}));
            check(&of("PersistentVolumeClaim"), bundle, &user, Fate::Protected);
            check(&of("Service"), bundle, &user, Fate::Condemned);
            check(&of("ServiceAccount"), bundle, &user, Fate::Asked);
        }
    }
}

//! Who of a desk's people may do what in its namespace. The roles come with Tidegate.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Owner;
use super::context::{Api, metadata, object};
use super::fields::Fields;
use super::labels;
use crate::object::Object;
use crate::resolve::{Desk, Fleet};

const GROUP: &str = "rbac.authorization.k8s.io";

/// The bindings, one for each role that somebody has.
pub(super) fn build(fleet: &Fleet, desk: &Desk, owner: &Owner) -> Vec<Object> {
    let bind = |role: &str, groups: &[String]| {
        let groups: BTreeSet<&str> = groups.iter().map(String::as_str).collect();
        let subjects: Vec<Value> = groups.into_iter().map(subject).collect();
        let labels = labels::of_desk(fleet, desk, owner);
        let metadata = metadata(role, Some(&desk.namespace), labels, desk);
        let fields = Fields::new()
            .with(
                "roleRef",
                json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": role}),
            )
            .with_list("subjects", subjects);
        object(
            Api("rbac.authorization.k8s.io/v1", "RoleBinding"),
            metadata,
            fields,
        )
    };
    let roles = [
        ("tidegate-desk-operator", &desk.operators),
        ("tidegate-desk-viewer", &desk.viewers),
    ];
    let held = roles.into_iter().filter(|(_, groups)| !groups.is_empty());
    held.map(|(role, groups)| bind(role, groups)).collect()
}

fn subject(group: &str) -> Value {
    json!({"apiGroup": GROUP, "kind": "Group", "name": group})
}

//! Every object that is or may be in the cluster because of a unit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::{Object, ObjectId, mark};
use crate::release::{InventoryEntry, ReleaseStatus};

/// The inventory to record: what should be there, and what is. An entry leaves only when its object
/// was seen to be gone; one that comes to light later, from a write that was cut short, is found
/// again by its owner label and its field manager.
pub(super) fn next(
    record: &ReleaseStatus,
    desired: &[Object],
    own: &BTreeMap<ObjectId, &Object>,
) -> Vec<InventoryEntry> {
    let mut entries: BTreeMap<ObjectId, InventoryEntry> = desired
        .iter()
        .map(|object| (object.id(), InventoryEntry::of(object)))
        .collect();
    for live in seen(record, own).values() {
        let uid = live.uid().map(str::to_owned);
        entries
            .entry(live.id())
            .or_insert_with(|| InventoryEntry::of(live))
            .uid = uid;
    }
    keep_uids(&mut entries, record);
    entries.into_values().collect()
}

/// What was seen of the unit's inventory: what the record lists, and what we made without its
/// knowing.
pub(super) fn seen<'a>(
    record: &ReleaseStatus,
    own: &BTreeMap<ObjectId, &'a Object>,
) -> BTreeMap<ObjectId, &'a Object> {
    let listed: BTreeSet<ObjectId> = record.inventory.iter().map(InventoryEntry::id).collect();
    own.iter()
        .filter(|(id, object)| listed.contains(id) || is_ours(object))
        .map(|(id, object)| (id.clone(), *object))
        .collect()
}

/// A uid that was seen once says that a Job ran, even when its object is gone for now.
fn keep_uids(entries: &mut BTreeMap<ObjectId, InventoryEntry>, record: &ReleaseStatus) {
    for old in &record.inventory {
        if let Some(entry) = entries.get_mut(&old.id())
            && entry.uid.is_none()
        {
            entry.uid.clone_from(&old.uid);
        }
    }
}

/// Whether we made an object, and no controller did: a copy that a person made of one of ours
/// carries our label, but not our field manager.
pub fn is_ours(object: &Object) -> bool {
    let is_text =
        |value: &Value, key: &str, text: &str| value.get(key).and_then(Value::as_str) == Some(text);
    let applied = object.managed_fields().any(|entry| {
        is_text(entry, "manager", mark::MANAGER) && is_text(entry, "operation", "Apply")
    });
    let owners = object.value().pointer("/metadata/ownerReferences");
    let is_made = owners
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
    applied && !is_made
}

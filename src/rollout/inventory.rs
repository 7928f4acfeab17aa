//! Every object that is or may be in the cluster because of a unit.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::{Object, ObjectId, mark};
use crate::release::{InventoryEntry, ReleaseStatus};

use super::unit::Own;

/// The inventory to record: what should be there, and what is. An entry leaves only when its object
/// was seen to be gone; one that comes to light later, from a write that was cut short, is found
/// again by its owner label and its field manager.
pub(super) fn next(
    record: &ReleaseStatus,
    desired: &[Object],
    own: &Own<'_>,
) -> Vec<InventoryEntry> {
    let mut entries: BTreeMap<&ObjectId, InventoryEntry> = desired
        .iter()
        .map(|object| (object.identity(), InventoryEntry::of(object)))
        .collect();
    for (id, live) in seen(record, own) {
        let uid = live.uid().map(str::to_owned);
        entries
            .entry(id)
            .or_insert_with(|| InventoryEntry::of(live))
            .uid = uid;
    }
    keep_uids(&mut entries, record);
    entries.into_values().collect()
}

/// What was seen of the unit's inventory: what the record lists, and what we made without its
/// knowing.
pub(super) fn seen<'a>(record: &ReleaseStatus, own: &Own<'a>) -> Own<'a> {
    let is_listed = |id: &ObjectId| record.inventory.iter().any(|entry| entry.is(id));
    own.iter()
        .filter(|(id, object)| is_ours(object) || is_listed(id))
        .map(|(id, object)| (*id, *object))
        .collect()
}

/// A uid that was seen once says that a Job ran, even when its object is gone for now.
fn keep_uids(entries: &mut BTreeMap<&ObjectId, InventoryEntry>, record: &ReleaseStatus) {
    for (id, entry) in entries.iter_mut().filter(|(_, entry)| entry.uid.is_none()) {
        let mut known = record.inventory.iter().filter(|old| old.is(id));
        entry.uid = known.find_map(|old| old.uid.clone());
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
    let owners = object.at("/metadata/ownerReferences");
    let is_made = owners
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
    applied && !is_made
}

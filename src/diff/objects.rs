//! Two rendered sets of objects, compared object by object.

use std::collections::BTreeMap;

use crate::diff::{ObjectDiff, Verdict, tree};
use crate::object::{Object, ObjectId};

/// How many hex digits of a digest a name ends in.
const DIGEST_DIGITS: usize = 10;

/// What differs between two rendered sets: the later set's objects in their order, then those that
/// only the earlier set has, in theirs.
///
/// Objects pair by identity. Of the rest, those whose names differ only in the digest at the end
/// pair too, so that a changed config shows as changed data.
pub fn objects(before: &[Object], after: &[Object]) -> Vec<ObjectDiff> {
    let mut earlier: BTreeMap<ObjectId, &Object> =
        before.iter().map(|object| (object.id(), object)).collect();
    let paired: Vec<(&Object, Option<&Object>)> = after
        .iter()
        .map(|object| (object, earlier.remove(&object.id())))
        .collect();
    let mut renamed = by_base(
        before
            .iter()
            .filter(|object| earlier.contains_key(&object.id())),
    );
    let mut diffs: Vec<ObjectDiff> = paired
        .into_iter()
        .map(|(object, same)| match same {
            Some(before) => between(before, object),
            None => match base_of(object).and_then(|base| take_first(&mut renamed, &base)) {
                Some(before) => {
                    earlier.remove(&before.id());
                    renaming(before, object)
                }
                None => ObjectDiff::created(object),
            },
        })
        .collect();
    diffs.extend(
        before
            .iter()
            .filter(|object| earlier.remove(&object.id()).is_some())
            .map(ObjectDiff::deleted),
    );
    diffs
}

fn between(before: &Object, after: &Object) -> ObjectDiff {
    let id = after.id();
    let changes = tree(&id.group, &id.kind, before.value(), after.value());
    if changes.is_empty() {
        return ObjectDiff::same(id);
    }
    ObjectDiff::differing(before.clone(), after.clone(), changes)
}

fn renaming(before: &Object, after: &Object) -> ObjectDiff {
    let diff = between(before, after);
    debug_assert!(diff.verdict != Verdict::Same, "their names differ");
    ObjectDiff {
        renamed_from: Some(before.name().to_owned()),
        ..diff
    }
}

fn by_base<'a>(objects: impl Iterator<Item = &'a Object>) -> BTreeMap<ObjectId, Vec<&'a Object>> {
    let mut bases: BTreeMap<ObjectId, Vec<&Object>> = BTreeMap::new();
    for object in objects {
        if let Some(base) = base_of(object) {
            bases.entry(base).or_default().push(object);
        }
    }
    bases
}

fn take_first<'a>(
    bases: &mut BTreeMap<ObjectId, Vec<&'a Object>>,
    base: &ObjectId,
) -> Option<&'a Object> {
    let candidates = bases.get_mut(base)?;
    (!candidates.is_empty()).then(|| candidates.remove(0))
}

/// The identity without the digest at the end of the name, if there is one.
fn base_of(object: &Object) -> Option<ObjectId> {
    let id = object.id();
    let (base, digest) = id.name.rsplit_once('-')?;
    let is_digest = digest.len() == DIGEST_DIGITS
        && digest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (is_digest && !base.is_empty()).then(|| ObjectId {
        name: base.to_owned(),
        ..id.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config(name: &str, value: &str) -> Object {
        Object::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "desk"},
            "data": {"a": value},
        }))
        .unwrap()
    }

    fn check(before: &[Object], after: &[Object], expect: &[&str]) {
        let found: Vec<String> = objects(before, after)
            .iter()
            .map(|diff| {
                let from = diff.renamed_from.as_deref().unwrap_or_default();
                match &diff.verdict {
                    Verdict::Same => format!("same {}", diff.id.name),
                    Verdict::Created => format!("created {}", diff.id.name),
                    Verdict::Deleted => format!("deleted {}", diff.id.name),
                    Verdict::CannotTell { reason } => format!("cannot tell {reason}"),
                    Verdict::Differs(changes) => {
                        let paths: Vec<String> = changes
                            .iter()
                            .map(|change| change.path.to_string())
                            .collect();
                        format!("differs {from}>{} {}", diff.id.name, paths.join(" "))
                    }
                }
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn pairs_by_identity_in_the_later_order() {
        check(
            &[config("a", "1"), config("b", "1"), config("c", "1")],
            &[config("d", "1"), config("b", "2"), config("a", "1")],
            &["created d", "differs >b data.a", "same a", "deleted c"],
        );
    }

    #[test]
    fn a_new_digest_in_the_name_is_a_rename() {
        check(
            &[config("mm-0123456789", "1")],
            &[config("mm-abcdef0123", "2")],
            &["differs mm-0123456789>mm-abcdef0123 metadata.name data.a"],
        );
    }

    #[test]
    fn other_names_are_not_paired() {
        check(
            &[config("mm-012345678", "1"), config("mn-0123456789", "1")],
            &[config("mm-abcdef012", "1"), config("mm-abcdef0123", "1")],
            &[
                "created mm-abcdef012",
                "created mm-abcdef0123",
                "deleted mm-012345678",
                "deleted mn-0123456789",
            ],
        );
    }

    #[test]
    fn a_kept_digest_name_is_not_taken_for_the_old_one() {
        check(
            &[config("mm-0123456789", "1")],
            &[config("mm-abcdef0123", "2"), config("mm-0123456789", "1")],
            &["created mm-abcdef0123", "same mm-0123456789"],
        );
    }
}

//! Claims outlive names: a renamed strategy mounts what it already has.
//!
//! A claim's name is that of the strategy which first made it, a dot, and what is kept there. The
//! compiler knows one earlier name at most; the record knows the claims themselves, so they stay
//! mounted after `renamedFrom` is taken out of the spec, and over any number of renames.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compile::Bundle;
use crate::object::Object;
use crate::release::ReleaseStatus;

use super::{Observed, unit};

const CLAIM: &str = "PersistentVolumeClaim";

/// The claims of a bundle: what is kept there → the claim's name.
///
/// What the record says stands. Without a record, a claim that is there wins over one that would
/// have to be made.
pub fn claims(
    bundle: &Bundle,
    record: &ReleaseStatus,
    observed: &Observed,
) -> BTreeMap<String, String> {
    if claims_of(bundle).next().is_none() {
        return BTreeMap::new();
    }
    let live = live(bundle, record, observed);
    let decide = |name: &str| {
        let kept = kept_in(name);
        if let Some(recorded) = record.claims.get(kept) {
            return recorded.clone();
        }
        let moved = || live.iter().find(|other| kept_in(other) == kept);
        let there = live.get(name).or_else(moved);
        there.map_or(name, String::as_str).to_owned()
    };
    claims_of(bundle)
        .map(|claim| (kept_in(claim.name()).to_owned(), decide(claim.name())))
        .collect()
}

/// Of a bundle's claims, those to record: they are there, or were. One that was never made may
/// still get another name, when a rename is declared late.
pub(super) fn recorded(
    bundle: &Bundle,
    record: &ReleaseStatus,
    observed: &Observed,
) -> BTreeMap<String, String> {
    let mut claims = claims(bundle, record, observed);
    if claims.is_empty() {
        return claims;
    }
    let live = live(bundle, record, observed);
    claims.retain(|kept, name| record.claims.contains_key(kept) || live.contains(name));
    claims
}

fn live(bundle: &Bundle, record: &ReleaseStatus, observed: &Observed) -> BTreeSet<String> {
    let own = unit::owned(Some(bundle), record, observed);
    own.filter(|it| it.kind() == CLAIM)
        .chain(&observed.old_claims)
        .map(|claim| claim.name().to_owned())
        .collect()
}

/// The bundle with other claims: made under their names, and mounted by them.
#[must_use]
pub fn adopt(bundle: &Bundle, claims: &BTreeMap<String, String>) -> Bundle {
    let names: BTreeMap<String, String> = claims_of(bundle)
        .filter_map(|claim| {
            let actual = claims.get(kept_in(claim.name()))?;
            (actual != claim.name()).then(|| (claim.name().to_owned(), actual.clone()))
        })
        .collect();
    let mut bundle = bundle.clone();
    if names.is_empty() {
        return bundle;
    }
    for object in &mut bundle.objects {
        if object.kind() == CLAIM {
            let metadata = object.value_mut().get_mut("metadata");
            replace(
                metadata.and_then(|metadata| metadata.get_mut("name")),
                &names,
            );
        } else {
            mount(object, &names);
        }
    }
    bundle
}

/// The bundle with the claims that its unit has.
pub fn adopted(bundle: &Bundle, record: &ReleaseStatus, observed: &Observed) -> Bundle {
    adopt(bundle, &claims(bundle, record, observed))
}

fn claims_of(bundle: &Bundle) -> impl Iterator<Item = &Object> {
    bundle
        .objects
        .iter()
        .filter(|object| object.kind() == CLAIM)
}

fn kept_in(claim: &str) -> &str {
    claim.rsplit_once('.').map_or(claim, |(_, kept)| kept)
}

fn mount(workload: &mut Object, names: &BTreeMap<String, String>) {
    for pointer in [
        "/spec/template/spec/volumes",
        "/spec/jobTemplate/spec/template/spec/volumes",
    ] {
        let volumes = workload
            .value_mut()
            .pointer_mut(pointer)
            .and_then(Value::as_array_mut);
        for volume in volumes.into_iter().flatten() {
            replace(
                volume.pointer_mut("/persistentVolumeClaim/claimName"),
                names,
            );
        }
    }
}

fn replace(name: Option<&mut Value>, names: &BTreeMap<String, String>) {
    if let Some(name) = name
        && let Some(actual) = name.as_str().and_then(|name| names.get(name))
    {
        *name = actual.as_str().into();
    }
}

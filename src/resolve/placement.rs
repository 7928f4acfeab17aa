//! Where a strategy runs.

use std::collections::BTreeMap;

use super::Placement;
use super::case::Case;
use super::strategy::check_strategy;
use crate::spec::class::Capacity;
use crate::spec::net::Venue;

/// The placement, with a venue's nearness as a preference.
pub(super) fn settle(case: &mut Case) -> Placement {
    let Some(spec) = case.spec.placement.clone() else {
        return Placement::default();
    };
    let mut prefer = spec.prefer.clone();
    if let Some(venue) = &spec.near {
        near(case, venue, &mut prefer);
    }
    check_labels(case, "/placement/require", &spec.require);
    check_labels(case, "/placement/prefer", &spec.prefer);
    for (index, name) in spec.apart_from.iter().enumerate() {
        check_strategy(case, name, &format!("/placement/apartFrom/{index}"));
    }
    let capacity = spec.capacity.unwrap_or_default();
    if capacity == Capacity::Spot && case.spec.class.is_singleton() {
        case.warn(
            "singleton-on-spot",
            "/placement/capacity",
            "a node that may be taken away at any moment takes this strategy's only pod with it",
            "use `capacity: on-demand`",
        );
    }
    Placement {
        require: spec.require,
        prefer,
        apart_from: spec.apart_from,
        capacity,
    }
}

fn near(case: &mut Case, venue: &Venue, prefer: &mut BTreeMap<String, Vec<String>>) {
    let known = case.tables.fleet_spec.venues.get(venue);
    let regions = known.map(|it| it.regions.clone()).unwrap_or_default();
    let zones = known.map(|it| it.zones.clone()).unwrap_or_default();
    if regions.is_empty() && zones.is_empty() {
        case.warn(
            "venue-place-unknown",
            "/placement/near",
            format!("it is not known where `{venue}` is, so that nothing is near to it"),
            format!("add `{venue}: {{regions: […]}}` to `venues` in `tidegate.yaml`"),
        );
    }
    for (label, values) in [
        ("topology.kubernetes.io/region", regions),
        ("topology.kubernetes.io/zone", zones),
    ] {
        if !values.is_empty() {
            prefer.entry(label.to_owned()).or_insert(values);
        }
    }
}

fn check_labels(case: &mut Case, pointer: &str, labels: &BTreeMap<String, Vec<String>>) {
    for (label, values) in labels {
        let key = label.replace('~', "~0").replace('/', "~1");
        let pointer = format!("{pointer}/{key}");
        if !is_label_key(label) {
            case.error(
                "invalid-value",
                &pointer,
                format!("`{label}` is not a node label"),
                "write it as `kubectl get nodes --show-labels` does",
            );
        }
        if values.is_empty() || !values.iter().all(|value| is_label_value(value)) {
            case.error(
                "invalid-value",
                &pointer,
                format!("`{label}` needs values that a node label can have"),
                "write a list of letters, digits, `-`, `_` and `.`, each at most 63 characters",
            );
        }
    }
}

fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let prefix_fits = prefix.is_none_or(|prefix| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.bytes().all(|b| inner(b) || matches!(b, b'-' | b'.'))
    });
    prefix_fits && !name.is_empty() && is_label_value(name)
}

fn is_label_value(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric();
    text.len() <= 63
        && text.bytes().next().is_none_or(inner)
        && text.bytes().next_back().is_none_or(inner)
        && text
            .bytes()
            .all(|b| inner(b) || matches!(b, b'-' | b'_' | b'.'))
}

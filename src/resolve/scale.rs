//! What scales a service, and between which numbers.

use std::collections::BTreeMap;

use super::case::Case;
use super::{Class, Quantity, Scale};
use crate::spec::measure::Percent;
use crate::spec::strategy::{Replicas, ScaleSpec};

/// What scales the service, if anything does that is enforced.
pub(super) fn settle(case: &mut Case) -> Option<Scale> {
    let specs = case.spec.scale.clone().unwrap_or_default();
    let (mut cpu, mut memory) = (None, None);
    let mut metrics = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let pointer = format!("/scale/{index}");
        check_one(case, &pointer, spec);
        for (name, target, slot) in [
            ("cpu", spec.cpu, &mut cpu),
            ("memory", spec.memory, &mut memory),
        ] {
            let Some(target) = target else { continue };
            let whole = utilization(case, &format!("{pointer}/{name}"), target);
            if slot.is_some() {
                case.error(
                    "duplicate-name",
                    &pointer,
                    format!("`{name}` is there twice"),
                    "keep one of them",
                );
            }
            *slot = whole.or(*slot);
        }
        if let Some((name, target)) = metric(case, &pointer, spec)
            && metrics.insert(name.clone(), target).is_some()
        {
            case.error(
                "duplicate-name",
                &pointer,
                format!("`{name}` is there twice"),
                "keep one of them",
            );
        }
    }
    let is_empty = cpu.is_none() && memory.is_none() && metrics.is_empty();
    if case.spec.class != Class::Service || is_empty {
        return None;
    }
    let (min, max) = range(case)?;
    Some(Scale {
        min,
        max,
        cpu,
        memory,
        metrics,
    })
}

/// A metric of the pods, and what it is to be for each of them.
fn metric(case: &mut Case, pointer: &str, spec: &ScaleSpec) -> Option<(String, Quantity)> {
    let wrong = |case: &mut Case, field: &str, message: String, help: &str| {
        case.error("invalid-value", &format!("{pointer}{field}"), message, help);
        None
    };
    let (name, target) = match (&spec.metric, spec.target) {
        (Some(name), Some(target)) => (name, target),
        (Some(name), None) => {
            let message = format!("nothing says at which `{name}` the pods are held");
            return wrong(case, "", message, "add `target: …`, the value for each pod");
        }
        (None, Some(_)) => {
            let message = "`target` is a metric's, and none is named".to_owned();
            return wrong(case, "/target", message, "add `metric: …`, or remove it");
        }
        (None, None) => return None,
    };
    let is_name = !name.is_empty() && !name.contains(['/', '%']) && name != "." && name != "..";
    if !is_name {
        let message = format!("`{name}` is no name of a metric");
        let help = "write it as the cluster's custom metrics API has it, such as `queue_depth`";
        return wrong(case, "/metric", message, help);
    }
    if target.0 == 0 {
        let message = "no number of pods brings a value down to nothing".to_owned();
        return wrong(case, "/target", message, "write the value for each pod");
    }
    let target = target.0.to_string().parse();
    Some((name.clone(), target.expect("a whole number is a quantity")))
}

/// One entry says one thing.
fn check_one(case: &mut Case, pointer: &str, spec: &ScaleSpec) {
    let written = [
        spec.cpu.is_some(),
        spec.memory.is_some(),
        spec.metric.is_some(),
        spec.session.is_some(),
    ];
    if written.into_iter().filter(|is| *is).count() != 1 {
        case.error(
            "invalid-value",
            pointer,
            "an entry names one thing that scales: `cpu`, `memory`, `metric` or `session`",
            "make one entry of each",
        );
    }
    if spec.min.is_some() && spec.session.is_none() {
        case.error(
            "invalid-value",
            &format!("{pointer}/min"),
            "`min` is a session's, and none is named",
            "remove it: `replicas: {min: …}` holds at any time",
        );
    }
}

/// The autoscaler counts in whole percent of what is requested, which is also the limit.
fn utilization(case: &mut Case, pointer: &str, target: Percent) -> Option<u32> {
    let parts = target.parts_per_million();
    let whole = parts / 10_000;
    if !parts.is_multiple_of(10_000) || !(1..=100).contains(&whole) {
        case.error(
            "invalid-value",
            pointer,
            format!("`{target}` is no target that pods could be held at"),
            "write a whole percentage from `1%` to `100%`, such as `70%`",
        );
        return None;
    }
    Some(whole)
}

fn range(case: &mut Case) -> Option<(u32, u32)> {
    match case.spec.replicas {
        Some(Replicas::Range { min, max }) if min > 0 => Some((min, max.max(min))),
        Some(Replicas::Range { .. }) => {
            case.error(
                "invalid-value",
                "/replicas/min",
                "nothing can be measured of no pod, so that it would never get one",
                "write at least 1",
            );
            None
        }
        Some(Replicas::Fixed(_)) | None => {
            case.error(
                "missing-field",
                "/scale",
                "there is nothing to scale between",
                "write `replicas: {min: …, max: …}`",
            );
            None
        }
    }
}

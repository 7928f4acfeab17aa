//! What scales a service, and between which numbers.

use super::case::Case;
use super::{Class, Scale};
use crate::spec::measure::Percent;
use crate::spec::strategy::{Replicas, ScaleSpec};

/// What scales the service, if anything does that is enforced.
pub(super) fn settle(case: &mut Case) -> Option<Scale> {
    let specs = case.spec.scale.clone().unwrap_or_default();
    let (mut cpu, mut memory) = (None, None);
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
    }
    if case.spec.class != Class::Service || (cpu.is_none() && memory.is_none()) {
        return None;
    }
    let (min, max) = range(case)?;
    Some(Scale {
        min,
        max,
        cpu,
        memory,
    })
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

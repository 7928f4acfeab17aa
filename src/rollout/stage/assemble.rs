//! From a picture of two versions to their objects.

mod route;

use serde_json::json;

use super::super::ratio::Bounds;
use super::track::Track;
use super::{Context, ManifestSet, Picture, Role, Serves, Side, Size, turned};
use crate::compile::{Bundle, UnitId};
use crate::object::{Object, mark};

/// The objects of both versions, and who turns what of them.
pub(super) fn assemble(
    stable: Option<&Bundle>,
    candidate: &Bundle,
    picture: &Picture,
    context: &Context,
) -> ManifestSet {
    let mut set = ManifestSet {
        bundle: Bundle {
            objects: Vec::new(),
            ..candidate.clone()
        },
        sides: Vec::new(),
        turned: std::collections::BTreeMap::new(),
        ratio: picture
            .is_ratio
            .then(|| (context.replicas, Bounds::usual(context.replicas))),
    };
    let (first, second) = match stable {
        Some(stable) if !picture.is_taken_over => (stable, Some(candidate)),
        other => (candidate, other),
    };
    for bundle in std::iter::once(first).chain(second) {
        set.share(bundle);
    }
    if let Some(stable) = stable {
        set.side(stable, Role::Stable, &context.stable, picture.stable);
    }
    set.side(
        candidate,
        Role::Candidate,
        &context.candidate,
        picture.candidate,
    );
    set.lead_clients(picture.serves, context);
    route::lead(&mut set, stable, candidate, &picture.traffic, context);
    turned::sets(&mut set);
    set
}

/// Adds a second copy of a version, which stands by.
pub(super) fn add_standby(set: &mut ManifestSet, bundle: &Bundle, track: &Track) {
    set.side(bundle, Role::Standby, track, None);
}

/// The name of the strategy that a bundle is of.
pub(super) fn strategy(bundle: &Bundle) -> &str {
    match &bundle.unit {
        UnitId::Strategy(name) => name.as_str(),
        UnitId::Desk(_) => "",
    }
}

/// Whether each version has an object of this kind for itself.
pub(super) fn is_of_track(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment"
            | "StatefulSet"
            | "PodDisruptionBudget"
            | "NetworkPolicy"
            | "HorizontalPodAutoscaler"
    )
}

/// The Service that a strategy's clients use.
pub(super) fn clients<'o>(objects: &'o [Object], strategy: &str) -> Option<&'o Object> {
    let mut objects = objects.iter();
    objects.find(|object| object.kind() == "Service" && object.name() == strategy)
}

impl ManifestSet {
    /// Adds what no version has for itself, unless it is there already.
    fn share(&mut self, bundle: &Bundle) {
        for object in &bundle.objects {
            let is_there = self.bundle.objects.iter().any(|it| it.id() == object.id());
            if !is_of_track(object.kind()) && !is_there {
                self.bundle.objects.push(object.clone());
            }
        }
    }

    /// Adds what a version has for itself.
    fn side(&mut self, bundle: &Bundle, role: Role, track: &Track, pods: Option<u32>) {
        let strategy = strategy(bundle);
        for object in bundle.objects.iter().filter(|it| is_of_track(it.kind())) {
            let mut placed = track.place(object, strategy);
            if Some(object.id()) == bundle.workload {
                let size = size(bundle, object, pods);
                if size != Size::Printed(printed(object))
                    && let Some(spec) = placed.value_mut()["spec"].as_object_mut()
                {
                    spec.shift_remove("replicas");
                }
                self.sides.push(Side {
                    role,
                    instance: track.name(strategy),
                    workload: placed.id(),
                    behaviour: bundle.behaviour.hex(),
                    size,
                });
                if role == Role::Candidate {
                    self.bundle.workload = Some(placed.id());
                }
            }
            self.bundle.objects.push(placed);
        }
    }

    /// Says whose pods the clients' Service selects.
    fn lead_clients(&mut self, serves: Serves, context: &Context) {
        let name = strategy(&self.bundle).to_owned();
        let selector = match serves {
            Serves::Stable => json!({mark::INSTANCE: context.stable.name(&name)}),
            Serves::Candidate => json!({mark::INSTANCE: context.candidate.name(&name)}),
            Serves::Both => json!({mark::SERVES: name}),
            Serves::Nobody => {
                let leads = |it: &Object| it.kind() == "HTTPRoute" || it.name() == name;
                let is_way = |it: &Object| matches!(it.kind(), "HTTPRoute" | "Service");
                self.bundle.objects.retain(|it| !(is_way(it) && leads(it)));
                return;
            }
        };
        let mut objects = self.bundle.objects.iter_mut();
        let service = objects.find(|it| it.kind() == "Service" && it.name() == name);
        if let Some(service) = service {
            service.value_mut()["spec"]["selector"] = selector;
        }
    }
}

fn printed(workload: &Object) -> u32 {
    let replicas = workload.number("/spec/replicas").unwrap_or(1);
    u32::try_from(replicas).unwrap_or(0)
}

/// Who says how many pods a workload has: the stage, if it does, or else what the bundle says.
pub(super) fn size(bundle: &Bundle, workload: &Object, pods: Option<u32>) -> Size {
    if let Some(pods) = pods {
        return Size::Turned(pods);
    }
    let mut objects = bundle.objects.iter();
    let number = |scaler: &Object, field: &str| {
        let number = scaler.number(&format!("/spec/{field}")).unwrap_or(1);
        u32::try_from(number).unwrap_or(1)
    };
    match objects.find(|it| it.kind() == "HorizontalPodAutoscaler") {
        Some(scaler) => Size::Scaled {
            min: number(scaler, "minReplicas"),
            max: number(scaler, "maxReplicas"),
        },
        None => Size::Printed(printed(workload)),
    }
}

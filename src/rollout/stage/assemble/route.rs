//! The rules of the route, and the Services that it leads to.
//!
//! Rules are one field to the API server, which one manager owns whole: `tidegate-runtime`. Every
//! default is written out, so that what is read back is what was written.

use serde_json::{Value, json};

use super::super::track::Track;
use super::super::{Context, ManifestSet, Traffic};
use super::{clients, strategy};
use crate::compile::Bundle;
use crate::object::{Object, mark};
use crate::resolve::rollout::{HeaderMatch, HeaderValue};
use crate::spec::measure::Percent;

/// Says how requests are divided, if there is a route.
pub(super) fn lead(
    set: &mut ManifestSet,
    stable: Option<&Bundle>,
    candidate: &Bundle,
    traffic: &Traffic,
    context: &Context,
) {
    let mut objects = set.bundle.objects.iter_mut();
    let Some(route) = objects.find(|it| it.kind() == "HTTPRoute") else {
        return;
    };
    let id = route.id();
    let port = route
        .number("/spec/rules/0/backendRefs/0/port")
        .unwrap_or(0);
    if let Some(spec) = route.value_mut()["spec"].as_object_mut() {
        spec.shift_remove("rules");
    }
    let name = strategy(candidate);
    let ways = Ways {
        stable: context.stable.name(name),
        candidate: context.candidate.name(name),
        port,
    };
    set.turned.insert(id, json!({"rules": ways.rules(traffic)}));
    let stable = stable.map(|stable| (stable, &context.stable));
    for (bundle, track) in stable.into_iter().chain([(candidate, &context.candidate)]) {
        set.bundle.objects.extend(service(bundle, track));
    }
}

/// The Service of a track. The main one's is that of the clients, as long as that leads there; once
/// it leads elsewhere, nothing goes to the main track.
fn service(bundle: &Bundle, track: &Track) -> Option<Object> {
    let strategy = strategy(bundle);
    let clients = clients(&bundle.objects, strategy).filter(|_| !track.is_main())?;
    let mut placed = track.place(clients, strategy);
    placed.value_mut()["spec"]["selector"] = json!({mark::INSTANCE: track.name(strategy)});
    Some(placed)
}

/// The Services that requests can go to.
struct Ways {
    stable: String,
    candidate: String,
    port: i64,
}

impl Ways {
    fn rules(&self, traffic: &Traffic) -> Value {
        let everything = || json!([{"path": {"type": "PathPrefix", "value": "/"}}]);
        let rule = |backends: Value| json!({"backendRefs": backends, "matches": everything()});
        let to = |name: &str, weight: u32| self.backend(name, weight);
        match traffic {
            Traffic::Stable => json!([rule(json!([to(&self.stable, 100)]))]),
            Traffic::Candidate => json!([rule(json!([to(&self.candidate, 100)]))]),
            Traffic::Split(share) => {
                let (old, new) = weights(*share);
                json!([rule(json!([
                    to(&self.stable, old),
                    to(&self.candidate, new)
                ]))])
            }
            Traffic::Match(headers) => {
                let matches: Vec<Value> = headers.iter().map(header).collect();
                let backends = json!([to(&self.candidate, 100)]);
                let matched = json!({"backendRefs": backends, "matches": matches});
                json!([matched, rule(json!([to(&self.stable, 100)]))])
            }
            Traffic::Mirror(share) => {
                let mut mirrored = rule(json!([to(&self.stable, 100)]));
                mirrored["filters"] = json!([self.mirror(*share)]);
                json!([mirrored])
            }
        }
    }

    fn backend(&self, name: &str, weight: u32) -> Value {
        json!({"group": "", "kind": "Service", "name": name, "port": self.port, "weight": weight})
    }

    fn mirror(&self, share: Percent) -> Value {
        let to = json!({
            "group": "", "kind": "Service", "name": self.candidate, "port": self.port,
        });
        let mut mirror = json!({"backendRef": to});
        let parts = share.parts_per_million();
        if share != Percent::WHOLE && parts.is_multiple_of(10_000) {
            mirror["percent"] = json!(parts / 10_000);
        } else if share != Percent::WHOLE {
            mirror["fraction"] = json!({"numerator": parts, "denominator": 1_000_000});
        }
        json!({"type": "RequestMirror", "requestMirror": mirror})
    }
}

/// The weights of the old and the new version: of a hundred where that is exact.
fn weights(share: Percent) -> (u32, u32) {
    let parts = share.parts_per_million().min(1_000_000);
    if parts.is_multiple_of(10_000) {
        (100 - parts / 10_000, parts / 10_000)
    } else {
        (1_000_000 - parts, parts)
    }
}

fn header(wanted: &HeaderMatch) -> Value {
    let (kind, value) = match &wanted.value {
        HeaderValue::Exact(value) => ("Exact", value),
        HeaderValue::Pattern(pattern) => ("RegularExpression", pattern),
    };
    json!({
        "headers": [{"name": wanted.header.as_str(), "type": kind, "value": value}],
        "path": {"type": "PathPrefix", "value": "/"},
    })
}

//! Whether a route is in place: every gateway that it names has taken it in as it is now.
//!
//! A gateway's controller says so in the route's status, under the reference that the route has to
//! that gateway, and with the generation that it speaks of. What it said of an earlier generation,
//! or what is left of a gateway that the route no longer names, counts for nothing.

use serde_json::Value;

use super::super::super::waiting::{By, Wait};
use crate::object::Object;

/// What makes one reference another, and what each is where it is not said.
const REFERENCE: [(&str, Option<&str>); 6] = [
    ("group", Some("gateway.networking.k8s.io")),
    ("kind", Some("Gateway")),
    ("namespace", None),
    ("name", None),
    ("sectionName", None),
    ("port", None),
];

/// Why a route is not in place, if it is not.
pub(super) fn lack(route: &Object) -> Option<Wait> {
    let parents = list(route.at("/spec/parentRefs"));
    parents.into_iter().find_map(|parent| of(route, parent))
}

/// What keeps one gateway from leading requests as the route says.
fn of(route: &Object, parent: &Value) -> Option<Wait> {
    let told = list(route.at("/status/parents"));
    let mut lacks = told
        .into_iter()
        .filter(|it| is_same(route, it.get("parentRef").unwrap_or(&Value::Null), parent))
        .map(|it| verdict(route, parent, it));
    let Some(mut first) = lacks.next() else {
        let what = format!(
            "{}, which has said nothing of {}",
            named(parent),
            route.id()
        );
        let until = "its controller accepts the route: the gateway must exist and be looked after";
        return Some(Wait::new(By::Itself, what, until));
    };
    // More than one controller may answer for a gateway: one that leads requests is enough.
    for other in lacks {
        first = first.and(other);
    }
    first
}

fn verdict(route: &Object, parent: &Value, told: &Value) -> Option<Wait> {
    let generation = route.number("/metadata/generation");
    let mut conditions = list(told.get("conditions"));
    conditions.retain(|it| it.get("observedGeneration").and_then(Value::as_i64) == generation);
    let find = |kind: &str| conditions.iter().find(|it| text(it, "type") == kind);
    let (gateway, id) = (named(parent), route.id());
    let refused = |condition: &Value, what: String| {
        let (reason, message) = (text(condition, "reason"), text(condition, "message"));
        let what = format!("{what}: {reason}: {message}");
        Wait::new(By::Others, what, "the gateway takes the route as it is")
    };
    for (kind, wanted, what) in [
        ("Accepted", "True", "does not accept"),
        ("ResolvedRefs", "True", "cannot follow to its Services"),
    ] {
        match find(kind) {
            Some(it) if text(it, "status") == wanted => {}
            Some(it) => return Some(refused(it, format!("{id}, which {gateway} {what}"))),
            None => {
                let what = format!("{gateway}, which has not taken {id} in as it is now");
                return Some(Wait::new(
                    By::Itself,
                    what,
                    "its controller accepts the route",
                ));
            }
        }
    }
    let partly = find("PartiallyInvalid").filter(|it| text(it, "status") == "True");
    partly.map(|it| refused(it, format!("{id}, of which {gateway} takes only a part")))
}

fn is_same(route: &Object, told: &Value, wanted: &Value) -> bool {
    REFERENCE.into_iter().all(|(field, usual)| {
        let usual = usual.or_else(|| route.namespace().filter(|_| field == "namespace"));
        let of = |reference: &Value| match reference.get(field) {
            None => usual.map(Value::from),
            Some(value) => Some(value.clone()),
        };
        of(told) == of(wanted)
    })
}

fn named(parent: &Value) -> String {
    let gateway = format!("{}/{}", text(parent, "namespace"), text(parent, "name"));
    match text(parent, "sectionName") {
        "" => format!("gateway `{gateway}`"),
        listener => format!("listener `{listener}` of gateway `{gateway}`"),
    }
}

fn list(value: Option<&Value>) -> Vec<&Value> {
    let items = value.and_then(Value::as_array);
    items.into_iter().flatten().collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A route of generation 3 to `edge/public`, and what its status says.
    fn check(parents: &Value, expect: Option<&str>) {
        let route = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "signals", "namespace": "rates", "generation": 3},
            "spec": {"parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway",
                "namespace": "edge", "name": "public"}]},
            "status": {"parents": parents},
        });
        let lack = lack(&Object::new(route).unwrap());
        assert_eq!(lack.as_ref().map(|it| it.what.as_str()), expect);
    }

    fn condition(kind: &str, status: &str, generation: i64) -> Value {
        json!({"type": kind, "status": status, "observedGeneration": generation,
            "reason": "Because", "message": "it is so"})
    }

    fn parent(name: &str, conditions: &[Value]) -> Value {
        json!({"parentRef": {"namespace": "edge", "name": name}, "controllerName": "a.example/b",
            "conditions": conditions})
    }

    fn taken(generation: i64) -> [Value; 2] {
        ["Accepted", "ResolvedRefs"].map(|kind| condition(kind, "True", generation))
    }

    const SILENT: &str = "gateway `edge/public`, which has said nothing of HTTPRoute rates/signals";
    const LATE: &str =
        "gateway `edge/public`, which has not taken HTTPRoute rates/signals in as it is now";

    #[test]
    fn a_route_is_in_place_once_its_gateway_took_in_what_it_says_now() {
        check(&json!([parent("public", &taken(3))]), None);
        check(&json!([parent("public", &taken(2))]), Some(LATE));
        let [accepted, _] = taken(3);
        check(&json!([parent("public", &[accepted])]), Some(LATE));
        check(&json!([]), Some(SILENT));
    }

    #[test]
    fn what_another_gateway_says_counts_for_nothing() {
        check(&json!([parent("private", &taken(3))]), Some(SILENT));
        let elsewhere = json!([{"parentRef": {"name": "public"}, "conditions": taken(3)}]);
        check(&elsewhere, Some(SILENT));
        let both = [parent("private", &taken(2)), parent("public", &taken(3))];
        check(&json!(both), None);
    }

    #[test]
    fn a_gateway_that_says_no_is_told_with_its_reason() {
        let [accepted, resolved] = taken(3);
        let no = [condition("Accepted", "False", 3), resolved.clone()];
        check(
            &json!([parent("public", &no)]),
            Some(
                "HTTPRoute rates/signals, which gateway `edge/public` does not accept: Because: it is so",
            ),
        );
        let no = [accepted.clone(), condition("ResolvedRefs", "False", 3)];
        check(
            &json!([parent("public", &no)]),
            Some(
                "HTTPRoute rates/signals, which gateway `edge/public` cannot follow to its Services: Because: it is so",
            ),
        );
        let partly = [accepted, resolved, condition("PartiallyInvalid", "True", 3)];
        check(
            &json!([parent("public", &partly)]),
            Some(
                "HTTPRoute rates/signals, of which gateway `edge/public` takes only a part: Because: it is so",
            ),
        );
    }

    #[test]
    fn one_controller_that_leads_requests_is_enough() {
        let both = [parent("public", &taken(2)), parent("public", &taken(3))];
        check(&json!(both), None);
    }
}

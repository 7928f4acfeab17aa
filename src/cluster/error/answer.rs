//! From an answer of the API server to a fault.

use std::time::Duration;

use kube::core::Status;

use super::{Cause, Fault, Right};
use crate::cluster::resource::Resource;

/// Longer words of the API server are cut: an admission webhook may send a page.
const LONGEST: usize = 2000;

/// How the API server begins when an apply does not fit the schema, for which it takes the blame
/// itself, with a 500: `failed to create typed patch object (ns/name; v1, Kind=Lamp): .spec.oil:
/// field not declared in schema`.
const UNTYPED: &str = "failed to create typed patch object";

/// The fault that an answer with an error status tells about a call on a resource.
pub(in crate::cluster) fn fault(
    resource: &Resource,
    code: u16,
    body: &[u8],
    retry_after: Option<Duration>,
) -> Fault {
    let Ok(status) = serde_json::from_slice::<Status>(body) else {
        return without_status(resource, code, body, retry_after);
    };
    let retry_after = retry_after.or_else(|| {
        let seconds = status.details.as_ref()?.retry_after_seconds;
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    });
    let message = cut(&status.message);
    match (code, status.reason.as_str()) {
        (401, _) => Fault::Unauthorised,
        (403, _) => forbidden(&status),
        (404, _) => missing(resource, &status),
        (409, "AlreadyExists") => Fault::AlreadyExists,
        (409, _) => Fault::Conflict { message },
        (410, _) | (_, "Expired" | "Gone") => Fault::Expired,
        (429, _) | (_, "ServerTimeout") => Fault::Throttled { retry_after },
        (503, _) if retry_after.is_some() => Fault::Throttled { retry_after },
        (400..=499, _) => Fault::Invalid {
            causes: causes(&status),
        },
        (500, "") if message.starts_with(UNTYPED) => Fault::Invalid {
            causes: untyped(&message),
        },
        _ => Fault::Unavailable { code, message },
    }
}

/// An answer that is not of the API server's making: of a proxy, a load balancer, or before it
/// was up.
fn without_status(
    resource: &Resource,
    code: u16,
    body: &[u8],
    retry_after: Option<Duration>,
) -> Fault {
    let message = cut(String::from_utf8_lossy(body).trim());
    match code {
        401 => Fault::Unauthorised,
        404 if message.contains("page not found") => Fault::KindMissing {
            resource: resource.qualified(),
        },
        410 => Fault::Expired,
        429 => Fault::Throttled { retry_after },
        503 if retry_after.is_some() => Fault::Throttled { retry_after },
        500..=599 => Fault::Unavailable { code, message },
        _ => Fault::Garbled {
            why: format!("status {code} with `{message}`"),
        },
    }
}

fn forbidden(status: &Status) -> Fault {
    if let Some(right) = right(&status.message) {
        return Fault::Forbidden { right };
    }
    let terminating = causes(status)
        .into_iter()
        .find(|cause| cause.reason == "NamespaceTerminating");
    if terminating.is_some() {
        let namespace = quoted_after(&status.message, "in namespace ")
            .or_else(|| word_after(&status.message, "in namespace "))
            .unwrap_or_default();
        return Fault::Terminating { namespace };
    }
    let message = cut(&status.message);
    Fault::Refused { message }
}

/// The missing right in `… User "u" cannot patch resource "statefulsets" in API group "apps" in the
/// namespace "n"`, which is how every authoriser puts it.
fn right(message: &str) -> Option<Right> {
    let (_, rest) = message.split_once(" cannot ")?;
    let verb = rest.split(' ').next()?.to_owned();
    let plural = quoted_after(message, "resource ")?;
    let group = quoted_after(message, "in API group ").unwrap_or_default();
    let resource = match group.as_str() {
        "" => plural,
        group => format!("{plural}.{group}"),
    };
    Some(Right {
        user: quoted_after(message, "User ").unwrap_or_default(),
        verb,
        resource,
        namespace: quoted_after(message, "in the namespace "),
    })
}

fn missing(resource: &Resource, status: &Status) -> Fault {
    let details = status.details.as_ref();
    let kind = details.map_or("", |details| details.kind.as_str());
    let name = details.map_or("", |details| details.name.as_str());
    match (kind, name) {
        ("namespaces", namespace) if !namespace.is_empty() && resource.plural != "namespaces" => {
            Fault::NamespaceMissing {
                namespace: namespace.to_owned(),
            }
        }
        (_, "") => Fault::KindMissing {
            resource: resource.qualified(),
        },
        _ => Fault::NotFound,
    }
}

/// What the API server objects to. Its words may repeat the value, so those about a Secret are
/// kept back.
fn causes(status: &Status) -> Vec<Cause> {
    let details = status.details.as_ref();
    let secret = details.is_some_and(|details| {
        let kind = details.kind.to_ascii_lowercase();
        kind == "secret" || kind == "secrets"
    });
    let told = |message: &str| {
        if secret {
            "the value is not shown, because it is a Secret's".to_owned()
        } else {
            cut(message)
        }
    };
    let causes: Vec<_> = details
        .into_iter()
        .flat_map(|details| &details.causes)
        .map(|cause| Cause {
            reason: cause.reason.clone(),
            field: cause.field.clone(),
            message: told(&cause.message),
        })
        .collect();
    if !causes.is_empty() {
        return causes;
    }
    vec![Cause {
        reason: status.reason.clone(),
        field: String::new(),
        message: told(&status.message),
    }]
}

/// The places in which an apply does not fit the schema: one behind the object's name, or a list
/// of lines.
fn untyped(message: &str) -> Vec<Cause> {
    let (_, told) = message.split_once("): ").unwrap_or(("", message));
    let lines = told
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with('.'));
    let causes: Vec<_> = lines
        .map(|line| {
            let (field, message) = line.split_once(": ").unwrap_or(("", line));
            Cause {
                reason: "FieldValueInvalid".to_owned(),
                field: field.trim_start_matches('.').to_owned(),
                message: message.to_owned(),
            }
        })
        .collect();
    if !causes.is_empty() {
        return causes;
    }
    vec![Cause {
        reason: String::new(),
        field: String::new(),
        message: told.to_owned(),
    }]
}

fn quoted_after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let (quoted, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(quoted.to_owned())
}

fn word_after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    rest.split(' ').next().map(str::to_owned)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(code: u16, body: &Value, expect: &str) {
        let lamps = Resource::of("apps", "Deployment").unwrap();
        let fault = fault(lamps, code, body.to_string().as_bytes(), None);
        assert_eq!(fault.to_string(), expect);
    }

    #[test]
    fn a_missing_right_names_the_command_that_checks_it() {
        check(
            403,
            &json!({"kind": "Status", "reason": "Forbidden", "code": 403,
                "message": "statefulsets.apps \"lamp\" is forbidden: User \"bot\" cannot patch resource \"statefulsets\" in API group \"apps\" in the namespace \"hall\"",
                "details": {"name": "lamp", "group": "apps", "kind": "statefulsets"}}),
            "`bot` may not patch `statefulsets.apps` in namespace `hall`; grant it, then check with `kubectl auth can-i patch statefulsets.apps --namespace hall --as bot`",
        );
        check(
            403,
            &json!({"kind": "Status", "reason": "Forbidden",
                "message": "namespaces is forbidden: User \"bot\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope"}),
            "`bot` may not list `namespaces` in the whole cluster; grant it, then check with `kubectl auth can-i list namespaces --all-namespaces --as bot`",
        );
    }

    #[test]
    fn an_admission_rule_is_not_a_missing_right() {
        check(
            403,
            &json!({"kind": "Status", "reason": "Forbidden",
                "message": "pods \"lamp\" is forbidden: exceeded quota: hall"}),
            "the API server refuses it: pods \"lamp\" is forbidden: exceeded quota: hall",
        );
    }

    #[test]
    fn a_namespace_that_ends_is_named() {
        check(
            403,
            &json!({"kind": "Status", "reason": "Forbidden",
                "message": "configmaps \"lamp\" is forbidden: unable to create new content in namespace hall because it is being terminated",
                "details": {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace",
                    "message": "namespace hall is being terminated"}]}}),
            "namespace `hall` is being deleted; nothing can be made in it until it is gone",
        );
    }

    #[test]
    fn all_causes_are_told_at_once() {
        check(
            422,
            &json!({"kind": "Status", "reason": "Invalid", "message": "no",
                "details": {"kind": "Lamp", "causes": [
                    {"reason": "FieldValueRequired", "field": "spec.oil", "message": "Required value"},
                    {"reason": "FieldValueInvalid", "field": "spec.wick", "message": "Invalid value: 0"}]}}),
            "the API server finds it invalid: `spec.oil`: Required value; `spec.wick`: Invalid value: 0",
        );
    }

    #[test]
    fn an_apply_that_does_not_fit_the_schema_is_not_the_servers_fault() {
        check(
            500,
            &json!({"kind": "Status", "code": 500,
                "message": "failed to create typed patch object (hall/lamp; v1, Kind=Lamp): .spec.wicks[name=\"a\"].oil: field not declared in schema"}),
            "the API server finds it invalid: `spec.wicks[name=\"a\"].oil`: field not declared in schema",
        );
        check(
            500,
            &json!({"kind": "Status", "code": 500,
                "message": "failed to create typed patch object (hall/lamp; v1, Kind=Lamp): errors:\n  .a: field not declared in schema\n  .b: expected numeric (int or float), got string"}),
            "the API server finds it invalid: `a`: field not declared in schema; `b`: expected numeric (int or float), got string",
        );
    }

    #[test]
    fn a_secret_value_in_the_answer_stays_inside() {
        check(
            422,
            &json!({"kind": "Status", "reason": "Invalid", "message": "no",
                "details": {"kind": "Secret", "causes": [
                    {"field": "data[key]", "message": "Invalid value: \"hunter2\""}]}}),
            "the API server finds it invalid: `data[key]`: the value is not shown, because it is a Secret's",
        );
    }

    #[test]
    fn a_page_of_a_proxy_is_not_taken_for_an_answer() {
        let lamps = Resource::of("apps", "Deployment").unwrap();
        let fault = fault(lamps, 302, b"<html>log in</html>", None);
        assert_eq!(fault.class(), super::super::Class::Transient);
        assert!(
            fault
                .to_string()
                .contains("check the address and any proxy")
        );
    }

    #[test]
    fn a_server_that_says_when_to_come_back_is_busy_and_not_broken() {
        let lamps = Resource::of("apps", "Deployment").unwrap();
        let retry_after = Some(Duration::from_secs(7));
        for body in ["{\"kind\": \"Status\", \"message\": \"later\"}", "later"] {
            let of = |after| fault(lamps, 503, body.as_bytes(), after);
            assert_eq!(of(retry_after), Fault::Throttled { retry_after });
            assert!(matches!(of(None), Fault::Unavailable { code: 503, .. }));
        }
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        check(
            404,
            &json!({"kind": "Status", "reason": "NotFound", "message": "namespaces \"hall\" not found",
                "details": {"name": "hall", "kind": "namespaces"}}),
            "namespace `hall` does not exist",
        );
        check(
            404,
            &json!({"kind": "Status", "reason": "NotFound", "message": "the server could not find the requested resource"}),
            "the API server does not know `deployments.apps`; install Tidegate's custom resource definitions, or use a newer Kubernetes",
        );
    }
}

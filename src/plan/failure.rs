//! Why an action failed, in words a person can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::object::ObjectId;

/// An action that the cluster refused, or that never got an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The object it was about.
    pub id: ObjectId,
    /// What was tried: `create`, `apply`, ….
    pub verb: &'static str,
    /// What went wrong.
    pub kind: FailureKind,
}

/// What went wrong with an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// We may not do it; the API server's own words.
    Forbidden(String),
    /// The object's namespace is being deleted.
    NamespaceTerminating,
    /// The namespace or the kind is not there; the API server's own words.
    Missing(String),
    /// The object was refused.
    Invalid(Vec<Cause>),
    /// It was changed by others each time before it could be written.
    Contested,
    /// It was written so many times in a row, and changed back each time.
    Undone(u32),
    /// It is accepted, but these fields of it come out otherwise.
    Altered(Vec<String>),
    /// No usable answer came in time; what happened last.
    Unreachable(String),
}

/// One reason for which the API server refuses an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The field, for example `spec.clusterIP`; empty when the refusal names none.
    pub field: String,
    /// The API server's own words.
    pub message: String,
}

impl Cause {
    /// Whether the field cannot be changed on an object that exists.
    ///
    /// Only these texts of the API server count: that a request is invalid is no reason to delete
    /// anything.
    pub fn is_immutable(&self) -> bool {
        const TEXTS: [&str; 4] = [
            "field is immutable",
            "updates to statefulset spec for fields other than",
            "cannot change roleRef",
            "may not be changed once set",
        ];
        TEXTS.iter().any(|text| self.message.contains(text))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "`{}`: {}", self.field, self.message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, verb, kind } = self;
        write!(f, "cannot {verb} {id}: ")?;
        match kind {
            FailureKind::Forbidden(text) => {
                write!(f, "{text}; grant Tidegate this permission, or change the object")
            }
            FailureKind::NamespaceTerminating => f.write_str(
                "its namespace is being deleted; wait until it is gone, Tidegate then makes it anew",
            ),
            FailureKind::Missing(text) => write!(f, "{text}"),
            FailureKind::Invalid(causes) => {
                let causes: Vec<_> = causes.iter().map(Cause::to_string).collect();
                write!(f, "the API server refuses it: {}", causes.join("; "))
            }
            FailureKind::Contested => write!(
                f,
                "each time, somebody else changes it first; `{}` tells who, and it is tried again",
                look_at(id)
            ),
            FailureKind::Undone(times) => write!(
                f,
                "it was accepted {times} times in a row and changed back each time; `{}` tells by whom, and it is tried again",
                look_at(id)
            ),
            FailureKind::Altered(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
                write!(
                    f,
                    "the cluster accepts it but makes something else of {}: an admission webhook or policy does, or the API server does not know the value as Tidegate writes it; exempt what carries the label `tidegate.dev/owner`, or say in the spec what comes out",
                    fields.join(", ")
                )
            }
            FailureKind::Unreachable(last) => {
                write!(f, "no answer in time ({last}); it is tried again")
            }
        }
    }
}

/// The command that shows who writes an object.
fn look_at(id: &ObjectId) -> String {
    let ObjectId {
        group,
        kind,
        namespace,
        name,
    } = id;
    let dot = if group.is_empty() { "" } else { "." };
    let kind = kind.to_lowercase();
    let place = namespace
        .as_ref()
        .map(|namespace| format!(" --namespace {namespace}"))
        .unwrap_or_default();
    format!("kubectl get {kind}{dot}{group} {name}{place} --output yaml --show-managed-fields")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(field: &str, message: &str) -> Cause {
        Cause {
            field: field.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn only_an_immutable_field_counts_as_one() {
        assert!(cause("spec.selector", "Invalid value: {}: field is immutable").is_immutable());
        assert!(
            cause(
                "spec",
                "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"
            )
            .is_immutable()
        );
        assert!(
            !cause(
                "spec.ports[0].port",
                "Invalid value: 0: must be between 1 and 65535"
            )
            .is_immutable()
        );
        assert!(!cause("", "conflict").is_immutable());
    }

    #[test]
    fn a_failure_names_object_field_and_cause() {
        let failure = Failure {
            id: ObjectId {
                group: String::new(),
                kind: "Service".to_owned(),
                namespace: Some("harbour".to_owned()),
                name: "pilot".to_owned(),
            },
            verb: "apply",
            kind: FailureKind::Invalid(vec![cause("spec.ports[0].port", "Invalid value: 0")]),
        };
        assert_eq!(
            failure.to_string(),
            "cannot apply Service harbour/pilot: the API server refuses it: `spec.ports[0].port`: Invalid value: 0"
        );
    }

    #[test]
    fn who_contests_an_object_can_be_found_out() {
        let failure = Failure {
            id: ObjectId {
                group: "apps".to_owned(),
                kind: "Deployment".to_owned(),
                namespace: Some("harbour".to_owned()),
                name: "pilot".to_owned(),
            },
            verb: "apply",
            kind: FailureKind::Contested,
        };
        assert_eq!(
            failure.to_string(),
            "cannot apply Deployment harbour/pilot: each time, somebody else changes it first; `kubectl get deployment.apps pilot --namespace harbour --output yaml --show-managed-fields` tells who, and it is tried again"
        );
    }
}

//! What can go wrong between Tidegate and the API server, each with what to do about it.

use std::fmt;
use std::time::Duration;

use crate::object::ObjectId;

use super::resource::HTTP_ROUTE;

mod answer;

pub(super) use answer::fault;

/// A call that did not do what it should.
///
/// Its text completes "failed to …": what was tried, why it did not work, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    attempt: Attempt,
    fault: Box<Fault>,
}

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    verb: &'static str,
    what: String,
}

impl Attempt {
    /// To do something to something.
    pub fn to(verb: &'static str, what: impl fmt::Display) -> Self {
        Self {
            verb,
            what: what.to_string(),
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.what)
    }
}

/// A field that the API server objects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The reason code, such as `FieldValueInvalid`; may be empty.
    pub reason: String,
    /// The field's path; may be empty.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.message),
            field => write!(f, "`{field}`: {}", self.message),
        }
    }
}

/// Why it did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection.
    #[error(
        "the API server at `{server}` cannot be reached ({why}); check that it runs, and that the context and the network are the right ones"
    )]
    Unreachable {
        /// Its address.
        server: String,
        /// What the network said.
        why: String,
    },
    /// The deadline passed.
    #[error(
        "the API server at `{server}` gave no answer within {}; it, or an admission webhook, hangs", seconds(*after)
    )]
    TimedOut {
        /// Its address.
        server: String,
        /// The deadline.
        after: Duration,
    },
    /// The credentials are not accepted.
    #[error(
        "the API server does not accept the credentials; renew them, or choose others with `--kubeconfig` and `--context`"
    )]
    Unauthorised,
    /// The credentials are accepted, but do not give this right.
    #[error("{right}; grant it, then check with `{}`", right.check())]
    Forbidden {
        /// The right that is missing.
        right: Right,
    },
    /// An admission rule says no.
    #[error("the API server refuses it: {message}")]
    Refused {
        /// The rule's words.
        message: String,
    },
    /// The namespace is being deleted.
    #[error("namespace `{namespace}` is being deleted; nothing can be made in it until it is gone")]
    Terminating {
        /// The namespace.
        namespace: String,
    },
    /// The namespace is not there.
    #[error("namespace `{namespace}` does not exist")]
    NamespaceMissing {
        /// The namespace.
        namespace: String,
    },
    /// The kind is not there.
    #[error("the API server does not know `{resource}`; {}", remedy(resource))]
    KindMissing {
        /// `plural.group`.
        resource: String,
    },
    /// The definition of the kind is of an earlier Tidegate: what it does not know is dropped.
    #[error(
        "the API server does not keep all of it: the definition of `{resource}` is not this Tidegate's; apply `deploy/crds` of this version"
    )]
    DefinitionOlder {
        /// `plural.group`.
        resource: String,
    },
    /// The object is not there.
    #[error("it does not exist")]
    NotFound,
    /// The object is not as it was seen.
    #[error("it has changed since it was looked at; look again")]
    Conflict {
        /// The API server's words.
        message: String,
    },
    /// There is an object of that name.
    #[error("an object of that name exists already")]
    AlreadyExists,
    /// The object breaks the API's rules.
    #[error("the API server finds it invalid: {}", list(.causes))]
    Invalid {
        /// Where, and why.
        causes: Vec<Cause>,
    },
    /// It asks to come back later.
    #[error("the API server has too much to do{}", later(.retry_after.as_ref()))]
    Throttled {
        /// When to come back.
        retry_after: Option<Duration>,
    },
    /// It cannot answer now.
    #[error("the API server cannot answer now ({code}: {message})")]
    Unavailable {
        /// The HTTP status.
        code: u16,
        /// Its words.
        message: String,
    },
    /// The resource version is too old to go on from.
    #[error("the API server no longer knows the state to go on from; list again")]
    Expired,
    /// The answer makes no sense.
    #[error(
        "the answer is not one of a Kubernetes API server ({why}); check the address and any proxy in between"
    )]
    Garbled {
        /// Why not.
        why: String,
    },
    /// Somebody else may lead.
    #[error("the leader's lease is lost, so another Tidegate may lead; nothing is written")]
    LeadershipLost,
    /// Tidegate has no place for this kind.
    #[error("Tidegate does not write objects of kind `{kind}`")]
    UnknownKind {
        /// The kind.
        kind: String,
    },
}

/// A right that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Who lacks it, as the API server names them; may be empty.
    pub user: String,
    /// The verb.
    pub verb: String,
    /// `plural.group`.
    pub resource: String,
    /// The namespace; `None` at the cluster scope.
    pub namespace: Option<String>,
}

impl Right {
    /// The command that tells whether it is there.
    fn check(&self) -> String {
        let Self {
            user,
            verb,
            resource,
            namespace,
        } = self;
        let place = match namespace {
            Some(namespace) => format!("--namespace {namespace}"),
            None => "--all-namespaces".to_owned(),
        };
        format!("kubectl auth can-i {verb} {resource} {place} --as {user}")
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user,
            verb,
            resource,
            namespace,
        } = self;
        write!(f, "`{user}` may not {verb} `{resource}` ")?;
        match namespace {
            Some(namespace) => write!(f, "in namespace `{namespace}`"),
            None => f.write_str("in the whole cluster"),
        }
    }
}

/// How a caller should take an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Trying again later may help by itself.
    Transient,
    /// Look again, then decide again.
    Stale,
    /// It is not there.
    Missing,
    /// A person has to grant something or change credentials.
    Denied,
    /// A person has to change the object.
    Invalid,
    /// This process does not lead.
    Fenced,
    /// Tidegate is wrong.
    Bug,
}

impl Error {
    /// An attempt that met a fault.
    pub fn new(attempt: Attempt, fault: Fault) -> Self {
        Self {
            attempt,
            fault: Box::new(fault),
        }
    }

    pub(super) fn unknown_kind(verb: &'static str, id: &ObjectId) -> Self {
        let kind = id.kind.clone();
        Self::new(Attempt::to(verb, id), Fault::UnknownKind { kind })
    }

    /// Why.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// How to take it.
    pub fn class(&self) -> Class {
        self.fault.class()
    }

    /// How long the API server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match *self.fault {
            Fault::Throttled { retry_after } => retry_after,
            _ => None,
        }
    }
}

impl Fault {
    /// How to take it.
    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Throttled { .. }
            | Self::Unavailable { .. }
            | Self::Terminating { .. }
            | Self::Garbled { .. } => Class::Transient,
            Self::Conflict { .. } | Self::AlreadyExists | Self::Expired => Class::Stale,
            Self::NotFound | Self::NamespaceMissing { .. } | Self::KindMissing { .. } => {
                Class::Missing
            }
            Self::Unauthorised | Self::Forbidden { .. } | Self::Refused { .. } => Class::Denied,
            Self::Invalid { .. } | Self::DefinitionOlder { .. } => Class::Invalid,
            Self::LeadershipLost => Class::Fenced,
            Self::UnknownKind { .. } => Class::Bug,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attempt, self.fault)
    }
}

impl std::error::Error for Error {}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1 => "1 second".to_owned(),
        n => format!("{n} seconds"),
    }
}

/// What brings a kind that is not there.
fn remedy(resource: &str) -> &'static str {
    if resource.ends_with(HTTP_ROUTE.group) {
        "install the Gateway API, standard channel, or remove `route` from the strategy's `rollout`"
    } else {
        "install Tidegate's custom resource definitions, or use a newer Kubernetes"
    }
}

fn later(retry_after: Option<&Duration>) -> String {
    retry_after.map_or_else(String::new, |after| {
        format!(" and asks to come back in {}", seconds(*after))
    })
}

fn list(causes: &[Cause]) -> String {
    let texts: Vec<_> = causes.iter().map(Cause::to_string).collect();
    texts.join("; ")
}

//! Where the API server keeps each kind. A table of our own, so that no write waits for discovery.

use crate::object::{Object, ObjectId};

/// Whether objects of a kind live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// They do.
    Namespaced,
    /// They do not.
    Cluster,
}

/// A kind and its place in the API.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// The version in which Tidegate reads it.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Its name in paths.
    pub plural: &'static str,
    /// Whether its objects live in a namespace.
    pub scope: Scope,
}

const fn namespaced(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Resource {
    Resource {
        group,
        version,
        kind,
        plural,
        scope: Scope::Namespaced,
    }
}

const fn clustered(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Resource {
    Resource {
        scope: Scope::Cluster,
        ..namespaced(group, version, kind, plural)
    }
}

/// The record of a unit.
pub static RELEASE: Resource = namespaced("tidegate.dev", "v1alpha1", "Release", "releases");
/// What a person asks of a rollout.
pub static INTENT: Resource = namespaced("tidegate.dev", "v1alpha1", "Intent", "intents");
/// What is stopped.
pub static HALT: Resource = clustered("tidegate.dev", "v1alpha1", "Halt", "halts");
/// What lifts it.
pub static UNHALT: Resource = clustered("tidegate.dev", "v1alpha1", "Unhalt", "unhalts");
/// Whether what people say is asked for. Only looked at.
pub static POLICY: Resource = clustered(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
);
/// What puts a policy in force. Only looked at.
pub static POLICY_BINDING: Resource = clustered(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
);
/// A person's yes to a change.
pub static APPROVAL: Resource = namespaced("tidegate.dev", "v1alpha1", "Approval", "approvals");
/// A gate or a window that a person passes without what it asks for.
pub static OVERRIDE: Resource = namespaced("tidegate.dev", "v1alpha1", "Override", "overrides");
/// Who the caller is. Nothing is kept of it.
pub(super) static SELF_REVIEW: Resource = Resource {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    scope: Scope::Cluster,
};
/// What somebody may do. Nothing is kept of it.
pub(super) static ACCESS_REVIEW: Resource = Resource {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SubjectAccessReview",
    plural: "subjectaccessreviews",
    scope: Scope::Cluster,
};
/// Who leads.
pub static LEASE: Resource = namespaced("coordination.k8s.io", "v1", "Lease", "leases");
/// Configuration, and what bundles are stored in.
pub static CONFIG_MAP: Resource = namespaced("", "v1", "ConfigMap", "configmaps");

/// The way from a gateway to a service. Not every cluster has it.
pub static HTTP_ROUTE: Resource =
    namespaced("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes");
/// What happened to an object.
pub(super) static EVENT: Resource = namespaced("events.k8s.io", "v1", "Event", "events");
/// What says which kinds there are besides Kubernetes' own. Nothing is kept of it but that.
pub(super) static DEFINITION: Resource = Resource {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    scope: Scope::Cluster,
};

/// Every other kind that Tidegate reads or writes.
static OTHERS: [Resource; 17] = [
    Resource {
        group: "",
        version: "v1",
        kind: "Namespace",
        plural: "namespaces",
        scope: Scope::Cluster,
    },
    namespaced("", "v1", "ServiceAccount", "serviceaccounts"),
    namespaced("", "v1", "Service", "services"),
    namespaced("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    namespaced("", "v1", "Pod", "pods"),
    namespaced("", "v1", "ResourceQuota", "resourcequotas"),
    namespaced("", "v1", "LimitRange", "limitranges"),
    namespaced("apps", "v1", "Deployment", "deployments"),
    namespaced("apps", "v1", "StatefulSet", "statefulsets"),
    namespaced("apps", "v1", "ReplicaSet", "replicasets"),
    namespaced("apps", "v1", "ControllerRevision", "controllerrevisions"),
    namespaced(
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
    ),
    namespaced("batch", "v1", "Job", "jobs"),
    namespaced("batch", "v1", "CronJob", "cronjobs"),
    namespaced(
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
    ),
    namespaced(
        "policy",
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
    ),
    namespaced(
        "rbac.authorization.k8s.io",
        "v1",
        "RoleBinding",
        "rolebindings",
    ),
];

/// All kinds that Tidegate reads or writes.
pub fn all() -> impl Iterator<Item = &'static Resource> {
    let ours = [&RELEASE, &INTENT, &APPROVAL, &OVERRIDE, &HALT, &UNHALT];
    let shared = [&CONFIG_MAP, &LEASE, &HTTP_ROUTE, &POLICY, &POLICY_BINDING];
    ours.into_iter().chain(shared).chain(&OTHERS)
}

impl Resource {
    /// The resource of a kind, if Tidegate knows it.
    pub fn of(group: &str, kind: &str) -> Option<&'static Self> {
        all().find(|resource| resource.group == group && resource.kind == kind)
    }

    /// The resource of an object, if Tidegate knows it.
    pub fn of_object(object: &Object) -> Option<&'static Self> {
        let id = object.id();
        Self::of(&id.group, &id.kind)
    }

    /// `group/version`, or `version` for the core group.
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// `statefulsets.apps`, as `kubectl` names it.
    pub fn qualified(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// The path of the objects of a namespace, or of all of them.
    pub fn collection(&self, namespace: Option<&str>) -> String {
        self.path_in(&self.api_version(), namespace)
    }

    /// The path of an object, in the version given.
    pub fn object_path(&self, api_version: &str, id: &ObjectId) -> String {
        let collection = self.path_in(api_version, id.namespace.as_deref());
        format!("{collection}/{}", escaped(&id.name))
    }

    /// The path and query of a list that holds an object and nothing else.
    pub fn selecting(&self, api_version: &str, id: &ObjectId) -> String {
        let collection = self.path_in(api_version, id.namespace.as_deref());
        format!(
            "{collection}?fieldSelector=metadata.name%3D{}",
            escaped(&id.name)
        )
    }

    fn path_in(&self, api_version: &str, namespace: Option<&str>) -> String {
        let root = match self.group {
            "" => "/api",
            _ => "/apis",
        };
        match (self.scope, namespace) {
            (Scope::Namespaced, Some(namespace)) => format!(
                "{root}/{api_version}/namespaces/{}/{}",
                escaped(namespace),
                self.plural
            ),
            (Scope::Namespaced, None) | (Scope::Cluster, _) => {
                format!("{root}/{api_version}/{}", self.plural)
            }
        }
    }
}

/// A text as a path segment or a query value.
pub(super) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(char::from(byte));
                }
                _ => {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(group: &str, kind: &str, namespace: Option<&str>, expect: &str) {
        let resource = Resource::of(group, kind).unwrap();
        let id = ObjectId {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "lamp".to_owned(),
        };
        assert_eq!(resource.object_path(&resource.api_version(), &id), expect);
    }

    #[test]
    fn paths_follow_the_group_and_the_scope() {
        check(
            "",
            "Service",
            Some("d"),
            "/api/v1/namespaces/d/services/lamp",
        );
        check("", "Namespace", None, "/api/v1/namespaces/lamp");
        check(
            "apps",
            "StatefulSet",
            Some("d"),
            "/apis/apps/v1/namespaces/d/statefulsets/lamp",
        );
    }

    #[test]
    fn a_list_can_select_one_object() {
        let id = ObjectId {
            group: String::new(),
            kind: "Service".to_owned(),
            namespace: Some("d".to_owned()),
            name: "lamp".to_owned(),
        };
        let resource = Resource::of("", "Service").unwrap();
        assert_eq!(
            resource.selecting("v1", &id),
            "/api/v1/namespaces/d/services?fieldSelector=metadata.name%3Dlamp"
        );
    }

    #[test]
    fn no_text_breaks_out_of_its_segment() {
        assert_eq!(escaped("../a b?"), "..%2Fa%20b%3F");
    }
}

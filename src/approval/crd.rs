//! The custom resource definition of [`Approval`], as `deploy/crds` ships it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

use super::Approval;
use crate::definition::ruled;

/// The definition of the `Approval` kind. Nothing in one can be changed: who changed their mind
/// makes an Intent to abort.
pub fn crd() -> CustomResourceDefinition {
    let rules = [
        (
            "self == oldSelf",
            "an Approval never changes; make another one",
        ),
        (
            "self.behaviour.matches('^sha256:[0-9a-f]{64}$') && self.plan.matches('^sha256:[0-9a-f]{64}$')",
            "`behaviour` and `plan` are digests, `sha256:` and 64 hex digits",
        ),
        (
            "has(self.role) != has(self.group)",
            "an Approval is made as a role or as a member of a group",
        ),
        ("self.by != ''", "`by` is who approves"),
    ];
    ruled(Approval::crd(), &rules)
}

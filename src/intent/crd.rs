//! The custom resource definition of [`Intent`], as `deploy/crds` ships it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

use super::Intent;
use crate::definition::ruled;

/// The definition of the `Intent` kind. Nothing in one can be changed: who changed their mind makes
/// another.
pub fn crd() -> CustomResourceDefinition {
    let rules = [
        (
            "self == oldSelf",
            "an Intent never changes; make another one",
        ),
        (
            "self.behaviour.matches('^sha256:[0-9a-f]{64}$')",
            "`behaviour` is a digest, `sha256:` and 64 hex digits",
        ),
        (
            "!has(self.stage) || self.action == 'promote'",
            "only `promote` names a stage",
        ),
        ("self.by != ''", "`by` is who asks"),
    ];
    ruled(Intent::crd(), &rules)
}

//! The custom resource definition of [`Override`], as `deploy/crds` ships it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

use super::Override;
use crate::definition::ruled;

/// The definition of the `Override` kind. Nothing in one can be changed; it ends by itself.
pub fn crd() -> CustomResourceDefinition {
    let rules = [
        (
            "self == oldSelf",
            "an Override never changes; make another one",
        ),
        (
            "self.behaviour.matches('^sha256:[0-9a-f]{64}$') && (!has(self.plan) || self.plan.matches('^sha256:[0-9a-f]{64}$'))",
            "`behaviour` and `plan` are digests, `sha256:` and 64 hex digits",
        ),
        (
            "has(self.gate) != (has(self.window) && self.window) && has(self.gate) == has(self.stage)",
            "an Override passes one `gate` of a `stage`, or the `window`",
        ),
        ("self.reason != ''", "`reason` says why"),
        ("self.by != ''", "`by` is who overrides"),
    ];
    ruled(Override::crd(), &rules)
}

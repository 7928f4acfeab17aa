//! The custom resource definitions of [`Halt`] and [`Unhalt`], as `deploy/crds` ships them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

use super::{Halt, Unhalt};
use crate::definition::ruled;

/// How many things a scope names.
const ONE_SCOPE: &str = "[has(self.scope.strategy), has(self.scope.desk), has(self.scope.venue), has(self.scope.account), has(self.scope.everything)].filter(it, it).size() == 1";

/// The definition of the `Halt` kind.
pub fn crd() -> CustomResourceDefinition {
    of(Halt::crd(), "a Halt never changes; an Unhalt lifts it")
}

/// The definition of the `Unhalt` kind.
pub fn unhalt_crd() -> CustomResourceDefinition {
    of(Unhalt::crd(), "an Unhalt never changes")
}

fn of(definition: CustomResourceDefinition, immutable: &str) -> CustomResourceDefinition {
    let rules = [
        ("self == oldSelf", immutable),
        (
            ONE_SCOPE,
            "`scope` is one of `strategy`, `desk`, `venue`, `account`, `everything`",
        ),
        (
            "!has(self.scope.everything) || self.scope.everything",
            "`everything` is `true`, or not there",
        ),
        ("self.reason != ''", "`reason` says why"),
        ("self.by != ''", "`by` is who makes it"),
    ];
    ruled(definition, &rules)
}

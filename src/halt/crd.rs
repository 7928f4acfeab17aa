//! The custom resource definitions of [`Halt`] and [`Unhalt`], as `deploy/crds` ships them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, ValidationRule,
};
use kube::CustomResourceExt as _;

use super::{Halt, Unhalt};
use crate::yaml;

/// How many things a scope names.
const ONE_SCOPE: &str = "[has(self.scope.strategy), has(self.scope.desk), has(self.scope.venue), has(self.scope.account), has(self.scope.everything)].filter(it, it).size() == 1";

/// The definition of the `Halt` kind.
pub fn crd() -> CustomResourceDefinition {
    ruled(Halt::crd(), "a Halt never changes; an Unhalt lifts it")
}

/// The definition of the `Unhalt` kind.
pub fn unhalt_crd() -> CustomResourceDefinition {
    ruled(Unhalt::crd(), "an Unhalt never changes")
}

/// The definition of the `Halt` kind as a YAML document.
pub fn crd_yaml() -> String {
    yaml(&crd())
}

/// The definition of the `Unhalt` kind as a YAML document.
pub fn unhalt_crd_yaml() -> String {
    yaml(&unhalt_crd())
}

fn yaml(crd: &CustomResourceDefinition) -> String {
    let value = serde_json::to_value(crd).expect("a definition is plain data");
    yaml::emit(&value)
}

fn ruled(mut crd: CustomResourceDefinition, immutable: &str) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let spec = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
            .and_then(|root| root.properties.as_mut())
            .and_then(|properties| properties.get_mut("spec"));
        if let Some(spec) = spec {
            spec.x_kubernetes_validations = Some(rules(immutable));
        }
    }
    crd
}

fn rules(immutable: &str) -> Vec<ValidationRule> {
    let rule = |rule: &str, message: &str| ValidationRule {
        rule: rule.to_owned(),
        message: Some(message.to_owned()),
        ..ValidationRule::default()
    };
    vec![
        rule("self == oldSelf", immutable),
        rule(
            ONE_SCOPE,
            "`scope` is one of `strategy`, `desk`, `venue`, `account`, `everything`",
        ),
        rule(
            "!has(self.scope.everything) || self.scope.everything",
            "`everything` is `true`, or not there",
        ),
        rule("self.reason != ''", "`reason` says why"),
        rule("self.by != ''", "`by` is who makes it"),
    ]
}

//! The custom resource definition of [`Approval`], as `deploy/install` ships it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, ValidationRule,
};
use kube::CustomResourceExt as _;

use super::Approval;
use crate::yaml;

/// The definition of the `Approval` kind. Nothing in one can be changed: who changed their mind
/// makes an Intent to abort.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = Approval::crd();
    for version in &mut crd.spec.versions {
        let spec = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
            .and_then(|root| root.properties.as_mut())
            .and_then(|properties| properties.get_mut("spec"));
        if let Some(spec) = spec {
            spec.x_kubernetes_validations = Some(rules());
        }
    }
    crd
}

/// The definition as a YAML document.
///
/// # Panics
///
/// Never: a definition is plain data.
pub fn crd_yaml() -> String {
    let value = serde_json::to_value(crd()).expect("a definition is plain data");
    yaml::emit(&value)
}

fn rules() -> Vec<ValidationRule> {
    let rule = |rule: &str, message: &str| ValidationRule {
        rule: rule.to_owned(),
        message: Some(message.to_owned()),
        ..ValidationRule::default()
    };
    vec![
        rule(
            "self == oldSelf",
            "an Approval never changes; make another one",
        ),
        rule(
            "self.behaviour.matches('^sha256:[0-9a-f]{64}$') && self.plan.matches('^sha256:[0-9a-f]{64}$')",
            "`behaviour` and `plan` are digests, `sha256:` and 64 hex digits",
        ),
        rule(
            "has(self.role) != has(self.group)",
            "an Approval is made as a role or as a member of a group",
        ),
        rule("self.by != ''", "`by` is who approves"),
    ]
}

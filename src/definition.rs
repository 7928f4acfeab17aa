//! What our custom resource definitions have in common: rules on their `spec`, and their YAML.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, ValidationRule,
};

use crate::yaml;

/// A definition whose `spec` keeps to rules: each an expression, and what is said when it does not
/// hold.
pub fn ruled(
    mut definition: CustomResourceDefinition,
    rules: &[(&str, &str)],
) -> CustomResourceDefinition {
    for version in &mut definition.spec.versions {
        let spec = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
            .and_then(|root| root.properties.as_mut())
            .and_then(|properties| properties.get_mut("spec"));
        if let Some(spec) = spec {
            let rules = rules.iter().map(|(holds, says)| rule(holds, says));
            spec.x_kubernetes_validations = Some(rules.collect());
        }
    }
    definition
}

/// A rule: an expression, and what is said when it does not hold.
pub fn rule(holds: &str, says: &str) -> ValidationRule {
    ValidationRule {
        rule: holds.to_owned(),
        message: Some(says.to_owned()),
        ..ValidationRule::default()
    }
}

/// The definition as a YAML document.
///
/// # Panics
///
/// Never: a definition is plain data.
pub fn to_yaml(definition: &CustomResourceDefinition) -> String {
    let value = serde_json::to_value(definition).expect("a definition is plain data");
    yaml::emit(&value)
}

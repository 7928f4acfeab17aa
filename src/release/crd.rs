//! The custom resource definition of [`Release`], as `deploy/crds` ships it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps,
};
use kube::CustomResourceExt as _;

use super::Release;
use crate::definition::rule;

/// Whether a record is of no earlier form than before.
const ONLY_LATER: &str =
    "!has(oldSelf.version) || (has(self.version) && self.version >= oldSelf.version)";

/// The definition of the `Release` kind.
///
/// Its spec cannot change: a Release that is about another unit is another Release. Its status
/// keeps fields that this version does not know, so that rolling Tidegate back loses nothing.
pub fn crd() -> CustomResourceDefinition {
    let mut crd = Release::crd();
    for version in &mut crd.spec.versions {
        let schema = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
            .and_then(|root| root.properties.as_mut());
        let Some(properties) = schema else { continue };
        if let Some(spec) = properties.get_mut("spec") {
            spec.x_kubernetes_validations = Some(vec![rule(
                "self == oldSelf",
                "the unit of a Release never changes",
            )]);
        }
        if let Some(status) = properties.get_mut("status") {
            keep_unknown(status);
            status.x_kubernetes_validations = Some(vec![rule(
                ONLY_LATER,
                "an earlier Tidegate never overwrites what a later one recorded",
            )]);
            let properties = status.properties.as_mut();
            if let Some(rollout) = properties.and_then(|it| it.get_mut("rollout")) {
                rollout.x_kubernetes_validations = Some(vec![rule(
                    "self.stage >= 0 && self.stage < size(self.stages)",
                    "a rollout is at one of its stages",
                )]);
            }
        }
    }
    crd
}

fn keep_unknown(schema: &mut JSONSchemaProps) {
    schema.x_kubernetes_preserve_unknown_fields = Some(true);
    // Rust's name of a format is none of Kubernetes', which warns of it.
    for property in schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut())
    {
        property.format = property.format.take().filter(|format| format != "uint32");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn schema(pointer: &str) -> Value {
        let crd = serde_json::to_value(crd()).unwrap();
        let at = format!("/spec/versions/0/schema/openAPIV3Schema/properties{pointer}");
        crd.pointer(&at).cloned().unwrap_or_default()
    }

    #[test]
    fn the_spec_is_immutable_and_the_status_keeps_what_it_does_not_know() {
        assert_eq!(
            schema("/spec/x-kubernetes-validations/0/rule"),
            "self == oldSelf"
        );
        assert_eq!(schema("/status/x-kubernetes-preserve-unknown-fields"), true);
    }

    #[test]
    fn a_person_reads_phase_and_reason_in_a_list() {
        let crd = serde_json::to_value(crd()).unwrap();
        let columns = crd
            .pointer("/spec/versions/0/additionalPrinterColumns")
            .and_then(Value::as_array)
            .unwrap();
        let names: Vec<_> = columns.iter().map(|column| &column["name"]).collect();
        assert_eq!(
            names,
            [
                "Desk",
                "Phase",
                "Stage",
                "Commit",
                "Waiting on",
                "Failure",
                "Age"
            ]
        );
    }

    #[test]
    fn the_yaml_is_one_document_of_the_kind() {
        let text = crate::definition::to_yaml(&crd());
        assert!(text.contains("kind: CustomResourceDefinition"), "{text}");
        assert!(text.contains("name: releases.tidegate.dev"), "{text}");
    }
}

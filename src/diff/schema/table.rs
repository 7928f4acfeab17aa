//! The facts, one table a type.

use serde_json::{Map, Value};

use super::Shape::{Atomic, Fields, Keyed, KeyedWhole, Quantities, Quantity, Set, Whole};
use super::{Shape, Type};

/// The table of a kind; kinds that are not in it have the metadata that every kind has.
pub(super) fn root(group: &str, kind: &str) -> &'static Type {
    match (group, kind) {
        ("", "Pod") => &POD_TEMPLATE,
        ("", "Service") => &SERVICE,
        ("", "ServiceAccount") => &SERVICE_ACCOUNT,
        ("", "PersistentVolumeClaim") => &CLAIM,
        ("", "PersistentVolume") => &VOLUME_OBJECT,
        ("", "ResourceQuota") => &RESOURCE_QUOTA,
        ("", "LimitRange") => &LIMIT_RANGE,
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &WORKLOAD,
        ("apps", "StatefulSet") => &STATEFUL_SET,
        ("batch", "Job") => &JOB,
        ("batch", "CronJob") => &CRON_JOB,
        ("policy", "PodDisruptionBudget") => &SELECTING,
        ("networking.k8s.io", "NetworkPolicy") => &NETWORK_POLICY,
        ("networking.k8s.io", "Ingress") => &INGRESS,
        ("autoscaling", "HorizontalPodAutoscaler") => &AUTOSCALER,
        ("rbac.authorization.k8s.io", "ClusterRole") => &CLUSTER_ROLE,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &ROLE_BINDING,
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => &ADMISSION_POLICY,
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => &ADMISSION_BINDING,
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => &WEBHOOKS,
        _ => &OBJECT,
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

const fn plain(fields: &'static [(&'static str, Shape)]) -> Type {
    Type {
        fields,
        defaults: &[],
        fill: None,
    }
}

const fn defaulted(
    defaults: &'static [(&'static str, &'static str)],
    fields: &'static [(&'static str, Shape)],
) -> Type {
    Type {
        fields,
        defaults,
        fill: None,
    }
}

pub(super) static NONE: Type = plain(&[]);
static META: Type = plain(&[
    ("finalizers", Set),
    ("managedFields", Atomic(&NONE)),
    ("ownerReferences", KeyedWhole(&["uid"])),
]);
static OBJECT: Type = plain(&[("metadata", Fields(&META))]);

// What a selector matches changes as a whole, never label by label.
static SELECTOR: Type = plain(&[]);

// Pods.
static CONTAINER_PORT: Type = defaulted(&[("protocol", "TCP")], &[]);
static FIELD_REF: Type = defaulted(&[("apiVersion", "v1")], &[]);
static RESOURCE_REF: Type = defaulted(&[("divisor", "0")], &[("divisor", Quantity)]);
static ENV_SOURCE: Type = plain(&[
    ("configMapKeyRef", Whole(&NONE)),
    ("fieldRef", Whole(&FIELD_REF)),
    ("fileKeyRef", Whole(&NONE)),
    ("resourceFieldRef", Whole(&RESOURCE_REF)),
    ("secretKeyRef", Whole(&NONE)),
]);
static ENV: Type = plain(&[("valueFrom", Fields(&ENV_SOURCE))]);
static RESOURCES: Type = plain(&[
    ("claims", Keyed(&["name"], &NONE)),
    ("limits", Quantities),
    ("requests", Quantities),
]);
static VOLUME_MOUNT: Type = plain(&[("bindMountOptions", Set)]);
static CONTAINER: Type = plain(&[
    ("env", Keyed(&["name"], &ENV)),
    (
        "ports",
        Keyed(&["containerPort", "protocol"], &CONTAINER_PORT),
    ),
    ("resources", Fields(&RESOURCES)),
    ("volumeDevices", Keyed(&["devicePath"], &NONE)),
    ("volumeMounts", Keyed(&["mountPath"], &VOLUME_MOUNT)),
]);
static AFFINITY_TERM: Type = plain(&[
    ("labelSelector", Whole(&SELECTOR)),
    ("namespaceSelector", Whole(&SELECTOR)),
]);
static WEIGHTED_TERM: Type = plain(&[("podAffinityTerm", Fields(&AFFINITY_TERM))]);
static NODE_AFFINITY: Type = plain(&[(
    "requiredDuringSchedulingIgnoredDuringExecution",
    Whole(&NONE),
)]);
static POD_AFFINITY: Type = plain(&[
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Atomic(&WEIGHTED_TERM),
    ),
    (
        "requiredDuringSchedulingIgnoredDuringExecution",
        Atomic(&AFFINITY_TERM),
    ),
]);
static AFFINITY: Type = plain(&[
    ("nodeAffinity", Fields(&NODE_AFFINITY)),
    ("podAffinity", Fields(&POD_AFFINITY)),
    ("podAntiAffinity", Fields(&POD_AFFINITY)),
]);
static SPREAD: Type = plain(&[("labelSelector", Whole(&SELECTOR))]);
static POD_SPEC: Type = plain(&[
    ("affinity", Fields(&AFFINITY)),
    ("containers", Keyed(&["name"], &CONTAINER)),
    ("ephemeralContainers", Keyed(&["name"], &CONTAINER)),
    ("hostAliases", Keyed(&["ip"], &NONE)),
    ("imagePullSecrets", KeyedWhole(&["name"])),
    ("initContainers", Keyed(&["name"], &CONTAINER)),
    ("nodeSelector", Whole(&NONE)),
    ("overhead", Quantities),
    ("resourceClaims", Keyed(&["name"], &NONE)),
    ("resources", Fields(&RESOURCES)),
    ("schedulingGates", Keyed(&["name"], &NONE)),
    (
        "topologySpreadConstraints",
        Keyed(&["topologyKey", "whenUnsatisfiable"], &SPREAD),
    ),
    ("volumes", Keyed(&["name"], &VOLUME)),
]);
static POD_TEMPLATE: Type = plain(&[("metadata", Fields(&META)), ("spec", Fields(&POD_SPEC))]);

// Volumes.
static DOWNWARD_ITEM: Type = plain(&[
    ("fieldRef", Whole(&FIELD_REF)),
    ("resourceFieldRef", Whole(&RESOURCE_REF)),
]);
static DOWNWARD: Type = plain(&[("items", Atomic(&DOWNWARD_ITEM))]);
static PROJECTED_TOKEN: Type = Type {
    fields: &[],
    defaults: &[],
    fill: Some(fill_token),
};
static CLUSTER_TRUST: Type = plain(&[("labelSelector", Whole(&SELECTOR))]);
static PROJECTED_SOURCE: Type = plain(&[
    ("clusterTrustBundle", Fields(&CLUSTER_TRUST)),
    ("downwardAPI", Fields(&DOWNWARD)),
    ("serviceAccountToken", Fields(&PROJECTED_TOKEN)),
]);
static PROJECTED: Type = plain(&[("sources", Atomic(&PROJECTED_SOURCE))]);
static EMPTY_DIR: Type = plain(&[("sizeLimit", Quantity)]);
static SECRET_REF: Type = plain(&[
    ("nodePublishSecretRef", Whole(&NONE)),
    ("secretRef", Whole(&NONE)),
]);
static EPHEMERAL: Type = plain(&[("volumeClaimTemplate", Fields(&CLAIM))]);
static VOLUME: Type = plain(&[
    ("csi", Fields(&SECRET_REF)),
    ("downwardAPI", Fields(&DOWNWARD)),
    ("emptyDir", Fields(&EMPTY_DIR)),
    ("ephemeral", Fields(&EPHEMERAL)),
    ("flexVolume", Fields(&SECRET_REF)),
    ("iscsi", Fields(&SECRET_REF)),
    ("projected", Fields(&PROJECTED)),
]);
static CLAIM_SPEC: Type = plain(&[
    ("dataSource", Whole(&NONE)),
    ("resources", Fields(&RESOURCES)),
    ("selector", Whole(&SELECTOR)),
]);
static CLAIM: Type = plain(&[("metadata", Fields(&META)), ("spec", Fields(&CLAIM_SPEC))]);
static CLAIM_TEMPLATE: Type = Type {
    fields: &[("metadata", Fields(&META)), ("spec", Fields(&CLAIM_SPEC))],
    defaults: &[("apiVersion", "v1"), ("kind", "PersistentVolumeClaim")],
    fill: Some(fill_claim),
};
static VOLUME_OBJECT_NODES: Type = plain(&[("required", Whole(&NONE))]);
static VOLUME_OBJECT_SPEC: Type = plain(&[
    ("capacity", Quantities),
    ("nodeAffinity", Fields(&VOLUME_OBJECT_NODES)),
]);
static VOLUME_OBJECT: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&VOLUME_OBJECT_SPEC)),
]);

// Workloads.
static WORKLOAD_SPEC: Type = plain(&[
    ("selector", Whole(&SELECTOR)),
    ("template", Fields(&POD_TEMPLATE)),
]);
static WORKLOAD: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&WORKLOAD_SPEC)),
]);
static STATEFUL_SET_SPEC: Type = plain(&[
    ("selector", Whole(&SELECTOR)),
    ("template", Fields(&POD_TEMPLATE)),
    ("volumeClaimTemplates", Atomic(&CLAIM_TEMPLATE)),
]);
static STATEFUL_SET: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&STATEFUL_SET_SPEC)),
]);
static FAILURE_CONDITION: Type = defaulted(&[("status", "True")], &[]);
static FAILURE_EXIT_CODES: Type = plain(&[("values", Set)]);
static FAILURE_RULE: Type = plain(&[
    ("onExitCodes", Fields(&FAILURE_EXIT_CODES)),
    ("onPodConditions", Atomic(&FAILURE_CONDITION)),
]);
static FAILURE_POLICY: Type = plain(&[("rules", Atomic(&FAILURE_RULE))]);
static JOB_SPEC: Type = plain(&[
    ("podFailurePolicy", Fields(&FAILURE_POLICY)),
    ("selector", Whole(&SELECTOR)),
    ("template", Fields(&POD_TEMPLATE)),
]);
static JOB: Type = plain(&[("metadata", Fields(&META)), ("spec", Fields(&JOB_SPEC))]);
static CRON_JOB_SPEC: Type = plain(&[("jobTemplate", Fields(&JOB))]);
static CRON_JOB: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&CRON_JOB_SPEC)),
]);

// Around workloads.
static SELECTING_SPEC: Type = plain(&[("selector", Whole(&SELECTOR))]);
static SELECTING: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&SELECTING_SPEC)),
]);
static SERVICE_PORT: Type = defaulted(&[("protocol", "TCP")], &[]);
static SERVICE_SPEC: Type = plain(&[
    ("ports", Keyed(&["port", "protocol"], &SERVICE_PORT)),
    ("selector", Whole(&SELECTOR)),
]);
static SERVICE: Type = plain(&[("metadata", Fields(&META)), ("spec", Fields(&SERVICE_SPEC))]);
static SERVICE_ACCOUNT: Type = plain(&[
    ("metadata", Fields(&META)),
    ("secrets", KeyedWhole(&["name"])),
]);
static METRIC_TARGET: Type = plain(&[("averageValue", Quantity), ("value", Quantity)]);
static METRIC_NAME: Type = plain(&[("selector", Whole(&SELECTOR))]);
static METRIC_SOURCE: Type = plain(&[
    ("describedObject", Whole(&NONE)),
    ("metric", Fields(&METRIC_NAME)),
    ("target", Fields(&METRIC_TARGET)),
]);
static METRIC: Type = plain(&[
    ("containerResource", Fields(&METRIC_SOURCE)),
    ("external", Fields(&METRIC_SOURCE)),
    ("object", Fields(&METRIC_SOURCE)),
    ("pods", Fields(&METRIC_SOURCE)),
    ("resource", Fields(&METRIC_SOURCE)),
]);
static SCALING_RULES: Type = plain(&[("tolerance", Quantity)]);
static SCALING_BEHAVIOR: Type = plain(&[
    ("scaleDown", Fields(&SCALING_RULES)),
    ("scaleUp", Fields(&SCALING_RULES)),
]);
static AUTOSCALER_SPEC: Type = plain(&[
    ("behavior", Fields(&SCALING_BEHAVIOR)),
    ("metrics", Atomic(&METRIC)),
    ("scaleTargetRef", Whole(&NONE)),
]);
static AUTOSCALER: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&AUTOSCALER_SPEC)),
]);

// Networks.
static POLICY_PORT: Type = defaulted(&[("protocol", "TCP")], &[]);
static POLICY_PEER: Type = plain(&[
    ("namespaceSelector", Whole(&SELECTOR)),
    ("podSelector", Whole(&SELECTOR)),
]);
static POLICY_RULE: Type = plain(&[
    ("from", Atomic(&POLICY_PEER)),
    ("ports", Atomic(&POLICY_PORT)),
    ("to", Atomic(&POLICY_PEER)),
]);
static NETWORK_POLICY_SPEC: Type = plain(&[
    ("egress", Atomic(&POLICY_RULE)),
    ("ingress", Atomic(&POLICY_RULE)),
    ("podSelector", Whole(&SELECTOR)),
]);
static NETWORK_POLICY: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&NETWORK_POLICY_SPEC)),
]);
static BACKEND_SERVICE: Type = plain(&[("port", Whole(&NONE))]);
static BACKEND: Type = plain(&[
    ("resource", Whole(&NONE)),
    ("service", Fields(&BACKEND_SERVICE)),
]);
static INGRESS_SPEC: Type = plain(&[("defaultBackend", Fields(&BACKEND))]);
static INGRESS: Type = plain(&[("metadata", Fields(&META)), ("spec", Fields(&INGRESS_SPEC))]);

// Desks.
static QUOTA_SPEC: Type = plain(&[("hard", Quantities), ("scopeSelector", Whole(&NONE))]);
static RESOURCE_QUOTA: Type = plain(&[("metadata", Fields(&META)), ("spec", Fields(&QUOTA_SPEC))]);
static LIMIT: Type = Type {
    fields: &[
        ("default", Quantities),
        ("defaultRequest", Quantities),
        ("max", Quantities),
        ("maxLimitRequestRatio", Quantities),
        ("min", Quantities),
    ],
    defaults: &[],
    fill: Some(fill_limit),
};
static LIMIT_RANGE_SPEC: Type = plain(&[("limits", Atomic(&LIMIT))]);
static LIMIT_RANGE: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&LIMIT_RANGE_SPEC)),
]);
static ROLE_REF: Type = defaulted(&[("apiGroup", RBAC)], &[]);
static SUBJECT: Type = Type {
    fields: &[],
    defaults: &[],
    fill: Some(fill_subject),
};
static ROLE_BINDING: Type = plain(&[
    ("metadata", Fields(&META)),
    ("roleRef", Whole(&ROLE_REF)),
    ("subjects", Atomic(&SUBJECT)),
]);
static AGGREGATION: Type = plain(&[("clusterRoleSelectors", Atomic(&SELECTOR))]);
static CLUSTER_ROLE: Type = plain(&[
    ("aggregationRule", Fields(&AGGREGATION)),
    ("metadata", Fields(&META)),
]);

// Admission.
static RESOURCE_RULE: Type = defaulted(&[("scope", "*")], &[]);
static MATCH_RESOURCES: Type = Type {
    fields: &[
        ("excludeResourceRules", Atomic(&RESOURCE_RULE)),
        ("resourceRules", Atomic(&RESOURCE_RULE)),
    ],
    defaults: &[("matchPolicy", "Equivalent")],
    fill: Some(fill_match),
};
static ADMISSION_POLICY_SPEC: Type = plain(&[
    ("matchConditions", Keyed(&["name"], &NONE)),
    ("matchConstraints", Whole(&MATCH_RESOURCES)),
    ("paramKind", Whole(&NONE)),
    ("variables", KeyedWhole(&["name"])),
]);
static ADMISSION_POLICY: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&ADMISSION_POLICY_SPEC)),
]);
static ADMISSION_BINDING_SPEC: Type = plain(&[
    ("matchResources", Whole(&MATCH_RESOURCES)),
    ("paramRef", Whole(&NONE)),
    ("validationActions", Set),
]);
static ADMISSION_BINDING: Type = plain(&[
    ("metadata", Fields(&META)),
    ("spec", Fields(&ADMISSION_BINDING_SPEC)),
]);
static WEBHOOK: Type = plain(&[
    ("matchConditions", Keyed(&["name"], &NONE)),
    ("namespaceSelector", Whole(&SELECTOR)),
    ("objectSelector", Whole(&SELECTOR)),
    ("rules", Atomic(&RESOURCE_RULE)),
]);
static WEBHOOKS: Type = plain(&[
    ("metadata", Fields(&META)),
    ("webhooks", Keyed(&["name"], &WEBHOOK)),
]);

/// A projected token lives an hour unless told otherwise.
fn fill_token(token: &mut Map<String, Value>) {
    token
        .entry("expirationSeconds")
        .or_insert_with(|| Value::from(3600));
}

fn fill_claim(claim: &mut Map<String, Value>) {
    if let Some(Value::Object(spec)) = claim.get_mut("spec") {
        spec.entry("volumeMode")
            .or_insert_with(|| Value::from("Filesystem"));
    }
    claim
        .entry("status")
        .or_insert_with(|| serde_json::json!({"phase": "Pending"}));
}

fn fill_match(resources: &mut Map<String, Value>) {
    for selector in ["namespaceSelector", "objectSelector"] {
        resources
            .entry(selector)
            .or_insert_with(|| Value::Object(Map::new()));
    }
}

/// Users and groups belong to the RBAC group, service accounts to the core group.
fn fill_subject(subject: &mut Map<String, Value>) {
    let is_account = subject
        .get("kind")
        .is_some_and(|kind| kind == "ServiceAccount");
    if !is_account {
        subject
            .entry("apiGroup")
            .or_insert_with(|| Value::from(RBAC));
    }
}

/// A container's default limit is its maximum; its default request is its default limit, else its
/// minimum.
fn fill_limit(limit: &mut Map<String, Value>) {
    if limit.get("type").is_none_or(|kind| kind != "Container") {
        return;
    }
    for (from, to) in [
        ("max", "default"),
        ("default", "defaultRequest"),
        ("min", "defaultRequest"),
    ] {
        let Some(Value::Object(source)) = limit.get(from).cloned() else {
            continue;
        };
        let target = limit.entry(to).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(target) = target {
            for (name, amount) in source {
                target.entry(name).or_insert(amount);
            }
        }
    }
}

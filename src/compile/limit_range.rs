//! What a container that says nothing gets in a desk's namespace. Ours always say; a person's
//! debugging pod may not.

use serde_json::json;

use super::Owner;
use super::context::{Api, metadata, object};
use super::fields::Fields;
use super::labels;
use crate::object::Object;
use crate::resolve::{Desk, Fleet};

/// The LimitRange. Its bounds only catch slips, such as `64` meant as `64Mi`; the quota is the limit.
pub(super) fn build(fleet: &Fleet, desk: &Desk, owner: &Owner) -> Object {
    let fallback = json!({"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "1Gi"});
    let limits = json!([{
        "type": "Container",
        "default": fallback,
        "defaultRequest": fallback,
        "max": {"cpu": "256", "memory": "4Ti", "ephemeral-storage": "16Ti"},
        "min": {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "1Mi"},
    }]);
    let labels = labels::of_desk(fleet, desk, owner);
    let metadata = metadata("desk", Some(&desk.namespace), labels, desk);
    let spec = Fields::new().with("limits", limits);
    object(
        Api("v1", "LimitRange"),
        metadata,
        Fields::new().with("spec", spec),
    )
}

//! How much a desk may use.

use super::Owner;
use super::context::{Api, metadata, object};
use super::fields::Fields;
use super::labels;
use crate::object::Object;
use crate::resolve::{Desk, Fleet};

/// The ResourceQuota, if the desk has one.
pub(super) fn build(fleet: &Fleet, desk: &Desk, owner: &Owner) -> Option<Object> {
    let hard = desk
        .quota
        .iter()
        .fold(Fields::new(), |hard, (name, amount)| {
            hard.with(name, amount.as_str())
        });
    let labels = labels::of_desk(fleet, desk, owner);
    let metadata = metadata("desk", Some(&desk.namespace), labels, desk);
    let spec = Fields::new().with("hard", hard);
    let quota = object(
        Api("v1", "ResourceQuota"),
        metadata,
        Fields::new().with("spec", spec),
    );
    (!desk.quota.is_empty()).then_some(quota)
}

//! A desk's namespace.

use super::Owner;
use super::context::{Api, metadata, object};
use super::fields::Fields;
use super::labels;
use crate::object::Object;
use crate::resolve::{Desk, Fleet};

/// The Namespace, under the `restricted` Pod Security Standard.
pub(super) fn build(fleet: &Fleet, desk: &Desk, owner: &Owner) -> Object {
    let labels = ["enforce", "audit", "warn"].iter().fold(
        labels::of_desk(fleet, desk, owner),
        |labels, action| {
            let key = format!("pod-security.kubernetes.io/{action}");
            labels
                .with(&format!("{key}-version"), "latest")
                .with(&key, "restricted")
        },
    );
    let metadata = metadata(&desk.namespace, None, labels, desk);
    object(Api("v1", "Namespace"), metadata, Fields::new())
}

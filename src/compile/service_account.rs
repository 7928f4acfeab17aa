//! An identity of its own for each strategy, which may do nothing.

use super::context::{Api, Context};
use super::fields::Fields;
use crate::object::Object;

/// The ServiceAccount. Nothing mounts its token.
pub(super) fn build(context: &Context<'_>) -> Object {
    let fields = Fields::new().with("automountServiceAccountToken", false);
    context.object(Api("v1", "ServiceAccount"), context.name(), fields)
}

//! The claims of what a strategy keeps: objects of their own, because a StatefulSet's own templates
//! can never change.

use serde_json::json;

use super::context::{Api, Context};
use super::fields::Fields;
use super::names;
use crate::object::Object;
use crate::resolve::{StateVolume, Strategy};

/// The claims, by name.
pub(super) fn build(context: &Context<'_>) -> Vec<Object> {
    let mut states: Vec<&StateVolume> = context.strategy.state.iter().collect();
    states.sort_by(|a, b| a.name.cmp(&b.name));
    states.into_iter().map(|it| claim(context, it)).collect()
}

fn claim(context: &Context<'_>, state: &StateVolume) -> Object {
    let class = state.class.as_ref().map(|class| class.name.as_str());
    let spec = Fields::new()
        .with_list("accessModes", [access_mode(context.strategy, state)])
        .with(
            "resources",
            json!({"requests": {"storage": state.size.as_str()}}),
        )
        .with_some("storageClassName", class);
    let name = names::claim(context.strategy, state);
    let fields = Fields::new().with("spec", spec);
    context.object(Api("v1", "PersistentVolumeClaim"), &name, fields)
}

/// One pod where the driver can promise it: a last fence against two traders on one state. It does
/// not depend on `replicas`, because it can never change; a service that keeps state has one.
fn access_mode(strategy: &Strategy, state: &StateVolume) -> &'static str {
    let shared = strategy.job.completions.is_some();
    let fenced = state.class.as_ref().is_some_and(|class| class.csi);
    match (shared, fenced) {
        (true, _) => "ReadWriteMany",
        (false, true) => "ReadWriteOncePod",
        (false, false) => "ReadWriteOnce",
    }
}

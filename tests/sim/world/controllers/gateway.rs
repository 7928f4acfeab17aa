//! The gateway: takes routes in as they are.

use serde_json::json;

use tidegate::object::Object;

use super::super::World;
use super::{Deed, with_status};

impl World {
    pub(super) fn gateway(&self, route: &Object) -> Option<Deed> {
        if self.gateway_stopped {
            return None;
        }
        let condition = |kind: &str| {
            json!({"type": kind, "status": "True", "reason": kind, "message": "",
                "observedGeneration": route.number("/metadata/generation")})
        };
        let conditions = json!([condition("Accepted"), condition("ResolvedRefs")]);
        let parent = route.at("/spec/parentRefs/0");
        let parent = json!({"parentRef": parent, "conditions": conditions});
        with_status(route, json!({"parents": [parent]}))
    }
}

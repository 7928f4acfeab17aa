//! What a stage looks like to whoever reads the cluster: what both managers write of an object, in
//! one.

use serde_json::{Value, json};

use super::{ManifestSet, Size};
use crate::object::Object;

impl ManifestSet {
    /// The objects as they are once the stage is in place: what is printed, and what the rollout
    /// turns of it. Only the number of pods that an autoscaler says is in none of them.
    pub fn shown(&self) -> Vec<Object> {
        self.bundle.objects.iter().map(|it| self.one(it)).collect()
    }

    fn one(&self, object: &Object) -> Object {
        let id = object.id();
        let mut shown = object.clone();
        let spec = &mut shown.value_mut()["spec"];
        if let Some(turned) = self.turned.get(&id) {
            lay_over(spec, turned);
        }
        let mut sides = self.sides.iter();
        if let Some(Size::Turned(pods)) = sides.find(|it| it.workload == id).map(|it| it.size) {
            spec["replicas"] = json!(pods);
        }
        shown
    }
}

fn lay_over(value: &mut Value, over: &Value) {
    match (value, over) {
        (Value::Object(fields), Value::Object(over)) => {
            for (name, over) in over {
                lay_over(fields.entry(name.clone()).or_insert(Value::Null), over);
            }
        }
        (value, over) => value.clone_from(over),
    }
}

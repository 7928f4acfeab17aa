//! Workloads: each gets its template, and as many pods as it may have now.

use serde_json::{Value, json};

use super::super::super::actions;
use super::super::Size;
use super::pods::asked;
use super::{Way, runtime};
use crate::object::Object;

impl Way<'_> {
    pub(super) fn workloads(&mut self) {
        let sizes: Vec<(usize, Option<u32>)> = {
            let sizes = self.sizes();
            let of = |index: usize| {
                let seen = self.seen.get(index)?;
                sizes.get(seen.side.instance.as_str()).copied()
            };
            (0..self.seen.len())
                .map(|index| (index, of(index)))
                .collect()
        };
        for (index, size) in sizes {
            self.workload(index, size);
        }
    }

    fn workload(&mut self, index: usize, size: Option<u32>) {
        let Some(seen) = self.seen.get(index) else {
            return;
        };
        let (side, live) = (seen.side, seen.live);
        let Some(desired) = self.desired().find(|it| *it.identity() == side.workload) else {
            return;
        };
        let Some(live) = live else {
            return self.make(desired, size);
        };
        if live.is_terminating() {
            return self.verdict.terminating(live);
        }
        let is_scaled_yet = self.has_ended_scaler(&side.workload);
        if is_scaled_yet {
            return self.wait(
                format!("the autoscaler of {}, which is going", side.workload),
                "it is gone",
            );
        }
        let desired = sized(desired, size);
        if self.hold_back(&desired, live) || self.template(&desired, live) {
            return;
        }
        self.resize(live, size, side.size);
        self.unstick(&desired, live);
    }

    fn make(&mut self, desired: &Object, size: Option<u32>) {
        let mut turned = self
            .set
            .turned
            .get(&desired.id())
            .cloned()
            .unwrap_or_else(|| json!({}));
        if let Some(size) = size {
            turned["replicas"] = json!(size);
        }
        let made = runtime::made_with(desired, &turned);
        self.verdict.actions.push(actions::create(&made));
    }

    /// Applies what differs; whether there was anything.
    fn template(&mut self, desired: &Object, live: &Object) -> bool {
        let differs = !self.unit.drift(desired, live).is_empty();
        if differs {
            self.differing(desired, live);
        }
        differs
    }

    fn resize(&mut self, live: &Object, size: Option<u32>, wanted: Size) {
        let now = asked(live);
        if let Some(size) = size
            && size != now
        {
            if !self.is_still(&live.id()) {
                return;
            }
            let why = if size > now {
                "it is to have more pods"
            } else {
                "others serve in place of its pods"
            };
            let spec = runtime::with(live, &json!({"replicas": size}));
            return self.verdict.actions.push(actions::turn(live, spec, why));
        }
        if let Size::Turned(pods) = wanted
            && pods != now
        {
            self.wait(
                format!("room for the pods of {}", live.id()),
                "other pods are ready, or gone",
            );
        }
    }
}

/// A workload without the number of pods that somebody else says now.
fn sized(desired: &Object, size: Option<u32>) -> Object {
    let mut sized = desired.clone();
    if size.is_some()
        && let Some(Value::Object(spec)) = sized.value_mut().get_mut("spec")
    {
        spec.shift_remove("replicas");
    }
    sized
}

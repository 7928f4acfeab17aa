//! The autoscaler: keeps a workload between its ends, and changes its size when its load does.

use tidegate::object::{Object, ObjectId};

use super::super::World;
use super::Deed;

impl World {
    /// Keeps a workload with pods between the ends of its autoscaler.
    pub(super) fn autoscaler(&self, scaler: &Object) -> Option<Deed> {
        let (id, now) = self.scaled_by(scaler)?;
        let wanted = bounded(scaler, now);
        (now > 0 && wanted != now).then_some(Deed::Scale(id, wanted))
    }

    /// The load of a strategy changes, and so does the size of a workload that nobody froze.
    pub(crate) fn autoscale(&mut self, of: &str, to: i64) -> bool {
        let scalers = self.of_kind("autoscaling", "HorizontalPodAutoscaler");
        let found = scalers
            .filter(|(_, it)| super::strategy(&it.object) == of)
            .find_map(|(_, it)| {
                let (id, now) = self.scaled_by(&it.object)?;
                let wanted = bounded(&it.object, to);
                let side = if wanted > now { "scaleUp" } else { "scaleDown" };
                let policy = it
                    .object
                    .text(&format!("/spec/behavior/{side}/selectPolicy"));
                (policy != "Disabled" && now > 0 && wanted != now).then_some((id, wanted))
            });
        let Some((id, wanted)) = found else {
            return false;
        };
        self.excuse(of);
        self.resize(&id, wanted);
        true
    }

    pub(super) fn resize(&mut self, id: &ObjectId, to: i64) {
        let Some(claims) = self.get(id).and_then(|it| it.claims.clone()) else {
            return;
        };
        let mut claims = claims.as_ref().clone();
        self.tell(|| format!("{id} is scaled to {to} by its autoscaler"));
        claims.scale(to);
        self.refresh(id, claims);
    }

    fn scaled_by(&self, scaler: &Object) -> Option<(ObjectId, i64)> {
        let id = ObjectId {
            group: "apps".to_owned(),
            kind: scaler.text("/spec/scaleTargetRef/kind").to_owned(),
            namespace: scaler.namespace().map(str::to_owned),
            name: scaler.text("/spec/scaleTargetRef/name").to_owned(),
        };
        let now = self.get(&id)?.object.number("/spec/replicas").unwrap_or(1);
        Some((id, now))
    }
}

fn bounded(scaler: &Object, pods: i64) -> i64 {
    let fewest = scaler.number("/spec/minReplicas").unwrap_or(1);
    let most = scaler.number("/spec/maxReplicas").unwrap_or(fewest);
    pods.clamp(fewest, most.max(fewest))
}

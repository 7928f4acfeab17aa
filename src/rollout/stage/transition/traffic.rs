//! The Service that clients use, and the route: they move to whom they are to once enough pods are
//! ready there.

use serde_json::Value;

use super::super::super::unit::Standing;
use super::super::super::waiting::{By, Wait};
use super::super::super::{actions, holdings};
use super::super::Size;
use super::super::assemble::clients;
use super::pods::{is_ready, is_there, number};
use super::{Way, accepted, runtime};
use crate::object::{Object, ObjectId, mark};

impl<'a> Way<'a> {
    fn clients_service(&self) -> Option<&'a Object> {
        clients(&self.set.bundle.objects, self.strategy())
    }

    /// Whether a share of the traffic is, or just was, a share of the pods: every pod that may serve
    /// does, or there is no Service that could tell them apart.
    pub(super) fn is_shared(&self) -> bool {
        if self.set.ratio.is_some() {
            return true;
        }
        match self.clients_service() {
            None => true,
            Some(service) => self.unit.live(&service.id()).is_some_and(selects_all),
        }
    }

    /// Moves the clients' Service.
    pub(super) fn clients(&mut self) {
        let Some(desired) = self.clients_service() else {
            return;
        };
        let Some(live) = self.unit.live(&desired.id()) else {
            return self.verdict.actions.push(actions::create(desired));
        };
        if live.is_terminating() {
            return self.verdict.terminating(live);
        }
        if selector(desired) != selector(live)
            && let Some(wait) = self.not_ready_for(desired, live)
        {
            return self.verdict.waits.push(wait);
        }
        if let Standing::Differs(live, _) = self.unit.standing(desired).clone() {
            self.differing(desired, live);
        }
    }

    /// Why a Service may not move to other pods yet.
    fn not_ready_for(&self, desired: &Object, live: &Object) -> Option<Wait> {
        if selects_all(desired) {
            // Hidden pods of a version that was given up must not serve now.
            let left: u32 = self.left.values().map(|left| left.pods.present).sum();
            let what = "pods of a version that was given up, which go first".to_owned();
            return (left > 0).then(|| Wait::new(By::Itself, what, "they are gone"));
        }
        let gains = self.selected(desired, true);
        let serves = self.selected(live, false);
        let needed = serves.min(self.asked_of(desired));
        (gains < needed).then(|| {
            let what = format!("ready pods for {}", desired.id());
            Wait::new(By::Itself, what, "as many are ready as serve now")
        })
    }

    /// How many ready pods a Service selects; for one to be, only those of the right version.
    fn selected(&self, service: &Object, is_to_be: bool) -> u32 {
        let pods = self.unit.pods().into_iter();
        let of_side = |pod: &Object| {
            let instance = pod.label(mark::INSTANCE);
            let mut sides = self.set.sides.iter();
            let side = sides.find(|side| Some(side.instance.as_str()) == instance);
            side.is_none_or(|side| pod.annotation(mark::BEHAVIOUR) == Some(side.behaviour.as_str()))
        };
        let selected = pods
            .filter(|pod| selects(service, pod) && is_ready(pod))
            .filter(|pod| !is_to_be || of_side(pod));
        number(selected.count())
    }

    /// How many pods are asked for behind a Service to be.
    fn asked_of(&self, service: &Object) -> u32 {
        let wanted = selector(service)
            .get(mark::INSTANCE)
            .and_then(Value::as_str);
        let mut sides = self.set.sides.iter();
        let side = sides.find(|side| Some(side.instance.as_str()) == wanted);
        side.map_or(0, |side| self.asked_for(side.size))
    }

    fn asked_for(&self, size: Size) -> u32 {
        match size {
            Size::Turned(pods) | Size::Printed(pods) => pods,
            Size::Scaled { .. } => self.replicas(),
        }
    }

    /// Moves the route.
    pub(super) fn route(&mut self) {
        let Some(desired) = self.desired().find(|it| it.kind() == "HTTPRoute") else {
            return;
        };
        let id = desired.id();
        let turned = self.turned(&id);
        let Some(live) = self.unit.live(&id) else {
            if let Some(why) = &self.unit.situation.observed.routeless {
                self.verdict.waits.push(no_gateways(&id, why));
            } else if !self.lacks(&turned, None) {
                let made = runtime::made_with(desired, &turned);
                self.verdict.actions.push(actions::create(&made));
            }
            return;
        };
        if live.is_terminating() {
            self.verdict.terminating(live);
        } else if !self.unit.drift(desired, live).is_empty() {
            self.differing(desired, live);
        } else if runtime::is_so(live, &turned) {
            self.verdict.waits.extend(accepted::lack(live));
        } else if !self.lacks(&turned, Some(live)) {
            let why = "enough pods are ready where requests go now";
            let turn = actions::turn(live, runtime::with(live, &turned), why);
            self.verdict.actions.push(turn);
        }
    }

    /// Whether somebody would gain requests without enough pods that are ready for them.
    fn lacks(&mut self, turned: &Value, live: Option<&Object>) -> bool {
        let wanted = shares(turned.get("rules"));
        let now = shares(live.and_then(|live| live.at("/spec/rules")));
        let share = |shares: &[(String, u64)], name: &str| {
            let found = shares.iter().find(|(service, _)| service == name);
            found.map(|(_, weight)| *weight)
        };
        let mut waits = Vec::new();
        for seen in &self.seen {
            let name = &seen.side.instance;
            let Some(weight) = share(&wanted, name) else {
                continue;
            };
            let gains = share(&now, name).is_none_or(|now| weight > now);
            let needed = self.asked_for(seen.side.size);
            let others = self.seen.iter().filter(|it| it.side.instance != *name);
            let left = self.left.values().map(|left| left.pods.ready);
            let serving = others
                .map(|it| it.pods.ready)
                .chain(left)
                .max()
                .unwrap_or(0);
            // Who comes back from a version that does not work need not wait for every pod.
            let needed = match seen.side.role {
                super::Role::Candidate if self.seen.len() > 1 => needed,
                _ => needed.min(serving),
            };
            let is_seen = seen.live.is_some_and(holdings::is_seen) || needed == 0;
            if gains && (seen.pods.ready < needed || !is_seen) {
                waits.push(format!("ready pods of {}", seen.side.workload));
            }
        }
        let is_any = !waits.is_empty();
        for what in waits {
            self.wait(what, "they can take the requests that are to go to them");
        }
        is_any
    }

    /// Whether requests go where they are to, as far as can be seen: then whoever lost them can go.
    pub(super) fn is_moved(&self) -> bool {
        let is_led = self.clients_service().is_none_or(|desired| {
            let live = self.unit.live(&desired.id());
            live.is_some_and(|live| selector(live) == selector(desired))
        });
        let mut routes = self.desired().filter(|it| it.kind() == "HTTPRoute");
        let is_routed = routes.all(|desired| {
            let id = desired.id();
            let turned = self.set.turned.get(&id);
            let live = self
                .unit
                .live(&id)
                .filter(|live| accepted::lack(live).is_none());
            live.is_some_and(|live| turned.is_none_or(|turned| runtime::is_so(live, turned)))
        });
        is_led && is_routed
    }
}

fn no_gateways(id: &ObjectId, why: &str) -> Wait {
    let what = format!("the Gateway API, which {id} needs: {why}");
    let until = "the Gateway API is installed, or `route` is removed from the `rollout`";
    Wait::new(By::Others, what, until)
}

fn selector(service: &Object) -> &Value {
    service.at("/spec/selector").unwrap_or(&Value::Null)
}

/// Whether a Service selects every pod that may serve.
fn selects_all(service: &Object) -> bool {
    selector(service).get(mark::SERVES).is_some()
}

fn selects(service: &Object, pod: &Object) -> bool {
    let labels = selector(service).as_object();
    is_there(pod)
        && labels.is_some_and(|labels| {
            let mut labels = labels.iter();
            labels.all(|(key, value)| pod.label(key) == value.as_str())
        })
}

/// The share of each Service in millionths of a rule, all rules together. Who gets a copy is there
/// with none.
fn shares(rules: Option<&Value>) -> Vec<(String, u64)> {
    let list = |value: &Value, key: &str| {
        let items = value.get(key).and_then(Value::as_array);
        items.cloned().unwrap_or_default()
    };
    let mut shares: Vec<(String, u64)> = Vec::new();
    let rules = rules.and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        let mirrors = list(rule, "filters").into_iter().filter_map(|filter| {
            let to = filter.pointer("/requestMirror/backendRef")?.clone();
            Some((to, 0))
        });
        let weight = |to: &Value| to.get("weight").and_then(Value::as_u64).unwrap_or(1);
        let backends = list(rule, "backendRefs");
        let whole: u64 = backends.iter().map(weight).sum::<u64>().max(1);
        let backends = backends.into_iter().map(|to| {
            let share = weight(&to).saturating_mul(1_000_000) / whole;
            (to, share)
        });
        for (to, weight) in mirrors.chain(backends) {
            let name = to.get("name").and_then(Value::as_str).unwrap_or_default();
            match shares.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += weight,
                None => shares.push((name.to_owned(), weight)),
            }
        }
    }
    shares
}

//! Whom pods may talk to.

use serde_json::{Value, json};

use super::context::{Api, Context, metadata, object};
use super::fields::{Fields, set};
use super::{Owner, cidr, labels};
use crate::object::{Object, mark};
use crate::resolve::{Desk, Fleet, Peer};

const API: Api = Api("networking.k8s.io/v1", "NetworkPolicy");
const BOTH: [&str; 2] = ["Ingress", "Egress"];

/// A desk's policy: nobody, unless a strategy's own policy says so. The dot keeps its name apart
/// from every strategy's.
pub(super) fn deny(fleet: &Fleet, desk: &Desk, owner: &Owner) -> Object {
    let labels = labels::of_desk(fleet, desk, owner);
    let metadata = metadata("desk.default-deny", Some(&desk.namespace), labels, desk);
    let spec = json!({"podSelector": {}, "policyTypes": BOTH});
    object(API, metadata, Fields::new().with("spec", spec))
}

/// A strategy's policy: what it declares, DNS, and the scrape of its metrics.
pub(super) fn build(context: &Context<'_>) -> Object {
    let spec = Fields::new()
        .with_list("egress", egress(context))
        .with_list("ingress", ingress(context))
        .with("podSelector", labels::selector(context))
        .with_list("policyTypes", BOTH);
    context.object(API, context.name(), Fields::new().with("spec", spec))
}

fn egress(context: &Context<'_>) -> Vec<Value> {
    let dns = json!({
        "ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
        "to": [namespace(&context.fleet.cluster.dns_namespace)],
    });
    let declared = context.strategy.network.egress.iter();
    let declared = declared.filter_map(|rule| connection("to", &rule.to, rule.port));
    set(std::iter::once(dns).chain(declared))
}

fn ingress(context: &Context<'_>) -> Vec<Value> {
    let strategy = context.strategy;
    let scrape = strategy.metrics.as_ref().and_then(|metrics| {
        let port = strategy
            .ports
            .iter()
            .find(|port| port.name == metrics.port)?;
        let from = Peer::Namespace(context.fleet.cluster.monitoring_namespace.clone());
        connection("from", &from, port.port)
    });
    let declared = strategy.network.ingress.iter();
    let declared = declared.filter_map(|rule| connection("from", &rule.from, rule.port));
    set(scrape.into_iter().chain(declared))
}

/// A rule. None where the peer stands for no address: a rule without peers allows everybody.
fn connection(direction: &str, peer: &Peer, port: u16) -> Option<Value> {
    let peers = peers(peer);
    let ports = json!([{"port": port, "protocol": "TCP"}]);
    (!peers.is_empty()).then(|| json!({direction: peers, "ports": ports}))
}

fn peers(peer: &Peer) -> Vec<Value> {
    match peer {
        Peer::Strategy { name, namespace } => vec![json!({
            "namespaceSelector": in_namespace(namespace),
            "podSelector": {"matchLabels": {mark::STRATEGY: name.as_str()}},
        })],
        Peer::Namespace(name) => vec![namespace(name)],
        Peer::Cidrs {
            name: _,
            cidrs,
            except,
        } => set(cidrs.iter().map(|range| block(range, except))),
    }
}

fn block(range: &str, except: &[String]) -> Value {
    let except = except.iter().filter(|part| cidr::is_part(part, range));
    let except = set(except.map(|part| json!(part)));
    let block = Fields::new().with("cidr", range);
    json!({"ipBlock": Value::from(block.with_list("except", except))})
}

fn namespace(name: &str) -> Value {
    json!({"namespaceSelector": in_namespace(name)})
}

fn in_namespace(name: &str) -> Value {
    json!({"matchLabels": {"kubernetes.io/metadata.name": name}})
}

//! Whom a strategy may talk to.

use super::case::Case;
use super::strategy::check_strategy;
use super::{Egress, Ingress, Network, Peer};
use crate::spec::net::{PeerRef, Venue};

/// Ranges that no venue is in: permissions to unknown addresses leave them closed.
const PRIVATE: [&str; 6] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
];

/// Every permission.
pub(super) fn settle(case: &mut Case) -> Network {
    let Some(spec) = case.spec.network.clone() else {
        return Network::default();
    };
    let mut network = Network::default();
    for (index, egress) in spec.egress.iter().enumerate() {
        let pointer = format!("/network/egress/{index}/to");
        if let Some(to) = peer(case, &pointer, &egress.to) {
            let port = egress.port.0;
            network.egress.push(Egress { to, port });
        }
    }
    for (index, ingress) in spec.ingress.iter().enumerate() {
        let pointer = format!("/network/ingress/{index}/from");
        if let Some(from) = peer(case, &pointer, &ingress.from) {
            let port = ingress.port.0;
            network.ingress.push(Ingress { from, port });
        }
        check_served(case, index, ingress.port.0);
    }
    network
}

/// An open port behind which nothing listens is a mistake in one of the two numbers.
fn check_served(case: &mut Case, index: usize, port: u16) {
    if case.spec.ports.iter().all(|served| served.port.0 != port) {
        case.warn(
            "port-not-served",
            &format!("/network/ingress/{index}/port"),
            format!("nothing under `ports` serves port {port}"),
            "add the port to `ports`, or correct the number",
        );
    }
}

fn peer(case: &mut Case, pointer: &str, written: &PeerRef) -> Option<Peer> {
    match written {
        PeerRef::Venue(venue) => Some(addresses(case, pointer, venue)),
        PeerRef::Strategy(name) => {
            check_strategy(case, name, pointer);
            let desk = case.tables.strategies.get(name)?;
            Some(Peer::Strategy {
                name: name.clone(),
                namespace: case.tables.namespace(desk),
            })
        }
        PeerRef::Namespace(namespace) => Some(Peer::Namespace(namespace.clone())),
        PeerRef::Cidr(cidr) => Some(Peer::Cidrs {
            name: format!("cidr:{}", cidr.as_str()),
            cidrs: vec![cidr.as_str().to_owned()],
            except: Vec::new(),
        }),
    }
}

fn addresses(case: &mut Case, pointer: &str, venue: &Venue) -> Peer {
    let name = format!("venue:{venue}");
    let known = case.tables.fleet_spec.venues.get(venue);
    let cidrs: Vec<String> = known
        .iter()
        .flat_map(|venue| &venue.cidrs)
        .map(|cidr| cidr.as_str().to_owned())
        .collect();
    if !cidrs.is_empty() {
        let except = Vec::new();
        return Peer::Cidrs {
            name,
            cidrs,
            except,
        };
    }
    case.warn(
        "venue-addresses-unknown",
        pointer,
        format!("the addresses of `{venue}` are not known, so that the port is open to every public address"),
        format!("add `{venue}: {{cidrs: […]}}` to `venues` in `tidegate.yaml`"),
    );
    Peer::Cidrs {
        name,
        cidrs: vec!["0.0.0.0/0".to_owned()],
        except: PRIVATE.map(str::to_owned).to_vec(),
    }
}

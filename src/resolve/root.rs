//! What `tidegate.yaml` says about clusters, people and consents.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::authority;
use super::case::unknown;
use super::tables::Tables;
use super::{Cluster, Consent, StorageClass};
use crate::diagnostic::{Diagnostic, Span};
use crate::signature::Fingerprint;
use crate::spec::fleet::{ClusterSpec, ConsentSpec};
use crate::spec::names::{ClusterName, DeskName, NamespaceName};
use crate::spec::ssh_key::SshKey;

/// A cluster with everything that objects depend on.
pub(super) fn cluster(spec: &ClusterSpec) -> Cluster {
    let storage = spec.storage_classes.iter().map(|(name, class)| {
        let csi = class.csi;
        let real = class.name.to_string();
        (name.clone(), StorageClass { name: real, csi })
    });
    let text = |name: &Option<_>, otherwise: &str| {
        let name: Option<&NamespaceName> = name.as_ref();
        name.map_or_else(|| otherwise.to_owned(), ToString::to_string)
    };
    Cluster {
        name: spec.name.clone(),
        region: spec.region.clone(),
        storage: storage.collect(),
        monitoring_namespace: text(&spec.monitoring_namespace, "monitoring"),
        dns_namespace: text(&spec.dns_namespace, "kube-system"),
    }
}

/// The consents as they were given; whoever acts on them looks at the clock.
pub(super) fn consents(tables: &Tables) -> Vec<Consent> {
    let consents = tables.fleet_spec.consents.iter().map(|consent| Consent {
        digest: consent.digest,
        expires: consent.expires.0,
        reason: consent.reason.clone(),
    });
    consents.collect()
}

/// By which keys the ledger is signed.
pub(super) fn ledger(tables: &Tables) -> Option<BTreeSet<Fingerprint>> {
    let ledger = tables.fleet_spec.ledger.as_ref()?;
    Some(ledger.keys.iter().map(SshKey::fingerprint).collect())
}

/// The findings about consents, each from the instant on at which it is over.
pub(super) fn expiries(tables: &Tables) -> Vec<(Timestamp, Diagnostic)> {
    let consents = tables.fleet_spec.consents.iter().enumerate();
    let expiry = |(index, consent): (usize, &ConsentSpec)| {
        let span = tables.fleet_span(&format!("/spec/consents/{index}/expires"));
        let message = format!("this consent is over since {}", consent.expires.0);
        let finding = Diagnostic::warning("consent-expired", span, message)
            .with_help("remove it; if the deletion is still wanted, consent to it anew");
        (consent.expires.0, finding)
    };
    consents.map(expiry).collect()
}

/// Clusters of the same name: it is not known where anything runs.
pub(super) fn clusters(tables: &Tables) -> Vec<Diagnostic> {
    let clusters = tables.fleet_spec.clusters.iter();
    let names = clusters.map(|it| it.name.to_string());
    twice(tables, "cluster", names, "clusters")
}

/// What is wrong in `tidegate.yaml` by itself.
pub(super) fn check(tables: &Tables) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let people = tables.fleet_spec.people.iter();
    findings.extend(twice(
        tables,
        "person",
        people.map(|it| it.name.clone()),
        "people",
    ));
    findings.extend(people_desks(tables));
    findings.extend(authority::check(tables));
    findings.extend(default_cluster(tables));
    findings
}

fn twice(
    tables: &Tables,
    what: &str,
    names: impl Iterator<Item = String>,
    list: &str,
) -> Vec<Diagnostic> {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, name) in names.enumerate() {
        let span = tables.fleet_span(&format!("/spec/{list}/{index}/name"));
        let message = format!("there are two of {what} `{name}`");
        if let Some(other) = first.insert(name, span.clone()) {
            findings.push(
                Diagnostic::error("duplicate-name", span, message)
                    .with_label(other, "the first one")
                    .with_help("rename one of them, or delete it"),
            );
        }
    }
    findings
}

fn people_desks(tables: &Tables) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (person, spec) in tables.fleet_spec.people.iter().enumerate() {
        for (index, desk) in spec.desks.iter().enumerate() {
            if tables.desks.contains_key(desk) {
                continue;
            }
            findings.push(unknown(
                "unknown-desk",
                tables.fleet_span(&format!("/spec/people/{person}/desks/{index}")),
                "desk",
                desk.as_str(),
                tables.desks.keys().map(DeskName::as_str),
                "correct the name, or remove it",
            ));
        }
    }
    findings
}

/// A default that no strategy happens to use is wrong all the same.
fn default_cluster(tables: &Tables) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = tables.clusters.keys().map(ClusterName::as_str).collect();
    let fleet = tables.fleet.node.pointer("/spec/defaults/cluster");
    let desks = tables
        .desks
        .values()
        .map(|desk| desk.node.pointer("/spec/defaults/cluster"));
    let named = std::iter::once(fleet).chain(desks).flatten();
    named
        .filter_map(|node| Some((node, node.as_str()?)))
        .filter(|(_, name)| !known.contains(name))
        .map(|(node, name)| {
            unknown(
                "unknown-cluster",
                node.span.clone(),
                "cluster",
                name,
                known.iter().copied(),
                "add it to `clusters` in `tidegate.yaml`",
            )
        })
        .collect()
}

//! From a desk's document to the desk, and what is wrong with desks and accounts by themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::case::unknown;
use super::read::{Documents, Named};
use super::{Desk, Quantity, tables};
use crate::diagnostic::{Diagnostic, Span};
use crate::people::Authority;
use crate::spec::desk::{DeskSpec, QuotaSpec};
use crate::spec::names::DeskName;

/// A desk with its namespace and quota.
pub(super) fn settle(
    name: &DeskName,
    document: &Named<DeskSpec>,
    spec: &DeskSpec,
    authority: Option<Authority>,
) -> Desk {
    Desk {
        name: name.clone(),
        namespace: tables::namespace(name, Some(spec)),
        email: spec.email.clone(),
        viewers: spec.viewers.clone(),
        operators: spec.operators.clone(),
        quota: spec.quota.as_ref().map(quota).unwrap_or_default(),
        authority,
        span: document.span.clone(),
    }
}

/// Requests equal limits, so one number bounds both.
fn quota(spec: &QuotaSpec) -> BTreeMap<String, Quantity> {
    let both = |resource: &str, amount: &Option<Quantity>| {
        let amount = amount.clone();
        ["requests", "limits"].map(|side| (format!("{side}.{resource}"), amount.clone()))
    };
    let pods = spec.pods.map(|pods| Quantity(pods.to_string()));
    let mut quota = Vec::new();
    quota.extend(both("cpu", &spec.cpu));
    quota.extend(both("memory", &spec.memory));
    quota.extend(both("ephemeral-storage", &spec.ephemeral_storage));
    quota.push(("requests.storage".to_owned(), spec.storage.clone()));
    quota.push(("pods".to_owned(), pods));
    quota
        .into_iter()
        .filter_map(|(name, amount)| Some((name, amount?)))
        .collect()
}

/// Namespaces that belong to the cluster.
fn is_reserved(namespace: &str) -> bool {
    namespace == "default" || namespace.starts_with("kube-") || namespace == "tidegate-system"
}

/// Tells what is wrong with desks and accounts, and stops the desks that cannot have their
/// namespace: their objects must not be pruned while it is not known where they belong.
pub(super) fn check(documents: &mut Documents) {
    let mut findings = Vec::new();
    let mut stopped = BTreeSet::new();
    let mut first: BTreeMap<String, (&DeskName, Span)> = BTreeMap::new();
    for (name, desk) in &documents.desks {
        let namespace = tables::namespace(name, desk.spec.as_ref());
        let span = namespace_span(desk);
        if is_reserved(&namespace) {
            findings.push(reserved(&namespace, span.clone()));
            stopped.insert(name.clone());
        }
        if let Some((other, place)) = first.insert(namespace.clone(), (name, span.clone())) {
            findings.push(shared(&namespace, span, place));
            stopped.extend([name.clone(), other.clone()]);
        }
    }
    findings.extend(account_desks(documents));
    findings.extend(not_enforced(documents));
    documents.findings.extend(findings);
    documents.unreadable |= !stopped.is_empty();
    let desks = documents.desks.iter_mut();
    for (_, desk) in desks.filter(|(name, _)| stopped.contains(*name)) {
        desk.spec = None;
    }
}

fn namespace_span(desk: &Named<DeskSpec>) -> Span {
    let written = desk.node.pointer("/spec/namespace");
    written.map_or_else(|| desk.span.clone(), |node| node.span.clone())
}

fn reserved(namespace: &str, span: Span) -> Diagnostic {
    let message = format!("the namespace `{namespace}` belongs to the cluster");
    Diagnostic::error("reserved-namespace", span, message)
        .with_help("give the desk another `namespace`")
}

fn shared(namespace: &str, span: Span, other: Span) -> Diagnostic {
    let message = format!("two desks have the namespace `{namespace}`");
    Diagnostic::error("duplicate-name", span, message)
        .with_label(other, "the other desk")
        .with_help("give one of them another `namespace`")
}

fn account_desks(documents: &Documents) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for account in documents.accounts.values() {
        let desks = account.spec.iter().flat_map(|spec| &spec.desks);
        for (index, desk) in desks.enumerate() {
            if documents.desks.contains_key(desk) {
                continue;
            }
            let place = account.node.nearest(&format!("/spec/desks/{index}"));
            findings.push(unknown(
                "unknown-desk",
                place.span.clone(),
                "desk",
                desk.as_str(),
                documents.desks.keys().map(DeskName::as_str),
                "correct the name, or remove it",
            ));
        }
    }
    findings
}

/// What desks, accounts and engines promise and nothing keeps yet.
fn not_enforced(documents: &Documents) -> Vec<Diagnostic> {
    let desks = documents.desks.values().map(|it| (&it.node, "approvers"));
    let accounts = documents.accounts.values().map(|it| (&it.node, "budget"));
    let engines = documents.engines.values().map(|it| (&it.node, "controls"));
    desks
        .chain(accounts)
        .chain(engines)
        .filter_map(|(node, field)| Some((field, node.key_span(&format!("/spec/{field}"))?)))
        .map(|(field, span)| {
            let message = format!("`{field}` is recorded, but nothing enforces it yet");
            Diagnostic::warning("not-enforced", span.clone(), message)
                .with_help("do not rely on it")
        })
        .collect()
}

//! From a desk's document to the desk, and what is wrong with desks and accounts by themselves.

use std::collections::BTreeMap;

use super::case::unknown;
use super::read::{Documents, Named};
use super::{Desk, Quantity, tables};
use crate::diagnostic::{Diagnostic, Span};
use crate::spec::desk::{DeskSpec, QuotaSpec};
use crate::spec::names::DeskName;

/// A desk with its namespace and quota.
pub(super) fn settle(name: &DeskName, document: &Named<DeskSpec>, spec: &DeskSpec) -> Desk {
    Desk {
        name: name.clone(),
        namespace: tables::namespace(name, Some(spec)),
        email: spec.email.clone(),
        viewers: spec.viewers.clone(),
        operators: spec.operators.clone(),
        quota: spec.quota.as_ref().map(quota).unwrap_or_default(),
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

/// What is wrong with desks and accounts.
pub(super) fn check(documents: &Documents) -> Vec<Diagnostic> {
    let mut findings = namespaces(documents);
    findings.extend(account_desks(documents));
    findings
}

fn namespaces(documents: &Documents) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    for (name, desk) in &documents.desks {
        let namespace = tables::namespace(name, desk.spec.as_ref());
        let span = desk
            .node
            .pointer("/spec/namespace")
            .map_or_else(|| desk.span.clone(), |node| node.span.clone());
        if is_reserved(&namespace) {
            let message = format!("the namespace `{namespace}` belongs to the cluster");
            findings.push(
                Diagnostic::error("reserved-namespace", span.clone(), message)
                    .with_help("give the desk another `namespace`"),
            );
        }
        if let Some(other) = first.insert(namespace.clone(), span.clone()) {
            let message = format!("two desks have the namespace `{namespace}`");
            findings.push(
                Diagnostic::error("duplicate-name", span, message)
                    .with_label(other, "the other desk")
                    .with_help("give one of them another `namespace`"),
            );
        }
    }
    findings
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
                documents.desks.keys().map(|desk| desk.as_str()),
                "correct the name, or remove it",
            ));
        }
        if account
            .spec
            .as_ref()
            .is_some_and(|spec| spec.budget.is_some())
        {
            let span = account
                .node
                .key_span("/spec/budget")
                .unwrap_or(&account.span);
            let message = "`budget` is recorded, but nothing enforces it yet";
            findings.push(
                Diagnostic::warning("not-enforced", span.clone(), message)
                    .with_help("do not rely on it"),
            );
        }
    }
    findings
}

//! Model artefacts.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::case::Case;

/// Every model artefact. One that is not pinned could change under an approved strategy.
pub(super) fn settle(case: &mut Case) -> Vec<Model> {
    let mut names = BTreeSet::new();
    let mut models = Vec::new();
    for (index, spec) in case.spec.models.clone().into_iter().enumerate() {
        if spec.reference.digest.is_none() {
            case.error(
                "model-not-pinned",
                &format!("/models/{index}/ref"),
                format!(
                    "`{}` is not pinned: a model is part of what is approved",
                    spec.reference
                ),
                "write its digest behind `@`",
            );
        }
        if !names.insert(spec.name.clone()) {
            case.error(
                "duplicate-name",
                &format!("/models/{index}/name"),
                format!("there are two models `{}`", spec.name),
                "rename one of them",
            );
        }
        let freshness = ["maxAge", "onStale"].into_iter().filter_map(|key| {
            let value = case.node.pointer(&format!("/models/{index}/{key}"))?;
            Some((key.to_owned(), value.to_json()))
        });
        models.push(Model {
            name: spec.name.to_string(),
            reference: spec.reference,
            mount_path: spec.mount_path.to_string(),
            freshness: freshness.collect::<BTreeMap<_, _>>(),
        });
    }
    models
}

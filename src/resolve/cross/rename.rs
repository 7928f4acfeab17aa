//! A strategy's data can go to one strategy only.

use std::collections::BTreeMap;

use super::Clashes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Strategy;
use crate::spec::names::StrategyName;

pub(super) fn check(strategies: &[&Strategy], clashes: &mut Clashes) {
    let mut heirs: BTreeMap<&StrategyName, &Strategy> = BTreeMap::new();
    for strategy in strategies {
        let Some(before) = &strategy.renamed_from else {
            continue;
        };
        let Some(first) = heirs.insert(before, strategy) else {
            continue;
        };
        let message = format!(
            "`{}` and `{}` are both renamed from `{before}`",
            first.name, strategy.name
        );
        let finding = Diagnostic::error("renamed-twice", strategy.span.clone(), message)
            .with_label(first.span.clone(), "the other one")
            .with_help("leave `renamedFrom` to the one that keeps the data");
        clashes.findings.push(finding);
        clashes.stopped.insert(first.name.clone());
        clashes.stopped.insert(strategy.name.clone());
    }
}

//! At most one strategy holds what is exclusive of an account, in all clusters together.

use std::collections::BTreeMap;

use super::Clashes;
use crate::diagnostic::Diagnostic;
use crate::resolve::Strategy;

pub(super) fn check(strategies: &[&Strategy], clashes: &mut Clashes) {
    let mut holders: BTreeMap<&str, &Strategy> = BTreeMap::new();
    for strategy in strategies {
        let held = strategy.account.iter().flat_map(|it| &it.exclusive);
        for holding in held {
            let Some(first) = holders.insert(holding, strategy) else {
                continue;
            };
            let message = format!(
                "`{}` and `{}` both hold `{holding}`: two traders on one account see each other's orders",
                first.name, strategy.name
            );
            let finding = Diagnostic::error("holding-conflict", strategy.span.clone(), message)
                .with_label(first.span.clone(), "the other holder")
                .with_help(
                    "give one of them another account or other `limits.instruments`, or run it in mode `shadow`",
                );
            clashes.findings.push(finding);
            clashes.stopped.insert(first.name.clone());
            clashes.stopped.insert(strategy.name.clone());
        }
    }
}

//! The names of objects that have another name than their strategy.
//!
//! Two strategies never derive one name: what is appended starts with a dot, which no strategy's
//! name has, or ends in a digest. None can change once somebody runs it.

use crate::digest::Digest;
use crate::resolve::{StateVolume, Strategy};

/// A Job: a change of behaviour is another run, under another name.
pub(super) fn job(strategy: &Strategy, behaviour: &Digest) -> String {
    format!("{}-{}", strategy.name, behaviour.short())
}

/// A ConfigMap, named by what it holds.
pub(super) fn config_map(strategy: &Strategy, content: &Digest) -> String {
    format!("{}-config-{}", strategy.name, content.short())
}

/// A claim. It keeps the name of the strategy that first made it: a renamed strategy mounts it.
pub(super) fn claim(strategy: &Strategy, state: &StateVolume) -> String {
    let first = strategy.renamed_from.as_ref().unwrap_or(&strategy.name);
    format!("{first}.{}", state.name)
}

/// The headless Service of a StatefulSet that has another Service for its clients.
pub(super) fn pods(strategy: &Strategy) -> String {
    let name = strategy.name.as_str();
    format!("{name}-pods-{}", Digest::of_parts(["pods", name]).short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::fixture;
    use crate::resolve::Class;

    fn claim_of(name: &str, kept: &str) -> String {
        let strategy = fixture::strategy(name, Class::Algo);
        claim(&strategy, &fixture::state(kept))
    }

    #[test]
    fn two_strategies_never_share_a_claim() {
        assert_ne!(claim_of("mm", "btc-data"), claim_of("mm-btc", "data"));
    }

    #[test]
    fn two_strategies_never_share_a_service() {
        let service = fixture::strategy("risk", Class::Service);
        assert_ne!(pods(&service), "risk-pods");
        let longest = fixture::strategy(&"a".repeat(36), Class::Service);
        assert!(pods(&longest).len() <= 63);
    }
}

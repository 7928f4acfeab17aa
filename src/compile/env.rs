//! Environment variables, by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::Fields;
use crate::resolve::{SecretTarget, SecretUse, Strategy};

/// The strategy's environment variables.
pub(super) fn build(strategy: &Strategy) -> Vec<Value> {
    let plain = strategy.env.iter().map(|(name, value)| {
        // The API server drops an empty value.
        let value = (!value.is_empty()).then_some(value.as_str());
        let fields = Fields::new().with("name", name.as_str());
        (name.as_str(), fields.with_some("value", value).into())
    });
    let secret = strategy.secrets.iter().filter_map(from_secret);
    let variables: BTreeMap<&str, Value> = plain.chain(secret).collect();
    variables.into_values().collect()
}

fn from_secret(secret: &SecretUse) -> Option<(&str, Value)> {
    let SecretTarget::Env(name) = &secret.target else {
        return None;
    };
    let key = secret.key.as_deref().unwrap_or(name);
    let source = json!({"secretKeyRef": {"name": secret.secret, "key": key}});
    Some((name, json!({"name": name, "valueFrom": source})))
}

//! Labels, on objects and on pods.
//!
//! A pod template carries the same labels as its object. So nothing may be a label here that can
//! change while `behaviour` stays the same: it would restart every pod.

use serde_json::{Value, json};

use super::Owner;
use super::context::Context;
use super::fields::Fields;
use crate::object::mark;
use crate::resolve::{Class, Desk, Fleet, Image, Mode, Strategy};

/// The longest value of a label.
const MAX_VALUE: usize = 63;

/// The labels of everything that belongs to a strategy.
pub(super) fn of_strategy(fleet: &Fleet, strategy: &Strategy, owner: &Owner) -> Fields {
    let name = strategy.name.as_str();
    let version = version(&strategy.image);
    let class = class(strategy.class);
    recommended(name, fleet, strategy.desk.as_str())
        .with("tier", class)
        .with("app.kubernetes.io/component", class)
        .with_some("env", strategy.mode.map(mode))
        .with_some("version", version.clone())
        .with_some("app.kubernetes.io/version", version)
        .with(mark::OWNER, owner.as_str())
        .with(mark::STRATEGY, name)
        .with(mark::TRACK, "main")
}

/// The labels of a strategy's pods.
pub(super) fn of_pods(context: &Context<'_>) -> Fields {
    let serves = match context.strategy.class {
        Class::Service => Some(context.name()),
        Class::Algo | Class::Gateway | Class::Job => None,
    };
    let labels = context.labels.clone();
    labels.with_some(mark::SERVES, serves)
}

/// The labels of a desk's own objects.
pub(super) fn of_desk(fleet: &Fleet, desk: &Desk, owner: &Owner) -> Fields {
    recommended(desk.name.as_str(), fleet, desk.name.as_str())
        .with("tier", "desk")
        .with("app.kubernetes.io/component", "desk")
        .with(mark::OWNER, owner.as_str())
}

/// What selects a strategy's pods, and no other strategy's: selectors can never change, so they are
/// made of the one label that never does.
pub(super) fn selector(context: &Context<'_>) -> Value {
    json!({"matchLabels": {mark::INSTANCE: context.name()}})
}

fn recommended(name: &str, fleet: &Fleet, desk: &str) -> Fields {
    Fields::new()
        .with("app", name)
        .with("owner", desk)
        .with("app.kubernetes.io/name", name)
        .with(mark::INSTANCE, name)
        .with("app.kubernetes.io/part-of", fleet.name.as_str())
        .with("app.kubernetes.io/managed-by", "tidegate")
        .with("app.kubernetes.io/created-by", "tidegate")
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Algo => "algo",
        Class::Service => "service",
        Class::Gateway => "gateway",
        Class::Job => "job",
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Research => "research",
        Mode::Shadow => "shadow",
        Mode::Paper => "paper",
        Mode::Live => "live",
    }
}

/// The image's tag as far as a label can hold it, else the short form of its digest.
fn version(image: &Image) -> Option<String> {
    let tag = image.tag.as_deref().map(label_value);
    let digest = || image.digest.map(|digest| digest.short());
    tag.filter(|tag| !tag.is_empty()).or_else(digest)
}

/// Tags may be longer than label values and, unlike them, end in `-`, `_` or `.`.
fn label_value(tag: &str) -> String {
    let cut: String = tag.chars().take(MAX_VALUE).collect();
    cut.trim_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: Option<&str>, expect: Option<&str>) {
        let image = Image {
            repository: "registry.example.com/lamp".to_owned(),
            tag: tag.map(str::to_owned),
            digest: None,
        };
        assert_eq!(version(&image).as_deref(), expect);
    }

    #[test]
    fn a_version_is_a_valid_label_value() {
        check(Some("2.16.0"), Some("2.16.0"));
        check(Some("_nightly-"), Some("nightly"));
        check(
            Some(&format!("{}.x", "a".repeat(62))),
            Some(&"a".repeat(62)),
        );
        check(Some("_"), None);
        check(None, None);
    }
}

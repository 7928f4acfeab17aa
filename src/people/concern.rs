//! Which changes of a fleet's files concern a strategy: whoever made one of those is its author.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::resolve::{Desk, Fleet, Strategy};

/// The files of a fleet that make a strategy what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concern {
    /// Its own files, and those of its desk.
    files: BTreeSet<String>,
    /// The images that it names.
    images: BTreeSet<String>,
}

/// A file before and after a commit; `None` where it was not there.
#[derive(Debug, Clone, Copy)]
pub struct Touched<'a> {
    /// Its path in the fleet.
    pub path: &'a str,
    /// What it held before.
    pub before: Option<&'a [u8]>,
    /// What it holds after.
    pub after: Option<&'a [u8]>,
}

/// The folders whose files any strategy may be made of.
const SHARED: [&str; 2] = ["accounts/", "engines/"];

/// What of `tidegate.yaml` is no part of any strategy.
const ASIDE: [&str; 3] = ["freezes", "consents", "deletionCap"];

impl Concern {
    /// The concern of a strategy.
    pub fn of(fleet: &Fleet, strategy: &Strategy) -> Self {
        let desk = fleet.desks.get(&strategy.desk);
        let own = desk.map(|desk| desk.span.file.to_string());
        let config = strategy.config.iter().map(|it| it.source.to_string());
        let files = config.chain(own).chain([strategy.span.file.to_string()]);
        let models = strategy.models.iter().map(|model| &model.reference);
        let images = models.chain([&strategy.image]).map(|image| {
            let text = image.to_string();
            let tag = text.split_once('@').map(|(name, _)| name.to_owned());
            tag.unwrap_or(text)
        });
        Self {
            files: files.collect(),
            images: images.collect(),
        }
    }

    /// The concern of whatever is made of these files, and of what every strategy is made of.
    pub fn of_files(files: impl IntoIterator<Item = String>) -> Self {
        Self {
            files: files.into_iter().collect(),
            images: BTreeSet::new(),
        }
    }

    /// The concern of a desk.
    pub fn of_desk(desk: &Desk) -> Self {
        Self::of_files([desk.span.file.to_string()])
    }

    /// Whether a path is one of its own files.
    pub fn owns(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Whether a change of a file may concern it, by the file's name alone.
    pub fn may_concern(&self, path: &str) -> bool {
        self.owns(path)
            || SHARED.iter().any(|folder| path.starts_with(folder))
            || matches!(path, "tidegate.yaml" | "tidegate.lock")
    }

    /// Whether a change of a file concerns it. What cannot be read does.
    pub fn is_concerned(&self, touched: Touched<'_>) -> bool {
        match touched.path {
            "tidegate.yaml" => less_aside(touched.before) != less_aside(touched.after),
            "tidegate.lock" => {
                let (before, after) = (parsed(touched.before), parsed(touched.after));
                let (Some(before), Some(after)) = (before, after) else {
                    return true;
                };
                let pin = |lock: &Value, image: &String| lock.get("images")?.get(image).cloned();
                let mut images = self.images.iter();
                images.any(|image| pin(&before, image) != pin(&after, image))
            }
            path => self.may_concern(path),
        }
    }
}

/// `tidegate.yaml` without what is no part of any strategy.
fn less_aside(bytes: Option<&[u8]>) -> Result<Value, Option<Vec<u8>>> {
    let mut value = parsed(bytes).ok_or_else(|| bytes.map(<[u8]>::to_vec))?;
    if let Some(Value::Object(spec)) = value.get_mut("spec") {
        for key in ASIDE {
            spec.shift_remove(key);
        }
    }
    Ok(value)
}

fn parsed(bytes: Option<&[u8]>) -> Option<Value> {
    bytes.map_or(Some(Value::Null), |bytes| {
        serde_yaml::from_slice(bytes).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, before: Option<&str>, after: Option<&str>, expect: bool) {
        let concern = Concern {
            files: BTreeSet::from(["desks/rates/tern.yaml".to_owned()]),
            images: BTreeSet::from(["registry.example.com/tern:1".to_owned()]),
        };
        let touched = Touched {
            path,
            before: before.map(str::as_bytes),
            after: after.map(str::as_bytes),
        };
        assert_eq!(concern.is_concerned(touched), expect, "{path}");
    }

    #[test]
    fn its_own_and_shared_files_concern_it() {
        check("desks/rates/tern.yaml", None, Some("a"), true);
        check("desks/rates/gull.yaml", None, Some("a"), false);
        check("accounts/one.yaml", Some("a"), Some("b"), true);
        check("README.md", Some("a"), Some("b"), false);
    }

    #[test]
    fn of_the_root_only_what_strategies_are_made_of() {
        let root = "tidegate.yaml";
        let (plain, frozen) = ("spec: {people: []}", "spec: {people: [], freezes: [{}]}");
        check(root, Some(plain), Some(frozen), false);
        check(root, Some(plain), Some("spec: {people: [{name: a}]}"), true);
        check(root, Some(plain), Some("{"), true);
        check(root, Some(plain), None, true);
    }

    #[test]
    fn of_the_lock_only_its_own_images() {
        let lock = |tern: char, gull: char| {
            format!(
                "images:\n  registry.example.com/tern:1: {tern}\n  registry.example.com/gull:1: {gull}\n"
            )
        };
        let (before, other, own) = (lock('a', 'a'), lock('a', 'b'), lock('b', 'a'));
        check("tidegate.lock", Some(&before), Some(&other), false);
        check("tidegate.lock", Some(&before), Some(&own), true);
        check("tidegate.lock", None, Some(&own), true);
    }
}

//! A strategy's configuration files: immutable, named by their content, kept while anything refers
//! to them.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Api, Context};
use super::fields::Fields;
use super::names;
use crate::digest::Digest;
use crate::object::Object;
use crate::resolve::{ConfigFile, Strategy};

/// The ConfigMap, if there is a file.
pub(super) fn build(context: &Context<'_>) -> Option<Object> {
    let name = name(context.strategy)?;
    let data = files(context.strategy)
        .into_iter()
        .fold(Fields::new(), |data, (key, file)| {
            data.with(&key, file.text.as_str())
        });
    let fields = Fields::new().with("immutable", true).with("data", data);
    Some(context.object(Api("v1", "ConfigMap"), &name, fields))
}

/// Its name, if there is a file.
pub(super) fn name(strategy: &Strategy) -> Option<String> {
    let files = files(strategy);
    let parts: Vec<&str> = files
        .iter()
        .flat_map(|(key, file)| [key.as_str(), file.text.as_str()])
        .collect();
    (!parts.is_empty()).then(|| names::config_map(strategy, &Digest::of_parts(parts)))
}

/// The files by their keys: the file's name, with a digest of its path where that is not unique.
pub(super) fn files(strategy: &Strategy) -> BTreeMap<String, &ConfigFile> {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<String> = strategy
        .config
        .iter()
        .map(file_name)
        .filter(|name| !seen.insert(name.clone()))
        .collect();
    let key = |file: &ConfigFile| match file_name(file) {
        name if twice.contains(&name) => format!("{}-{name}", Digest::of(&file.path).short()),
        name => name,
    };
    strategy
        .config
        .iter()
        .map(|file| (key(file), file))
        .collect()
}

/// The last part of the path, in the letters that a key may have.
fn file_name(file: &ConfigFile) -> String {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    // Keys that are empty or start with two dots are refused: the kubelet keeps its own files there.
    if name.is_empty() || name.starts_with("..") || name == "." {
        return format!("_{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::fixture;

    fn keys(paths: &[&str]) -> Vec<String> {
        let mut strategy = fixture::algo();
        strategy.config = paths.iter().map(|path| fixture::config(path)).collect();
        files(&strategy).into_keys().collect()
    }

    #[test]
    fn a_key_is_the_files_name() {
        assert_eq!(keys(&["/app/mm.yaml"]), ["mm.yaml"]);
        assert_eq!(keys(&["/etc/b c.toml"]), ["b_c.toml"]);
        assert_eq!(keys(&["/app/..data"]), ["_..data"]);
    }

    #[test]
    fn files_of_one_name_have_keys_of_their_own() {
        let keys = keys(&["/app/a/conf.yml", "/app/b/conf.yml", "/app/other.yml"]);
        assert_eq!(keys.len(), 3);
        assert!(keys.contains(&"other.yml".to_owned()), "{keys:?}");
        assert!(keys.iter().filter(|key| key.ends_with("-conf.yml")).count() == 2);
    }
}

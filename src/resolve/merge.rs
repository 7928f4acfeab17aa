//! Laying one block over another, remembering where each value came from.
//!
//! Mappings are merged key by key. A list replaces the one below it, except where its items have
//! names: those are merged by name, and permissions of the network are added up.

use super::{Layer, Origin, Origins};
use crate::diagnostic::Span;
use crate::yaml::{Entry, Node, Value};

/// A block and where it stands in the order of strength.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    /// Which layer it is.
    pub(super) layer: Layer,
    /// What it says.
    pub(super) node: &'a Node,
    /// Whether it is a file of the fleet: what Tidegate brings has no place to point at.
    pub(super) home: Home,
}

/// Whose text a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The fleet's.
    Fleet,
    /// Tidegate's own.
    BuiltIn,
}

/// How a list is laid over a list.
enum Rule {
    Replace,
    /// Items with the same value under the first of these keys that they have are the same.
    ByKey(&'static [&'static str]),
    /// Every item of both, each once.
    Union,
}

fn rule(pointer: &str) -> Rule {
    match pointer {
        "/config" => Rule::ByKey(&["path"]),
        "/secrets" | "/accountKeys" => Rule::ByKey(&["env", "file"]),
        "/state" | "/models" | "/ports" => Rule::ByKey(&["name"]),
        "/network/egress" | "/network/ingress" => Rule::Union,
        _ => Rule::Replace,
    }
}

/// Lays the blocks over each other, the weakest first.
pub(super) fn merge(blocks: &[Block], place: &Span) -> (Node, Origins) {
    let mut merged = Node {
        value: Value::Map(Vec::new()),
        span: place.clone(),
    };
    let mut origins = Origins::new();
    for block in blocks {
        lay(&mut merged, block.node, "", *block, &mut origins);
    }
    (merged, origins)
}

fn lay(under: &mut Node, over: &Node, pointer: &str, block: Block, origins: &mut Origins) {
    if let (Value::Map(below), Value::Map(above)) = (&mut under.value, &over.value) {
        for entry in above {
            let pointer = child(pointer, &entry.key);
            if let Some(known) = below.iter_mut().find(|known| known.key == entry.key) {
                lay(&mut known.node, &entry.node, &pointer, block, origins);
                known.key_span = entry.key_span.clone();
            } else {
                record(&entry.node, &pointer, block, origins);
                below.push(entry.clone());
            }
        }
        return;
    }
    if let (Value::List(below), Value::List(above)) = (&mut under.value, &over.value) {
        match rule(pointer) {
            Rule::ByKey(keys) => return lay_by_key(below, above, keys, pointer, block, origins),
            Rule::Union => return unite(below, above, pointer, block, origins),
            Rule::Replace => {}
        }
    }
    forget(pointer, origins);
    record(over, pointer, block, origins);
    *under = over.clone();
}

fn lay_by_key(
    below: &mut Vec<Node>,
    above: &[Node],
    keys: &[&str],
    pointer: &str,
    block: Block,
    origins: &mut Origins,
) {
    let name = |node: &Node| {
        keys.iter()
            .find_map(|key| node.get(key)?.as_str().map(str::to_owned))
    };
    for item in above {
        let known = below
            .iter()
            .position(|known| name(known).is_some() && name(known) == name(item));
        let index = known.unwrap_or(below.len());
        let pointer = child(pointer, &index.to_string());
        forget(&pointer, origins);
        record(item, &pointer, block, origins);
        match below.get_mut(index) {
            Some(known) => *known = item.clone(),
            None => below.push(item.clone()),
        }
    }
}

fn unite(
    below: &mut Vec<Node>,
    above: &[Node],
    pointer: &str,
    block: Block,
    origins: &mut Origins,
) {
    for item in above {
        if below.iter().any(|known| known.to_json() == item.to_json()) {
            continue;
        }
        record(
            item,
            &child(pointer, &below.len().to_string()),
            block,
            origins,
        );
        below.push(item.clone());
    }
}

/// Notes where every value of a node came from: scalars, and lists and mappings without any.
fn record(node: &Node, pointer: &str, block: Block, origins: &mut Origins) {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            for Entry { key, node, .. } in entries {
                record(node, &child(pointer, key), block, origins);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                record(item, &child(pointer, &index.to_string()), block, origins);
            }
        }
        _ => {
            let span = (block.home == Home::Fleet).then(|| node.span.clone());
            let layer = block.layer;
            origins.insert(pointer.to_owned(), Origin { layer, span });
        }
    }
}

/// Forgets where a value and all below it came from.
fn forget(pointer: &str, origins: &mut Origins) {
    let below = format!("{pointer}/");
    origins.retain(|known, _| known != pointer && !known.starts_with(&below));
}

fn child(pointer: &str, token: &str) -> String {
    if token.contains(['~', '/']) {
        format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{pointer}/{token}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::RepoPath;

    fn node(text: &str) -> Node {
        let (mut documents, findings) = crate::yaml::load(&RepoPath::from("a.yaml"), text);
        assert_eq!(findings, []);
        documents.remove(0)
    }

    fn merged(blocks: &[(Layer, &str)]) -> (serde_json::Value, Origins) {
        let nodes: Vec<(Layer, Node)> = blocks
            .iter()
            .map(|(layer, text)| (*layer, node(text)))
            .collect();
        let blocks: Vec<Block> = nodes
            .iter()
            .map(|(layer, node)| Block {
                layer: *layer,
                node,
                home: match layer {
                    Layer::Edition => Home::BuiltIn,
                    _ => Home::Fleet,
                },
            })
            .collect();
        let (merged, origins) = merge(&blocks, &Span::start_of(RepoPath::from("a.yaml")));
        (merged.to_json(), origins)
    }

    #[test]
    fn the_stronger_block_wins_key_by_key() {
        let (value, origins) = merged(&[
            (Layer::Edition, "resources: {cpu: 1, memory: 1Gi}"),
            (Layer::Desk, "resources: {memory: 2Gi}\nargs: [a, b]"),
            (Layer::Strategy, "args: [c]"),
        ]);
        assert_eq!(
            value,
            json!({"resources": {"cpu": 1, "memory": "2Gi"}, "args": ["c"]})
        );
        let layer = |pointer| origins.get(pointer).map(|origin| origin.layer);
        assert_eq!(layer("/resources/cpu"), Some(Layer::Edition));
        assert_eq!(layer("/resources/memory"), Some(Layer::Desk));
        assert_eq!(layer("/args/0"), Some(Layer::Strategy));
        assert_eq!(layer("/args/1"), None);
        assert_eq!(origins["/resources/cpu"].span, None);
        assert!(origins["/args/0"].span.is_some());
    }

    #[test]
    fn named_items_replace_their_namesakes() {
        let (value, _) = merged(&[
            (
                Layer::Strategy,
                "config: [{path: /a, from: x}, {path: /b, from: y}]",
            ),
            (
                Layer::Mode,
                "config: [{path: /b, from: z}, {path: /c, from: w}]",
            ),
        ]);
        let files: Vec<&str> = value["config"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["from"].as_str().unwrap())
            .collect();
        assert_eq!(files, ["x", "z", "w"]);
    }

    #[test]
    fn network_permissions_add_up() {
        let (value, _) = merged(&[
            (
                Layer::Fleet,
                "network: {egress: [{to: a, port: 1}, {to: b, port: 2}]}",
            ),
            (
                Layer::Strategy,
                "network: {egress: [{to: b, port: 2}, {to: c, port: 3}]}",
            ),
        ]);
        assert_eq!(value["network"]["egress"].as_array().unwrap().len(), 3);
    }
}

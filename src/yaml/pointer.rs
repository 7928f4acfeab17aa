//! Finding a node by its path: keys, and JSON pointers (RFC 6901).

use crate::diagnostic::Span;

use super::{Entry, Node, Value};

impl Node {
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The entry under a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The node at a JSON pointer such as `/spec/ports/0`; the empty pointer is the node itself.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        tokens(pointer).try_fold(self, |node, token| node.child(&token))
    }

    /// The node at a JSON pointer or, where the path ends early, the last node on it: the place to
    /// point at when something is missing.
    pub fn nearest(&self, pointer: &str) -> &Self {
        let mut node = self;
        for token in tokens(pointer) {
            match node.child(&token) {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }

    /// Where the key stands that a JSON pointer ends in. `None` for list items and absent keys.
    pub fn key_span(&self, pointer: &str) -> Option<&Span> {
        let (parent, last) = pointer.rsplit_once('/')?;
        let entry = self.pointer(parent)?.entry(&unescape(last))?;
        Some(&entry.key_span)
    }

    fn child(&self, token: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(_) => self.get(token),
            Value::List(items) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        }
    }
}

fn tokens(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescape)
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use crate::yaml::tests::one;

    #[test]
    fn a_pointer_walks_mappings_and_lists() {
        let node = one("spec:\n  ports:\n  - {port: 80}\n  - {port: 443}\n");
        assert_eq!(node.pointer("/spec/ports/1/port").unwrap().to_json(), 443);
        assert_eq!(node.pointer(""), Some(&node));
        assert_eq!(node.pointer("/spec/ports/2"), None);
        assert_eq!(node.pointer("/spec/ports/x"), None);
        assert_eq!(node.pointer("/spec/ports/1/port/deeper"), None);
    }

    #[test]
    fn a_pointer_unescapes_tilde_and_slash() {
        let node = one("tidegate.dev/owner: a\n'~1': b\n");
        assert_eq!(
            node.pointer("/tidegate.dev~1owner").unwrap().as_str(),
            Some("a")
        );
        assert_eq!(node.pointer("/~01").unwrap().as_str(), Some("b"));
        assert!(node.key_span("/tidegate.dev~1owner").is_some());
    }

    #[test]
    fn the_nearest_node_is_the_last_one_on_the_path() {
        let node = one("spec:\n  image: x\n");
        assert_eq!(
            node.nearest("/spec/resources/cpu"),
            node.get("spec").unwrap()
        );
        assert_eq!(node.nearest("/spec/image/tag").as_str(), Some("x"));
        assert_eq!(node.nearest("/status"), &node);
    }

    #[test]
    fn a_key_span_is_the_key_and_not_its_value() {
        let node = one("spec:\n  image: x\n");
        let span = node.key_span("/spec/image").unwrap();
        assert_eq!((span.start.line, span.start.column), (2, 3));
        assert_eq!((span.end.line, span.end.column), (2, 8));
        assert_eq!(node.key_span("/spec/none"), None);
        assert_eq!(node.key_span(""), None);
    }
}

//! Building the tree: values put where they belong, keys read, aliases expanded, costs counted.

use std::collections::BTreeMap;
use std::ops::{AddAssign, ControlFlow};

use granit_parser::{Marker, Span as Seen, StructureStyle};

use crate::diagnostic::{Diagnostic, Position, Span};

use super::load::{MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_FINDINGS, MAX_NODES};
use super::place::{Place, position};
use super::scalar::{self, Tag};
use super::{Entry, Node, Value, findings, mapping};

/// The documents of a file so far, and the one being built. Every step breaks off once a budget is
/// spent and the finding about it recorded.
pub(super) struct Builder<'a> {
    /// The file.
    pub place: Place<'a>,
    /// The finished documents.
    pub documents: Vec<Node>,
    /// The value of the document whose end has not been seen: it may still prove to be broken.
    root: Option<Node>,
    /// The mistakes found.
    pub findings: Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Built>,
    cost: Cost,
}

/// What values take up.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    nodes: usize,
    bytes: usize,
}

/// A finished value with what it takes to repeat it.
#[derive(Clone)]
struct Built {
    node: Node,
    cost: Cost,
    height: usize,
}

/// A list or mapping whose end has not been seen.
struct Open {
    style: StructureStyle,
    anchor: usize,
    start: Marker,
    /// Where its last part ended.
    end: Position,
    cost: Cost,
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        merged: Option<Node>,
        key: Option<Key>,
    },
}

/// A key that waits for its value.
enum Key {
    Text(String, Span),
    Merge(Span),
    /// Told already; its value is read and dropped.
    Refused,
}

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

impl<'a> Builder<'a> {
    /// Starts on a file.
    pub(super) fn new(place: Place<'a>) -> Self {
        Self {
            place,
            documents: Vec::new(),
            root: None,
            findings: Vec::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            cost: Cost::default(),
        }
    }

    /// Ends a document; one without content is left out.
    pub(super) fn finish_document(&mut self) {
        let root = self.root.take();
        self.documents
            .extend(root.filter(|root| root.value != Value::Null));
        self.forget_document();
    }

    /// Drops the unfinished document.
    pub(super) fn forget_document(&mut self) {
        self.root = None;
        self.open.clear();
        self.anchors.clear();
    }

    /// Whether the next value stands inside brackets.
    pub(super) fn is_in_flow(&self) -> bool {
        let style = self.open.last().map(|open| open.style);
        style == Some(StructureStyle::Flow)
    }

    /// Records a finding; breaks off after too many.
    pub(super) fn tell(&mut self, finding: Diagnostic) -> ControlFlow<()> {
        self.findings.push(finding);
        if self.findings.len() < MAX_FINDINGS {
            return GO_ON;
        }
        self.findings.truncate(MAX_FINDINGS);
        let span = Span::start_of(self.place.file.clone());
        self.stop(findings::too_many_findings(span))
    }

    /// Records a finding that ends the reading.
    pub(super) fn stop(&mut self, finding: Diagnostic) -> ControlFlow<()> {
        self.findings.push(finding);
        ControlFlow::Break(())
    }

    /// Takes a scalar.
    pub(super) fn scalar(
        &mut self,
        text: &str,
        tag: Tag,
        anchor: usize,
        seen: &Seen,
    ) -> ControlFlow<()> {
        let span = self.place.between(&seen.start, &seen.end);
        let cost = Cost {
            nodes: 1,
            bytes: text.len(),
        };
        if self.awaits_key() && anchor == 0 {
            let key = self.key(text, tag, span.clone())?;
            self.set_key(key);
            return self.spend(cost, span);
        }
        let value = match scalar::resolve(tag, text) {
            Ok(value) => value,
            Err(refusal) => {
                self.tell(findings::refused(&refusal, text, span.clone()))?;
                Value::Text(text.to_owned())
            }
        };
        self.spend(cost, span.clone())?;
        self.finish(
            anchor,
            Built {
                node: Node { value, span },
                cost,
                height: 0,
            },
        )
    }

    /// Begins a list.
    pub(super) fn open_list(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        seen: &Seen,
    ) -> ControlFlow<()> {
        self.open(style, anchor, seen, Content::List(Vec::new()))
    }

    /// Begins a mapping.
    pub(super) fn open_map(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        seen: &Seen,
    ) -> ControlFlow<()> {
        let content = Content::Map {
            entries: Vec::new(),
            merged: None,
            key: None,
        };
        self.open(style, anchor, seen, content)
    }

    /// Ends the innermost list or mapping.
    pub(super) fn close(&mut self, seen: &Seen) -> ControlFlow<()> {
        let Some(open) = self.open.pop() else {
            return GO_ON;
        };
        // A flow collection ends behind its bracket, a block where its last part does.
        let end = if seen.start == seen.end {
            open.end
        } else {
            position(&seen.end)
        };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map {
                entries, merged, ..
            } => Value::Map(self.entries(entries, merged)?),
        };
        let span = self.place.span(position(&open.start), end);
        self.finish(
            open.anchor,
            Built {
                node: Node { value, span },
                cost: open.cost,
                height: open.height,
            },
        )
    }

    /// Repeats the value of an anchor.
    pub(super) fn alias(&mut self, anchor: usize, seen: &Seen) -> ControlFlow<()> {
        let span = self.place.between(&seen.start, &seen.end);
        let Some(target) = self.anchors.get(&anchor) else {
            self.tell(findings::alias_of_itself(span.clone()))?;
            return self.put_null(span);
        };
        let (cost, height) = (target.cost, target.height);
        if self.open.len() + height > MAX_DEPTH {
            return self.stop(findings::too_deep(span));
        }
        // The budget first, the copy after: a bomb must not go off while it is counted.
        self.spend(cost, span.clone())?;
        let Some(target) = self.anchors.get(&anchor) else {
            return GO_ON;
        };
        let mut copy = target.clone();
        copy.node.span = span;
        self.finish(0, copy)
    }

    /// Takes an alias without an anchor.
    pub(super) fn unresolved_alias(&mut self, name: &str, seen: &Seen) -> ControlFlow<()> {
        let span = self.place.between(&seen.start, &seen.end);
        self.tell(findings::unknown_anchor(name, span.clone()))?;
        self.put_null(span)
    }
}

impl Builder<'_> {
    fn open(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        seen: &Seen,
        content: Content,
    ) -> ControlFlow<()> {
        let span = self.place.at(&seen.start);
        if self.open.len() >= MAX_DEPTH {
            return self.stop(findings::too_deep(span));
        }
        let cost = Cost { nodes: 1, bytes: 0 };
        self.open.push(Open {
            style,
            anchor,
            start: seen.start,
            end: position(&seen.end),
            cost,
            height: 1,
            content,
        });
        self.spend(cost, span)
    }

    fn entries(
        &mut self,
        entries: Vec<Entry>,
        merged: Option<Node>,
    ) -> ControlFlow<(), Vec<Entry>> {
        let mut found = Vec::new();
        let mut entries = mapping::distinct(entries, &mut found);
        if let Some(merged) = merged {
            mapping::fold(&mut entries, merged, &mut found);
        }
        for finding in found {
            self.tell(finding)?;
        }
        ControlFlow::Continue(entries)
    }

    fn spend(&mut self, cost: Cost, span: Span) -> ControlFlow<()> {
        self.cost += cost;
        if self.cost.nodes > MAX_NODES {
            return self.stop(findings::too_many_nodes(span));
        }
        if self.cost.bytes > MAX_EXPANDED_BYTES {
            return self.stop(findings::too_many_bytes(span));
        }
        GO_ON
    }

    /// A key is a text. Truth values and integers are taken as kubectl takes them where that
    /// changes no letter; where it would (`on`, `0644`), it is a trap and refused.
    fn key(&mut self, text: &str, tag: Tag, span: Span) -> ControlFlow<(), Key> {
        if tag == Tag::Plain && text == "<<" {
            return ControlFlow::Continue(Key::Merge(span));
        }
        let finding = match scalar::resolve(tag, text) {
            Ok(Value::Text(text)) => return ControlFlow::Continue(Key::Text(text, span)),
            Ok(Value::Bool(read)) if read.to_string() == text => {
                return ControlFlow::Continue(Key::Text(text.to_owned(), span));
            }
            Ok(Value::Number(read)) if !read.is_f64() && read.to_string() == text => {
                return ControlFlow::Continue(Key::Text(text.to_owned(), span));
            }
            Ok(Value::Bool(read)) => findings::key_is_bool(text, read, span),
            Ok(Value::Number(read)) => findings::key_is_number(text, &read, span),
            Ok(other) => findings::key_of_kind(other.kind(), span),
            Err(refusal) => findings::refused(&refusal, text, span),
        };
        self.tell(finding)?;
        ControlFlow::Continue(Key::Refused)
    }

    /// The key that an anchored scalar, an alias or a collection makes.
    fn key_from_node(&mut self, node: Node) -> ControlFlow<(), Key> {
        match node.value {
            Value::Text(text) => ControlFlow::Continue(Key::Text(text, node.span)),
            other => {
                self.tell(findings::key_of_kind(other.kind(), node.span))?;
                ControlFlow::Continue(Key::Refused)
            }
        }
    }

    fn awaits_key(&self) -> bool {
        let innermost = self.open.last().map(|open| &open.content);
        matches!(innermost, Some(Content::Map { key: None, .. }))
    }

    fn set_key(&mut self, new: Key) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        if let Key::Text(_, span) | Key::Merge(span) = &new {
            open.end = open.end.max(span.end);
        }
        if let Content::Map { key, .. } = &mut open.content {
            *key = Some(new);
        }
    }

    fn put_null(&mut self, span: Span) -> ControlFlow<()> {
        let value = Value::Null;
        self.finish(
            0,
            Built {
                node: Node { value, span },
                cost: Cost { nodes: 1, bytes: 0 },
                height: 0,
            },
        )
    }

    /// Keeps a finished value under its anchor, which costs as much as the value itself, and puts
    /// it where it belongs.
    fn finish(&mut self, anchor: usize, built: Built) -> ControlFlow<()> {
        if anchor != 0 {
            self.spend(built.cost, built.node.span.clone())?;
            self.anchors.insert(anchor, built.clone());
        }
        if self.awaits_key() {
            let key = self.key_from_node(built.node)?;
            self.set_key(key);
            return GO_ON;
        }
        self.put(built)
    }

    /// Puts a value into the collection around it; without one it is the document.
    fn put(&mut self, built: Built) -> ControlFlow<()> {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(built.node);
            return GO_ON;
        };
        parent.cost += built.cost;
        parent.height = parent.height.max(built.height + 1);
        parent.end = parent.end.max(built.node.span.end);
        match &mut parent.content {
            Content::List(items) => items.push(built.node),
            Content::Map {
                entries,
                merged,
                key,
            } => match key.take() {
                Some(Key::Text(key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    node: built.node,
                }),
                Some(Key::Merge(span)) if merged.is_some() => {
                    return self.tell(findings::second_merge(span));
                }
                Some(Key::Merge(_)) => *merged = Some(built.node),
                Some(Key::Refused) | None => {}
            },
        }
        GO_ON
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

//! The loader: a parser's events in, documents with places out, within budgets.

use std::collections::BTreeMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle};

use crate::diagnostic::{Diagnostic, Position, Span};
use crate::source::RepoPath;

use super::place::{Place, position};
use super::scalar::{self, Refusal, Tag};
use super::{Entry, Node, Value, mapping, syntax, text};

/// How deep a document may nest, aliases expanded.
pub const MAX_DEPTH: usize = 64;
/// How many values a file may have, aliases expanded.
pub const MAX_NODES: usize = 250_000;
/// How many documents a file may have.
pub const MAX_DOCUMENTS: usize = 1024;
/// How many mistakes of one file are told.
pub const MAX_FINDINGS: usize = 100;

/// Reads every document of a file. Documents without content are left out; a document that is not
/// YAML is a finding, and those around it are read all the same.
pub fn load(file: &RepoPath, bytes: impl AsRef<[u8]>) -> (Vec<Node>, Vec<Diagnostic>) {
    let text = match text::decode(file, bytes.as_ref()) {
        Ok(text) => text,
        Err(finding) => return (Vec::new(), vec![finding]),
    };
    let mut loader = Loader::new(Place { file, text });
    loader.read_stream(text);
    (loader.documents, loader.findings)
}

/// Whether reading goes on.
enum Flow {
    GoOn,
    /// A budget is spent; the finding is recorded.
    Stop,
}

struct Loader<'a> {
    place: Place<'a>,
    documents: Vec<Node>,
    findings: Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Option<Built>>,
    nodes: usize,
    started: usize,
}

/// A finished value with what it costs to repeat it.
#[derive(Clone)]
struct Built {
    node: Node,
    nodes: usize,
    height: usize,
}

/// A list or mapping whose end has not been seen.
struct Open {
    anchor: usize,
    start: Marker,
    end: Position,
    nodes: usize,
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

impl<'a> Loader<'a> {
    fn new(place: Place<'a>) -> Self {
        Self {
            place,
            documents: Vec::new(),
            findings: Vec::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            started: 0,
        }
    }

    fn read_stream(&mut self, text: &'a str) {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut parser = Parser::new_from_str_with_options(text, options);
        loop {
            let flow = match parser.next_event() {
                None => return,
                Some(Ok((event, span))) => self.take(event, &span),
                Some(Err(error)) => {
                    self.findings.push(syntax::explain(self.place, &error));
                    self.forget_document();
                    if !parser.proceed_next_document().unwrap_or(false) {
                        return;
                    }
                    Flow::GoOn
                }
            };
            if matches!(flow, Flow::Stop) || self.is_over_told() {
                return;
            }
        }
    }

    fn take(&mut self, event: Event<'a>, span: &granit_parser::Span) -> Flow {
        match event {
            Event::DocumentStart(..) => return self.start_document(&span.start),
            Event::DocumentEnd => self.forget_document(),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = scalar_tag(tag.as_deref(), style);
                return self.scalar(&text, tag, anchor, span);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", span);
                return self.open(anchor, span, Content::List(Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", span);
                let content = Content::Map {
                    entries: Vec::new(),
                    merged: None,
                    key: None,
                };
                return self.open(anchor, span, content);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::UnresolvedAlias(name) => self.unresolved(&name, span),
            _ => {}
        }
        Flow::GoOn
    }
}

impl Loader<'_> {
    fn start_document(&mut self, mark: &Marker) -> Flow {
        self.forget_document();
        self.started += 1;
        if self.started > MAX_DOCUMENTS {
            let span = self.place.at(mark);
            return self.stop(syntax::too_many_documents(span));
        }
        Flow::GoOn
    }

    fn forget_document(&mut self) {
        self.open.clear();
        self.anchors.clear();
    }

    fn is_over_told(&mut self) -> bool {
        if self.findings.len() < MAX_FINDINGS {
            return false;
        }
        self.findings.truncate(MAX_FINDINGS);
        let span = Span::start_of(self.place.file.clone());
        self.findings.push(syntax::too_many_findings(span));
        true
    }

    fn stop(&mut self, finding: Diagnostic) -> Flow {
        self.findings.push(finding);
        Flow::Stop
    }

    fn scalar(
        &mut self,
        text: &str,
        tag: Tag<'_>,
        anchor: usize,
        span: &granit_parser::Span,
    ) -> Flow {
        let place = self.place.between(&span.start, &span.end);
        if self.awaits_key() && anchor == 0 {
            let key = self.key(text, tag, place);
            self.set_key(key);
            return self.count(1, span);
        }
        let value = scalar::resolve(tag, text).unwrap_or_else(|refusal| {
            let finding = syntax::refused(&refusal, tag, text, place.clone());
            self.findings.push(finding);
            Value::Text(text.to_owned())
        });
        let node = Node { value, span: place };
        self.finish(anchor, Built::scalar(node));
        self.count(1, span)
    }

    /// A key is a text. Truth values and integers are taken as kubectl takes them where that
    /// changes no letter; where it would (`on`, `0644`), it is a trap and refused.
    fn key(&mut self, text: &str, tag: Tag<'_>, span: Span) -> Key {
        if tag == Tag::Plain && text == "<<" {
            return Key::Merge(span);
        }
        let read = match scalar::resolve(tag, text) {
            Ok(Value::Text(text)) => return Key::Text(text, span),
            Ok(value @ (Value::Bool(_) | Value::Number(_))) => {
                let read = Node {
                    value,
                    span: span.clone(),
                }
                .to_json()
                .to_string();
                if read == text && !text.contains(['.', 'e']) {
                    return Key::Text(read, span);
                }
                read
            }
            Ok(Value::Null | Value::List(_) | Value::Map(_)) | Err(Refusal::NotFinite) => {
                "no text".to_owned()
            }
            Err(refusal) => {
                self.findings
                    .push(syntax::refused(&refusal, tag, text, span));
                return Key::Refused;
            }
        };
        self.findings.push(syntax::key_not_text(text, &read, span));
        Key::Refused
    }

    fn open(&mut self, anchor: usize, span: &granit_parser::Span, content: Content) -> Flow {
        if self.open.len() >= MAX_DEPTH {
            let place = self.place.at(&span.start);
            return self.stop(syntax::too_deep(place));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        self.open.push(Open {
            anchor,
            start: span.start,
            end: position(&span.end),
            nodes: 1,
            height: 1,
            content,
        });
        self.count(1, span)
    }

    fn close(&mut self, span: &granit_parser::Span) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let end = position(&span.end);
        // A block ends where its last part does; only a flow collection has a closing bracket.
        let end = match self.place.text.as_bytes().get(end.offset.wrapping_sub(1)) {
            Some(b']' | b'}') if span.start != span.end => end,
            _ => open.end,
        };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map {
                entries, merged, ..
            } => {
                let mut entries = mapping::distinct(entries, &mut self.findings);
                if let Some(merged) = merged {
                    mapping::fold(&mut entries, merged, &mut self.findings);
                }
                Value::Map(entries)
            }
        };
        let built = Built {
            node: Node {
                value,
                span: self.place.span(position(&open.start), end),
            },
            nodes: open.nodes,
            height: open.height,
        };
        self.finish(open.anchor, built);
    }

    fn alias(&mut self, anchor: usize, span: &granit_parser::Span) -> Flow {
        let place = self.place.between(&span.start, &span.end);
        let (nodes, height) = match self.anchors.get(&anchor) {
            Some(Some(built)) => (built.nodes, built.height),
            _ => {
                self.findings.push(syntax::alias_of_itself(place.clone()));
                self.finish(0, Built::scalar(null(place)));
                return Flow::GoOn;
            }
        };
        if self.open.len() + height > MAX_DEPTH {
            return self.stop(syntax::too_deep(place));
        }
        if let Flow::Stop = self.count(nodes, span) {
            return Flow::Stop;
        }
        if let Some(Some(built)) = self.anchors.get(&anchor) {
            let mut built = built.clone();
            built.node.span = place;
            self.finish(0, built);
        }
        Flow::GoOn
    }

    fn unresolved(&mut self, name: &str, span: &granit_parser::Span) {
        let place = self.place.between(&span.start, &span.end);
        self.findings
            .push(syntax::unknown_anchor(name, place.clone()));
        self.finish(0, Built::scalar(null(place)));
    }

    fn count(&mut self, nodes: usize, span: &granit_parser::Span) -> Flow {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Flow::GoOn;
        }
        let place = self.place.between(&span.start, &span.end);
        self.stop(syntax::too_many_nodes(place))
    }

    fn check_collection_tag(
        &mut self,
        tag: Option<&granit_parser::Tag>,
        expected: &str,
        span: &granit_parser::Span,
    ) {
        let Some(tag) = tag else { return };
        if tag.core_suffix() == Some(expected) || is_non_specific(tag) {
            return;
        }
        let span = span.tag_span().unwrap_or(*span);
        let place = self.place.between(&span.start, &span.end);
        let finding = syntax::refused(&Refusal::UnknownTag, Tag::Other(&tag.original()), "", place);
        self.findings.push(finding);
    }

    /// Puts a finished value where it belongs: into the collection around it, or out as a document.
    fn finish(&mut self, anchor: usize, built: Built) {
        if anchor != 0 {
            self.anchors.insert(anchor, Some(built.clone()));
        }
        if self.awaits_key() {
            let key = self.key_from_node(&built.node);
            self.set_key(key);
            return;
        }
        let Some(parent) = self.open.last_mut() else {
            if built.node.value != Value::Null {
                self.documents.push(built.node);
            }
            return;
        };
        parent.nodes = parent.nodes.saturating_add(built.nodes);
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
                    self.findings.push(syntax::second_merge(span));
                }
                Some(Key::Merge(_)) => *merged = Some(built.node),
                Some(Key::Refused) | None => {}
            },
        }
    }

    /// The key that an anchored scalar, an alias or a collection makes.
    fn key_from_node(&mut self, node: &Node) -> Key {
        match &node.value {
            Value::Text(text) => Key::Text(text.clone(), node.span.clone()),
            other => {
                self.findings
                    .push(syntax::key_of_kind(other.kind(), node.span.clone()));
                Key::Refused
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.open.last().map(|open| &open.content),
            Some(Content::Map { key: None, .. })
        )
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Open {
            content: Content::Map { key, .. },
            end,
            ..
        }) = self.open.last_mut()
        {
            if let Key::Text(_, span) | Key::Merge(span) = &new {
                *end = (*end).max(span.end);
            }
            *key = Some(new);
        }
    }
}

impl Built {
    fn scalar(node: Node) -> Self {
        Self {
            node,
            nodes: 1,
            height: 0,
        }
    }
}

fn null(span: Span) -> Node {
    Node {
        value: Value::Null,
        span,
    }
}

fn scalar_tag<'a>(tag: Option<&'a granit_parser::Tag>, style: ScalarStyle) -> Tag<'a> {
    match tag {
        None if style == ScalarStyle::Plain => Tag::Plain,
        None => Tag::Text,
        Some(tag) if is_non_specific(tag) => Tag::Text,
        Some(tag) => match tag.core_suffix() {
            Some("str") => Tag::Text,
            Some("bool") => Tag::Bool,
            Some("int") => Tag::Int,
            Some("float") => Tag::Float,
            Some("null") => Tag::Null,
            Some("timestamp") => Tag::Timestamp,
            Some("binary") => Tag::Binary,
            _ => Tag::Other(tag.suffix()),
        },
    }
}

/// A lone `!` says "not what the table says": a text, a list or a mapping.
fn is_non_specific(tag: &granit_parser::Tag) -> bool {
    tag.original() == "!"
}

//! The loader: a parser's events in, documents with places out, within budgets.

use std::borrow::Cow;
use std::ops::ControlFlow;

use granit_parser::{Event, Parser, ScalarStyle, Span as Seen};

use crate::diagnostic::Diagnostic;
use crate::source::RepoPath;

use super::Node;
use super::build::Builder;
use super::place::Place;
use super::scalar::Tag;
use super::{findings, text};

/// How deep a document may nest, aliases expanded.
pub const MAX_DEPTH: usize = 64;
/// How many values a file may have, aliases expanded.
pub const MAX_NODES: usize = 250_000;
/// How many bytes of text a file may have, aliases expanded.
pub const MAX_EXPANDED_BYTES: usize = 16 << 20;
/// How many documents a file may have.
pub const MAX_DOCUMENTS: usize = 1024;
/// How many mistakes of one file are told.
pub const MAX_FINDINGS: usize = 100;

/// Reads every document of a file. Documents without content are left out; a document that is not
/// YAML is a finding, and those around it are read all the same.
pub fn load(file: &RepoPath, bytes: impl AsRef<[u8]>) -> (Vec<Node>, Vec<Diagnostic>) {
    let text = match text::decode(file, bytes.as_ref()) {
        Ok(text) => text,
        Err(finding) => return (Vec::new(), vec![*finding]),
    };
    let mut loader = Loader {
        builder: Builder::new(Place { file, text }),
        started: 0,
        tabs: Tabs::of(text),
    };
    let _: ControlFlow<()> = loader.read(text);
    (loader.builder.documents, loader.builder.findings)
}

struct Loader<'a> {
    builder: Builder<'a>,
    started: usize,
    tabs: Tabs,
}

/// Whether lines that tabs indent have to be looked for. The parser lets some pass, which kubectl
/// refuses, and which are read otherwise than they look.
enum Tabs {
    None,
    /// The line of the last finding, so that each line has one.
    Some {
        told: usize,
    },
}

impl Tabs {
    fn of(text: &str) -> Self {
        if text.contains('\t') {
            Self::Some { told: 0 }
        } else {
            Self::None
        }
    }
}

impl<'a> Loader<'a> {
    /// Breaks off where a budget is spent; the builder has the finding then.
    fn read(&mut self, text: &'a str) -> ControlFlow<()> {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut parser = Parser::new_from_str_with_options(text, options);
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, seen)) => self.take(event, &seen)?,
                Err(error) => {
                    let place = self.builder.place;
                    self.builder.tell(findings::syntax(place, &error))?;
                    self.builder.forget_document();
                    if !parser.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn take(&mut self, event: Event<'a>, seen: &Seen) -> ControlFlow<()> {
        if event.is_node() && !self.builder.is_in_flow() {
            self.check_tabs(seen)?;
        }
        match event {
            Event::DocumentStart(..) => self.start_document(seen),
            Event::DocumentEnd => {
                self.builder.finish_document();
                ControlFlow::Continue(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = match scalar_tag(tag.as_deref(), style) {
                    Some(tag) => tag,
                    None => self.unknown_tag(seen)?,
                };
                self.builder.scalar(&text, tag, anchor, seen)
            }
            Event::SequenceStart(style, anchor, tag) => {
                if !is_collection_tag(tag.as_deref(), "seq") {
                    self.unknown_tag(seen)?;
                }
                self.builder.open_list(style, anchor, seen)
            }
            Event::MappingStart(style, anchor, tag) => {
                if !is_collection_tag(tag.as_deref(), "map") {
                    self.unknown_tag(seen)?;
                }
                self.builder.open_map(style, anchor, seen)
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.close(seen),
            Event::Alias(anchor) => self.builder.alias(anchor, seen),
            Event::UnresolvedAlias(name) => self.builder.unresolved_alias(&name, seen),
            _ => ControlFlow::Continue(()),
        }
    }

    fn check_tabs(&mut self, seen: &Seen) -> ControlFlow<()> {
        let line = seen.start.line();
        let place = self.builder.place;
        match &mut self.tabs {
            Tabs::Some { told } if *told < line => {
                let Some(tab) = place.indenting_tab(&seen.start) else {
                    return ControlFlow::Continue(());
                };
                *told = line;
                self.builder.tell(findings::tab(tab))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn start_document(&mut self, seen: &Seen) -> ControlFlow<()> {
        self.started += 1;
        if self.started > MAX_DOCUMENTS {
            let span = self.builder.place.at(&seen.start);
            return self.builder.stop(findings::too_many_documents(span));
        }
        ControlFlow::Continue(())
    }

    /// Tells of a tag that kubectl would ignore, and ignores it.
    fn unknown_tag(&mut self, seen: &Seen) -> ControlFlow<(), Tag> {
        let place = self.builder.place;
        let written = seen.tag_span().unwrap_or(*seen);
        let name = written.slice(place.text).unwrap_or_default();
        let span = place.between(&written.start, &written.end);
        self.builder.tell(findings::unknown_tag(name, span))?;
        ControlFlow::Continue(Tag::Text)
    }
}

/// `None` for a tag that means nothing to kubectl.
fn scalar_tag(tag: Option<&granit_parser::Tag>, style: ScalarStyle) -> Option<Tag> {
    let Some(tag) = tag else {
        let plain = style == ScalarStyle::Plain;
        return Some(if plain { Tag::Plain } else { Tag::Text });
    };
    match yaml_tag(tag).as_deref() {
        Some("str" | "") => Some(Tag::Text),
        Some("bool") => Some(Tag::Bool),
        Some("int") => Some(Tag::Int),
        Some("float") => Some(Tag::Float),
        Some("null") => Some(Tag::Null),
        Some("timestamp") => Some(Tag::Timestamp),
        Some("binary") => Some(Tag::Binary),
        _ => None,
    }
}

fn is_collection_tag(tag: Option<&granit_parser::Tag>, expected: &str) -> bool {
    let name = tag.map(yaml_tag);
    name.is_none_or(|name| name.is_some_and(|name| name.is_empty() || name == expected))
}

/// The name of one of YAML's own tags. It is empty for a lone `!`, which says "not what the table
/// says": a text, a list or a mapping.
fn yaml_tag(tag: &granit_parser::Tag) -> Option<Cow<'_, str>> {
    if tag.original() == "!" {
        return Some(Cow::Borrowed(""));
    }
    tag.suffix_in_namespace("tag:yaml.org,2002:")
}

//! The fleet's own calendars, and its corrections of built-in ones.

use std::collections::BTreeMap;

use super::read::{Documents, Named};
use crate::calendar::{CalendarError, Tables};
use crate::diagnostic::{Diagnostic, Span};
use crate::spec::calendar::{CalendarName, CalendarSpec};

/// The calendars that a fleet can refer to.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    /// Those that are whole.
    pub(super) tables: Tables,
    /// Where those with errors are.
    pub(super) broken: BTreeMap<CalendarName, Span>,
}

impl Calendars {
    /// Settles the documents; what is wrong with them is added to their findings.
    pub(super) fn settle(documents: &mut Documents) -> Self {
        let mut calendars = Self::default();
        for (name, document) in &documents.calendars {
            // One that has errors of its own already has its findings.
            let settled = document.spec.as_ref().map(|spec| {
                let file = &document.span.file;
                calendars.tables.add(name, spec, file)
            });
            if let Some(Ok(())) = settled {
                continue;
            }
            calendars.tables.refuse(name);
            calendars.broken.insert(name.clone(), document.span.clone());
            let error = settled.and_then(Result::err);
            documents
                .findings
                .extend(error.map(|error| finding(document, &error)));
        }
        calendars
    }
}

fn finding(document: &Named<CalendarSpec>, error: &CalendarError) -> Diagnostic {
    let place = format!("/spec{}", error.pointer());
    let span = document.node.nearest(&place).span.clone();
    Diagnostic::error("invalid-calendar", span, error.to_string()).with_help(error.remedy())
}

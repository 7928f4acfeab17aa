//! The calendars of a fleet: its own before the built-in ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Calendar, CalendarError, alias, built_in};
use crate::source::RepoPath;
use crate::spec::calendar::{CalendarName, CalendarSpec};

/// The calendars of a fleet: its own before the built-in ones. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tables {
    /// `None` for one whose document has errors.
    own: Arc<BTreeMap<CalendarName, Option<Calendar>>>,
}

impl Tables {
    /// Only what Tidegate brings itself.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Adds a fleet's document, or lets it correct the built-in calendar of its name.
    pub fn add(
        &mut self,
        name: &CalendarName,
        spec: &CalendarSpec,
        file: &RepoPath,
    ) -> Result<(), CalendarError> {
        let base = built_in::find(name);
        let calendar = Calendar::settle(name, spec, Some(file), base)?;
        Arc::make_mut(&mut self.own).insert(name.clone(), Some(calendar));
        Ok(())
    }

    /// Takes a calendar away whose document has errors: what it would have said is not known, so
    /// that neither is the calendar.
    pub fn refuse(&mut self, name: &CalendarName) {
        Arc::make_mut(&mut self.own).insert(name.clone(), None);
    }

    /// The calendar of a name, or of a MIC with the same hours.
    pub fn get(&self, name: &CalendarName) -> Option<&Calendar> {
        let find = |name: &CalendarName| match self.own.get(name) {
            Some(own) => Some(own.as_ref()),
            None => built_in::find(name).map(Some),
        };
        let same = || find(&alias::same(name.as_str())?.parse().ok()?);
        find(name).or_else(same).flatten()
    }

    /// The names of all calendars, in alphabetical order.
    pub fn names(&self) -> Vec<&CalendarName> {
        let mut names: Vec<&CalendarName> = self.own.keys().collect();
        names.extend(built_in::names());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What somebody could mean by a name that no calendar has.
    pub fn meant(&self, name: &CalendarName) -> Option<&str> {
        let names = || self.names().into_iter().map(CalendarName::as_str);
        alias::meant(name.as_str()).or_else(|| crate::diagnostic::suggest(name.as_str(), names()))
    }
}

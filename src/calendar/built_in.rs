//! The calendars that Tidegate brings itself, in the form of a fleet's own documents.
//!
//! `table.json` is written by `tests/calendars/generate.py`, `venues.json` by hand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Calendar;
use crate::spec::calendar::{CalendarName, CalendarSpec};

static CALENDARS: LazyLock<BTreeMap<CalendarName, Calendar>> = LazyLock::new(|| {
    let mut calendars = BTreeMap::new();
    for text in [
        include_str!("built_in/table.json"),
        include_str!("built_in/venues.json"),
    ] {
        let table: BTreeMap<CalendarName, CalendarSpec> =
            serde_json::from_str(text).expect("a test reads every built-in table");
        for (name, spec) in table {
            let calendar = Calendar::settle(&name, &spec, None, None)
                .expect("a test settles every built-in calendar");
            calendars.insert(name, calendar);
        }
    }
    calendars
});

/// The built-in calendar of a name.
pub(super) fn find(name: &CalendarName) -> Option<&'static Calendar> {
    CALENDARS.get(name)
}

/// Their names.
pub(super) fn names<'a>() -> impl Iterator<Item = &'a CalendarName> {
    CALENDARS.keys()
}

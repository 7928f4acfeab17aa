//! What calendars and windows mean.

mod brute;
mod runs;
mod vectors;
mod windows;

use jiff::Timestamp;

use super::*;
use crate::spec::calendar::CalendarSpec;
use crate::spec::window::WindowExpr;

fn at(text: &str) -> Timestamp {
    let text = match text.len() {
        16 => format!("{}:00Z", text.replace(' ', "T")),
        _ => text.to_owned(),
    };
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn short(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn window(text: &str) -> WindowExpr {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn calendar(name: &str) -> &'static Calendar {
    let name = name.parse().unwrap();
    built_in::find(&name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// Tables with a fleet's own documents, as JSON.
fn tables(documents: &[(&str, serde_json::Value)]) -> Tables {
    let mut tables = Tables::built_in();
    for (name, spec) in documents {
        let spec: CalendarSpec = serde_json::from_value(spec.clone()).unwrap();
        let file = RepoPath::from("calendars/own.yaml");
        tables.add(&name.parse().unwrap(), &spec, &file).unwrap();
    }
    tables
}

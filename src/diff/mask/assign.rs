//! Secrets that are told by the name they are assigned to, in YAML, JSON, TOML, properties, shell,
//! queries, flags and headers.

use std::ops::Range;

use super::name::{Telling, telling};

/// Adds what is found.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices(['=', ':']) {
        if found.iter().any(|range: &Range<usize>| range.contains(&at)) {
            continue;
        }
        if let Some(range) = assigned(text, at) {
            found.push(range);
        }
    }
    flags(text, found);
}

/// How a name is written, which tells how its value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// First on its line.
    Line {
        /// How far in.
        indent: usize,
    },
    /// In quotes, as in JSON.
    Quoted,
    /// Behind an opening quote that is still open, as in a header on a command line.
    Inside(char),
    /// In braces, as in flow YAML.
    Flow,
    /// Anywhere else.
    Prose,
}

/// The value of the assignment whose operator stands here.
fn assigned(text: &str, at: usize) -> Option<Range<usize>> {
    let (before, operator) = (text.get(..at)?, text.get(at..at + 1)?);
    let (name, style) = name_before(before)?;
    if telling(name) != Telling::Yes {
        return None;
    }
    let behind = text.get(at + 1..)?;
    if operator == "=" && behind.starts_with('=')
        || operator == ":" && behind.starts_with(['/', ':'])
    {
        return None;
    }
    let is_colon = operator == ":";
    if is_colon
        && matches!(style, Style::Line { .. })
        && !behind.is_empty()
        && !behind.starts_with([' ', '\t', '\n', '\r'])
    {
        return None;
    }
    let start = at + 1 + blanks(behind);
    let length = value_length(text.get(start..)?, style, is_colon)?;
    let value = text.get(start..start + length)?;
    let lead = value.len() - value.trim_start().len();
    is_secret(value, style, is_colon).then_some(start + lead..start + length)
}

/// The name that ends here, and how it is written.
fn name_before(before: &str) -> Option<(&str, Style)> {
    let trimmed = before.trim_end_matches([' ', '\t']);
    let closing = trimmed.chars().next_back().filter(|c| "\"'".contains(*c));
    let unquoted = match closing {
        Some(_) => trimmed.get(..trimmed.len() - 1)?,
        None => trimmed,
    };
    let length = unquoted
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c))
        .count();
    let start = unquoted.len() - length;
    let name = unquoted.get(start..)?;
    let ahead = unquoted.get(..start)?;
    if name.is_empty() {
        return None;
    }
    let opening = ahead.chars().next_back().filter(|c| "\"'".contains(*c));
    Some((name, style(ahead, opening, closing)))
}

fn style(ahead: &str, opening: Option<char>, closing: Option<char>) -> Style {
    match (opening, closing) {
        (Some(_), Some(_)) => return Style::Quoted,
        (Some(quote), None) => return Style::Inside(quote),
        (None, _) => {}
    }
    let line = ahead.rsplit('\n').next().unwrap_or_default();
    let lead = line.trim_start_matches([' ', '\t', '-', '?', '#', ';']);
    if lead.is_empty() || lead == "export " || lead == "set " {
        return Style::Line { indent: line.len() };
    }
    match ahead.trim_end().chars().next_back() {
        Some('{' | ',') => Style::Flow,
        _ => Style::Prose,
    }
}

/// How long the value is, blanks around it left out.
fn value_length(value: &str, style: Style, is_colon: bool) -> Option<usize> {
    if let Some(length) = quoted_length(value) {
        return Some(length);
    }
    let line = value.find('\n').unwrap_or(value.len());
    let first = value.get(..line)?.trim_end();
    let until = |ends: &str| first.find(|c| ends.contains(c)).unwrap_or(first.len());
    Some(match style {
        Style::Line { indent } if is_colon => {
            let is_block = first.is_empty() || first.starts_with(['|', '>', '&', '!']);
            if is_block {
                line + block_length(value.get(line..)?, indent)
            } else {
                bracket_length(value)
                    .unwrap_or(first.len())
                    .max(first.len())
            }
        }
        Style::Line { .. } => first.len(),
        Style::Inside(quote) => first.find(quote).unwrap_or(first.len()),
        Style::Quoted | Style::Flow => bracket_length(value).unwrap_or_else(|| until(",}]")),
        Style::Prose => until(" \t,;&)}]\"'"),
    })
}

fn quoted_length(value: &str) -> Option<usize> {
    let quote = value.chars().next().filter(|c| "\"'".contains(*c))?;
    let mut is_escaped = false;
    for (at, c) in value.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote == '"' => is_escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    // A quote that nobody closes hides everything behind it.
    Some(value.len())
}

/// The length of a value in brackets, to the bracket that closes it.
fn bracket_length(value: &str) -> Option<usize> {
    if !value.starts_with(['{', '[']) {
        return None;
    }
    let mut depth = 0_usize;
    for (at, c) in value.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    Some(value.len())
}

/// How far the lines below reach that are indented deeper, blank ones among them included.
fn block_length(below: &str, indent: usize) -> usize {
    let mut reached = 0;
    let mut at = 0;
    for line in below.split_inclusive('\n') {
        let text = line.trim_end();
        let depth = text.len() - text.trim_start_matches(' ').len();
        let is_item = text.trim_start().starts_with("- ") && depth == indent;
        if at > 0 && !text.is_empty() && depth <= indent && !is_item {
            break;
        }
        if !text.is_empty() {
            reached = at + text.len();
        }
        at += line.len();
    }
    reached
}

/// Whether what is assigned can be a secret at all.
fn is_secret(value: &str, style: Style, is_colon: bool) -> bool {
    let bare = value.trim_matches(['"', '\'', ' ']);
    let is_word = matches!(
        bare,
        "" | "true" | "false" | "null" | "~" | "{}" | "[]" | "|" | ">"
    );
    if is_word || is_reference(bare) {
        return false;
    }
    // "failed to read the secret: not found" is prose, "password: hunter2" is not.
    let is_prose = style == Style::Prose && is_colon;
    !is_prose || value.starts_with(['"', '\'']) || bare.chars().any(|c| !c.is_ascii_lowercase())
}

/// Whether the value only names where the secret comes from: `$NAME`, `${NAME}`, `$(NAME)`.
fn is_reference(value: &str) -> bool {
    let name = value.strip_prefix('$').map(|rest| {
        rest.strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .or_else(|| {
                rest.strip_prefix('(')
                    .and_then(|rest| rest.strip_suffix(')'))
            })
            .unwrap_or(rest)
    });
    name.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// `--password hunter2`: the word behind a flag with a telling name.
fn flags(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("--") {
        let rest = text.get(at + 2..).unwrap_or_default();
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c))
            .unwrap_or(rest.len());
        let (name, behind) = rest.split_at(length);
        let start = at + 2 + length + blanks(behind);
        let value = text.get(start..).unwrap_or_default();
        let is_separate = behind.starts_with([' ', '\t']) && !value.starts_with(['-', '=', ':']);
        if is_separate && telling(name) == Telling::Yes {
            let length = quoted_length(value)
                .unwrap_or_else(|| value.find(char::is_whitespace).unwrap_or(value.len()));
            let is_named = value.get(..length).is_some_and(is_reference);
            if !is_named {
                found.push(start..start + length);
            }
        }
    }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

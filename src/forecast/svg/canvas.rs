//! A drawing that grows downwards.
//!
//! Nobody knows which font a reader has, so widths are reckoned generously, and no text is laid
//! where a wider one would run into another.

use std::fmt::Write as _;

/// The drawing.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

/// Where a text stands from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    pub(super) fn text(&mut self, class: &str, (x, y): (u32, u32), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (u32, u32), (width, height): (u32, u32)) {
        let radius = (height / 2).min(8);
        let _ = writeln!(
            self.body,
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>"#
        );
    }

    pub(super) fn circle(&mut self, class: &str, (x, y): (u32, u32), radius: u32) {
        let _ = writeln!(
            self.body,
            r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#
        );
    }

    pub(super) fn line(&mut self, class: &str, x: u32, (from, to): (u32, u32)) {
        let _ = writeln!(
            self.body,
            r#"<line class="{class}" x1="{x}" y1="{from}" x2="{x}" y2="{to}"/>"#
        );
    }

    /// Adds what was drawn elsewhere on top.
    pub(super) fn add(&mut self, other: &Self) {
        self.body.push_str(&other.body);
    }

    /// The whole document.
    pub(super) fn finish(self, style: &str, label: &str, (width, height): (u32, u32)) -> String {
        let label = escaped(label);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">\n<style>\n{style}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"10\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// Text that ends no element and begins none.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Nothing here is set in the type of code.
            '`' => {}
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// How wide a text is at most, in a font of this size.
pub(super) fn width(text: &str, size: u32) -> u32 {
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    characters.saturating_mul(size).saturating_mul(57) / 100
}

/// A text in lines that are no wider than this; a word that is wider is cut.
pub(super) fn wrapped(text: &str, size: u32, most: u32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = shortened(word, size, most);
        match lines.last_mut() {
            Some(line) if width(line, size) + width(&word, size) + size <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A text that is no wider than this.
pub(super) fn shortened(text: &str, size: u32, most: u32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if width(&short, size) + 2 * size > most {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        let text = format!("a few words and {} one", "long".repeat(40));
        let lines = wrapped(&text, 13, 200);
        assert!(lines.iter().all(|line| width(line, 13) <= 200), "{lines:?}");
        assert_eq!(lines.first().map(String::as_str), Some("a few words and"));
    }

    #[test]
    fn no_text_is_an_element() {
        assert_eq!(
            escaped("<a b=\"`&`\">\u{1b}"),
            "&lt;a b=&quot;&amp;&quot;&gt;\u{fffd}"
        );
    }
}

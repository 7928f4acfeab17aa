//! A window's text as tokens.

use super::parse::Mistake;

/// A token and the byte at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) what: What<'t>,
    pub(super) at: usize,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What<'t> {
    /// A name, a time, a span: whatever has no other meaning.
    Word(&'t str),
    /// Everything else.
    Sign(&'static str),
    /// Behind the last one.
    End,
}

impl What<'_> {
    /// As a message says it.
    pub(super) fn told(self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The longer ones first, so that `>=` is not read as `>`.
const SIGNS: [&str; 10] = ["&&", "||", ">=", "<=", ">", "<", "!", "(", ")", ","];

/// The tokens of a text, the end included.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Mistake> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let space = rest.len() - rest.trim_start().len();
        if space > 0 {
            at += space;
            continue;
        }
        let what = next(rest).ok_or_else(|| stray(rest, at))?;
        tokens.push(Token { what, at });
        at += match what {
            What::Word(word) => word.len(),
            What::Sign(sign) => sign.len(),
            What::End => break,
        };
    }
    tokens.push(Token {
        what: What::End,
        at: text.len(),
    });
    Ok(tokens)
}

fn next(rest: &str) -> Option<What<'_>> {
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Some(What::Sign(sign));
    }
    let inside = |c: char| c.is_ascii_alphanumeric() || "_:/+-.".contains(c);
    let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    rest.get(..length)
        .filter(|word| !word.is_empty())
        .map(What::Word)
}

fn stray(rest: &str, at: usize) -> Mistake {
    let sign = rest.chars().next().unwrap_or_default();
    let reason = match sign {
        '&' => "write `&&`".to_owned(),
        '|' => "write `||`".to_owned(),
        '=' => "write `>=`, `>`, `<=` or `<`: instants are never equal for long".to_owned(),
        other => format!("`{other}` means nothing here"),
    };
    Mistake { reason, at }
}

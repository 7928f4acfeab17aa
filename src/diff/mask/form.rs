//! Secrets that are told by their form: private keys, tokens of well-known makers, credentials in
//! URLs and headers.

use std::ops::Range;

/// How a maker's tokens begin, and how many more characters make one.
const MAKERS: [(&str, usize); 22] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("dop_v1_", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 10),
    ("glptt-", 10),
    ("hvs.", 20),
    ("npm_", 20),
    ("pypi-", 20),
    ("rk_live_", 10),
    ("sk_live_", 10),
    ("sk-", 20),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
];

/// Adds what is found.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    private_keys(text, found);
    makers(text, found);
    web_tokens(text, found);
    urls(text, found);
    headers(text, found);
}

fn private_keys(text: &str, found: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    for (start, _) in text.match_indices(BEGIN) {
        let rest = text.get(start + BEGIN.len()..).unwrap_or_default();
        let label = rest.split("-----").next().unwrap_or_default();
        if !label.contains("PRIVATE KEY") {
            continue;
        }
        let end = rest.find(END).and_then(|at| {
            let tail = rest.get(at + END.len()..)?;
            Some(at + END.len() + tail.find("-----")? + "-----".len())
        });
        found.push(start..end.map_or(text.len(), |end| start + BEGIN.len() + end));
    }
}

fn makers(text: &str, found: &mut Vec<Range<usize>>) {
    for (prefix, more) in MAKERS {
        for (start, _) in text.match_indices(prefix) {
            let end = token_end(text, start);
            if is_word_start(text, start) && end - start >= prefix.len() + more {
                found.push(start..end);
            }
        }
    }
}

/// JSON web tokens: three parts, the first a JSON object.
fn web_tokens(text: &str, found: &mut Vec<Range<usize>>) {
    for (start, _) in text.match_indices("eyJ") {
        let end = token_end(text, start);
        let token = text.get(start..end).unwrap_or_default();
        if is_word_start(text, start) && token.matches('.').count() >= 2 {
            found.push(start..end);
        }
    }
}

fn urls(text: &str, found: &mut Vec<Range<usize>>) {
    const SEPARATOR: &str = "://";
    for (at, _) in text.match_indices(SEPARATOR) {
        let start = at + SEPARATOR.len();
        let rest = text.get(start..).unwrap_or_default();
        let end = rest
            .find(|c: char| c.is_whitespace() || "/?#\"'<>`\\".contains(c))
            .unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        let Some((credentials, _)) = authority.rsplit_once('@') else {
            continue;
        };
        let is_web = text
            .get(..at)
            .is_some_and(|before| before.ends_with("http") || before.ends_with("https"));
        match credentials.split_once(':') {
            Some((user, _)) => found.push(start + user.len() + 1..start + credentials.len()),
            // `git@` and the like name a user; on the web a lone name is a token.
            None if is_web => found.push(start..start + credentials.len()),
            None => {}
        }
    }
}

fn headers(text: &str, found: &mut Vec<Range<usize>>) {
    let lower = text.to_ascii_lowercase();
    for scheme in ["bearer ", "basic "] {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let end = token_end(text, start);
            let token = text.get(start..end).unwrap_or_default();
            // Prose speaks of bearer tokens and basic authentication too.
            let is_word = token.len() < 8 || token.bytes().all(|byte| byte.is_ascii_lowercase());
            if is_word_start(text, at) && (!is_word || token.len() > 24) {
                found.push(start..end);
            }
        }
    }
}

fn is_word_start(text: &str, at: usize) -> bool {
    text.get(..at)
        .and_then(|before| before.chars().next_back())
        .is_none_or(|before| !before.is_ascii_alphanumeric())
}

/// Where the run of characters that tokens are made of ends.
fn token_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let length = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !"+/=._~-".contains(c))
        .unwrap_or(rest.len());
    start + length
}

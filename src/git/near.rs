//! Names near a mistyped one.

use crate::diagnostic::suggest;

/// How many names a message offers.
const OFFERED: usize = 3;

/// The known names that may have been meant.
///
/// `origin/main` answers `main`, and the other way round; else the nearest spelling does.
pub(super) fn near<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut elsewhere: Vec<&str> = known
        .iter()
        .copied()
        .filter(|name| is_tail(name, wanted) || is_tail(wanted, name))
        .collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    if elsewhere.is_empty() {
        elsewhere.extend(suggest(wanted, known));
    }
    elsewhere
        .into_iter()
        .take(OFFERED)
        .map(str::to_owned)
        .collect()
}

/// Whether `long` is `short` after some `…/`.
fn is_tail(long: &str, short: &str) -> bool {
    long.strip_suffix(short)
        .is_some_and(|rest| rest.ends_with('/'))
}

/// Renders offered names as the tail of a message.
pub(super) fn did_you_mean(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", quoted.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, expect: &[&str]) {
        let known = ["main", "origin/main", "origin/desk-mm", "v1.0"];
        assert_eq!(near(wanted, known), expect);
    }

    #[test]
    fn typos_and_missing_remotes_are_near() {
        check("mian", &["main"]);
        check("desk-mm", &["origin/desk-mm"]);
        check("upstream/main", &["main"]);
        check("release", &[]);
    }

    #[test]
    fn offers_read_as_the_tail_of_a_message() {
        assert_eq!(did_you_mean(&[]), "");
        assert_eq!(did_you_mean(&["main".to_owned()]), "; did you mean `main`?");
    }
}

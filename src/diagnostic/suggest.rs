//! "Did you mean": the nearest of the words that would have been right.

use strsim::damerau_levenshtein;

/// Words longer than this are not compared: nobody mistypes them by a letter.
const MAX_LENGTH: usize = 64;

/// The candidate that `word` was probably meant to be: at most a third of its letters off. Of
/// equally near candidates the first is taken.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= threshold(length))
        .map(|candidate| {
            let distance = damerau_levenshtein(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= threshold(length))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn threshold(length: usize) -> usize {
    (length / 3).max(1)
}

#[cfg(test)]
mod tests {
    use super::suggest;

    const FIELDS: [&str; 6] = ["image", "replicas", "resources", "cpu", "config", "command"];

    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(suggest(word, FIELDS), expected, "{word}");
    }

    #[test]
    fn a_typo_finds_its_word() {
        check("replica", Some("replicas"));
        check("relpicas", Some("replicas"));
        check("imgae", Some("image"));
        check("resorces", Some("resources"));
        check("comand", Some("command"));
        check("cpus", Some("cpu"));
    }

    #[test]
    fn another_case_finds_its_word() {
        check("IMAGE", Some("image"));
        check("Replicas", Some("replicas"));
    }

    #[test]
    fn an_unrelated_word_finds_nothing() {
        check("volumes", None);
        check("x", None);
        check("", None);
        check(&"image".repeat(1000), None);
    }

    #[test]
    fn equally_near_words_give_the_first() {
        assert_eq!(suggest("cat", ["car", "bat"]), Some("car"));
    }
}

//! Which names tell that their value is a secret.

/// How surely a name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Not at all.
    No,
    /// Only where names are known to name values: a bare `key`.
    Perhaps,
    /// Anywhere.
    Yes,
}

/// Parts that tell wherever they stand in a word.
const PARTS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "mnemonic",
    "authorization",
];

/// Words that tell.
const WORDS: [&str; 9] = [
    "pwd",
    "pass",
    "creds",
    "cred",
    "phrase",
    "cookie",
    "signature",
    "sig",
    "jwt",
];

/// A last word that makes the value a reference to a secret, not a secret.
const REFERENCES: [&str; 7] = ["file", "path", "dir", "name", "ref", "namespace", "mount"];

/// How surely a name tells that its value is a secret.
pub(super) fn telling(name: &str) -> Telling {
    let words = words(name);
    let is_reference = words
        .last()
        .is_some_and(|last| REFERENCES.contains(&last.as_str()));
    if is_reference {
        return Telling::No;
    }
    if words.iter().any(|word| is_telling(word)) {
        return Telling::Yes;
    }
    let is_public = words.iter().any(|word| word == "public");
    match words.iter().any(|word| word == "key" || word == "keys") {
        true if is_public => Telling::No,
        true if words.len() > 1 => Telling::Yes,
        true => Telling::Perhaps,
        false => Telling::No,
    }
}

fn is_telling(word: &str) -> bool {
    let is_text_tool = word.starts_with("tokeni");
    !is_text_tool && (WORDS.contains(&word) || PARTS.iter().any(|part| word.contains(part)))
}

/// Splits at punctuation and inside `camelCase` and `APIKey`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (position, &letter) in letters.iter().enumerate() {
        let before = position
            .checked_sub(1)
            .and_then(|before| letters.get(before));
        let after = letters.get(position + 1);
        let is_hump = letter.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase()));
        if is_hump || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_tell() {
        for name in [
            "password",
            "DB_PASSWORD",
            "apiKey",
            "APIKey",
            "api_secret",
            "x-api-key",
            "server.key",
            "accessToken",
            "authToken2",
            "AWS_ACCESS_KEY_ID",
            "credentials.json",
            "user_pass",
            "mnemonic",
        ] {
            assert_eq!(telling(name), Telling::Yes, "{name}");
        }
        assert_eq!(telling("key"), Telling::Perhaps);
    }

    #[test]
    fn other_names_do_not() {
        for name in [
            "",
            "keyboard",
            "monkey",
            "TOKENIZER_MODE",
            "TOKEN_FILE",
            "secretName",
            "public_key",
            "passive",
            "compass",
            "config.yaml",
        ] {
            assert_eq!(telling(name), Telling::No, "{name}");
        }
    }
}

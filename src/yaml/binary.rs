//! `!!binary`: base64 in the standard alphabet, padded, with line breaks ignored.

/// The text that a base64 scalar encodes, or why there is none.
pub(super) fn decode(encoded: &str) -> Result<String, &'static str> {
    let symbols: Vec<u8> = encoded
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let bytes = bytes(&symbols).ok_or("it is not padded base64 in the standard alphabet")?;
    String::from_utf8(bytes).map_err(|_| "what it encodes is not UTF-8 text")
}

fn bytes(symbols: &[u8]) -> Option<Vec<u8>> {
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let padding = symbols
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    if padding > 2 {
        return None;
    }
    let mut decoded = Vec::with_capacity(symbols.len() / 4 * 3);
    let data = symbols.get(..symbols.len() - padding)?;
    for group in data.chunks(4) {
        let mut bits: u32 = 0;
        for symbol in group {
            bits = bits << 6 | sextet(*symbol)?;
        }
        bits <<= 6 * (4 - group.len());
        let [_, octets @ ..] = bits.to_be_bytes();
        decoded.extend(octets.iter().take(group.len() - 1));
    }
    Some(decoded)
}

fn sextet(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn every_padding_decodes() {
        for (encoded, text) in [
            ("", ""),
            ("aGk=", "hi"),
            ("aA==", "h"),
            ("aGkh", "hi!"),
            ("aG\nkh\r\n", "hi!"),
            ("4pyT", "✓"),
        ] {
            assert_eq!(decode(encoded).as_deref(), Ok(text), "{encoded}");
        }
    }

    #[test]
    fn what_is_not_base64_text_is_refused() {
        for encoded in [
            "aGk", "a===", "aG k", "====", "a", "aGk=aGk=", "-_-_", "//8=",
        ] {
            assert!(decode(encoded).is_err(), "{encoded}");
        }
    }
}

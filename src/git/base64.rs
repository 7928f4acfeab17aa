//! Base64, as `known_hosts` and OpenSSH fingerprints write it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, index| {
            (word << 8) | u32::from(chunk.get(index).copied().unwrap_or(0))
        });
        for position in 0..4 {
            text.push(if position > chunk.len() {
                '='
            } else {
                digit(word >> (18 - 6 * position))
            });
        }
    }
    text
}

/// Encodes without padding.
pub(super) fn encode_unpadded(bytes: &[u8]) -> String {
    encode(bytes).trim_end_matches('=').to_owned()
}

fn digit(word: u32) -> char {
    let index = usize::try_from(word & 63).expect("six bits fit every usize");
    char::from(
        ALPHABET
            .get(index)
            .copied()
            .expect("six bits index 64 digits"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(encode(plain.as_bytes()), encoded);
        }
        assert_eq!(encode_unpadded(b"f"), "Zg");
        assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
    }
}

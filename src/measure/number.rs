//! Numbers as servers write them.

/// A number in a text as Prometheus writes it: `0.5`, `NaN`, `+Inf`.
pub(super) fn read(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// The bytes of a text that are not plain, escaped as in a form.
pub(super) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(char::from(byte));
        } else {
            // Writing to memory does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_prometheus_writes_them() {
        assert_eq!(read("0.5"), Some(0.5));
        assert_eq!(read("1e+06"), Some(1e6));
        assert_eq!(read("+Inf"), Some(f64::INFINITY));
        assert!(read("NaN").is_some_and(f64::is_nan));
        assert_eq!(read("x"), None);
    }

    #[test]
    fn what_is_not_plain_is_escaped() {
        assert_eq!(
            escape("a{b=\"ü\"}[1m] + 1"),
            "a%7Bb%3D%22%C3%BC%22%7D%5B1m%5D%20%2B%201"
        );
    }
}

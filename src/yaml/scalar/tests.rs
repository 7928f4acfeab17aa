use serde_json::{Value as Json, json};

use super::*;
use crate::yaml::Node;

fn read(tag: Tag, text: &str) -> Result<Json, Refusal> {
    let value = resolve(tag, text)?;
    let span = crate::diagnostic::Span::start_of("a.yaml".into());
    Ok(Node { value, span }.to_json())
}

/// What `sigs.k8s.io/yaml` v1.6.0 made of each of these.
fn kubectl() -> Vec<(&'static [&'static str], Json)> {
    let whole = |value: i64| json!(value);
    vec![
        (&["", "~", "null", "Null", "NULL"], json!(null)),
        (&["y", "Y", "yes", "Yes", "YES"], json!(true)),
        (&["true", "True", "TRUE", "on", "On", "ON"], json!(true)),
        (&["n", "N", "no", "No", "NO"], json!(false)),
        (
            &["false", "False", "FALSE", "off", "Off", "OFF"],
            json!(false),
        ),
        (
            &["0", "-0", "+0", "00", "0_", "0.0", "-0.0", "1e-400"],
            whole(0),
        ),
        (&["420", "0644", "0o644", "0O644", "0_644"], whole(420)),
        (
            &["0x1A4", "0X1a4", "0b110100100", "0B110100100"],
            whole(420),
        ),
        (
            &["-420", "-0644", "-0o644", "-0x1a4", "-0b110100100"],
            whole(-420),
        ),
        (
            &["+12", "12", "1_2", "12_", "0_14", "12.0", "1.2e1", "120e-1"],
            whole(12),
        ),
        (
            &["1_000", "1000", "1__000", "1e3", "1E3", "1e+3", "+1e3"],
            whole(1000),
        ),
        (&["08", "0_8", "8."], whole(8)),
        (
            &["0.5", ".5", "+.5", "5e-1", "5.e-1", "0_.5", ".5_0"],
            json!(0.5),
        ),
        (&["-.5", "-0.5"], json!(-0.5)),
        (
            &["9223372036854775807", "0x7fffffffffffffff"],
            whole(i64::MAX),
        ),
        (&["-9223372036854775808"], whole(i64::MIN)),
        (
            &["9223372036854775808"],
            json!(9_223_372_036_854_775_808_u64),
        ),
        (
            &["18446744073709551615", "0xffffffffffffffff"],
            json!(u64::MAX),
        ),
        (
            &["18446744073709551616"],
            json!(18_446_744_073_709_551_616.0),
        ),
        (&["1e20", "100000000000000000000"], json!(1e20)),
    ]
}

#[test]
fn plain_scalars_are_what_kubectl_reads() {
    let table = kubectl();
    for (spellings, expected) in &table {
        for text in *spellings {
            assert_eq!(read(Tag::Plain, text).as_ref(), Ok(expected), "{text}");
        }
    }
    let rows: usize = table.iter().map(|(spellings, _)| spellings.len()).sum();
    assert!(rows >= 60);
}

/// Each row was read by `sigs.k8s.io/yaml` v1.6.0 as well.
#[test]
fn plain_scalars_that_stay_text() {
    for text in [
        "yEs",
        "tRUE",
        "nULL",
        "nil",
        "none",
        "yes ",
        "truee",
        "~~",
        "-",
        "+",
        ".",
        "..",
        "-.",
        "0x",
        "0o",
        "0b",
        "0b2",
        "0o8",
        "0xg",
        "1k",
        "50M",
        "100m",
        "2Gi",
        "1 000",
        "1,000",
        "12:30:45",
        "190:20:30",
        "1.2.3",
        "10.0.0.1",
        "2024-01-01",
        "2001-12-14t21:59:43.10-05:00",
        "_1",
        "1e",
        "1e400",
        "-1e400",
        "e5",
        ".e5",
        "--1",
        "+-1",
        "1e5.5",
        "._5",
        "0x1p-2",
        "0x1ffffffffffffffff",
        "+18446744073709551615x",
        "inf",
        "nan",
        "NaN",
        ".iNf",
        "=",
        "<<",
    ] {
        assert_eq!(read(Tag::Plain, text), Ok(json!(text)), "{text}");
    }
}

#[test]
fn infinities_and_nan_have_no_value() {
    for text in [".inf", "+.Inf", "-.INF", ".nan", ".NaN"] {
        assert_eq!(read(Tag::Plain, text), Err(Refusal::NotFinite), "{text}");
    }
}

#[test]
fn a_quoted_scalar_is_a_text() {
    for text in ["yes", "0644", "null", "", "1e3", "~"] {
        assert_eq!(read(Tag::Text, text), Ok(json!(text)));
    }
}

#[test]
fn a_tag_converts_or_refuses() {
    for (tag, text, expected) in [
        (Tag::Bool, "on", Ok(json!(true))),
        (Tag::Bool, "1", Err(Refusal::Mismatch("a truth value"))),
        (Tag::Int, "0x10", Ok(json!(16))),
        (Tag::Int, "1.5", Err(Refusal::Mismatch("an integer"))),
        (Tag::Float, "1.5", Ok(json!(1.5))),
        (Tag::Float, "1", Ok(json!(1))),
        (Tag::Float, "x", Err(Refusal::Mismatch("a number"))),
        (Tag::Null, "~", Ok(json!(null))),
        (Tag::Null, "0", Err(Refusal::Mismatch("null"))),
        (Tag::Timestamp, "2024-01-01", Ok(json!("2024-01-01"))),
        (Tag::Binary, "aGk=", Ok(json!("hi"))),
    ] {
        assert_eq!(read(tag, text), expected, "{tag:?} {text}");
    }
}

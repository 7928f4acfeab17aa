use super::Phase::{Break, Closed, Post, Pre, Regular};
use super::*;

fn window(text: &str) -> WindowExpr {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_window_is_written_back_as_it_was() {
    for text in [
        "open(XNYS)",
        "closed(XNYS) && until_open(XNYS) >= 30m && since_close(XNYS) > 15m",
        "!maintenance(crypto:coinbase)",
        "(closed(XTKS, breaks) || break(XTKS)) && !open(XNYS, extended)",
        "closed(XNYS, extended, breaks)",
        "until_close(24x7) < 2h || since_open(XLON) <= 1d",
        "between(Mon 09:00, Fri 17:00:30, Europe/London) && between(22:00, 24:00, Etc/GMT+5)",
        "pre(XNYS) || post(XNYS) || regular(XNAS)",
    ] {
        let parsed = window(text);
        assert_eq!(parsed.to_string(), text);
        let json = serde_json::to_value(&parsed).unwrap();
        assert_eq!(json, serde_json::json!(text));
        assert_eq!(serde_json::from_value::<WindowExpr>(json).unwrap(), parsed);
    }
}

#[test]
fn not_binds_stronger_than_and_and_that_stronger_than_or() {
    let parsed = window("open(A000) || !open(B000) && open(C000)");
    let Expr::Any(parts) = parsed.root() else {
        panic!("{parsed:?}");
    };
    let [Expr::Is(_), Expr::All(both)] = parts.as_slice() else {
        panic!("{parts:?}");
    };
    assert!(matches!(both.as_slice(), [Expr::Not(_), Expr::Is(_)]));
    let words: Vec<&str> = parsed.atoms().iter().map(|it| parsed.words(it)).collect();
    assert_eq!(words, ["open(A000)", "open(B000)", "open(C000)"]);
}

#[test]
fn the_words_of_a_condition_are_those_of_the_text() {
    let parsed = window("closed(XNYS)  &&  until_open( XNYS ) >=  30m");
    let words: Vec<&str> = parsed.atoms().iter().map(|it| parsed.words(it)).collect();
    assert_eq!(words, ["closed(XNYS)", "until_open( XNYS ) >=  30m"]);
    let calendars: Vec<&str> = parsed.calendars().iter().map(|it| it.as_str()).collect();
    assert_eq!(calendars, ["XNYS"]);
}

#[test]
fn a_break_is_closed_only_where_it_is_said() {
    let phases = |text| match &window(text).atoms()[0].condition {
        Condition::In { phases, .. } => phases.iter().copied().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(phases("closed(XTKS)"), [Closed, Pre, Post]);
    assert_eq!(phases("closed(XTKS, breaks)"), [Closed, Pre, Break, Post]);
    assert_eq!(phases("closed(XTKS, extended)"), [Closed]);
    assert_eq!(phases("open(XTKS)"), [Regular]);
    assert_eq!(phases("open(XTKS, extended)"), [Pre, Regular, Post]);
}

#[test]
fn a_mistake_has_its_place_and_what_to_write() {
    for (text, place, reason) in [
        (
            "",
            1,
            "expected a condition such as `closed(XNYS)`, found the end",
        ),
        ("open(XNYS", 10, "expected `)`, found the end"),
        ("open XNYS", 6, "expected `(`, found `XNYS`"),
        ("opne(XNYS)", 1, "did you mean `open`?"),
        ("open(nyse)", 6, "`nyse` is not a calendar"),
        ("open(CMES)", 6, "write `XCME`"),
        ("open(XNYS, breaks)", 12, "expected `extended`"),
        ("closed(XNYS, lunch)", 14, "expected `breaks` or `extended`"),
        ("pre(XNYS, breaks)", 11, "expected `)`"),
        ("open(XNYS) & open(XLON)", 12, "write `&&`"),
        ("open(XNYS) && ", 14, "found the end"),
        (
            "open(XNYS) open(XLON)",
            12,
            "expected `&&`, `||` or the end",
        ),
        ("until_open(XNYS)", 17, "and a span such as `30m`"),
        ("until_open(XNYS) == 30m", 18, "write `>=`"),
        ("until_open(XNYS) >= 30", 21, "is not a span of time"),
        (
            "until_open(XNYS) >= 61d",
            21,
            "is not between `1s` and `60d`",
        ),
        ("between(09:00, 17:00)", 21, "expected `,`"),
        (
            "between(09:00, 17:00, London)",
            23,
            "is not an IANA time zone",
        ),
        (
            "between(Mon 09:00, 17:00, Etc/UTC)",
            9,
            "both times a weekday",
        ),
        ("between(9, 17:00, Etc/UTC)", 9, "a time such as `09:30`"),
        ("ö(XNYS)", 1, "`ö` means nothing here"),
    ] {
        let error = text.parse::<WindowExpr>().unwrap_err();
        assert_eq!(error.character(), place, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let deep = format!("{}open(XNYS)", "!".repeat(MAX_DEPTH + 2));
    let error = deep.parse::<WindowExpr>().unwrap_err().to_string();
    assert!(error.contains("it nests deeper than 32"), "{error}");
    let long = vec!["open(XNYS)"; 100].join(" || ");
    let error = long.parse::<WindowExpr>().unwrap_err().to_string();
    assert!(error.contains("more than 1000 bytes"), "{error}");
}

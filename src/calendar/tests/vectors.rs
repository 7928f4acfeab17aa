//! The built-in table: what is public knowledge about single days.

use super::*;

fn sessions(name: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let regular = calendar(name).regular(at(from), at(to)).into_iter();
    regular.map(|(a, b)| (short(a), short(b))).collect()
}

#[test]
fn every_built_in_calendar_is_whole() {
    let names: Vec<_> = built_in::names().map(ToString::to_string).collect();
    let mics = names
        .iter()
        .filter(|name| name.len() == 4 && *name != "24x7");
    assert!(mics.count() >= 20, "{names:?}");
    for name in &names {
        let calendar = calendar(name);
        let (first, last) = calendar.valid;
        assert!(first < last, "{name}");
        assert!(!calendar.week.is_empty(), "{name}");
        let [origin] = calendar.sources.as_slice() else {
            panic!("{name}: {:?}", calendar.sources);
        };
        assert!(!origin.text.is_empty() && origin.file.is_none(), "{name}");
        if name.starts_with('X') {
            assert!(origin.generated_at.is_some(), "{name}");
        }
    }
}

#[test]
fn an_open_follows_daylight_saving_time() {
    for (day, opens) in [
        ("2026-03-06", "14:30"),
        ("2026-03-09", "13:30"),
        ("2026-10-30", "13:30"),
        ("2026-11-02", "14:30"),
        ("2026-11-27", "14:30"),
    ] {
        let found = sessions("XNYS", &format!("{day} 00:00"), &format!("{day} 23:59"));
        assert_eq!(found.len(), 1, "{day}");
        assert_eq!(found[0].0, format!("{day} {opens}"));
    }
    let half = sessions("XNYS", "2026-11-27 00:00", "2026-11-27 23:59");
    assert_eq!(half[0].1, "2026-11-27 18:00");
}

#[test]
fn two_markets_overlap_longer_while_only_one_of_them_changed_its_clock() {
    let both = window("open(XNYS) && open(XLON)");
    for (day, hours) in [("2026-03-06", 2), ("2026-03-16", 3), ("2026-10-26", 3)] {
        let (from, to) = (format!("{day} 00:00"), format!("{day} 23:59"));
        let allowed = Window::new(&both).allowed(&Tables::built_in(), at(&from), at(&to));
        let [(begin, end)] = allowed.as_slice() else {
            panic!("{day}: {allowed:?}");
        };
        assert_eq!(end.duration_since(*begin).as_hours(), hours, "{day}");
    }
}

#[test]
fn a_break_is_between_two_parts_of_a_session() {
    assert_eq!(
        sessions("XTKS", "2026-11-24 00:00", "2026-11-24 23:00"),
        [
            ("2026-11-24 00:00".to_owned(), "2026-11-24 02:30".to_owned()),
            ("2026-11-24 03:30".to_owned(), "2026-11-24 06:30".to_owned()),
        ]
    );
    let phase = |text| calendar("XTKS").phase(at(text));
    assert_eq!(phase("2026-11-24 03:00"), Some(Phase::Break));
    assert_eq!(phase("2026-11-24 07:00"), Some(Phase::Closed));
    assert_eq!(phase("2026-11-23 01:00"), Some(Phase::Closed));
    // The half day of Hong Kong has no break.
    let eve = sessions("XHKG", "2026-12-24 00:00", "2026-12-24 23:00");
    assert_eq!(
        eve,
        [("2026-12-24 01:30".to_owned(), "2026-12-24 04:00".to_owned())]
    );
}

#[test]
fn a_session_can_begin_on_the_day_before() {
    assert_eq!(
        sessions("XCME", "2026-11-22 12:00", "2026-11-23 22:59"),
        [("2026-11-22 23:00".to_owned(), "2026-11-23 22:00".to_owned())]
    );
    let phase = |text| calendar("XCME").phase(at(text));
    assert_eq!(phase("2026-11-22 22:59"), Some(Phase::Closed));
    assert_eq!(phase("2026-11-23 22:30"), Some(Phase::Closed));
    assert_eq!(phase("2026-11-23 23:00"), Some(Phase::Regular));
}

#[test]
fn extended_hours_are_before_and_after_the_regular_ones() {
    let phase = |text| calendar("XNYS").phase(at(text));
    assert_eq!(phase("2026-11-23 08:59"), Some(Phase::Closed));
    assert_eq!(phase("2026-11-23 09:00"), Some(Phase::Pre));
    assert_eq!(phase("2026-11-23 14:30"), Some(Phase::Regular));
    assert_eq!(phase("2026-11-23 21:00"), Some(Phase::Post));
    assert_eq!(phase("2026-11-24 01:00"), Some(Phase::Closed));
    // On a half day they end earlier, on a holiday there are none.
    assert_eq!(phase("2026-11-27 21:59"), Some(Phase::Post));
    assert_eq!(phase("2026-11-27 22:00"), Some(Phase::Closed));
    assert_eq!(phase("2026-11-26 15:00"), Some(Phase::Closed));
}

#[test]
fn outside_its_days_a_calendar_knows_nothing() {
    assert_eq!(
        calendar("XSHG").phase(at("2026-12-31 04:00")),
        Some(Phase::Break)
    );
    assert_eq!(
        calendar("XSHG").phase(at("2026-12-31 15:59")),
        Some(Phase::Closed)
    );
    assert_eq!(calendar("XSHG").phase(at("2026-12-31 16:00")), None);
    assert_eq!(calendar("XNYS").phase(at("2025-12-31 15:00")), None);
    // The session of the day after the last one begins in the evening of the last one.
    let (_, end) = calendar("XCME").known();
    assert_eq!(short(end), "2028-12-31 23:00");
}

#[test]
fn a_venue_has_its_maintenance() {
    let coinbase = calendar("crypto:coinbase");
    for (text, verdict) in [
        ("2026-11-23 18:44", Verdict::Closed),
        ("2026-11-23 18:45", Verdict::Open),
        ("2026-11-23 20:00", Verdict::Closed),
        ("2026-11-24 19:00", Verdict::Closed),
        ("2026-11-28 18:00", Verdict::Open),
        // By the clock of New York.
        ("2026-07-06 18:00", Verdict::Open),
    ] {
        assert_eq!(coinbase.maintenance(at(text)), verdict, "{text}");
    }
    assert!(coinbase.lists_maintenance());
    assert!(!calendar("crypto:binance").lists_maintenance());
}

#[test]
fn segments_have_the_hours_of_their_market() {
    let tables = Tables::built_in();
    let get = |name: &str| {
        tables
            .get(&name.parse().unwrap())
            .map(|it| it.name.to_string())
    };
    assert_eq!(get("ARCX"), Some("XNYS".to_owned()));
    assert_eq!(get("BNCX"), Some("crypto:binance".to_owned()));
    assert_eq!(get("NYSE"), None);
    let meant = |name: &str| tables.meant(&name.parse().unwrap()).map(str::to_owned);
    assert_eq!(meant("NYSE"), Some("XNYS".to_owned()));
    assert_eq!(meant("crypto:coinbas"), Some("crypto:coinbase".to_owned()));
    for alias in [
        "ARCX", "XASE", "XNGS", "XNMS", "XNCM", "XJPX", "XBSP", "XNSE", "PESL",
    ] {
        assert!(get(alias).is_some(), "{alias}");
    }
    for called in ["NSDQ", "CBOE", "XLSE", "EREX", "HKEX"] {
        assert!(get(&meant(called).unwrap()).is_some(), "{called}");
    }
}

#[test]
fn open_time_counts_only_sessions() {
    let nyse = calendar("XNYS");
    let hours = |from, to| nyse.open_time(at(from), at(to)).map(|it| it.as_secs() / 60);
    // Friday evening to Monday noon, New York time.
    assert_eq!(hours("2026-11-20 22:00", "2026-11-23 17:00"), Some(150));
    assert_eq!(hours("2026-11-27 00:00", "2026-11-30 00:00"), Some(210));
    assert_eq!(hours("2026-11-23 15:00", "2026-11-23 15:00"), Some(0));
    assert_eq!(hours("2028-12-29 15:00", "2029-01-02 15:00"), None);
    let after = |from, minutes| {
        let amount = jiff::SignedDuration::from_mins(minutes);
        nyse.after_open_time(at(from), amount).map(short)
    };
    assert_eq!(
        after("2026-11-20 20:00", 120),
        Some("2026-11-23 15:30".to_owned())
    );
    assert_eq!(
        after("2026-11-20 20:00", 60),
        Some("2026-11-20 21:00".to_owned())
    );
    assert_eq!(
        after("2026-11-20 20:00", 0),
        Some("2026-11-20 20:00".to_owned())
    );
    assert_eq!(after("2028-12-29 20:00", 120), None);
}

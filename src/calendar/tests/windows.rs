//! What windows say, and why.

use super::*;
use crate::spec::measure::Duration;
use serde_json::json;

fn check(text: &str, instant: &str, verdict: Verdict, why: &str) {
    let expr = window(text);
    let state = Window::new(&expr).state(&Tables::built_in(), at(instant));
    assert_eq!(state.verdict, verdict, "{text} at {instant}: {}", state.why);
    assert_eq!(state.why, why, "{text} at {instant}");
}

#[test]
fn a_window_says_why() {
    let usual = "closed(XNYS) && until_open(XNYS) >= 30m && since_close(XNYS) >= 15m";
    check(
        usual,
        "2026-11-27 17:50",
        Verdict::Closed,
        "XNYS is in its regular session until 2026-11-27T18:00:00Z (Fri 13:00 America/New_York); \
         XNYS closed 2d ago, at 2026-11-25T21:00:00Z (Wed 16:00 America/New_York)"
            .split("; ")
            .next()
            .unwrap(),
    );
    check(
        usual,
        "2026-11-27 18:10",
        Verdict::Closed,
        "XNYS closed 10m ago, at 2026-11-27T18:00:00Z (Fri 13:00 America/New_York), so `since_close(XNYS) >= 15m` does not hold",
    );
    check(
        usual,
        "2026-11-30 14:10",
        Verdict::Closed,
        "XNYS opens in 20m, at 2026-11-30T14:30:00Z (Mon 09:30 America/New_York), so `until_open(XNYS) >= 30m` does not hold",
    );
    check(
        usual,
        "2026-11-28 12:00",
        Verdict::Open,
        "XNYS is closed until 2026-11-30T09:00:00Z (Mon 04:00 America/New_York); \
         XNYS opens in 2d 2h, at 2026-11-30T14:30:00Z (Mon 09:30 America/New_York); \
         XNYS closed 18h ago, at 2026-11-27T18:00:00Z (Fri 13:00 America/New_York)",
    );
    check(
        "!maintenance(crypto:coinbase)",
        "2026-11-23 19:00",
        Verdict::Closed,
        "crypto:coinbase is being maintained until 2026-11-23T20:00:00Z (Mon 15:00 America/New_York)",
    );
    check(
        "between(Mon 09:00, Fri 17:00, Europe/London)",
        "2026-11-28 12:00",
        Verdict::Closed,
        "it is Sat 12:00 in Europe/London, outside `between(Mon 09:00, Fri 17:00, Europe/London)`",
    );
}

#[test]
fn what_is_unknown_denies_and_so_does_its_negation() {
    let why = "the calendar XSHG knows only 2026-01-01 to 2026-12-31, and what is unknown denies";
    for text in [
        "closed(XSHG)",
        "!closed(XSHG)",
        "open(XSHG) || closed(XSHG)",
    ] {
        check(text, "2027-01-04 12:00", Verdict::Unknown, why);
    }
    let why = "there is no calendar `XXXX`, and what is unknown denies";
    check("!open(XXXX)", "2026-11-23 12:00", Verdict::Unknown, why);
    // Just before the end it is not known how far the next open is.
    check(
        "until_open(XSHG) >= 2h",
        "2026-12-31 15:00",
        Verdict::Unknown,
        "the calendar XSHG knows only 2026-01-01 to 2026-12-31, and what is unknown denies",
    );
    // What another condition decides needs no knowledge.
    check(
        "closed(XSHG) && open(XNYS)",
        "2027-01-04 12:00",
        Verdict::Closed,
        "XNYS trades before its regular session until 2027-01-04T14:30:00Z (Mon 09:30 America/New_York)",
    );
}

#[test]
fn the_bounds_of_a_distance_are_exact() {
    let tables = Tables::built_in();
    let verdict =
        |text: &str, instant: &str| Window::new(&window(text)).verdict(&tables, at(instant));
    for (text, instant, open) in [
        ("until_open(XNYS) >= 30m", "2026-11-23 14:00", true),
        ("until_open(XNYS) > 30m", "2026-11-23 14:00", false),
        ("until_open(XNYS) <= 30m", "2026-11-23 14:00", true),
        ("until_open(XNYS) < 30m", "2026-11-23 14:00", false),
        (
            "until_open(XNYS) >= 30m",
            "2026-11-23T14:00:00.000000001Z",
            false,
        ),
        ("until_open(XNYS) >= 30m", "2026-11-23 14:30", true),
        ("since_open(XNYS) < 30m", "2026-11-23 14:30", true),
        ("since_open(XNYS) >= 30m", "2026-11-23 15:00", true),
        ("since_open(XNYS) > 30m", "2026-11-23 15:00", false),
        (
            "since_open(XNYS) > 30m",
            "2026-11-23T15:00:00.000000001Z",
            true,
        ),
        ("until_close(XTKS) <= 10m", "2026-11-24 02:20", true),
        ("until_open(XTKS) <= 10m", "2026-11-24 03:25", true),
    ] {
        let expect = if open { Verdict::Open } else { Verdict::Closed };
        assert_eq!(verdict(text, instant), expect, "{text} at {instant}");
    }
}

#[test]
fn a_change_must_finish_inside_the_window() {
    let expr = window("closed(XNYS) && until_open(XNYS) >= 30m");
    let finish: Duration = "20m".parse().unwrap();
    let whole = Window::new(&expr).finishing_within(Some(finish));
    let tables = Tables::built_in();
    let state = |text| whole.state(&tables, at(text));
    assert_eq!(state("2026-11-23 13:40").verdict, Verdict::Open);
    let late = state("2026-11-23 13:41");
    assert_eq!(late.verdict, Verdict::Closed);
    assert_eq!(
        late.why,
        "the window closes at 2026-11-23T14:00:00Z, and what begins must finish within 20m"
    );
    // A short session between two instants that are both outside of it counts too.
    let blink = json!({
        "zone": "Etc/UTC", "validFrom": "2026-01-01", "validTo": "2026-12-31",
        "sessions": [{"from": "2026-11-23T12:00:10Z", "to": "2026-11-23T12:00:12Z"}],
    });
    let tables = self::tables(&[("test:blink", blink)]);
    let expr = window("closed(test:blink)");
    let whole = Window::new(&expr).finishing_within(Some("1m".parse().unwrap()));
    for (text, verdict) in [
        ("2026-11-23T11:59:00Z", Verdict::Open),
        ("2026-11-23T11:59:10Z", Verdict::Closed),
        ("2026-11-23T12:00:09Z", Verdict::Closed),
        ("2026-11-23T12:00:12Z", Verdict::Open),
    ] {
        assert_eq!(whole.verdict(&tables, at(text)), verdict, "{text}");
    }
}

#[test]
fn the_next_openings_are_listed() {
    let expr = window("closed(XNYS) && until_open(XNYS) >= 30m && since_close(XNYS) >= 15m");
    let openings = Window::new(&expr).openings(&Tables::built_in(), at("2026-11-27 17:50"), 3);
    let listed: Vec<_> = openings
        .iter()
        .map(|it| (short(it.from), it.until.map(short)))
        .collect();
    let until = |text: &str| Some(text.to_owned());
    assert_eq!(
        listed,
        [
            ("2026-11-27 18:15".to_owned(), until("2026-11-30 14:00")),
            ("2026-11-30 21:15".to_owned(), until("2026-12-01 14:00")),
            ("2026-12-01 21:15".to_owned(), until("2026-12-02 14:00")),
        ]
    );
    let never = window("open(XNYS) && closed(XNYS)");
    let none = Window::new(&never).openings(&Tables::built_in(), at("2026-11-27 17:50"), 3);
    assert_eq!(none, []);
    let always = window("open(24x7)");
    let [opening] = Window::new(&always)
        .openings(&Tables::built_in(), at("2026-11-27 17:50"), 3)
        .try_into()
        .unwrap();
    assert_eq!(
        (short(opening.from), opening.until),
        ("2026-11-27 17:50".to_owned(), None)
    );
}

#[test]
fn the_next_change_is_when_to_look_again() {
    let tables = Tables::built_in();
    let next = |text: &str, instant: &str| {
        Window::new(&window(text))
            .next_change(&tables, at(instant))
            .map(short)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        next("open(XNYS)", "2026-11-25 21:00"),
        some("2026-11-27 14:30")
    );
    assert_eq!(
        next("open(XNYS)", "2026-11-27 14:30"),
        some("2026-11-27 18:00")
    );
    assert_eq!(
        next("open(XSHG)", "2026-12-31 08:00"),
        some("2026-12-31 16:00")
    );
    assert_eq!(next("open(24x7)", "2026-12-31 08:00"), None);
    assert_eq!(next("open(XSHG)", "2027-12-31 08:00"), None);
    assert_eq!(
        next("between(22:00, 02:00, Asia/Tokyo)", "2026-11-23 12:00"),
        some("2026-11-23 13:00")
    );
}

#[test]
fn a_fleet_corrects_and_adds_calendars() {
    let correction = json!({
        "source": "day of mourning",
        "holidays": ["2026-12-03"],
        "days": [{"date": "2026-11-26", "regular": "09:30-13:00"}],
    });
    let own = json!({
        "zone": "Asia/Dubai", "validFrom": "2026-01-01", "validTo": "2026-12-31",
        "week": [
            {"days": "Mon-Fri", "regular": "10:00-14:00"},
            {"days": "Fri", "from": "2026-12-01", "regular": "10:00-11:00"},
        ],
        "maintenance": {"once": [{"from": "2026-12-05T00:00:00Z", "to": "2026-12-05T06:00:00Z"}]},
    });
    let tables = tables(&[("XNYS", correction), ("XDFM", own)]);
    let phase = |name: &str, text: &str| {
        let calendar = tables.get(&name.parse().unwrap()).unwrap();
        calendar.phase(at(text))
    };
    assert_eq!(phase("XNYS", "2026-12-03 15:00"), Some(Phase::Closed));
    assert_eq!(phase("XNYS", "2026-12-04 15:00"), Some(Phase::Regular));
    assert_eq!(phase("XNYS", "2026-11-26 15:00"), Some(Phase::Regular));
    assert_eq!(phase("XDFM", "2026-11-27 09:59"), Some(Phase::Regular));
    assert_eq!(phase("XDFM", "2026-12-04 07:30"), Some(Phase::Closed));
    assert_eq!(phase("XDFM", "2026-12-04 06:30"), Some(Phase::Regular));
    let sources = &tables.get(&"XNYS".parse().unwrap()).unwrap().sources;
    assert_eq!(sources.len(), 2);
    assert_eq!(sources[1].text, "day of mourning");
}

#[test]
fn a_document_that_is_no_calendar_says_why() {
    let mut tables = Tables::built_in();
    let file = RepoPath::from("calendars/a.yaml");
    for (name, spec, reason) in [
        (
            "XDFM",
            json!({"holidays": []}),
            "there is no built-in calendar `XDFM` to correct",
        ),
        (
            "XDFM",
            json!({"zone": "Asia/Dubai", "validFrom": "2026-01-01"}),
            "`validTo` is missing",
        ),
        (
            "XNYS",
            json!({"holidays": ["2026-01-02", "2026-01-02"]}),
            "a second time",
        ),
        (
            "XNYS",
            json!({"validFrom": "2026-02-02", "validTo": "2026-01-02"}),
            "is not behind",
        ),
        (
            "XNYS",
            json!({"sessions": [{"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}]}),
            "is not behind",
        ),
    ] {
        let spec: CalendarSpec = serde_json::from_value(spec).unwrap();
        let error = tables
            .add(&name.parse().unwrap(), &spec, &file)
            .unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn a_time_of_the_day_follows_the_clock_on_the_wall() {
    let tables = Tables::built_in();
    let (from, to) = (at("2026-03-01 00:00"), at("2026-04-06 00:00"));
    for (zone, daily, weekly) in [
        (
            "America/New_York",
            "between(09:00, 17:30, America/New_York)",
            "between(Tue 22:00, Thu 06:15, America/New_York)",
        ),
        (
            "Europe/London",
            "between(09:00, 17:30, Europe/London)",
            "between(Tue 22:00, Thu 06:15, Europe/London)",
        ),
    ] {
        let clock = jiff::tz::TimeZoneDatabase::bundled().get(zone).unwrap();
        let (daily, weekly) = (window(daily), window(weekly));
        let daily = Window::new(&daily).allowed(&tables, from, to);
        let weekly = Window::new(&weekly).allowed(&tables, from, to);
        let inside = |stretches: &[(Timestamp, Timestamp)], instant: Timestamp| {
            stretches.iter().any(|(a, b)| *a <= instant && instant < *b)
        };
        let mut instant = from;
        while instant < to {
            let local = instant.to_zoned(clock.clone());
            let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
            let week = i32::from(local.weekday().to_monday_zero_offset()) * 1440 + minute;
            let wanted = (540..1050).contains(&minute);
            assert_eq!(inside(&daily, instant), wanted, "{instant} {zone}");
            let wanted = (2760..4695).contains(&week);
            assert_eq!(inside(&weekly, instant), wanted, "{instant} {zone}");
            instant += jiff::SignedDuration::from_mins(15);
        }
    }
}

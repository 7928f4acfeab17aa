//! Runs by session: due, waiting, missed.

use super::*;

fn check(after: &str, before: Option<&str>, started: &str, now: &str) -> Due {
    let after = after.parse().unwrap();
    let before = before.map(|text| text.parse().unwrap());
    let run = Run {
        after: &after,
        finish_before: before.as_ref(),
    };
    run.due(&Tables::built_in(), at(started), at(now))
}

#[test]
fn a_run_is_due_from_its_edge_until_its_deadline() {
    let (after, before) = ("close(XNYS)+30m", Some("open(XNYS)-60m"));
    let due = |started, now| check(after, before, started, now);
    // Wednesday before Thanksgiving: the next session is on Friday.
    assert_eq!(
        due("2026-11-24 21:30", "2026-11-25 21:29"),
        Due::Waiting {
            next: Next::At(at("2026-11-25 21:30"))
        }
    );
    assert_eq!(
        due("2026-11-24 21:30", "2026-11-26 12:00"),
        Due::Now {
            since: at("2026-11-25 21:30"),
            deadline: Some(at("2026-11-27 13:30")),
        }
    );
    assert_eq!(
        due("2026-11-24 21:30", "2026-11-27 13:30"),
        Due::Missed {
            since: at("2026-11-25 21:30"),
            deadline: at("2026-11-27 13:30"),
            next: Next::At(at("2026-11-27 18:30")),
        }
    );
    assert_eq!(
        due("2026-11-25 21:30", "2026-11-26 12:00"),
        Due::Waiting {
            next: Next::At(at("2026-11-27 18:30"))
        }
    );
}

#[test]
fn a_run_that_is_new_does_not_make_up_for_sessions_before_it() {
    assert_eq!(
        check("close(XNYS)", None, "2026-11-25 22:00", "2026-11-25 22:00"),
        Due::Waiting {
            next: Next::At(at("2026-11-27 18:00"))
        }
    );
}

#[test]
fn a_break_is_no_edge_and_an_offset_moves_over_days() {
    assert_eq!(
        check("close(XTKS)", None, "2026-11-24 00:00", "2026-11-24 03:00"),
        Due::Waiting {
            next: Next::At(at("2026-11-24 06:30"))
        }
    );
    assert_eq!(
        check(
            "open(XNYS)-16h",
            None,
            "2026-11-20 23:00",
            "2026-11-22 22:30"
        ),
        Due::Now {
            since: at("2026-11-22 22:30"),
            deadline: None
        }
    );
}

#[test]
fn nothing_is_due_where_nothing_is_known() {
    assert_eq!(
        check("close(XSHG)", None, "2026-12-30 12:00", "2027-01-04 12:00"),
        Due::Unknown
    );
    assert_eq!(
        check("close(XXXX)", None, "2026-12-30 12:00", "2026-12-31 12:00"),
        Due::Unknown
    );
    assert_eq!(
        check("close(24x7)", None, "2026-12-30 12:00", "2026-12-31 12:00"),
        Due::Waiting {
            next: Next::Unknown
        }
    );
}

#[test]
fn every_time_between_two_instants_is_listed() {
    let after = "close(XNYS)+30m".parse().unwrap();
    let run = Run {
        after: &after,
        finish_before: None,
    };
    let times = run.between(
        &Tables::built_in(),
        at("2026-11-24 21:30"),
        at("2026-11-27 18:30"),
    );
    let times: Vec<String> = times.into_iter().map(short).collect();
    assert_eq!(times, ["2026-11-25 21:30", "2026-11-27 18:30"]);
}

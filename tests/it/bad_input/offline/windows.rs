//! Windows and calendars that are none.

use super::super::fleet::Change::{Edit, Write};
use super::{BOTH, Case, GULL, check};

#[test]
fn a_mistake_in_a_window_is_told_by_its_character() {
    check(&[
        Case {
            name: "a parenthesis that is missing",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  command",
                "  rollout: {window: 'closed(XNYS && open(XLON)'}\n  command",
            )],
            says: &[
                "desks/rates/tern.yaml:6:21 error[invalid-value] `closed(XNYS && open(XLON)` is not a window: expected `)`, found `&&`, at character 13 | write a window such as `closed(XNYS)`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "another venue's MIC",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  command",
                "  rollout: {window: closed(CMES)}\n  command",
            )],
            says: &[
                "desks/rates/tern.yaml:6:21 error[invalid-value] `closed(CMES)` is not a window: `CMES` is the MIC of CME Swaps Markets: write `XCME`, at character 8 | write a window such as `closed(XNYS)`",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

#[test]
fn a_mistake_in_a_calendar_stops_nobody_who_does_not_ask_it() {
    check(&[
        Case {
            name: "hours and days that are none",
            changes: &[Write(
                "calendars/XNYS.yaml",
                "kind: Calendar\nspec:\n  week:\n  - {days: Mon-Fry, regular: 9:30-16:00}\n",
            )],
            says: &[
                "calendars/XNYS.yaml:4:12 error[invalid-value] `Mon-Fry` is not a day of the week: write `Mon`, `Mon-Fri` or `Mon, Wed` | write days of the week such as `Mon-Fri`",
                "calendars/XNYS.yaml:4:30 error[invalid-value] `9:30-16:00` is not a stretch of a day: write `09:30-16:00`, or `09:30:00-16:00:00` | write hours such as `09:30-16:00`",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "a correction of nothing",
            changes: &[Write("calendars/XQQQ.yaml", "kind: Calendar\nspec: {}\n")],
            says: &[
                "calendars/XQQQ.yaml:2:7 error[invalid-calendar] there is no built-in calendar `XQQQ` to correct, and this one has no `zone` of its own | correct the name, or add `zone`, `validFrom`, `validTo` and `week`",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "maintenance that ends before it begins",
            changes: &[Write(
                "calendars/binance.yaml",
                "kind: Calendar\nmetadata: {name: 'crypto:binance'}\nspec:\n  maintenance:\n    once:\n    - {from: 2026-12-02T08:00:00Z, to: 2026-12-02T06:00:00Z}\n",
            )],
            says: &[
                "calendars/binance.yaml:6:40 error[invalid-calendar] `2026-12-02T06:00:00Z` is not behind `2026-12-02T08:00:00Z` | exchange the two, or correct one of them",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "a calendar too deep",
            changes: &[Write(
                "calendars/asia/XTKS.yaml",
                "kind: Calendar\nspec: {}\n",
            )],
            says: &[
                "calendars/asia/XTKS.yaml:1:1 warning[ignored-file] `calendars/asia/XTKS.yaml` is not read | documents are `accounts/*.yaml`, `calendars/*.yaml`, `engines/*.yaml` and `desks/<desk>/*.yaml`",
            ],
            renders: BOTH,
            exit: 0,
        },
    ]);
}

//! Documents that can be read but not meant.

use super::super::fleet::Change::{Edit, Remove, Write};
use super::{BOTH, Case, GULL, NONE, TERN, check};

/// A second algo on the account of `tern`.
pub(super) const SKUA: &str = "\
kind: Strategy
spec:
  class: algo
  mode: paper
  image: registry.example.com/rates/skua@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
  command: [/skua]
  account: binance-one
";

/// A job that follows a trading session.
const NIGHTLY: &str = "\
kind: Strategy
spec:
  class: job
  image: registry.example.com/rates/nightly@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
  run: {after: close(XNYS)+30m, onLate: stop}
";

const GULL_AGAIN: &str = "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/fx/gull@sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
";

#[test]
fn typos_are_told_with_the_word_that_was_meant() {
    check(&[
        Case {
            name: "a typo in a field",
            changes: &[Edit("desks/rates/tern.yaml", "command:", "comand:")],
            says: &[
                "desks/rates/tern.yaml:6:3 error[unknown-field] unknown field `comand` in `spec` | did you mean `command`?",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a typo in a word",
            changes: &[Edit("desks/rates/tern.yaml", "paper", "papper")],
            says: &[
                "desks/rates/tern.yaml:4:9 error[unknown-word] `papper` is not a `mode` | did you mean `paper`? The choices are `research`, `shadow`, `paper`, `live`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a typo in a kind",
            changes: &[Edit("desks/rates/tern.yaml", "Strategy", "Stratgy")],
            says: &[
                "desks/rates/tern.yaml:1:7 error[unknown-kind] `Stratgy` is not a kind of document | did you mean `Strategy`?",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a typo in the name of an account",
            changes: &[Edit("desks/rates/tern.yaml", "binance-one", "binance-on")],
            says: &[
                "desks/rates/tern.yaml:9:12 error[unknown-account] there is no account `binance-on` | did you mean `binance-one`?",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a field that was forgotten",
            changes: &[Edit("desks/rates/tern.yaml", "  class: algo\n", "")],
            says: &[
                "desks/rates/tern.yaml:2:1 error[missing-field] the field `class` is missing | add `class: …`: what it is",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a typo in tidegate.yaml",
            changes: &[Edit("tidegate.yaml", "clusters:", "cluster:")],
            says: &[
                "tidegate.yaml:3:1 error[missing-field] the field `clusters` is missing | add `clusters: …`: where strategies run",
                "tidegate.yaml:5:3 error[unknown-field] unknown field `cluster` in `spec` | did you mean `clusters`?",
            ],
            renders: NONE,
            exit: 1,
        },
    ]);
}

#[test]
fn money_is_not_guessed() {
    check(&[
        Case {
            name: "1m as money",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  account",
                "  limits: {maxOrderNotional: 1m}\n  account",
            )],
            says: &[
                "desks/rates/tern.yaml:9:30 error[invalid-value] `1m` has no currency, and Kubernetes' `m` is refused here: write `1M USDT` for millions, or `1k USDT` for thousands | write money such as `50k USDT`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "1m USDT as money",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  account",
                "  limits: {maxOrderNotional: 1m USDT}\n  account",
            )],
            says: &[
                "desks/rates/tern.yaml:9:30 error[invalid-value] `m` is not a suffix of money, which has `k`, `M` and `B` only: write `1M USDT` for millions | write money such as `50k USDT`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a bare number as money",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  account",
                "  limits: {maxOrderNotional: 50000}\n  account",
            )],
            says: &[
                "desks/rates/tern.yaml:9:30 error[wrong-type] `maxOrderNotional` should be money such as `50k USDT`, but is a number | write money such as `50k USDT`",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

#[test]
fn what_is_not_enforced_yet_is_refused() {
    check(&[
        Case {
            name: "mode: live",
            changes: &[Edit("desks/rates/tern.yaml", "mode: paper", "mode: live")],
            says: &[
                "desks/rates/tern.yaml:4:9 error[mode-live-refused] `mode: live` is refused: nothing yet enforces limits, windows and gates before real orders | use `mode: paper` or `mode: shadow`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a run by session that is never late",
            changes: &[Write("desks/rates/nightly.yaml", NIGHTLY)],
            says: &[
                "desks/rates/nightly.yaml:5:41 error[missing-field] a run without `finishBefore` is never late | add `finishBefore: …`, such as `open(XNYS)-60m`, or remove `onLate`",
            ],
            renders: BOTH,
            exit: 1,
        },
    ]);
}

#[test]
fn clashes_stop_everyone_that_is_in_them_and_nobody_else() {
    check(&[
        Case {
            name: "two algos on one exclusive holding",
            changes: &[Write("desks/rates/skua.yaml", SKUA)],
            says: &[
                "desks/rates/tern.yaml:1:7 error[holding-conflict] `skua` and `tern` both hold `binance-one`: two traders on one account see each other's orders | give one of them another account or other `limits.instruments`, or run it in mode `shadow`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a strategy's name given twice",
            changes: &[
                Write(
                    "desks/fx/desk.yaml",
                    "kind: Desk\nspec: {email: fx@example.com}\n",
                ),
                Write("desks/fx/gull.yaml", GULL_AGAIN),
            ],
            says: &[
                "desks/rates/gull.yaml:1:7 error[duplicate-name] there are two documents of strategy `gull` | rename one of them, or delete it",
            ],
            renders: TERN,
            exit: 1,
        },
        Case {
            name: "an account's name given twice",
            changes: &[Write(
                "accounts/other.yaml",
                "kind: Account\nmetadata: {name: binance-one}\nspec: {venue: crypto:binance, currency: USDT, exclusive: account, desks: [rates]}\n",
            )],
            says: &[
                "accounts/other.yaml:2:18 error[duplicate-name] there are two documents of account `binance-one` | rename one of them, or delete it",
                "desks/rates/tern.yaml:9:12 error[depends-on-error] the account `binance-one` has errors, so that this strategy cannot be resolved | correct them first",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

#[test]
fn a_spec_for_an_unknown_desk_stops_only_itself() {
    check(&[
        Case {
            name: "a desk's folder with a typo",
            changes: &[Write("desks/rate/kite.yaml", GULL_AGAIN)],
            says: &[
                "desks/rate/kite.yaml:1:7 error[unknown-desk] there is no desk `rate` | did you mean `rates`?",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "a folder without desk.yaml",
            changes: &[Write("desks/metals/kite.yaml", GULL_AGAIN)],
            says: &[
                "desks/metals/kite.yaml:1:7 error[unknown-desk] there is no desk `metals` | add `desks/metals/desk.yaml` with `kind: Desk`",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "a desk that lost its desk.yaml",
            changes: &[Remove("desks/rates/desk.yaml")],
            says: &[
                "accounts/binance-one.yaml:6:11 error[unknown-desk] there is no desk `rates` | correct the name, or remove it",
                "desks/rates/gull.yaml:1:7 error[unknown-desk] there is no desk `rates` | add `desks/rates/desk.yaml` with `kind: Desk`",
                "desks/rates/tern.yaml:1:7 error[unknown-desk] there is no desk `rates` | add `desks/rates/desk.yaml` with `kind: Desk`",
            ],
            renders: NONE,
            exit: 1,
        },
    ]);
}

#[test]
fn without_a_readable_fleet_nothing_is_rendered_and_nothing_pruned() {
    check(&[
        Case {
            name: "an empty folder",
            changes: &[Remove("tidegate.yaml"), Remove("desks"), Remove("accounts")],
            says: &[
                "tidegate.yaml:1:1 error[no-fleet] there is no `tidegate.yaml` | run Tidegate in the root of the fleet, or add `tidegate.yaml` with `kind: Fleet`; until then nothing is pruned",
            ],
            renders: NONE,
            exit: 1,
        },
        Case {
            name: "no tidegate.yaml",
            changes: &[Remove("tidegate.yaml")],
            says: &[
                "tidegate.yaml:1:1 error[no-fleet] there is no `tidegate.yaml` | run Tidegate in the root of the fleet, or add `tidegate.yaml` with `kind: Fleet`; until then nothing is pruned",
            ],
            renders: NONE,
            exit: 1,
        },
        Case {
            name: "tidegate.yml",
            changes: &[
                Remove("tidegate.yaml"),
                Write("tidegate.yml", "kind: Fleet\n"),
            ],
            says: &[
                "tidegate.yaml:1:1 error[no-fleet] there is no `tidegate.yaml` | rename `tidegate.yml` to `tidegate.yaml`",
                "tidegate.yml:1:1 warning[ignored-file] `tidegate.yml` is not read | rename it: documents end in `.yaml`",
            ],
            renders: NONE,
            exit: 1,
        },
        Case {
            name: "an empty tidegate.yaml",
            changes: &[Write("tidegate.yaml", "")],
            says: &[
                "tidegate.yaml:1:1 error[no-fleet] `tidegate.yaml` is empty | write `kind: Fleet` and its `spec`; until then nothing is pruned",
            ],
            renders: NONE,
            exit: 1,
        },
    ]);
}

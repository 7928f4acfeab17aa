//! Names that Kubernetes cannot have.

use super::super::fleet::Change::{Edit, Write};
use super::{BOTH, Case, GULL, check};

const JOB: &str = "\
kind: Strategy
spec:
  class: job
  image: registry.example.com/rates/kite@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
";

#[test]
fn a_name_is_a_dns_label() {
    check(&[
        Case {
            name: "a name in capitals",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "spec:",
                "metadata: {name: Tern_BTC}\nspec:",
            )],
            says: &[
                "desks/rates/tern.yaml:2:18 error[invalid-value] `Tern_BTC` is not a DNS label: use lower-case letters, digits and `-`, starting with a letter and ending with a letter or digit | write a name such as `mm-btc`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a file's name with an underscore",
            changes: &[Write("desks/rates/kite_2.yaml", JOB)],
            says: &[
                "desks/rates/kite_2.yaml:1:7 error[invalid-name] `kite_2` is not a DNS label: use lower-case letters, digits and `-`, starting with a letter and ending with a letter or digit | rename the file, or add `metadata: {name: …}`",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "a desk's folder in capitals",
            changes: &[Write(
                "desks/FX/desk.yaml",
                "kind: Desk\nspec: {email: fx@example.com}\n",
            )],
            says: &[
                "desks/FX/desk.yaml:1:7 error[invalid-name] `FX` is not a DNS label: use lower-case letters, digits and `-`, starting with a letter and ending with a letter or digit | rename the folder `desks/FX`",
            ],
            renders: BOTH,
            exit: 1,
        },
    ]);
}

#[test]
fn a_name_leaves_room_for_those_derived_from_it() {
    check(&[
        Case {
            name: "a strategy's name that is too long",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "spec:",
                "metadata: {name: market-making-on-perpetual-futures-btc}\nspec:",
            )],
            says: &[
                "desks/rates/tern.yaml:2:18 error[invalid-value] `market-making-on-perpetual-futures-btc` has 38 characters; a strategy may have 36, because longer names are derived from it | write a name such as `mm-btc`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a file's name that is too long",
            changes: &[Write(
                "desks/rates/a-backtest-of-everything-that-ever-was.yaml",
                JOB,
            )],
            says: &[
                "desks/rates/a-backtest-of-everything-that-ever-was.yaml:1:7 error[invalid-name] `a-backtest-of-everything-that-ever-was` has 38 characters; a strategy may have 36, because longer names are derived from it | rename the file, or add `metadata: {name: …}`",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "a volume's name that is too long",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  account",
                "  state: [{name: order-book-snapshots-archive, mountPath: /data, size: 1Gi}]\n  account",
            )],
            says: &[
                "desks/rates/tern.yaml:9:18 error[invalid-value] `order-book-snapshots-archive` has 28 characters; a volume may have 24, because longer names are derived from it | write a name such as `mm-btc`",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

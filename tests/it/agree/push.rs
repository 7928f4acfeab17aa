//! Changes of specs, as people push them.

use std::fs;

use super::fleet::Fleet;

/// One change of one file.
#[derive(Debug, Clone)]
pub(super) enum Push {
    /// Replaces a text.
    Edit(&'static str, &'static str, &'static str),
    /// Adds a copy of a strategy under another name.
    Copy(&'static str, &'static str, &'static str),
    /// Removes a file.
    Remove(&'static str),
}

use Push::{Copy, Edit, Remove};

/// All of them; each can be made once, in any order.
pub(super) const ALL: &[Push] = &[
    Edit("desks/us-eq/opt-risk.yaml", "cpu: 500m", "cpu: 750m"),
    Edit(
        "desks/us-eq/opt-risk.yaml",
        "opt-risk:3.2.0",
        "opt-risk:3.3.0",
    ),
    Edit(
        "desks/us-eq/opt-risk/limits.yaml",
        "orders_per_second: 20",
        "orders_per_second: 25",
    ),
    Edit(
        "desks/us-eq/desk.yaml",
        "[us-eq, risk, compliance]",
        "[compliance, risk, us-eq]",
    ),
    Edit("desks/us-eq/desk.yaml", "cpu: 16,", "cpu: 16000m,"),
    Edit(
        "desks/us-eq/statarb-us.yaml",
        "{cpu: 1, memory: 2Gi}",
        "{cpu: 1000m, memory: 2048Mi}",
    ),
    Edit("desks/us-eq/ib-gateway.yaml", "11:45 PM", "11:50 PM"),
    Edit(
        "desks/us-eq/ib-gateway.yaml",
        "    TIME_ZONE: America/New_York\n",
        "",
    ),
    Edit(
        "desks/us-eq/ib-gateway.yaml",
        "    TRADING_MODE: paper\n",
        "    TRADING_MODE: paper\n    READ_ONLY_API: 'no'\n",
    ),
    Edit(
        "desks/crypto-mm/mm-btc/paper.yaml",
        "spread_bps: 4",
        "spread_bps: 5",
    ),
    Edit(
        "desks/crypto-mm/mm-btc.yaml",
        "cpu: 1, memory: 2Gi",
        "cpu: 2, memory: 2Gi",
    ),
    Edit(
        "desks/crypto-mm/mm-btc.yaml",
        "ports: [{name: metrics, port: 9090}]",
        "ports: [{name: metrics, port: 9090}, {name: admin, port: 9091}]",
    ),
    Edit("desks/crypto-mm/desk.yaml", "pods: 40", "pods: 45"),
    Edit("desks/crypto-trend/desk.yaml", "crypto-trend@", "trend@"),
    Edit(
        "desks/crypto-trend/trend-btc.yaml",
        "freqtrade:stable",
        "freqtrade:2026.10",
    ),
    Edit(
        "desks/research/desk.yaml",
        "operators: [research]",
        "operators: [research, quants]",
    ),
    Edit(
        "desks/research/alpha-signals.yaml",
        "replicas: 3",
        "replicas: 4",
    ),
    Edit(
        "desks/research/alpha-signals/models.yaml",
        "refresh_seconds: 60",
        "refresh_seconds: 30",
    ),
    Edit(
        "desks/research/ingest-bars.yaml",
        "15 * * * *",
        "45 * * * *",
    ),
    Edit(
        "desks/research/ingest-bars.yaml",
        "deadline: 30m",
        "deadline: 40m",
    ),
    Edit(
        "desks/research/ingest-bars.yaml",
        "    - {to: 'venue:crypto:kraken', port: 443}\n",
        "    - {to: 'venue:crypto:kraken', port: 443}\n    - {to: 'venue:crypto:kraken', port: 8443}\n",
    ),
    Edit(
        "desks/research/nightly-backtest.yaml",
        "perIndex: 1",
        "perIndex: 2",
    ),
    Edit(
        "desks/research/param-sweep.yaml",
        "sweep:1.8.0",
        "sweep:1.9.0",
    ),
    Edit(
        "desks/research/param-sweep.yaml",
        "parallelism: 6",
        "parallelism: 3",
    ),
    Edit("engines/desk-service.yaml", "grace: 30s", "grace: 45s"),
    Copy("desks/us-eq/opt-risk.yaml", "opt-risk", "opt-limits"),
    Copy("desks/crypto-mm/mm-eth.yaml", "mm-eth", "mm-ada"),
    Remove("desks/research/walk-forward.yaml"),
    Remove("desks/crypto-mm/arb-sol.yaml"),
    Remove("desks/us-eq/momentum-us.yaml"),
];

impl Push {
    /// Makes the change in the folder.
    pub(super) fn make(&self, fleet: &Fleet) {
        match self {
            Edit(file, from, to) => {
                let text = fleet.read(file);
                assert!(text.contains(from), "{file} does not say {from}");
                fleet.write(file, &text.replacen(from, to, 1));
            }
            Copy(file, from, to) => {
                let name =
                    |text: &str| text.replace(&format!("name: {from}"), &format!("name: {to}"));
                fleet.write(&file.replace(from, to), &name(&fleet.read(file)));
            }
            Remove(file) => fs::remove_file(fleet.path(file)).expect("a file"),
        }
    }
}

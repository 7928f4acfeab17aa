//! The picture of the stages: a plan of a small fleet, made as any other plan is.

use std::collections::BTreeMap;

use crate::build::{Build, build};
use crate::forecast::{self, Premise};
use crate::preview::preview;
use crate::source::Sources;

const FLEET: &str = r#"
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters: [{name: tokyo}]
  metrics:
    rejectRatio:
      prometheus:
        address: http://prometheus.monitoring:9090
        query: sum(rate(rejected{track="{{track}}"}[5m])) / sum(rate(orders{track="{{track}}"}[5m]))
        samples: sum(increase(orders{track="{{track}}"}[5m]))
    ackLatency:
      prometheus:
        address: http://prometheus.monitoring:9090
        query: histogram_quantile(0.99, sum by (le) (rate(ack_seconds_bucket{track="{{track}}"}[5m])))
"#;

const DESK: &str = "kind: Desk\nspec: {email: research@example.com}\n";

/// A strategy whose image has this digit in its digest.
fn strategy(digit: char) -> String {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    format!(
        "\
kind: Strategy
spec:
  class: service
  image: registry.example.com/research/alpha-signals@sha256:{digest}
  ports: [{{name: http, port: 8080}}]
  replicas: 4
  rollout:
    window: closed(XNYS)
    route: {{gateway: edge/public}}
    canary:
    - {{weight: 5%, for: 10m, gates: [{{metric: rejectRatio, max: 1%, minSamples: 50}}]}}
    - {{weight: 50%, gates: [{{health: {{}}}}, {{compare: ackLatency, within: 20%, worse: higher}}, {{pause: {{}}}}]}}
    watch: {{for: {{open: 2h, of: XNYS}}}}
"
    )
}

fn fleet(digit: char) -> Build {
    let strategy = strategy(digit);
    let sources = Sources::from_texts([
        ("tidegate.yaml", FLEET),
        ("desks/research/desk.yaml", DESK),
        ("desks/research/alpha-signals.yaml", strategy.as_str()),
    ]);
    build(&sources, None)
}

/// The picture of what a push on a Monday morning goes through.
pub(super) fn picture() -> String {
    let rates = [("rejectRatio", 700.0)];
    let rates: BTreeMap<_, _> = rates
        .iter()
        .filter_map(|(name, rate)| Some((name.parse().ok()?, *rate)))
        .collect();
    let at = jiff::civil::date(2026, 11, 23).at(15, 20, 0, 0);
    let at = jiff::tz::TimeZone::UTC.to_timestamp(at).unwrap_or_default();
    let premise = Premise { at, rates: &rates };
    let (base, head) = (fleet('a'), fleet('b'));
    let plan = forecast::forecast(preview(&base, &head), &base, &head, premise);
    forecast::svg(&plan).unwrap_or_default()
}

//! A small fleet as texts, for tests: one cluster, one desk, one account, one algo.

use super::Outcome;
use crate::source::Sources;

/// `tidegate.yaml`.
pub(crate) const FLEET: (&str, &str) = (
    "tidegate.yaml",
    "\
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters:
  - name: east
    region: ap-northeast-1
    storageClasses: {ssd: {name: premium, csi: true}}
  venues: {'crypto:binance': {cidrs: [203.0.113.0/24], regions: [ap-northeast-1]}}
",
);

/// The desk `rates`.
pub(crate) const DESK: (&str, &str) = (
    "desks/rates/desk.yaml",
    "\
kind: Desk
spec: {email: rates@example.com}
",
);

/// The account `binance-one`, held as a whole.
pub(crate) const ACCOUNT: (&str, &str) = (
    "accounts/binance-one.yaml",
    "\
kind: Account
spec:
  venue: crypto:binance
  currency: USDT
  exclusive: account
  desks: [rates]
  keys:
  - {secret: binance-one-trade, scope: trade, modes: [live]}
  - {secret: binance-one-read, scope: read, modes: [shadow, live]}
",
);

/// The algo `tern`, pinned and without a finding.
pub(crate) const ALGO: (&str, &str) = (
    "desks/rates/tern.yaml",
    "\
kind: Strategy
spec:
  class: algo
  mode: paper
  image: registry.example.com/rates/tern@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  command: [/tern]
  account: binance-one
",
);

/// The whole fleet.
pub(crate) const WHOLE: [(&str, &str); 4] = [FLEET, DESK, ACCOUNT, ALGO];

/// Resolves the whole fleet with other files over it, for its only cluster.
pub(crate) fn resolve(files: &[(&str, &str)]) -> Outcome {
    let sources = Sources::from_texts(WHOLE.iter().chain(files).copied());
    super::fleet(&sources, None)
}

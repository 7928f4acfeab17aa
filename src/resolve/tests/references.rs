//! Names that lead nowhere, and what two strategies cannot both have.

use super::*;

#[test]
fn unknown_names_are_told_with_the_one_that_was_meant() {
    for (lines, code, place, message, help) in [
        (
            "  engine: fretrade\n",
            "unknown-engine",
            (8, 11),
            "there is no engine `fretrade`",
            "did you mean `freqtrade`?",
        ),
        (
            "  cluster: est\n",
            "unknown-cluster",
            (8, 12),
            "there is no cluster `est`",
            "did you mean `east`?",
        ),
        (
            "  after: [trn]\n",
            "unknown-strategy",
            (8, 11),
            "there is no strategy `trn`",
            "did you mean `tern`?",
        ),
        (
            "  state: [{name: a, mountPath: /a, size: 1Gi, class: sdd}]\n",
            "unknown-storage-class",
            (8, 54),
            "there is no storage class `sdd`",
            "did you mean `ssd`?",
        ),
        (
            "  ports: [{name: api, port: 80}]\n  probes: {liveness: {tcp: {port: apo}}}\n",
            "unknown-port",
            (9, 35),
            "there is no port `apo`",
            "did you mean `api`?",
        ),
        (
            "  network: {egress: [{to: 'strategy:trn', port: 80}]}\n",
            "unknown-strategy",
            (8, 27),
            "there is no strategy `trn`",
            "did you mean `tern`?",
        ),
    ] {
        let finding = check_tern(lines, code, place, message);
        assert_eq!(finding.help.as_deref(), Some(help));
    }
    let account = tern("").replace("binance-one", "binance-on");
    let finding = check(
        &[(ALGO.0, &account)],
        "unknown-account",
        "desks/rates/tern.yaml:7:12",
        "there is no account `binance-on`",
    );
    assert_eq!(finding.help.as_deref(), Some("did you mean `binance-one`?"));
}

#[test]
fn an_account_of_another_desk_is_refused() {
    let account = fixture::ACCOUNT.1.replace("[rates]", "[]");
    let finding = check(
        &[(fixture::ACCOUNT.0, &account)],
        "account-not-open",
        "desks/rates/tern.yaml:7:12",
        "account `binance-one` is not open to desk `rates`",
    );
    assert_eq!(finding.labels.len(), 1);
}

/// A second algo, on the same account.
fn second(mode: &str, lines: &str) -> String {
    let text = ALGO.1.replace("mode: paper", &format!("mode: {mode}"));
    format!("{text}{lines}")
}

#[test]
fn two_algos_on_one_exclusive_holding_stop_each_other() {
    let files = [("desks/rates/skua.yaml", second("paper", ""))];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let finding = check(
        &files,
        "holding-conflict",
        "desks/rates/tern.yaml:1:7",
        "`skua` and `tern` both hold `binance-one`: two traders on one account see each other's orders",
    );
    assert_eq!(
        finding.labels[0].span.file.as_str(),
        "desks/rates/skua.yaml"
    );
    assert_eq!(broken(&fixture::resolve(&files)), ["skua", "tern"]);
}

#[test]
fn who_sends_no_orders_holds_nothing() {
    for mode in ["shadow", "research"] {
        let text = second(mode, "");
        let outcome = fixture::resolve(&[("desks/rates/skua.yaml", &text)]);
        assert_eq!(outcome.findings, [], "{mode}");
        let skua = strategy(&outcome, "skua");
        assert_eq!(skua.account.unwrap().exclusive, [] as [String; 0]);
    }
}

#[test]
fn an_account_can_be_shared_by_instrument_tag_and_gateway() {
    let account = |exclusive: &str| {
        fixture::ACCOUNT
            .1
            .replace("exclusive: account", &format!("exclusive: {exclusive}"))
    };
    for (exclusive, first, other, conflict) in [
        (
            "instrument",
            "  limits: {instruments: [A, B]}\n",
            "  limits: {instruments: [C]}\n",
            None,
        ),
        (
            "instrument",
            "  limits: {instruments: [A, B]}\n",
            "  limits: {instruments: [B]}\n",
            Some("binance-one/B"),
        ),
        ("orderTag", "  orderTag: x\n", "  orderTag: y\n", None),
        (
            "orderTag",
            "  orderTag: x\n",
            "  orderTag: x\n",
            Some("binance-one/x"),
        ),
        ("gateway", "", "", None),
    ] {
        let (first, other) = (second("paper", first), second("paper", other));
        let account = account(exclusive);
        let outcome = fixture::resolve(&[
            (fixture::ACCOUNT.0, &account),
            (ALGO.0, &first),
            ("desks/rates/skua.yaml", &other),
        ]);
        let mut findings = outcome.findings.iter();
        let found = findings.find(|it| it.code == "holding-conflict");
        assert_eq!(found.is_some(), conflict.is_some(), "{exclusive}");
        if let (Some(found), Some(conflict)) = (found, conflict) {
            assert!(found.message.contains(conflict), "{}", found.message);
        }
    }
    for exclusive in ["instrument", "orderTag"] {
        let account = account(exclusive);
        let outcome = fixture::resolve(&[(fixture::ACCOUNT.0, &account)]);
        assert_eq!(codes(&outcome), ["holding-unknown"]);
    }
}

#[test]
fn after_may_not_go_in_a_circle() {
    let job = |after: &str| {
        format!(
            "kind: Strategy\nspec: {{class: service, image: 'a@sha256:{}', after: [{after}]}}\n",
            "c".repeat(64)
        )
    };
    let (skua, gull, tern) = (job("gull"), job("skua"), job("gull"));
    let outcome = fixture::resolve(&[
        ("desks/rates/skua.yaml", &skua),
        ("desks/rates/gull.yaml", &gull),
        ("desks/rates/knot.yaml", &tern),
    ]);
    let finding = only(
        &outcome,
        "after-cycle",
        "desks/rates/gull.yaml:1:7",
        "`after` goes in a circle: `gull` after `skua` after `gull`",
    );
    assert_eq!(finding.labels.len(), 1);
    assert_eq!(broken(&outcome), ["gull", "skua"]);
}

#[test]
fn nobody_waits_for_itself() {
    check_tern(
        "  after: [tern]\n",
        "refers-to-itself",
        (8, 11),
        "`tern` is this strategy itself",
    );
}

#[test]
fn a_new_name_is_for_something_that_is_gone_and_only_once() {
    let renamed = ALGO
        .1
        .replace("  account: binance-one\n", "  renamedFrom: skua\n");
    let outcome = fixture::resolve(&[(ALGO.0, &renamed)]);
    assert_eq!(outcome.findings, []);
    let before = strategy(&outcome, "tern").renamed_from.unwrap();
    assert_eq!(before.as_str(), "skua");
    let outcome = fixture::resolve(&[(ALGO.0, &renamed), ("desks/rates/gull.yaml", &renamed)]);
    assert_eq!(codes(&outcome), ["renamed-twice"]);
    assert_eq!(broken(&outcome), ["gull", "tern"]);
    let existing = fixture::resolve(&[(ALGO.0, &renamed), ("desks/rates/skua.yaml", ALGO.1)]);
    assert!(codes(&existing).contains(&"renamed-from-existing"));
}

#[test]
fn a_venue_of_unknown_addresses_opens_no_private_range() {
    let outcome = check_tern(
        "  network: {egress: [{to: 'venue:crypto:kraken', port: 443}]}\n",
        "venue-addresses-unknown",
        (8, 27),
        "the addresses of `crypto:kraken` are not known, so that the port is open to every public address",
    );
    assert!(outcome.help.is_some());
    let outcome = with("  network: {egress: [{to: 'venue:crypto:kraken', port: 443}]}\n");
    let Peer::Cidrs { cidrs, except, .. } = &strategy(&outcome, "tern").network.egress[0].to else {
        panic!("a venue is addresses");
    };
    assert_eq!(cidrs, &["0.0.0.0/0"]);
    assert!(except.contains(&"169.254.0.0/16".to_owned()));
    let outcome = with("  network: {egress: [{to: 'venue:crypto:binance', port: 443}]}\n");
    assert_eq!(outcome.findings, []);
}

#[test]
fn a_strategy_near_a_venue_prefers_its_region() {
    let outcome = with("  placement: {near: 'crypto:binance'}\n");
    assert_eq!(outcome.findings, []);
    assert_eq!(
        strategy(&outcome, "tern").placement.prefer,
        [(
            "topology.kubernetes.io/region".to_owned(),
            vec!["ap-northeast-1".to_owned()]
        )]
        .into()
    );
    check_tern(
        "  placement: {near: XNYS}\n",
        "venue-place-unknown",
        (8, 21),
        "it is not known where `XNYS` is, so that nothing is near to it",
    );
}

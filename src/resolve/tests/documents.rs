//! Fleet, desks, accounts and engines by themselves.

use super::*;

#[test]
fn a_name_given_twice_is_told_at_the_second_and_stops_both() {
    let other = "kind: Strategy\nmetadata: {name: tern}\nspec: {class: job, image: a}\n";
    let outcome = fixture::resolve(&[("desks/rates/skua.yaml", other)]);
    let duplicate: Vec<&Diagnostic> = outcome
        .findings
        .iter()
        .filter(|it| it.code == "duplicate-name")
        .collect();
    assert_eq!(duplicate.len(), 1);
    assert_eq!(
        duplicate[0].message,
        "there are two documents of strategy `tern`"
    );
    assert_eq!(duplicate[0].labels.len(), 1);
    assert_eq!(broken(&outcome), ["tern"]);
}

#[test]
fn an_account_given_twice_stops_whoever_uses_it() {
    let text = format!("{}---\n{}", fixture::ACCOUNT.1, fixture::ACCOUNT.1);
    let outcome = fixture::resolve(&[(fixture::ACCOUNT.0, &text)]);
    assert_eq!(codes(&outcome), ["duplicate-name", "depends-on-error"]);
    assert_eq!(broken(&outcome), ["tern"]);
}

#[test]
fn a_desk_is_called_like_its_folder() {
    let outcome = fixture::resolve(&[(
        "desks/rates/desk.yaml",
        "kind: Desk\nmetadata: {name: bonds}\nspec: {email: a@b.example}\n",
    )]);
    assert!(
        codes(&outcome).contains(&"desk-name"),
        "{:#?}",
        outcome.findings
    );
    assert!(outcome.unreadable);
}

#[test]
fn a_folder_without_a_desk_is_no_desk() {
    let finding = check(
        &[(
            "desks/rate/skua.yaml",
            "kind: Strategy\nspec: {class: job, image: a}\n",
        )],
        "unknown-desk",
        "desks/rate/skua.yaml:1:7",
        "there is no desk `rate`",
    );
    assert_eq!(finding.help.as_deref(), Some("did you mean `rates`?"));
}

#[test]
fn a_desk_with_an_error_stops_its_strategies_and_makes_the_fleet_unreadable() {
    let outcome = fixture::resolve(&[("desks/rates/desk.yaml", "kind: Desk\nspec: {emial: a}\n")]);
    assert!(outcome.unreadable);
    assert_eq!(broken(&outcome), ["tern"]);
    assert!(fleet(&outcome).desks.is_empty());
}

#[test]
fn a_desk_cannot_have_the_cluster_s_or_another_desk_s_namespace() {
    let kube = "kind: Desk\nspec: {email: a@b.example, namespace: kube-system}\n";
    let outcome = fixture::resolve(&[("desks/rates/desk.yaml", kube)]);
    assert!(codes(&outcome).contains(&"reserved-namespace"));
    assert_eq!(broken(&outcome), ["tern"]);
    let same = "kind: Desk\nspec: {email: a@b.example, namespace: rates}\n";
    let outcome = fixture::resolve(&[("desks/bonds/desk.yaml", same)]);
    assert!(codes(&outcome).contains(&"duplicate-name"));
    assert_eq!(broken(&outcome), ["tern"]);
    assert!(outcome.unreadable);
}

#[test]
fn a_quota_bounds_requests_and_limits_alike() {
    let desk =
        "kind: Desk\nspec: {email: a@b.example, quota: {cpu: 4000m, storage: 1024Gi, pods: 7}}\n";
    let outcome = fixture::resolve(&[("desks/rates/desk.yaml", desk)]);
    let quota = &fleet(&outcome).desks[&"rates".parse().unwrap()].quota;
    let quota: Vec<(&str, &str)> = quota
        .iter()
        .map(|(name, amount)| (name.as_str(), amount.as_str()))
        .collect();
    assert_eq!(
        quota,
        [
            ("limits.cpu", "4"),
            ("pods", "7"),
            ("requests.cpu", "4"),
            ("requests.storage", "1Ti"),
        ]
    );
}

#[test]
fn an_engine_below_the_hardened_default_says_why() {
    let profile = |more: &str| {
        format!("kind: Engine\nspec: {{runAs: {{user: 1000, group: 1000}}, grace: 10s{more}}}\n")
    };
    let path = "engines/skua.yaml";
    check(
        &[(path, &profile(""))],
        "waiver-missing",
        "engines/skua.yaml:2:22",
        "a user below 10000 can be one of the node's own",
    );
    let waived = profile(", waivers: {low-uid: the files are its}");
    assert_eq!(fixture::resolve(&[(path, &waived)]).findings, []);
    check(
        &[(path, &profile(", waivers: {low-uid: why, low-udi: why}"))],
        "unknown-word",
        "engines/skua.yaml:2:78",
        "there is no rule `low-udi`",
    );
    let root = "kind: Engine\nspec: {runAs: {user: 0, group: 1}, grace: 10s}\n";
    assert_eq!(codes(&fixture::resolve(&[(path, root)])), ["invalid-value"]);
}

#[test]
fn an_engine_of_the_fleet_takes_the_place_of_a_built_in_one() {
    let own = "kind: Engine\nspec: {runAs: {user: 20001, group: 20001}, grace: 7s}\n";
    let outcome = fixture::resolve(&[
        ("engines/freqtrade.yaml", own),
        (ALGO.0, &tern("  engine: freqtrade\n")),
    ]);
    let tern = strategy(&outcome, "tern");
    assert_eq!((tern.engine.uid, tern.engine.grace_seconds), (20001, 7));
    let built_in = strategy(&with("  engine: freqtrade\n"), "tern");
    assert_eq!(
        (built_in.engine.uid, built_in.engine.grace_seconds),
        (1000, 60)
    );
    assert_ne!(tern.engine.digest, built_in.engine.digest);
}

#[test]
fn a_consent_is_told_from_its_end_on() {
    let digest = format!("sha256:{}", "b".repeat(64));
    let consents = format!(
        "{}  consents: [{{digest: '{digest}', expires: 2026-12-31, reason: moved}}]\n",
        fixture::FLEET.1
    );
    let outcome = fixture::resolve(&[("tidegate.yaml", &consents)]);
    assert_eq!(outcome.findings, []);
    assert_eq!(fleet(&outcome).consents.len(), 1);
    let at = |text: &str| outcome.findings_at(text.parse().unwrap()).len();
    assert_eq!(at("2026-12-31T23:59:59Z"), 0);
    assert_eq!(at("2027-01-01T00:00:00Z"), 1);
}

#[test]
fn a_freeze_of_what_there_is_not_is_told() {
    let frozen = |freeze: &str| format!("{}  freezes: [{freeze}]\n", fixture::FLEET.1);
    let venue = frozen("{venue: 'crypto:binanse', reason: migration}");
    let finding = check(
        &[("tidegate.yaml", &venue)],
        "unknown-venue",
        "tidegate.yaml:10:21",
        "there is no venue `crypto:binanse`",
    );
    assert_eq!(
        finding.help.as_deref(),
        Some("did you mean `crypto:binance`?")
    );
    let desk = frozen("{desk: rate, reason: migration}");
    check(
        &[("tidegate.yaml", &desk)],
        "unknown-desk",
        "tidegate.yaml:10:20",
        "there is no desk `rate`",
    );
    // That of an account, or one that a strategy's limits name.
    let known = frozen("{venue: 'crypto:binance', reason: a}, {venue: XNYS, reason: b}");
    let limits = tern("  limits: {venues: [XNYS]}\n");
    let outcome = fixture::resolve(&[("tidegate.yaml", &known), (ALGO.0, &limits)]);
    assert_eq!(codes(&outcome), ["not-enforced"]);
    assert_eq!(fleet(&outcome).freezes.len(), 2);
}

#[test]
fn with_several_clusters_somebody_must_say_which() {
    let two = fixture::FLEET.1.replace(
        "  - name: east\n",
        "  - name: west\n    storageClasses: {ssd: {name: fast}}\n  - name: east\n",
    );
    let mut files = WHOLE.to_vec();
    files[0].1 = &two;
    let placed = tern("  cluster: east\n");
    files[3].1 = &placed;
    let sources = Sources::from_texts(files.clone());
    let outcome = super::super::fleet(&sources, None);
    assert_eq!((outcome.findings.len(), outcome.fleet.is_none()), (0, true));
    assert_eq!(outcome.clusters.len(), 2);
    for (cluster, strategies) in [("east", 1), ("west", 0)] {
        let outcome = super::super::fleet(&sources, Some(&cluster.parse().unwrap()));
        assert_eq!(fleet(&outcome).strategies.len(), strategies, "{cluster}");
        assert_eq!(fleet(&outcome).desks.len(), strategies, "{cluster}");
    }
    let outcome = super::super::fleet(&sources, Some(&"est".parse().unwrap()));
    assert_eq!(codes(&outcome), ["unknown-cluster"]);
    files[3].1 = ALGO.1;
    let outcome = super::super::fleet(&Sources::from_texts(files), Some(&"east".parse().unwrap()));
    assert_eq!(codes(&outcome), ["no-cluster"]);
    assert_eq!(broken(&outcome), ["tern"]);
}

#[test]
fn a_cluster_given_twice_makes_the_fleet_unreadable() {
    let twice = fixture::FLEET
        .1
        .replace("  - name: east\n", "  - name: east\n  - name: east\n");
    let outcome = fixture::resolve(&[("tidegate.yaml", &twice)]);
    assert_eq!(codes(&outcome), ["duplicate-name"]);
    assert!(outcome.unreadable && outcome.fleet.is_none());
}

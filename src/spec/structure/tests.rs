use super::*;
use crate::source::RepoPath;

fn findings(kind: Kind, text: &str) -> Vec<Diagnostic> {
    let (documents, findings) = crate::yaml::load(&RepoPath::from("a.yaml"), text);
    assert_eq!(findings, [], "the fixture should be YAML");
    check(kind, documents.first().expect("the fixture has a document"))
}

fn strategy(body: &str) -> Vec<Diagnostic> {
    let text = format!("kind: Strategy\nspec:\n  class: algo\n{body}");
    findings(Kind::Strategy, &text)
}

#[track_caller]
fn one(body: &str, place: (usize, usize), message: &str, help: &str) {
    let findings = strategy(body);
    let [finding] = findings.as_slice() else {
        panic!("{findings:#?}");
    };
    assert_eq!(finding.message, message);
    assert_eq!(finding.help.as_deref().unwrap_or_default(), help);
    let start = finding.span.start;
    assert_eq!((start.line, start.column), place);
}

#[test]
fn an_unknown_field_is_told_at_its_key_with_the_one_that_was_meant() {
    one(
        "  resorces: {cpu: 1}\n",
        (4, 3),
        "unknown field `resorces` in `spec`",
        "did you mean `resources`?",
    );
    one(
        "  resources: {zzz: 1}\n",
        (4, 15),
        "unknown field `zzz` in `resources`",
        "remove it; in `resources` are known: `cpu`, `memory`, `ephemeralStorage`, `qos`",
    );
}

#[test]
fn a_missing_field_is_told_with_what_it_is_for() {
    one(
        "  ports:\n  - name: api\n",
        (5, 5),
        "the field `port` is missing",
        "add `port: …`: its number",
    );
}

#[test]
fn a_wrong_type_is_told_with_the_right_one() {
    one(
        "  env: {DRY_RUN: true}\n",
        (4, 18),
        "`DRY_RUN` should be a text, but is a truth value",
        "quote it: `\"true\"`",
    );
    one(
        "  args: trade\n",
        (4, 9),
        "`args` should be a list, but is a text",
        "write a list",
    );
    one(
        "  image:\n",
        (4, 8),
        "`image` should be an image reference, but is nothing",
        "write an image reference",
    );
    one(
        "  deadline: 30\n",
        (4, 13),
        "`deadline` should be a span of time such as `30s`, but is a number",
        "write a span of time such as `30s`",
    );
}

#[test]
fn an_unknown_word_is_told_with_the_choices() {
    one(
        "  mode: papr\n",
        (4, 9),
        "`papr` is not a `mode`",
        "did you mean `paper`? The choices are `research`, `shadow`, `paper`, `live`",
    );
    one(
        "  resources: {qos: burstable}\n",
        (4, 20),
        "`burstable` is not a `qos`",
        "write `guaranteed`",
    );
}

#[test]
fn a_text_that_breaks_its_rule_is_told_with_the_rule() {
    one(
        "  limits: {maxDailyLoss: 1m}\n",
        (4, 26),
        "`1m` has no currency, and Kubernetes' `m` is refused here: write `1M USDT` for millions, or `1k USDT` for thousands",
        "write money such as `50k USDT`",
    );
    one(
        "  resources: {memory: 2GB}\n",
        (4, 23),
        "`2GB` has the unknown unit `GB`: use `m`, `k`, `M`, `G`, `T`, `P`, `E`, or `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`",
        "write a quantity such as `500m` or `4Gi`",
    );
}

#[test]
fn a_number_out_of_bounds_is_told() {
    let findings = strategy("  ports: [{name: api, port: 70000}]\n");
    assert_eq!(findings.len(), 1);
    assert!(findings[0].message.contains("70000"), "{findings:?}");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let findings = strategy("  moed: paper\n  cluster: A\n  args: x\n  replicas: {min: 1}\n");
    let lines: Vec<usize> = findings.iter().map(|f| f.span.start.line).collect();
    assert_eq!(lines, [4, 5, 6, 7]);
}

#[test]
fn the_spec_by_example_fits() {
    let algo = include_str!("fixtures/mm-btc.yaml");
    assert_eq!(findings(Kind::Strategy, algo), []);
    for (kind, text) in [
        (Kind::Account, include_str!("fixtures/binance-desk1.yaml")),
        (Kind::Strategy, include_str!("fixtures/alpha-signals.yaml")),
        (
            Kind::Strategy,
            include_str!("fixtures/nightly-backtest.yaml"),
        ),
    ] {
        assert_eq!(findings(kind, text), []);
    }
}

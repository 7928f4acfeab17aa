use serde_json::{Value, json};

use super::*;

fn spec(gate: &Value) -> GateSpec {
    serde_json::from_value(gate.clone()).unwrap()
}

fn read(gate: &Value) -> Result<Gate, GateError> {
    spec(gate).try_into()
}

fn refused(gate: &Value, field: Option<&str>, message: &str) {
    let error = read(gate).unwrap_err();
    assert_eq!(error.field, field, "{gate}: {error:?}");
    assert!(error.message.contains(message), "{gate}: {error:?}");
    assert!(!error.help.is_empty(), "{gate}");
}

#[test]
fn every_kind_is_read_and_written_back_to_the_same() {
    for gate in [
        json!({"for": "10m"}),
        json!({"for": {"open": "2h", "of": "XNYS"}, "timeout": "3d"}),
        json!({"health": {}}),
        json!({"health": {"maxRestarts": 2}, "timeout": "5m", "onTimeout": "hold"}),
        json!({"metric": "rejectRatio", "max": "1%", "minSamples": 50}),
        json!({"metric": "ack", "max": "50ms", "min": 0, "minSamples": 1, "interval": "30s",
               "failureLimit": 2, "consecutiveErrorLimit": 1, "consecutiveSuccessLimit": 3,
               "onNoData": "inconclusive", "onTimeout": "pass"}),
        json!({"compare": "slippageBps", "within": 2}),
        json!({"compare": "rejectRatio", "within": "50%", "test": "rate", "worse": "higher",
               "negligible": "0.1%", "confidence": "99%", "minSamples": 1000}),
        json!({"logs": "errors"}),
        json!({"logs": "errors", "max": 3, "baseline": "7d", "minSamples": 100, "interval": "30s",
               "failureLimit": 1, "onNoData": "fail", "timeout": "2h", "onTimeout": "hold"}),
        json!({"scan": {"maxSeverity": "medium"}}),
        json!({"scan": {"maxSeverity": "none", "maxAge": "1d",
               "report": {"url": "https://scans.example.com/{{digest}}.json",
                          "headers": {"Authorization": {"secret": "scans", "key": "token"}}},
               "waivers": [{"id": "CVE-2026-1234", "until": "2027-01-31T00:00:00Z",
                            "reason": "no way in"}]},
               "interval": "1m", "consecutiveErrorLimit": 2, "timeout": "1d", "onTimeout": "hold"}),
        json!({"job": {"image": "registry.example.com/rates/probe:1", "command": ["/probe"],
               "env": {"DEPTH": "3"}}}),
        json!({"webhook": {"url": "https://desk.example.com/gate",
               "secret": {"secret": "desk-hook", "key": "key"}, "retries": 1}, "interval": "5s"}),
        json!({"pause": {}, "timeout": "1d", "onTimeout": "pass"}),
        json!({"window": "closed(XNYS)"}),
        json!({"after": {"strategy": "feed", "stage": "50%"}}),
        json!({"freeze": {}}),
    ] {
        let settled = read(&gate).unwrap();
        let written = serde_json::to_value(&settled).unwrap();
        let again: Gate = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(settled, again, "{written}");
        for (field, value) in gate.as_object().unwrap() {
            let found = written.get(field).unwrap();
            match value {
                Value::Object(inner) => assert!(
                    inner
                        .iter()
                        .all(|(key, value)| found.get(key) == Some(value)),
                    "{written}"
                ),
                value => assert_eq!(found, value, "{written}"),
            }
        }
    }
}

#[test]
fn what_is_measured_ends_and_what_waits_for_people_does_not() {
    let seconds = |gate: Value| {
        let gate = read(&gate).unwrap();
        (gate.timeout.map(Duration::seconds), gate.on_timeout)
    };
    let metric = json!({"metric": "a", "max": 1, "minSamples": 1});
    assert_eq!(seconds(metric), (Some(86_400), OnTimeout::Fail));
    assert_eq!(seconds(json!({"health": {}})), (Some(900), OnTimeout::Fail));
    assert_eq!(seconds(json!({"pause": {}})), (None, OnTimeout::Hold));
    assert_eq!(
        seconds(json!({"window": "open(XNYS)"})),
        (None, OnTimeout::Hold)
    );
}

#[test]
fn a_gate_is_of_one_kind() {
    refused(&json!({}), None, "does not say what it looks at");
    refused(
        &json!({"timeout": "1m"}),
        None,
        "does not say what it looks at",
    );
    refused(
        &json!({"for": "1m", "pause": {}}),
        Some("pause"),
        "both `for` and `pause`",
    );
}

#[test]
fn what_means_nothing_to_a_kind_is_refused() {
    refused(
        &json!({"for": "1m", "timeout": "2m"}),
        Some("timeout"),
        "means nothing",
    );
    refused(
        &json!({"health": {}, "max": 1}),
        Some("max"),
        "means nothing to a `health`",
    );
    refused(
        &json!({"metric": "a", "within": 1, "minSamples": 1}),
        Some("within"),
        "means nothing to a `metric`",
    );
    refused(
        &json!({"scan": {"maxSeverity": "low"}, "onNoData": "pass"}),
        Some("onNoData"),
        "means nothing to a `scan`",
    );
    refused(
        &json!({"scan": {"maxSeverity": "low"}, "onTimeout": "pass"}),
        Some("onTimeout"),
        "a `scan` gate that passes by waiting is none",
    );
    refused(
        &json!({"window": "open(XNYS)", "onTimeout": "pass"}),
        Some("onTimeout"),
        "a `window` gate that passes by waiting is none",
    );
}

#[test]
fn a_metric_says_what_is_good_and_what_is_enough() {
    refused(
        &json!({"metric": "a", "minSamples": 1}),
        Some("metric"),
        "which values of `a`",
    );
    refused(
        &json!({"metric": "a", "max": 1}),
        Some("metric"),
        "how many samples of `a`",
    );
    refused(
        &json!({"metric": "a", "min": "2%", "max": "1%", "minSamples": 1}),
        Some("min"),
        "no value is at least `2%` and at most `1%`",
    );
}

#[test]
fn a_comparison_has_a_margin_and_enough_samples() {
    refused(&json!({"compare": "a"}), Some("compare"), "how far");
    refused(
        &json!({"compare": "a", "within": 0}),
        Some("within"),
        "do not differ at all",
    );
    refused(
        &json!({"compare": "a", "within": 1, "minSamples": 19}),
        Some("minSamples"),
        "too few to compare",
    );
    refused(
        &json!({"compare": "a", "within": 1, "test": "rate"}),
        Some("within"),
        "is not a share",
    );
    refused(
        &json!({"compare": "a", "within": 1, "negligible": "1%"}),
        Some("negligible"),
        "compares values",
    );
    refused(
        &json!({"compare": "a", "within": 1, "confidence": "100%"}),
        Some("confidence"),
        "nothing can be `100%` sure",
    );
}

#[test]
fn what_is_new_in_a_log_is_counted_in_lines() {
    refused(
        &json!({"logs": "errors", "max": "1%"}),
        Some("max"),
        "`1%` is not a number of lines",
    );
    refused(
        &json!({"logs": "errors", "baseline": "0s"}),
        Some("baseline"),
        "no time",
    );
    refused(
        &json!({"metric": "a", "max": 1, "minSamples": 1, "baseline": "1d"}),
        Some("baseline"),
        "means nothing to a `metric`",
    );
}

#[test]
fn no_time_is_no_time() {
    refused(
        &json!({"pause": {}, "timeout": "0s"}),
        Some("timeout"),
        "no time",
    );
    refused(
        &json!({"metric": "a", "max": 1, "minSamples": 1, "interval": "0s"}),
        Some("interval"),
        "no time",
    );
}

//! Classes and modes, and what jobs have.

use super::*;

fn job(lines: &str) -> String {
    let digest = "e".repeat(64);
    format!("kind: Strategy\nspec:\n  class: job\n  image: 'a@sha256:{digest}'\n{lines}")
}

fn with_job(lines: &str) -> Outcome {
    fixture::resolve(&[("desks/rates/skua.yaml", &job(lines))])
}

#[track_caller]
fn check_job(lines: &str, code: &str, place: &str, message: &str) {
    let place = format!("desks/rates/skua.yaml:{place}");
    only(&with_job(lines), code, &place, message);
}

#[test]
fn live_is_refused() {
    let live = ALGO.1.replace("mode: paper", "mode: live");
    let outcome = fixture::resolve(&[(ALGO.0, &live)]);
    assert_eq!(codes(&outcome), ["mode-live-refused"]);
    assert_eq!(broken(&outcome), ["tern"]);
}

#[test]
fn what_nothing_enforces_is_told_and_kept() {
    let outcome = with("  rollout: {stages: [{approve: {role: risk}}]}\n  onStop: cancel\n");
    assert_eq!(codes(&outcome), ["not-enforced", "not-enforced"]);
    let tern = strategy(&outcome, "tern");
    assert_eq!(
        tern.deferred.keys().collect::<Vec<_>>(),
        ["onStop", "rollout"]
    );
    assert_eq!(tern.on_stop.as_deref(), Some("cancel"));
    let live = tern_live("  onStop: cancel\n");
    let outcome = fixture::resolve(&[(ALGO.0, &live)]);
    let enforced = outcome.findings.iter().find(|it| it.code == "not-enforced");
    assert!(enforced.unwrap().is_error(), "where orders are real");
}

fn tern_live(lines: &str) -> String {
    tern(lines).replace("mode: paper", "mode: live")
}

#[test]
fn a_default_that_nothing_enforces_is_told_once() {
    let fleet = format!("{}  defaults: {{onStop: cancel}}\n", fixture::FLEET.1);
    let skua = job("");
    let outcome = fixture::resolve(&[("tidegate.yaml", &fleet), ("desks/rates/skua.yaml", &skua)]);
    assert_eq!(codes(&outcome), ["not-enforced"]);
}

#[test]
fn an_algo_says_its_mode() {
    let text = ALGO.1.replace("  mode: paper\n", "");
    check(
        &[(ALGO.0, &text)],
        "missing-field",
        "desks/rates/tern.yaml:3:10",
        "an algo has no `mode`",
    );
}

#[test]
fn there_is_one_of_an_algo() {
    for (lines, message) in [
        (
            "  replicas: 2\n",
            "an algo has exactly one replica: two pods are two traders on one account",
        ),
        (
            "  replicas: 0\n",
            "an algo has exactly one replica: two pods are two traders on one account",
        ),
    ] {
        check_tern(lines, "singleton-replicas", (8, 13), message);
    }
    assert_eq!(with("  replicas: 1\n").findings, []);
    let outcome = with("  scale: [{cpu: 70%}]\n");
    assert!(codes(&outcome).contains(&"singleton-replicas"));
    assert_eq!(broken(&outcome), ["tern"]);
}

#[test]
fn a_service_has_as_many_as_it_says() {
    let service = |lines: &str| job(lines).replace("class: job", "class: service");
    for (lines, replicas, findings) in [
        ("", 1, vec![]),
        ("  replicas: 3\n", 3, vec![]),
        ("  replicas: {min: 2, max: 9}\n", 2, vec!["not-enforced"]),
    ] {
        let text = service(lines);
        let outcome = fixture::resolve(&[("desks/rates/skua.yaml", &text)]);
        assert_eq!(codes(&outcome), findings, "{lines}");
        assert_eq!(strategy(&outcome, "skua").replicas, replicas);
    }
}

#[test]
fn a_field_of_another_class_is_refused() {
    check_tern(
        "  matrix: {file: a.csv}\n",
        "wrong-class",
        (8, 11),
        "`matrix` means nothing for class `algo`",
    );
}

#[test]
fn a_job_runs_by_cron_and_time_zone() {
    let outcome = with_job("  run: {cron: '0  2 * * 1-5', timeZone: America/New_York}\n");
    assert_eq!(outcome.findings, []);
    let run = strategy(&outcome, "skua").run.clone().unwrap();
    assert_eq!(run.to_string(), "0 2 * * 1-5 America/New_York");
    assert_eq!(strategy(&with_job(""), "skua").run, None);
    check_job(
        "  run: {cron: '0 2 * * *'}\n",
        "missing-field",
        "5:8",
        "the cron fields have no `timeZone`, so that it is not known when they are",
    );
    check_job(
        "  run: {}\n",
        "missing-field",
        "5:8",
        "the run has neither `cron` nor `after`",
    );
}

#[test]
fn a_job_runs_by_session() {
    let outcome =
        with_job("  run: {after: close(XNYS)+30m, finishBefore: open(XNYS)-60m, onLate: stop}\n");
    assert_eq!(outcome.findings, []);
    let run = strategy(&outcome, "skua").run.clone().unwrap();
    assert_eq!(
        run.to_string(),
        "after close(XNYS)+30m, finished before open(XNYS)-60m"
    );
    for (run, code, place, message) in [
        (
            "{after: close(XNYS), timeZone: Etc/UTC}",
            "invalid-value",
            "5:39",
            "`timeZone` means nothing beside `after`: sessions are on the clock of their calendar",
        ),
        (
            "{after: close(XNYS), onLate: stop}",
            "missing-field",
            "5:37",
            "a run without `finishBefore` is never late",
        ),
        (
            "open(XNYS)",
            "wrong-class",
            "5:8",
            "a job runs to its end, and not for as long as a window is open",
        ),
        (
            "{after: close(NYSE)}",
            "unknown-calendar",
            "5:16",
            "there is no calendar `NYSE`",
        ),
    ] {
        check_job(&format!("  run: {run}\n"), code, place, message);
    }
}

#[test]
fn a_singleton_runs_while_a_window_is_open() {
    let outcome = with("  run: open(XNYS)\n");
    assert_eq!(outcome.findings, []);
    let run = strategy(&outcome, "tern").run.clone().unwrap();
    assert_eq!(run.to_string(), "while open(XNYS)");
    check_tern(
        "  run: open(NYSE)\n",
        "unknown-calendar",
        (8, 8),
        "there is no calendar `NYSE`",
    );
    check_tern(
        "  run: {after: close(XNYS)}\n",
        "wrong-class",
        (8, 8),
        "only a job runs again and again: everything else runs for as long as a window is open",
    );
}

#[test]
fn a_matrix_has_one_index_for_each_row() {
    let lines = "  matrix: {file: skua/grid.csv}\n  parallelism: 4\n  retry: {perIndex: 2, ignore: [preemption]}\n";
    let resolve = |grid: &str| {
        fixture::resolve(&[
            ("desks/rates/skua.yaml", &job(lines)),
            ("desks/rates/skua/grid.csv", grid),
        ])
    };
    let outcome = resolve("a,b\n1,2\n3,4\n\n");
    assert_eq!(outcome.findings, []);
    let skua = strategy(&outcome, "skua");
    let shape = JobShape {
        completions: Some(2),
        parallelism: 4,
        retries: 2,
        ignore_preemption: true,
        deadline_seconds: None,
    };
    assert_eq!(skua.job, shape);
    assert_eq!(skua.config[0].path, "/etc/tidegate/matrix.csv");
    assert_eq!(codes(&resolve("a,b\n")), ["matrix-rows"]);
    check_job(
        "  parallelism: 4\n",
        "invalid-value",
        "5:16",
        "a job without a `matrix` has one index, so that nothing runs beside it",
    );
}

#[test]
fn a_singleton_stays_off_nodes_that_are_taken_away() {
    check_tern(
        "  placement: {capacity: spot}\n",
        "singleton-on-spot",
        (8, 25),
        "a node that may be taken away at any moment takes this strategy's only pod with it",
    );
    assert_eq!(with_job("  placement: {capacity: spot}\n").findings, []);
}

#[test]
fn a_probe_does_one_thing() {
    check_tern(
        "  probes: {liveness: {period: 5s}}\n",
        "probe-action",
        (8, 22),
        "a probe does one thing: `http`, `tcp` or `exec`",
    );
}

#[test]
fn metrics_bring_their_port() {
    let outcome = with("  observe: {metrics: {port: 9090}}\n");
    assert_eq!(outcome.findings, []);
    let tern = strategy(&outcome, "tern");
    assert_eq!(tern.ports[0].name, "metrics");
    assert_eq!(tern.metrics.unwrap().path, "/metrics");
    let outcome = with("  ports: [{name: api, port: 9090}]\n  observe: {metrics: {port: 9090}}\n");
    let tern = strategy(&outcome, "tern");
    assert_eq!(tern.ports.len(), 1);
    assert_eq!(tern.metrics.unwrap().port, "api");
    check_tern(
        "  ports: [{name: metrics, port: 9091}]\n  observe: {metrics: {port: 9090}}\n",
        "duplicate-name",
        (9, 29),
        "the port `metrics` is 9091, not 9090",
    );
}

//! Keys, secrets and configuration.

use super::*;

fn shadow(lines: &str) -> Outcome {
    let text = tern(lines).replace("mode: paper", "mode: shadow");
    fixture::resolve(&[(ALGO.0, &text)])
}

fn targets(outcome: &Outcome) -> Vec<(String, Option<KeyScope>, SecretTarget)> {
    let secrets = strategy(outcome, "tern").secrets;
    secrets
        .into_iter()
        .map(|it| (it.secret, it.scope, it.target))
        .collect()
}

#[test]
fn the_mode_decides_which_key_is_mounted() {
    assert_eq!(targets(&with("")), [], "the account gives paper no key");
    let folder = SecretTarget::File("/run/secrets/account".to_owned());
    assert_eq!(
        targets(&shadow("")),
        [("binance-one-read".to_owned(), Some(KeyScope::Read), folder)]
    );
}

#[test]
fn a_program_says_where_it_wants_its_key() {
    let outcome = shadow("  engine: freqtrade\n");
    let found = targets(&outcome);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0].2,
        SecretTarget::Env("FREQTRADE__EXCHANGE__KEY".to_owned())
    );
    let outcome = shadow("  accountKeys: [{key: k, file: /keys/k}]\n");
    assert_eq!(
        targets(&outcome)[0].2,
        SecretTarget::File("/keys/k".to_owned())
    );
}

#[test]
fn a_key_of_another_mode_cannot_be_mounted() {
    let finding = check_tern(
        "  secrets: [{secret: binance-one-trade, file: /keys}]\n",
        "key-not-for-mode",
        (8, 22),
        "the key `binance-one-trade` of account `binance-one` cannot be mounted in mode `paper`",
    );
    assert_eq!(
        finding.help.as_deref(),
        Some("the account gives it to `live` only; remove it here, or use another key")
    );
    let service = "kind: Strategy\nspec:\n  class: service\n  image: a\n  secrets: [{secret: binance-one-trade, file: /keys}]\n";
    let outcome = fixture::resolve(&[("desks/rates/skua.yaml", service)]);
    assert!(codes(&outcome).contains(&"foreign-key"));
    assert!(codes(&outcome).contains(&"key-not-for-mode"));
}

#[test]
fn a_secret_has_one_target() {
    for (lines, place, message) in [
        (
            "  secrets: [{secret: a}]\n",
            (8, 13),
            "a secret becomes either a `file` or an `env` variable",
        ),
        (
            "  engine: freqtrade\n  secrets: [{secret: a, env: A}]\n",
            (9, 13),
            "an environment variable takes one key of a Secret",
        ),
        (
            "  engine: freqtrade\n  env: {A: b}\n  secrets: [{secret: a, key: k, env: A}]\n",
            (10, 12),
            "the environment variable `A` is set twice",
        ),
    ] {
        check_tern(lines, "secret-target", place, message);
    }
}

#[test]
fn a_secret_in_a_variable_needs_an_engine_that_says_why() {
    check_tern(
        "  secrets: [{secret: a, key: k, env: A}]\n",
        "secret-as-env",
        (8, 12),
        "secrets as environment variables are seen by every child process, and engine `plain` does not say that it needs them",
    );
    let outcome = with("  engine: hummingbot\n  secrets: [{secret: a, key: k, env: A}]\n");
    assert_eq!(outcome.findings, []);
}

#[test]
fn a_secret_in_plain_text_is_told_without_its_value() {
    let finding = check_tern(
        "  env: {API_TOKEN: hunter2hunter2}\n",
        "secret-in-plain-text",
        (8, 9),
        "`API_TOKEN` looks like a secret in plain text",
    );
    assert!(!format!("{finding:?}").contains("hunter2"));
    let lines = "  config: [{path: /a.json, from: tern/a.json}]\n";
    let finding = check(
        &[
            (ALGO.0, &tern(lines)),
            (
                "desks/rates/tern/a.json",
                "{\n  \"jwt_secret_key\": \"hunter2hunter2\"\n}\n",
            ),
        ],
        "secret-in-plain-text",
        "desks/rates/tern/a.json:2:1",
        "`desks/rates/tern/a.json` looks as if it held a secret in plain text: the value of `jwt_secret_key`",
    );
    assert!(!format!("{finding:?}").contains("hunter2"));
    assert_eq!(finding.labels.len(), 1);
}

#[test]
fn configuration_is_a_text_of_the_fleet() {
    let from = |from: &str| tern(&format!("  config: [{{path: /a, from: {from}}}]\n"));
    for (path, code, message) in [
        (
            "tern/live.yml",
            "config-missing",
            "there is no file `desks/rates/tern/live.yml`",
        ),
        (
            "../../../etc/passwd",
            "config-outside",
            "`../../../etc/passwd` is outside of the fleet",
        ),
        (
            "tern/link",
            "config-unreadable",
            "`desks/rates/tern/link` is a symbolic link to `/etc/passwd`, and links are not followed",
        ),
        (
            "tern/dir/a.yaml",
            "config-unreadable",
            "`desks/rates/tern/dir/a.yaml` cannot be read: `desks/rates/tern/dir` is a Git submodule, whose content is in another repository",
        ),
        (
            "tern/binary",
            "config-not-text",
            "`desks/rates/tern/binary` is not text in UTF-8",
        ),
        (
            "tern/large",
            "config-unreadable",
            "`desks/rates/tern/large` has 2097152 bytes, more than the 1048576 that are read",
        ),
    ] {
        let text = from(path);
        let mut files = WHOLE.to_vec();
        files[3].1 = &text;
        let mut sources = Sources::from_texts(files);
        for (name, entry) in [
            ("live.yaml", Entry::File(b"a".as_slice().into())),
            (
                "link",
                Entry::Symlink {
                    target: "/etc/passwd".to_owned(),
                },
            ),
            ("dir", Entry::Submodule),
            ("binary", Entry::File(b"\x00\xff".as_slice().into())),
            ("large", Entry::TooLarge { bytes: 2 << 20 }),
        ] {
            let name = format!("desks/rates/tern/{name}");
            sources.entries.insert(name.as_str().into(), entry);
        }
        let outcome = super::super::fleet(&sources, None);
        only(&outcome, code, "desks/rates/tern.yaml:8:29", message);
        assert_eq!(broken(&outcome), ["tern"]);
        assert!(!outcome.unreadable, "the document itself is readable");
    }
}

#[test]
fn configuration_has_an_end() {
    let half = "a".repeat(600_000);
    let lines = "  config: [{path: /a, from: tern/a}, {path: /b, from: tern/b}]\n";
    check(
        &[
            (ALGO.0, &tern(lines)),
            ("desks/rates/tern/a", &half),
            ("desks/rates/tern/b", &half),
        ],
        "config-too-large",
        "desks/rates/tern.yaml:8:11",
        "the configuration has 1200000 bytes, more than the 1000000 that Kubernetes keeps for one strategy",
    );
}

#[test]
fn files_of_another_mode_are_looked_for_too() {
    check_tern(
        "  modes: {shadow: {config: [{path: /a, from: tern/shadow.yaml}]}}\n",
        "config-missing",
        (8, 46),
        "there is no file `desks/rates/tern/shadow.yaml`",
    );
}

#[test]
fn two_things_are_not_mounted_at_one_path() {
    let lines =
        "  state: [{name: a, mountPath: /a, size: 1Gi}]\n  secrets: [{secret: a, file: /a}]\n";
    let finding = check_tern(
        lines,
        "mount-conflict",
        (9, 13),
        "two things are mounted at `/a`",
    );
    assert_eq!(finding.labels[0].span.start.line, 8);
}

#[test]
fn a_lock_pins_images_and_a_damaged_one_pins_nothing() {
    let image = ALGO.1.replace(&format!("@sha256:{}", "a".repeat(64)), ":2");
    check(
        &[(ALGO.0, &image)],
        "unpinned-image",
        "desks/rates/tern.yaml:5:10",
        "`registry.example.com/rates/tern:2` is not pinned: what it names can change without a commit",
    );
    let digest = format!("sha256:{}", "d".repeat(64));
    let lock = format!("images: {{'registry.example.com/rates/tern:2': '{digest}'}}\n");
    let outcome = fixture::resolve(&[(ALGO.0, &image), ("tidegate.lock", &lock)]);
    assert_eq!(outcome.findings, []);
    let pinned = strategy(&outcome, "tern").image.digest.unwrap();
    assert_eq!(pinned.to_string(), digest);
    let outcome = fixture::resolve(&[(ALGO.0, &image), ("tidegate.lock", "images: [\n")]);
    assert_eq!(broken(&outcome), ["tern"]);
    assert!(codes(&outcome).contains(&"bad-lock"));
}

#[test]
fn a_model_is_pinned() {
    check_tern(
        "  models: [{name: m, ref: 'oci://r.example/m:1', mountPath: /m}]\n",
        "model-not-pinned",
        (8, 27),
        "`r.example/m:1` is not pinned: a model is part of what is approved",
    );
}

#[test]
fn code_that_is_fetched_at_start_is_told() {
    check_tern(
        "  args: [sh, -c, 'pip install x && run']\n",
        "installs-at-start",
        (8, 9),
        "`pip install` fetches code at start: what runs is not what the image's digest says",
    );
}

use super::*;

#[track_caller]
fn check(input: &str, expect: &str) {
    assert_eq!(text(input), expect, "{input}");
}

#[test]
fn bearer_tokens_and_basic_credentials() {
    check("Authorization: Bearer abc.DEF-123", "Authorization: •••");
    check("got bearer abcDEF123456 back", "got bearer ••• back");
    check(
        "curl -H 'Authorization: Basic dXNlcjpwYXNz'",
        "curl -H 'Authorization: •••'",
    );
    check("the bearer token expired", "the bearer token expired");
    check("basic authentication is off", "basic authentication is off");
}

#[test]
fn credentials_in_urls() {
    check("https://me:hunter2@host/x?y", "https://me:•••@host/x?y");
    check("https://ghtoken@host/x", "https://•••@host/x");
    check("ssh://git@host:22/x", "ssh://git@host:22/x");
    check("oci://host/image@sha256:abc", "oci://host/image@sha256:abc");
    check(
        "postgres://u:p%40@db,redis://:pw@r",
        "postgres://u:•••@db,redis://:•••@r",
    );
}

#[test]
fn private_keys_go_whole() {
    check(
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
        "a\n•••\nb",
    );
    check("-----BEGIN PRIVATE KEY-----\nMIIE", "•••");
    check(
        "-----BEGIN CERTIFICATE-----\nMIIE",
        "-----BEGIN CERTIFICATE-----\nMIIE",
    );
}

#[test]
fn tokens_of_well_known_makers() {
    check("id AKIAIOSFODNN7EXAMPLE.", "id •••");
    check("ghp_0123456789abcdefghijABCDEFGHIJ", "•••");
    check("eyJhbGciOi.eyJzdWIi.c2ln", "•••");
    check("sk-learn and risk-free", "sk-learn and risk-free");
}

#[test]
fn lines_of_config_files() {
    check(
        "user: me\napi_secret: 'a b'\nurl: x\n",
        "user: me\napi_secret: •••\nurl: x\n",
    );
    check("password = a b\nx = 1", "password = •••\nx = 1");
    check("export API_KEY=abc", "export API_KEY=•••");
    check("  token: |\n    a\n\n    b\n  x: 1", "  token: •••\n  x: 1");
    check("secrets:\n- a\n- b\nx: 1", "secrets:\n•••\nx: 1");
    check("# password: old", "# password: •••");
}

#[test]
fn json_and_flow_yaml() {
    check(
        r#"{"apiKey": "a\"b", "x": 1, "token": 7}"#,
        r#"{"apiKey": •••, "x": 1, "token": •••}"#,
    );
    check("{api_key: abc, x: y}", "{api_key: •••, x: y}");
    check(
        r#"{"credentials": {"id": [1]}, "x": 2}"#,
        r#"{"credentials": •••, "x": 2}"#,
    );
}

#[test]
fn command_lines_and_queries() {
    check("run --api-key abc --x y", "run --api-key ••• --x y");
    check("run --password=abc --x=y", "run --password=••• --x=y");
    check("GET /x?signature=abc&y=1", "GET /x?signature=•••&y=1");
    check(
        "login failed: password: Hunter2!",
        "login failed: password: •••",
    );
}

#[test]
fn references_and_switches_stay() {
    for input in [
        "password: ${DB_PASSWORD}",
        "--token $(TOKEN)",
        "use_token: true",
        "token_file: /run/token",
        "failed to read the secret: not found",
        "secrets \"db-password\" is forbidden: no",
        "primaryKey == other",
        "key: value",
        "ünïcödé: password",
    ] {
        check(input, input);
    }
}

#[test]
fn versions_tell_same_from_changed() {
    assert_eq!(
        against("token: a\npin_key: b", "token: a\npin_key: c", CHANGED),
        "token: ••• (same)\npin_key: ••• (changed)"
    );
    assert_eq!(
        against("k_token: a\nl_token: b", "k_token: b\nl_token: a", CHANGED),
        "k_token: ••• (changed)\nl_token: ••• (changed)"
    );
    assert_eq!(against("token: a", "x", CHANGED), "token: ••• (changed)");
}

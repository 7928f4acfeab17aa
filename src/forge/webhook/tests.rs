use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::*;

const SECRET: &str = "It's a Secret to Everybody";

const GITHUB_PUSH: &str = r#"{"ref":"refs/heads/main","after":"0123456789abcdef0123456789abcdef01234567",
    "repository":{"clone_url":"https://git.example.com/desk/fleet.git","ssh_url":"git@git.example.com:desk/fleet.git"},
    "commits":[]}"#;

fn secret() -> WebhookSecret {
    WebhookSecret::new(SECRET).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect()
}

fn hex(body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())
        .unwrap()
        .chain_update(body);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn pushed(event: Event) -> Push {
    match event {
        Event::Push(push) => push,
        other => panic!("expected a push, got {other:?}"),
    }
}

fn message(pairs: &[(&str, &str)], body: &str) -> String {
    let error = receive(&headers(pairs), body.as_bytes(), &secret()).unwrap_err();
    format!("{} {error}", error.status().as_u16())
}

#[test]
fn the_signature_that_github_documents_is_accepted() {
    let headers = headers(&[
        ("X-GitHub-Event", "ping"),
        (
            "X-Hub-Signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
    ]);
    let event = receive(&headers, b"Hello, World!", &secret()).unwrap();
    assert_eq!(event, Event::Ping);
}

#[test]
fn a_github_push_tells_repository_reference_and_commit() {
    let signature = format!("sha256={}", hex(GITHUB_PUSH));
    let headers = headers(&[
        ("X-GitHub-Event", "push"),
        ("X-Hub-Signature-256", &signature),
    ]);
    let push = pushed(receive(&headers, GITHUB_PUSH.as_bytes(), &secret()).unwrap());
    assert_eq!(push.reference, "refs/heads/main");
    assert_eq!(
        push.commit.as_deref(),
        Some("0123456789abcdef0123456789abcdef01234567")
    );
    assert_eq!(
        push.repositories,
        [
            "https://git.example.com/desk/fleet.git",
            "git@git.example.com:desk/fleet.git"
        ]
    );
}

#[test]
fn gitea_is_told_from_github_whose_headers_it_also_sends() {
    let signature = hex(GITHUB_PUSH);
    let headers = headers(&[
        ("X-GitHub-Event", "push"),
        ("X-Gitea-Event", "push"),
        ("X-Gitea-Signature", &signature),
    ]);
    let push = pushed(receive(&headers, GITHUB_PUSH.as_bytes(), &secret()).unwrap());
    assert_eq!(push.reference, "refs/heads/main");
}

#[test]
fn gitlab_is_proven_by_its_token() {
    let body = r#"{"ref":"refs/tags/v1","after":"0000000000000000000000000000000000000000",
        "project":{"git_http_url":"https://git.example.com/desk/fleet.git"}}"#;
    let push = pushed(
        receive(
            &headers(&[
                ("X-Gitlab-Event", "Tag Push Hook"),
                ("X-Gitlab-Token", SECRET),
            ]),
            body.as_bytes(),
            &secret(),
        )
        .unwrap(),
    );
    assert_eq!(push.reference, "refs/tags/v1");
    assert_eq!(push.commit, None, "a deleted tag has no commit");
}

#[test]
fn a_generic_sender_signs_two_fields() {
    let body = r#"{"repository":"/srv/fleet.git","ref":"refs/heads/main"}"#;
    let signature = format!("sha256={}", hex(body));
    let headers = headers(&[("X-Tidegate-Signature-256", &signature)]);
    let push = pushed(receive(&headers, body.as_bytes(), &secret()).unwrap());
    assert_eq!(push.repositories, ["/srv/fleet.git"]);
}

#[test]
fn an_event_without_a_push_is_named() {
    let signature = format!("sha256={}", hex("{}"));
    let headers = headers(&[
        ("X-GitHub-Event", "issues"),
        ("X-Hub-Signature-256", &signature),
    ]);
    assert_eq!(
        receive(&headers, b"{}", &secret()).unwrap(),
        Event::Other {
            name: "issues".to_owned()
        }
    );
}

#[test]
fn a_missing_proof_says_what_to_set() {
    assert_eq!(
        message(&[("X-GitHub-Event", "push")], GITHUB_PUSH),
        "401 verify the webhook of GitHub: it has no `X-Hub-Signature-256` header; \
         set the webhook's secret at the forge"
    );
}

#[test]
fn a_proof_of_another_body_secret_or_form_is_refused() {
    let other_body = format!("sha256={}", hex("{}"));
    let short = format!("sha256={}", &hex(GITHUB_PUSH)[..62]);
    let no_algorithm = hex(GITHUB_PUSH);
    for value in [&other_body, &short, &no_algorithm, "sha256=", "sha256=zz"] {
        assert_eq!(
            message(
                &[("X-GitHub-Event", "push"), ("X-Hub-Signature-256", value)],
                GITHUB_PUSH
            ),
            "401 verify the webhook of GitHub: its `X-Hub-Signature-256` header does not fit; \
             check that the forge and the daemon have the same secret, and that no proxy changes \
             the body"
        );
    }
    for token in [
        "",
        "It's a Secret to Everybod",
        "it's a secret to everybody",
    ] {
        let told = message(
            &[("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", token)],
            "{}",
        );
        assert!(told.contains("does not fit"), "{told}");
        assert!(!told.contains("Everybody"), "{told}");
    }
}

#[test]
fn a_form_body_says_which_content_type_to_set() {
    let body = "payload=%7B%7D";
    let signature = format!("sha256={}", hex(body));
    assert_eq!(
        message(
            &[
                ("X-GitHub-Event", "push"),
                ("X-Hub-Signature-256", &signature)
            ],
            body
        ),
        "400 read the webhook of GitHub: its body is not the JSON of a push; \
         set its content type to `application/json`"
    );
}

#[test]
fn a_huge_body_is_refused_before_it_is_hashed() {
    let body = vec![b' '; MAX_BODY_BYTES + 1];
    let error = receive(&headers(&[]), &body, &secret()).unwrap_err();
    assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn a_secret_that_can_be_guessed_is_refused() {
    assert!(WebhookSecret::new("hunter2\n").is_err());
    assert!(WebhookSecret::new("").is_err());
    let secret = WebhookSecret::new(&format!("{SECRET}\n")).unwrap();
    assert_eq!(secret.bytes(), SECRET.as_bytes());
    assert!(!format!("{secret:?}").contains("Everybody"));
}

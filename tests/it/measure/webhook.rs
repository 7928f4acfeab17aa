//! Servers that judge, and one that hangs.

use std::net::TcpStream;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tidegate::rollout::gates::{Answer, Outcome, Query, WebhookCall};
use tidegate::spec::metric::SecretRef;

use super::{error, measurer, mount, parse, take};
use crate::gitserver::Listener;
use crate::prometheus::Exporter;

fn ask(address: &str) -> Query {
    Query::Webhook(WebhookCall {
        url: parse(&format!("{address}/gate")),
        secret: SecretRef {
            secret: parse("desk-hook"),
            key: "key".to_owned(),
        },
        body: r#"{"strategy":"tern"}"#.to_owned(),
        delivery: "0123".to_owned(),
        deadline: parse("1s"),
    })
}

fn secrets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    mount(
        folder.path(),
        "desk-hook",
        &[("key", "a-long-enough-key"), ("hosts", "127.0.0.1")],
    );
    folder
}

#[tokio::test]
async fn a_server_answers_yes_not_yet_or_no() {
    let folder = secrets();
    let measurer = measurer(Some(folder.path()));
    let server = Exporter::start();
    server.say("since the\nopen");
    let said = || "since the open".to_owned();
    for (status, answer) in [
        ("200 OK", Answer::Yes(said())),
        ("202 Accepted", Answer::NotYet(said())),
        ("403 Forbidden", Answer::No(said())),
    ] {
        server.answer(status);
        let outcome = take(&measurer, &ask(&server.address())).await;
        assert_eq!(outcome, Outcome::Answer(answer));
    }
    server.answer("502 Bad Gateway");
    let outcome = take(&measurer, &ask(&server.address())).await;
    error(&outcome, "it answers 502 Bad Gateway, which is none of");
}

#[tokio::test]
async fn the_question_is_signed() {
    let folder = secrets();
    let server = Exporter::start();
    take(&measurer(Some(folder.path())), &ask(&server.address())).await;
    let heard = server.heard();
    let (head, body) = heard.split_once("\r\n\r\n").expect("a body");
    assert_eq!(body, r#"{"strategy":"tern"}"#);
    let mac = Hmac::<Sha256>::new_from_slice(b"a-long-enough-key").expect("a key");
    let digits = mac.chain_update(body).finalize().into_bytes();
    let hex = digits
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert!(
        head.contains(&format!("x-tidegate-signature-256: sha256={hex}")),
        "{head}"
    );
    assert!(head.contains("x-tidegate-delivery: 0123"), "{head}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let folder = secrets();
    let silent = Listener::start(|stream: TcpStream| {
        // Says nothing until whoever asked has gone.
        let _ = std::io::copy(&mut &stream, &mut std::io::sink());
    });
    let address = format!("http://127.0.0.1:{}", silent.port());
    let outcome = take(&measurer(Some(folder.path())), &ask(&address)).await;
    error(&outcome, "did not answer within 1 s");
}

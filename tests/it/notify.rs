//! Telling people: by a real mail server, and by servers that answer well, badly or not at all.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout};

use serde_json::Value;
use tidegate::notify::Teller;
use tidegate::release::{Happening, Message, Notice, ReleaseSpec};
use tidegate::resolve::{Email, Notifier, Way};
use tidegate::spec::metric::SecretRef;
use tidegate::spec::notify::MailTls;

use crate::gitserver::closed_port;
use crate::prometheus::Exporter;
use crate::python;

fn message(what: &str) -> Message {
    let spec = ReleaseSpec {
        fleet: "example".to_owned(),
        cluster: "local".to_owned(),
        desk: "rates".to_owned(),
        strategy: Some("tern".to_owned()),
        namespace: "desk-rates".to_owned(),
        owner: "0123456789".to_owned(),
    };
    let notice = Notice {
        id: "89abcdef01".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
        kind: Happening::Asked,
        what: what.to_owned(),
        commands: vec!["promote".to_owned(), "abort".to_owned()],
    };
    Message::of(&spec, &notice, None)
}

fn notifier(way: Way) -> Notifier {
    Notifier {
        name: "desk".to_owned(),
        events: BTreeSet::new(),
        way,
    }
}

fn secret(key: &str) -> SecretRef {
    SecretRef {
        secret: "chat".parse().expect("a name"),
        key: key.to_owned(),
    }
}

/// A Secret as the kubelet mounts it.
fn mounted(keys: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("chat");
    std::fs::create_dir(&secret).expect("a folder");
    for (key, value) in keys {
        std::fs::write(secret.join(key), value).expect("a file");
    }
    folder
}

async fn tell(secrets: &Path, way: Way, messages: &[Message]) -> Result<(), String> {
    let teller = Teller::new(Some(secrets.to_owned())).expect("it is set up");
    let told = teller.tell(&notifier(way), messages).await;
    told.map_err(|error| error.to_string())
}

/// A real mail server.
struct Mailbox {
    child: Child,
    port: u16,
    mails: Lines<BufReader<ChildStdout>>,
}

impl Mailbox {
    fn start() -> Self {
        let mut child = python::start("notify/requirements.txt", "notify/mailbox.py");
        let stdout = child.stdout.take().expect("it was piped");
        let mut mails = BufReader::new(stdout).lines();
        let port = mails.next().expect("a line").expect("UTF-8");
        Self {
            child,
            port: port.parse().expect("a port"),
            mails,
        }
    }

    fn mail(&mut self) -> Value {
        let line = self.mails.next().expect("a mail").expect("UTF-8");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn email(port: u16, tls: MailTls) -> Way {
    Way::Email(Email {
        server: "127.0.0.1".to_owned(),
        port,
        tls,
        from: "Tidegate <tidegate@example.com>".to_owned(),
        to: ["desk@example.com", "risk@example.com"]
            .map(str::to_owned)
            .into(),
        login: None,
    })
}

#[tokio::test]
async fn a_mail_says_all_there_is_to_say_at_once() {
    let folder = mounted(&[]);
    let mut mailbox = Mailbox::start();
    let messages: Vec<Message> = (0..25)
        .map(|number| message(&format!("it waits for no. {number}\nBcc: x@example.com")))
        .collect();
    let way = email(mailbox.port, MailTls::None);
    tell(folder.path(), way, &messages)
        .await
        .expect("it is told");
    let mail = mailbox.mail();
    assert_eq!(mail["from"], "tidegate@example.com");
    let both = serde_json::json!(["desk@example.com", "risk@example.com"]);
    assert_eq!(mail["to"], both, "nobody is added by what a message says");
    assert_eq!(
        mail["subject"],
        "[tidegate] tern (rates, local): it waits for no. 0 Bcc: x@example.com (and 24 more)"
    );
    let text = mail["text"].as_str().expect("text");
    assert!(text.contains("    tidegate promote tern"), "{text}");
    assert!(
        text.contains("no. 19") && !text.contains("no. 20"),
        "{text}"
    );
    assert!(
        text.contains("and 5 more: `tidegate rollout status`"),
        "{text}"
    );
}

#[tokio::test]
async fn mail_goes_over_no_connection_that_is_not_secured_as_it_should_be() {
    let folder = mounted(&[]);
    let mailbox = Mailbox::start();
    let way = email(mailbox.port, MailTls::Starttls);
    let refused = tell(folder.path(), way, &[message("it waits")]).await;
    let why = refused.expect_err("the server has no TLS");
    assert!(why.contains("STARTTLS"), "{why}");
    let way = email(closed_port(), MailTls::None);
    let refused = tell(folder.path(), way, &[message("it waits")]).await;
    let why = refused.expect_err("there is no server");
    assert!(
        why.contains("127.0.0.1") && why.contains("refused"),
        "{why}"
    );
}

#[tokio::test]
async fn a_chat_is_told_at_an_address_that_nobody_reads_in_an_error() {
    let server = Exporter::start();
    let address = format!("{}/services/T0/B0/secret", server.address());
    let folder = mounted(&[("url", &address), ("hosts", "127.0.0.1")]);
    let way = || Way::Slack { url: secret("url") };
    let messages = [message("a < b & c")];
    tell(folder.path(), way(), &messages)
        .await
        .expect("it is told");
    let heard = server.heard();
    let (head, body) = heard.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("POST /services/T0/B0/secret"), "{head}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let text = body["text"].as_str().expect("text");
    assert!(
        text.starts_with("tern (rates, local): a &lt; b &amp; c\n"),
        "{text}"
    );

    server.answer("404 Not Found");
    let why = tell(folder.path(), way(), &messages).await;
    let why = why.expect_err("nobody is there");
    assert!(
        why.contains("`127.0.0.1` answers 404") && !why.contains("secret"),
        "{why}"
    );

    let elsewhere = mounted(&[("url", &address), ("hosts", "hooks.example.com")]);
    let why = tell(elsewhere.path(), way(), &messages).await;
    let why = why.expect_err("it may not be shown");
    assert!(why.contains("may not be shown to `127.0.0.1`"), "{why}");
}

#[tokio::test]
async fn a_server_is_told_each_thing_in_a_signed_document_of_its_own() {
    let server = Exporter::start();
    let folder = mounted(&[("key", "a-long-enough-key"), ("hosts", "127.0.0.1")]);
    let way = Way::Webhook {
        url: server.address().parse().expect("an address"),
        secret: secret("key"),
    };
    tell(folder.path(), way, &[message("it waits")])
        .await
        .expect("it is told");
    let heard = server.heard();
    let (head, body) = heard.split_once("\r\n\r\n").expect("a body");
    assert!(head.contains("x-tidegate-delivery: 89abcdef01"), "{head}");
    assert!(head.contains("x-tidegate-signature-256: sha256="), "{head}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["kind"], "asked");
    assert_eq!(body["commands"][0], "tidegate promote tern");
}

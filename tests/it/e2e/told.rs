//! People are told what happens: by events beside what runs, and by a server of theirs; once, though
//! the daemon is killed, and though the server was away for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::scene::{Fate, Scene};
use crate::cluster::wait::within;
use crate::cluster::{Cluster, Options};
use crate::daemon::Settings;
use crate::fleet::{RATES, ROOT, service};
use crate::gitserver::Listener;

/// A server that passes on what it is told of a strategy, once it is there.
struct Pager {
    listener: Listener,
    is_away: Arc<AtomicBool>,
    told: UnboundedReceiver<Value>,
    known: BTreeSet<String>,
}

impl Pager {
    fn start() -> Self {
        let is_away = Arc::new(AtomicBool::new(false));
        let (tell, told) = unbounded_channel();
        let shared = Arc::clone(&is_away);
        let listener = Listener::start(move |stream| serve(&stream, &shared, &tell));
        Self {
            listener,
            is_away,
            told,
            known: BTreeSet::new(),
        }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.listener.port())
    }

    /// What it is told next: what kind of thing happened, and what. A leader that was killed a
    /// moment after it told something may have it told again, under the same name.
    async fn next(&mut self) -> (String, String) {
        loop {
            let next = within("the pager is told something", self.told.recv()).await;
            let next = next.expect("it listens");
            let text = |field: &str| next[field].as_str().unwrap_or_default().to_owned();
            if self.known.insert(text("id")) {
                return (text("kind"), text("what"));
            }
        }
    }
}

fn serve(stream: &TcpStream, is_away: &AtomicBool, tell: &UnboundedSender<Value>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let is_away = is_away.load(Ordering::SeqCst);
        let status = if is_away { "503 Away" } else { "200 OK" };
        let document: Value = serde_json::from_slice(&body).expect("JSON");
        if !is_away && document["strategy"] == "tern" {
            // The test may be over.
            let _ = tell.send(document);
        }
        let mut stream = stream;
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn text(digit: char) -> String {
    let service = service("tern", 2, digit);
    format!("{service}  rollout:\n    bootstrap: direct\n    watch: {{gates: [{{pause: {{}}}}]}}\n")
}

/// What the events beside what runs say happened.
async fn events(cluster: &Cluster) -> BTreeMap<String, usize> {
    let events: Api<Event> = Api::namespaced(cluster.client().await, RATES);
    let list = events.list(&ListParams::default()).await.expect("a list");
    let ours =
        |event: &Event| event.reporting_controller.as_deref() == Some("tidegate.dev/tidegate");
    let mut counted = BTreeMap::new();
    for event in list.items.into_iter().filter(ours) {
        let of_tern = event.note.iter().any(|note| note.starts_with("tern "));
        *counted.entry(event.reason.unwrap_or_default()).or_insert(0) += usize::from(of_tern);
    }
    counted
}

#[tokio::test]
async fn people_are_told_once_whoever_dies_or_is_away() {
    let cluster = Cluster::private(&Options::default());
    let mut pager = Pager::start();
    let root = format!(
        "{ROOT}  notify:
    pager:
      events: [asked, promoted]
      webhook: {{url: '{}', secret: {{secret: tidegate-gates, key: key}}}}
",
        pager.address()
    );
    let files = [("tidegate.yaml", root.as_str())];
    let with_key = |settings: Settings| settings.gate_key("a-long-enough-key");
    let mut scene = Scene::open_with(&cluster, &files, with_key).await;
    scene.settle("tern", &text('a')).await;
    let (kind, _) = pager.next().await;
    assert_eq!(kind, "promoted");

    pager.is_away.store(true, Ordering::SeqCst);
    scene.push("tern", &text('b'));
    scene.decide(Fate::Killed);
    scene
        .rests_at("tern", "full", "a person, who promotes")
        .await;
    scene.decide(Fate::Spared);
    pager.is_away.store(false, Ordering::SeqCst);
    let (kind, what) = pager.next().await;
    assert_eq!(kind, "asked", "{what}");
    assert!(what.contains("a person, who promotes the stage"), "{what}");

    scene.ask("promote", "tern");
    let (kind, what) = pager.next().await;
    assert_eq!(kind, "promoted", "nothing was told twice: {what}");
    scene.promoted("tern", 2).await;

    let events = events(&cluster).await;
    for (reason, times) in [("RolloutAsks", 1), ("RolloutBegan", 2), ("Promoted", 2)] {
        assert_eq!(events.get(reason), Some(&times), "{events:?}");
    }
    scene.close().await;
}

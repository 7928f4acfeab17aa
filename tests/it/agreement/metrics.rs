//! A server that speaks Prometheus' API as far as gates ask: what is bad is told it, place by place.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::gitserver::Listener;

type Bad = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

/// A running server.
pub(super) struct Metrics {
    listener: Listener,
    bad: Bad,
}

impl Metrics {
    pub(super) fn start() -> Self {
        let bad = Bad::default();
        let shared = Arc::clone(&bad);
        let listener = Listener::start(move |stream| {
            // Whoever asks may have gone.
            let _ = respond(&stream, &shared);
        });
        Self { listener, bad }
    }

    /// The address of a place's own metrics.
    pub(super) fn address(&self, token: &str) -> String {
        format!("http://127.0.0.1:{}/{token}", self.listener.port())
    }

    /// Which behaviours of a place are bad from now on.
    pub(super) fn say(&self, token: &str, bad: &BTreeSet<String>) {
        let mut all = self.bad.lock().expect("not poisoned");
        all.insert(token.to_owned(), bad.clone());
    }
}

fn is_bad(bad: &Bad, token: &str, behaviour: &str) -> bool {
    let all = bad.lock().expect("not poisoned");
    all.get(token).is_some_and(|of| of.contains(behaviour))
}

fn respond(mut stream: &TcpStream, bad: &Bad) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form)?;
    let form = String::from_utf8_lossy(&form).into_owned();
    let query = form.split('&').find_map(|it| it.strip_prefix("query="));
    let token = first.split('/').nth(1).unwrap_or_default();
    let value = if is_bad(bad, token, query.unwrap_or_default()) {
        "9"
    } else {
        "0"
    };
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[0,"{value}"]}}]}}}}"#
    );
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

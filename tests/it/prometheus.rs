//! A real Prometheus on loopback, fed by a small exporter of the test.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::gitserver::Listener;

/// Long enough for the slowest machine; a test that waits that long has failed.
const DEADLINE: Duration = Duration::from_mins(1);

/// A server that says what the test tells it to, and remembers what it was asked last.
#[derive(Debug)]
pub(crate) struct Exporter {
    listener: Listener,
    told: Arc<Mutex<Told>>,
}

#[derive(Debug, Default)]
struct Told {
    status: String,
    page: String,
    heard: String,
    now: usize,
    most: usize,
}

impl Exporter {
    pub(crate) fn start() -> Self {
        let told = Arc::new(Mutex::new(Told {
            status: "200 OK".to_owned(),
            ..Told::default()
        }));
        let shared = Arc::clone(&told);
        let listener = Listener::start(move |stream| {
            // Whoever asks may have gone.
            let _ = respond(&stream, &shared);
        });
        Self { listener, told }
    }

    /// What it says from now on.
    pub(crate) fn say(&self, page: &str) {
        page.clone_into(&mut self.told().page);
    }

    /// With which status it says so.
    pub(crate) fn answer(&self, status: &str) {
        status.clone_into(&mut self.told().status);
    }

    /// The last request, as it came.
    pub(crate) fn heard(&self) -> String {
        self.told().heard.clone()
    }

    /// The most requests that were there at the same time.
    pub(crate) fn most_at_a_time(&self) -> usize {
        self.told().most
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.listener.port())
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("nobody panics with it")
    }
}

fn respond(mut stream: &TcpStream, told: &Mutex<Told>) -> std::io::Result<()> {
    let lock = || told.lock().expect("nobody panics with it");
    let heard = request(&mut BufReader::new(stream))?;
    {
        let mut told = lock();
        told.heard = heard;
        told.now += 1;
        told.most = told.most.max(told.now);
    }
    // Long enough for others to come at the same time, if they may.
    std::thread::sleep(Duration::from_millis(10));
    let (status, page) = {
        let mut told = lock();
        told.now -= 1;
        (told.status.clone(), told.page.clone())
    };
    let length = page.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{page}"
    )
}

/// A request's head and body.
fn request(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(head);
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is = name.eq_ignore_ascii_case("content-length");
        is.then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(head + &String::from_utf8_lossy(&body))
}

/// The server. It ends with its handle.
#[derive(Debug)]
pub(crate) struct Prometheus {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes an exporter every second.
    pub(crate) fn start(exporter: &Exporter) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("prometheus.yml");
        let text = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs:\n\
             - job_name: exporter\n\
             \x20 static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
            exporter.listener.port()
        );
        std::fs::write(&config, text).expect("a file");
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .args(["--web.listen-address=127.0.0.1:0", "--log.format=json"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("Prometheus starts");
        let log = child.stderr.take().expect("it was piped");
        let port = port(BufReader::new(log));
        let server = Self {
            child,
            port,
            _folder: folder,
        };
        server.wait_for("up == 1");
        server
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until a query gives something.
    pub(crate) fn wait_for(&self, query: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.gives(query) {
            assert!(Instant::now() < end, "`{query}` gives nothing");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn gives(&self, query: &str) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let escape = |text: String, byte| text + &format!("%{byte:02X}");
        let query = query.bytes().fold(String::new(), escape);
        let asked = write!(
            stream,
            "GET /api/v1/query?query={query} HTTP/1.0\r\nHost: prometheus\r\n\r\n"
        );
        let mut answer = String::new();
        asked.is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.contains("\"value\":[")
    }
}

/// The port that it says it listens on. The rest of its log is read so that it can go on.
fn port(log: BufReader<std::process::ChildStderr>) -> u16 {
    let mut lines = log.lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(Result::ok) {
        said.push_str(&line);
        said.push('\n');
        let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let address = line["address"].as_str().unwrap_or_default();
        if line["msg"] == "Listening on"
            && let Some((_, port)) = address.rsplit_once(':')
        {
            let port = port.parse().expect("a port");
            std::thread::spawn(move || lines.count());
            return port;
        }
    }
    panic!("Prometheus ended:\n{said}");
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

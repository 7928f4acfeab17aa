//! One kind: list it once, then follow it for ever.
//!
//! A watch that ends is opened again where it left off; one whose place is no longer known begins
//! with a list again. There is no other call: a kind that the cluster does not know is asked for
//! again once its definition is there. The API server ends a watch by itself after some
//! minutes and sends a bookmark about once a minute, so one that is silent for longer is taken for
//! dead.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use futures::{AsyncBufRead, AsyncBufReadExt};
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::cluster::client::{Body, Call, Client};
use crate::cluster::error::{self, Attempt, Error, Fault};
use crate::cluster::resource::{Resource, escaped};
use crate::object::mark;

use super::definition::Definition;
use super::packed::typed;
use super::store::{self, Listing};
use super::{Cache, page};

/// Objects on a page of a list.
const PAGE: u32 = 500;

/// A watch from which nothing came for so long is dead: bookmarks come about once a minute.
const SILENCE: Duration = Duration::from_secs(100);

/// The API server ends a watch after so many seconds, and up to a half more, so that not all end
/// at once.
const TERM: u64 = 300;

/// A watch that lived for so long was a good one: the next failure is a first one again.
const GOOD: Duration = Duration::from_secs(5);

const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// One kind's watch.
pub(super) struct Watch {
    pub(super) client: Client,
    pub(super) cache: Cache,
    pub(super) resource: &'static Resource,
    pub(super) which: Which,
}

/// Which objects of a kind are watched.
#[derive(Debug, Clone)]
pub(super) enum Which {
    /// Those of our label.
    Ours,
    /// All of a namespace.
    In(String),
    /// All: people make them, who know of no label.
    All,
    /// Those that say that they are a part of Tidegate.
    Parts,
    /// The one definition of a kind that the cluster may lack.
    Definition,
}

/// Why a watch ended.
enum End {
    /// Its time was up, or the connection closed.
    Closed,
    /// Its place in the history is no longer known.
    Expired,
    /// The cluster does not know the kind, which it need not.
    Missing,
    /// It failed.
    Failed(String),
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: EventKind,
    object: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum EventKind {
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}

impl Watch {
    /// Lists and follows, and never returns.
    pub(super) async fn follow(self) {
        let mut place: Option<String> = None;
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let end = match &mut place {
                Some(version) => self.watch(version).await,
                None => match self.list().await {
                    Ok(version) => {
                        if self.cache.shared.health.listed(self.resource) {
                            self.cache.came_or_went();
                        }
                        place = Some(version);
                        continue;
                    }
                    Err(error) => self.end_of(&error),
                },
            };
            if begun.elapsed() >= GOOD {
                failures = 0;
            }
            match end {
                End::Closed if begun.elapsed() >= GOOD => continue,
                End::Closed => {}
                End::Expired => place = None,
                End::Missing => {
                    place = None;
                    self.missing().await;
                }
                End::Failed(why) => self.cache.shared.health.down(self.resource, why),
            }
            sleep(delay(failures)).await;
            failures += 1;
        }
    }

    /// Lists everything, page by page; gives the state from which to follow.
    async fn list(&self) -> Result<String, Error> {
        // The semaphore lives as long as the cache and is never closed.
        let _turn = self.cache.shared.lists.acquire().await;
        let mut listing = Listing::default();
        if let Which::Definition = self.which {
            self.cache.shared.routes.ended();
        }
        let mut next = String::new();
        loop {
            let page = self.page(&mut listing, &next).await?;
            if page.next.is_empty() {
                self.list_ended(&listing, store::version(&page.version));
                return Ok(page.version);
            }
            next = page.next;
        }
    }

    async fn page(&self, listing: &mut Listing, next: &str) -> Result<page::Page, Error> {
        let mut query = format!("limit={PAGE}");
        if !next.is_empty() {
            query.push_str("&continue=");
            query.push_str(&escaped(next));
        }
        let call = self.call("list", &query);
        let attempt = call.attempt.clone();
        let answer = self.client.call(call).await?;
        let api_version = self.resource.api_version();
        let mut take = |tree| {
            let tree = typed(tree, &api_version, self.resource.kind);
            self.listed(listing, &tree);
        };
        page::read(&answer.body, &mut take).map_err(|error| {
            let why = error.to_string();
            Error::new(attempt, Fault::Garbled { why })
        })
    }

    /// Follows from a place, which it moves along.
    async fn watch(&self, place: &mut String) -> End {
        let query = format!(
            "watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
            escaped(place),
            TERM + random() % (TERM / 2),
        );
        let mut stream = match self.client.stream(self.call("watch", &query)).await {
            Ok(stream) => stream,
            Err(error) => return self.end_of(&error),
        };
        self.cache.shared.health.up(self.resource);
        let mut line = Vec::new();
        loop {
            line.clear();
            match next_line(&mut stream, &mut line).await {
                Ok(true) => {}
                Ok(false) => return End::Closed,
                Err(why) => return End::Failed(why),
            }
            if let Some(end) = self.event(&line, place) {
                return end;
            }
            // One large object must not cost its size for ever.
            line.shrink_to(64 * 1024);
        }
    }

    fn event(&self, line: &[u8], place: &mut String) -> Option<End> {
        let Ok(Event { kind, object }) = serde_json::from_slice(line) else {
            return Some(End::Failed("an event cannot be read".to_owned()));
        };
        let version = object.pointer("/metadata/resourceVersion");
        let version = version.and_then(Value::as_str).map(str::to_owned);
        match kind {
            EventKind::Added | EventKind::Modified => self.told(&object),
            EventKind::Deleted => self.ended(&object),
            EventKind::Bookmark => {}
            EventKind::Error => return Some(self.end_told(&object)),
        }
        if let Some(version) = version {
            *place = version;
        }
        None
    }

    fn end_told(&self, status: &Value) -> End {
        let code = status.get("code").and_then(Value::as_u64);
        let code = code
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(500);
        let body = serde_json::to_vec(status).unwrap_or_default();
        let attempt = self.attempt("watch");
        self.end_of(&Error::new(
            attempt,
            error::fault(self.resource, code, &body, None),
        ))
    }

    fn end_of(&self, error: &Error) -> End {
        match error.fault() {
            Fault::Expired => End::Expired,
            Fault::KindMissing { .. } if self.definition().is_some() => End::Missing,
            _ => End::Failed(error.to_string()),
        }
    }

    /// What tells whether the cluster knows the kind, where it need not.
    fn definition(&self) -> Option<&Definition> {
        let routes = &self.cache.shared.routes;
        (self.resource == routes.kind()).then_some(routes)
    }

    /// Takes in that the cluster does not know the kind, and waits until it may.
    async fn missing(&self) {
        let shared = &self.cache.shared;
        if shared.health.missing(self.resource) {
            self.list_ended(&Listing::default(), u64::MAX);
            self.cache.came_or_went();
        }
        if let Some(definition) = self.definition() {
            definition.served().await;
        }
    }

    fn listed(&self, listing: &mut Listing, object: &Value) {
        match self.which {
            Which::Definition => self.cache.shared.routes.told(object),
            _ => self
                .cache
                .told(|store| store.listed(listing, self.resource, object)),
        }
    }

    fn list_ended(&self, listing: &Listing, version: u64) {
        self.cache
            .told(|store| store.list_ended(listing, self.resource, version));
    }

    fn told(&self, object: &Value) {
        match self.which {
            Which::Definition => self.cache.shared.routes.told(object),
            _ => self.cache.told(|store| store.told(self.resource, object)),
        }
    }

    fn ended(&self, object: &Value) {
        match self.which {
            Which::Definition => self.cache.shared.routes.ended(),
            _ => self.cache.told(|store| store.ended(self.resource, object)),
        }
    }

    fn attempt(&self, verb: &'static str) -> Attempt {
        Attempt::to(verb, format_args!("`{}`", self.resource.qualified()))
    }

    fn call(&self, verb: &'static str, query: &str) -> Call {
        let (namespace, selector) = match &self.which {
            Which::Ours => (None, format!("&labelSelector={}", escaped(mark::OWNER))),
            Which::In(namespace) => (Some(namespace.as_str()), String::new()),
            Which::All => (None, String::new()),
            Which::Parts => {
                let label = "app.kubernetes.io/part-of=tidegate";
                (None, format!("&labelSelector={}", escaped(label)))
            }
            Which::Definition => {
                let name = self.cache.shared.routes.kind().qualified();
                let selector = format!("&fieldSelector=metadata.name%3D{}", escaped(&name));
                (None, selector)
            }
        };
        let collection = self.resource.collection(namespace);
        Call {
            attempt: self.attempt(verb),
            resource: self.resource,
            method: Method::GET,
            target: format!("{collection}?{query}{selector}"),
            body: Body::None,
        }
    }
}

/// Reads a line; false at the end. A connection that breaks in the middle is an end like another.
async fn next_line(
    stream: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> Result<bool, String> {
    match timeout(SILENCE, stream.read_until(b'\n', line)).await {
        Ok(Ok(_)) => Ok(line.ends_with(b"\n")),
        Ok(Err(_)) => Ok(false),
        Err(_) => Err(format!(
            "nothing was heard for {} seconds",
            SILENCE.as_secs()
        )),
    }
}

/// The wait after a failure: doubled each time up to a cap, spread over its upper half.
fn delay(failures: u32) -> Duration {
    let full = FIRST_DELAY
        .saturating_mul(1_u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX))
        .min(LONGEST_DELAY);
    let spread = u32::try_from(random() % 1024).unwrap_or_default();
    full / 2 + full / 2 * spread / 1024
}

/// A random number; the standard library's hashers are seeded from the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

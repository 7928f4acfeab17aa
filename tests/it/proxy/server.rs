//! The proxy's own loop: takes a request, asks the rules, carries it.

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::config::AuthInfo;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::breakpoint::{Hold, Verdict};
use super::fault::refusal;
use super::{Fault, Match, Place, Seen};
use crate::cluster::kubeconfig;

/// The largest body that is carried: the API server takes 3 MiB.
const LARGEST_BODY: usize = 16 << 20;

/// Why a connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
struct Cut;

/// What is done to the requests of a rule.
pub(super) enum Deed {
    Fault(Fault),
    Hold(Place, Hold),
}

struct Rule {
    matching: Match,
    /// `None` when the breakpoint has been reached.
    deed: Option<Deed>,
}

/// What the test and the proxy share.
pub(super) struct State {
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
    cut: watch::Sender<()>,
}

impl Default for State {
    fn default() -> Self {
        let (cut, _) = watch::channel(());
        Self {
            rules: Mutex::default(),
            seen: Mutex::default(),
            cut,
        }
    }
}

impl State {
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    pub(super) fn add(&self, matching: Match, deed: Deed) {
        self.rules.lock().expect("not poisoned").push(Rule {
            matching,
            deed: Some(deed),
        });
    }

    pub(super) fn clear(&self) {
        self.rules.lock().expect("not poisoned").clear();
    }

    pub(super) fn cut_all(&self) {
        self.cut.send_replace(());
    }

    /// Records a request and returns its place in the record.
    fn record(&self, seen: &Seen) -> usize {
        let mut all = self.seen.lock().expect("not poisoned");
        all.push(seen.clone());
        all.len() - 1
    }

    fn answered(&self, place: usize, status: u16) {
        if let Some(seen) = self.seen.lock().expect("not poisoned").get_mut(place) {
            seen.status = Some(status);
        }
    }

    /// Every rule counts the request; the first that is for it says what is done.
    fn deed(&self, seen: &Seen) -> Option<Deed> {
        let mut done = None;
        for rule in self.rules.lock().expect("not poisoned").iter_mut() {
            if !rule.matching.hit(seen) || done.is_some() {
                continue;
            }
            done = match &rule.deed {
                Some(Deed::Fault(fault)) => Some(Deed::Fault(*fault)),
                Some(Deed::Hold(..)) => rule.deed.take(),
                None => None,
            };
        }
        done
    }
}

/// The two ways upstream: as the administrator, or as whom the client says it is.
struct Upstream {
    own: kube::Client,
    passing: kube::Client,
}

impl Upstream {
    async fn of(file: &Path) -> Self {
        let config = kubeconfig::config(file).await;
        let mut nobody = config.clone();
        nobody.auth_info = AuthInfo::default();
        let client = |config| kube::Client::try_from(config).expect("client");
        Self {
            own: client(config),
            passing: client(nobody),
        }
    }
}

/// Serves until told to end.
pub(super) fn run(
    listener: TcpListener,
    kubeconfig: &Path,
    state: &Arc<State>,
    mut end: watch::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let serve = async {
        let upstream = Arc::new(Upstream::of(kubeconfig).await);
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(connection(socket, upstream.clone(), state.clone()));
        }
    };
    runtime.expect("a runtime").block_on(async {
        tokio::select! {
            () = serve => {}
            _ = end.changed() => {}
        }
    });
}

async fn connection(socket: TcpStream, upstream: Arc<Upstream>, state: Arc<State>) {
    let mut cut = state.cut.subscribe();
    let service = service_fn(move |request| {
        let (upstream, state) = (upstream.clone(), state.clone());
        async move { carry(request, &upstream, &state).await }
    });
    let serve =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    tokio::select! {
        // A cut is an error of the service, on purpose.
        _ = serve => {}
        _ = cut.changed() => {}
    }
}

async fn carry(
    request: Request<Incoming>,
    upstream: &Upstream,
    state: &State,
) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), LARGEST_BODY)
        .await
        .map_err(|_| Cut)?;
    let seen = Seen::of(&head, &body);
    let place = state.record(&seen);
    let forward = || async {
        let named = head.headers.contains_key(http::header::AUTHORIZATION);
        let client = if named {
            &upstream.passing
        } else {
            &upstream.own
        };
        let answer = client.send(seen.onward(&head)).await.map_err(|_| Cut)?;
        state.answered(place, answer.status().as_u16());
        Ok(back(answer))
    };
    match state.deed(&seen) {
        None => forward().await,
        Some(Deed::Fault(Fault::Answer(status))) => Ok(refusal(status)),
        Some(Deed::Fault(Fault::CutBefore)) => Err(Cut),
        Some(Deed::Fault(Fault::CutAfter)) => {
            drop(whole(forward().await?).await?);
            Err(Cut)
        }
        Some(Deed::Fault(Fault::Hang)) => std::future::pending().await,
        Some(Deed::Fault(Fault::Delay(by))) => {
            tokio::time::sleep(by).await;
            forward().await
        }
        Some(Deed::Hold(Place::Before, hold)) => match hold.judge(seen.clone()).await {
            Verdict::GoOn => forward().await,
            Verdict::Cut => Err(Cut),
        },
        Some(Deed::Hold(Place::After, hold)) => {
            let answer = whole(forward().await?).await?;
            match hold.judge(seen.clone()).await {
                Verdict::GoOn => Ok(answer),
                Verdict::Cut => Err(Cut),
            }
        }
    }
}

/// The answer as the client's connection carries it; watches flow through.
fn back(answer: Response<kube::client::Body>) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    head.version = http::Version::HTTP_11;
    for own in ["connection", "keep-alive", "transfer-encoding"] {
        head.headers.remove(own);
    }
    Response::from_parts(head, Body::new(body))
}

/// The answer once all of it has come.
async fn whole(answer: Response<Body>) -> Result<Response<Body>, Cut> {
    let (head, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Cut)?;
    Ok(Response::from_parts(head, Body::from(body)))
}

//! A reverse proxy before the API server that a test can make misbehave.
//!
//! It records every request, and by [`Match`] it refuses, delays, hangs or cuts requests
//! ([`Fault`]), or holds them at a [`Breakpoint`] while the test does something, such as killing the
//! client. It passes the client's `Authorization` on, so that the API server sees the client's own
//! rights; a client without one is the administrator. It runs on a thread of its own, so that a test
//! may block.

mod breakpoint;
mod fault;
mod matching;
mod seen;
mod server;

pub(crate) use breakpoint::{Breakpoint, Place};
pub(crate) use fault::Fault;
pub(crate) use matching::Match;
pub(crate) use seen::Seen;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::cluster::Cluster;
use server::State;

/// A running proxy; dropping it ends it and its connections.
pub(crate) struct Proxy<'a> {
    cluster: &'a Cluster,
    url: String,
    state: Arc<State>,
    end: watch::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl<'a> Proxy<'a> {
    /// Starts a proxy on a free port of 127.0.0.1, speaking plain HTTP.
    pub(crate) fn before(cluster: &'a Cluster) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("a bound listener")
        );
        let (end, ended) = watch::channel(());
        let state = Arc::new(State::default());
        let (served, upstream) = (state.clone(), cluster.kubeconfig().to_owned());
        let thread = std::thread::spawn(move || server::run(listener, &upstream, &served, ended));
        Self {
            cluster,
            url,
            state,
            end,
            thread: Some(thread),
        }
    }

    /// A kubeconfig without credentials: the API server sees the administrator.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.cluster.kubeconfig_without_credentials(&self.url)
    }

    /// A kubeconfig with a bearer token: the API server sees its owner.
    pub(crate) fn kubeconfig_with_token(&self, token: &str) -> PathBuf {
        self.cluster.kubeconfig_with_token_at(&self.url, token)
    }

    /// All requests so far, in the order of their arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen()
    }

    /// Does this to all matching requests from now on, until [`Proxy::heal`]. When several
    /// faults match a request, the first that was injected is done.
    pub(crate) fn inject(&self, matching: Match, fault: Fault) {
        self.state.add(matching, server::Deed::Fault(fault));
    }

    /// Holds the next matching request, once.
    pub(crate) fn breakpoint(&self, matching: Match, place: Place) -> Breakpoint {
        let (breakpoint, hold) = breakpoint::pair();
        self.state
            .add(matching.once(), server::Deed::Hold(place, hold));
        breakpoint
    }

    /// Takes back all faults and breakpoints.
    pub(crate) fn heal(&self) {
        self.state.clear();
    }

    /// Cuts all requests that are under way, watches above all.
    pub(crate) fn cut_all(&self) {
        self.state.cut_all();
    }
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        let _ = self.end.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

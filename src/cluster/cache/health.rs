//! How far the view of each kind can be trusted.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::cluster::resource::Resource;

/// A watch that is down for less than this is no reason to stop: an API server that is restarted
/// behind a load balancer is back sooner.
const TOLERATED: Duration = Duration::from_secs(15);

/// A kind of which the view may be old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// `plural.group`.
    pub resource: String,
    /// For how long.
    pub age: Duration,
    /// Why, and what to do.
    pub why: String,
}

pub(super) struct Health {
    states: watch::Sender<Vec<State>>,
}

struct State {
    resource: &'static Resource,
    /// Whether it was listed once.
    listed: bool,
    /// Whether the cluster does not know the kind: there is nothing to be seen then.
    missing: bool,
    /// Since when, and why, nothing is heard.
    down: Option<(Instant, String)>,
}

impl Health {
    pub(super) fn new(resources: &[&'static Resource]) -> Self {
        let now = Instant::now();
        let states = resources.iter().map(|resource| State {
            resource,
            listed: false,
            missing: false,
            down: Some((now, "it is being listed for the first time".to_owned())),
        });
        Self {
            states: watch::Sender::new(states.collect()),
        }
    }

    pub(super) async fn ready(&self) {
        let mut states = self.states.subscribe();
        let all = |states: &Vec<State>| states.iter().all(|state| state.listed);
        // The sender is `self`, so the channel cannot be closed while this waits.
        let _ = states.wait_for(all).await;
    }

    pub(super) fn behind(&self) -> Vec<Behind> {
        let states = self.states.borrow();
        let behind = states.iter().filter_map(|state| {
            let (since, why) = state.down.as_ref()?;
            let age = since.elapsed();
            (!state.listed || age >= TOLERATED).then(|| Behind {
                resource: state.resource.qualified(),
                age,
                why: why.clone(),
            })
        });
        behind.collect()
    }

    /// Why nothing is heard of a kind now, if so.
    pub(super) fn why_down(&self, resource: &Resource) -> Option<String> {
        let states = self.states.borrow();
        let state = states.iter().find(|state| state.resource == resource)?;
        let (_, why) = state.down.as_ref()?;
        Some(why.clone())
    }

    /// It was listed; whether the cluster did not know it before.
    pub(super) fn listed(&self, resource: &Resource) -> bool {
        self.change(resource, |state| {
            state.listed = true;
            std::mem::take(&mut state.missing)
        })
    }

    /// The cluster does not know it; whether that is news.
    pub(super) fn missing(&self, resource: &Resource) -> bool {
        self.change(resource, |state| {
            state.listed = true;
            state.down = None;
            !std::mem::replace(&mut state.missing, true)
        })
    }

    /// Whether the cluster does not know a kind.
    pub(super) fn is_missing(&self, resource: &Resource) -> bool {
        let states = self.states.borrow();
        let mut states = states.iter();
        states.any(|state| state.resource == resource && state.missing)
    }

    pub(super) fn up(&self, resource: &Resource) {
        self.change(resource, |state| {
            if let Some((since, why)) = state.down.take() {
                let seconds = since.elapsed().as_secs();
                tracing::debug!(resource = state.resource.plural, seconds, was = %why, "watching");
            }
        });
    }

    pub(super) fn down(&self, resource: &Resource, why: String) {
        self.change(resource, |state| {
            let since = match &state.down {
                Some((since, before)) if *before == why => *since,
                Some((since, _)) => {
                    tracing::warn!(resource = state.resource.plural, %why, "not watching");
                    *since
                }
                None => {
                    tracing::warn!(resource = state.resource.plural, %why, "not watching");
                    Instant::now()
                }
            };
            state.down = Some((since, why));
        });
    }

    fn change<T: Default>(&self, resource: &Resource, change: impl FnOnce(&mut State) -> T) -> T {
        let mut answer = T::default();
        self.states.send_modify(|states| {
            if let Some(state) = states.iter_mut().find(|state| state.resource == resource) {
                answer = change(state);
            }
        });
        answer
    }
}

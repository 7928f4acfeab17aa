//! Which units to look at, and when: each at most once at a time, none forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

/// A queue of keys. A key that is added while it is being worked on comes up again afterwards.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    ready: BTreeSet<String>,
    later: BTreeMap<String, Instant>,
    running: BTreeSet<String>,
    again: BTreeSet<String>,
}

impl Queue {
    /// Adds a key to be worked on now.
    pub(super) fn add(&self, key: &str) {
        let mut state = self.state();
        if state.running.contains(key) {
            state.again.insert(key.to_owned());
        } else {
            state.ready.insert(key.to_owned());
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Adds a key to be worked on at an instant, or earlier if it is already expected earlier.
    pub(super) fn add_at(&self, key: &str, at: Instant) {
        let mut state = self.state();
        let earliest = state.later.get(key).map_or(at, |known| at.min(*known));
        state.later.insert(key.to_owned(), earliest);
        drop(state);
        self.changed.notify_one();
    }

    /// Waits for the next key. Every key taken is to be given back by [`Queue::done`].
    pub(super) async fn take(&self) -> String {
        loop {
            let (key, due) = self.try_take(Instant::now());
            if let Some(key) = key {
                // Others may be ready too, and one notification wakes one waiter.
                self.changed.notify_one();
                return key;
            }
            match due {
                Some(due) => {
                    let _ = tokio::time::timeout_at(due, self.changed.notified()).await;
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// Gives a key back.
    pub(super) fn done(&self, key: &str) {
        let mut state = self.state();
        state.running.remove(key);
        if state.again.remove(key) {
            state.ready.insert(key.to_owned());
        }
        drop(state);
        self.changed.notify_one();
    }

    /// How many keys wait to be worked on now.
    pub(super) fn depth(&self) -> usize {
        self.state().ready.len()
    }

    /// Whether no key is worked on, or to be worked on now.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        state.ready.is_empty() && state.running.is_empty()
    }

    fn try_take(&self, now: Instant) -> (Option<String>, Option<Instant>) {
        let mut state = self.state();
        let due: Vec<String> = state
            .later
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            state.later.remove(&key);
            if state.running.contains(&key) {
                state.again.insert(key);
            } else {
                state.ready.insert(key);
            }
        }
        match state.ready.pop_first() {
            Some(key) => {
                state.later.remove(&key);
                state.running.insert(key.clone());
                (Some(key), None)
            }
            None => (None, state.later.values().min().copied()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the sets whole: every change of them is one insertion or removal.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn take(queue: &Queue, now: Instant) -> Option<String> {
        queue.try_take(now).0
    }

    #[tokio::test]
    async fn a_key_added_while_it_runs_comes_up_again_once() {
        let (queue, now) = (Queue::default(), Instant::now());
        queue.add("a");
        assert_eq!(queue.take().await, "a");
        queue.add("a");
        queue.add("a");
        assert_eq!(take(&queue, now), None);
        queue.done("a");
        assert!(!queue.is_idle());
        assert_eq!(take(&queue, now).as_deref(), Some("a"));
        assert!(!queue.is_idle());
        queue.done("a");
        assert_eq!(queue.try_take(now), (None, None));
        assert!(queue.is_idle());
    }

    #[test]
    fn a_later_key_comes_up_once_at_its_earliest_time() {
        let (queue, start) = (Queue::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        queue.add_at("a", at(9));
        queue.add_at("a", at(5));
        queue.add_at("a", at(7));
        assert_eq!(queue.try_take(at(4)), (None, Some(at(5))));
        assert_eq!(take(&queue, at(5)).as_deref(), Some("a"));
        queue.done("a");
        assert_eq!(queue.try_take(at(9)), (None, None));
    }
}

//! Which units to look at, and when: each at most once at a time, none forgotten.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
    /// First come, first served: a unit that is woken over and over keeps nobody else waiting.
    ready: VecDeque<String>,
    /// What is in `ready`.
    expected: BTreeSet<String>,
    later: BTreeMap<String, Instant>,
    /// The same, by time.
    timetable: BTreeSet<(Instant, String)>,
    /// What something was heard of and that was not taken since.
    heard: BTreeSet<String>,
    running: BTreeSet<String>,
    again: BTreeSet<String>,
}

impl State {
    fn add(&mut self, key: &str) {
        if self.running.contains(key) {
            self.again.insert(key.to_owned());
        } else if self.expected.insert(key.to_owned()) {
            self.ready.push_back(key.to_owned());
        }
    }

    fn add_at(&mut self, key: &str, at: Instant) {
        let known = self.later.get(key).copied();
        if known.is_none_or(|known| at < known) {
            self.cancel(key);
            self.later.insert(key.to_owned(), at);
            self.timetable.insert((at, key.to_owned()));
        }
    }

    fn cancel(&mut self, key: &str) {
        if let Some(at) = self.later.remove(key) {
            self.timetable.remove(&(at, key.to_owned()));
        }
    }

    fn due(&mut self, now: Instant) -> Option<String> {
        let (at, _) = self.timetable.first()?;
        if *at > now {
            return None;
        }
        let (_, key) = self.timetable.pop_first()?;
        self.later.remove(&key);
        Some(key)
    }
}

impl Queue {
    /// Adds a key to be worked on now.
    pub(super) fn add(&self, key: &str) {
        self.state().add(key);
        self.changed.notify_one();
    }

    /// Adds a key to be worked on at an instant, or earlier if it is already expected earlier.
    pub(super) fn add_at(&self, key: &str, at: Instant) {
        self.state().add_at(key, at);
        self.changed.notify_one();
    }

    /// Adds a key of which something was heard, to be worked on at an instant: until then, the queue
    /// is not idle.
    pub(super) fn hear(&self, key: &str, at: Instant) {
        let mut state = self.state();
        state.add_at(key, at);
        state.heard.insert(key.to_owned());
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
            state.add(key);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// How many keys wait to be worked on now.
    pub(super) fn depth(&self) -> usize {
        self.state().ready.len()
    }

    /// Whether no key is worked on or to be worked on now, and nothing was heard of any.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        state.ready.is_empty() && state.running.is_empty() && state.heard.is_empty()
    }

    fn try_take(&self, now: Instant) -> (Option<String>, Option<Instant>) {
        let mut state = self.state();
        while let Some(key) = state.due(now) {
            state.add(&key);
        }
        match state.ready.pop_front() {
            Some(key) => {
                state.expected.remove(&key);
                state.heard.remove(&key);
                state.cancel(&key);
                state.running.insert(key.clone());
                (Some(key), None)
            }
            None => (None, state.timetable.first().map(|(at, _)| *at)),
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
    fn whoever_comes_first_is_first_however_often_another_is_woken() {
        let (queue, now) = (Queue::default(), Instant::now());
        for key in ["c", "b", "c", "a"] {
            queue.add(key);
        }
        assert_eq!(take(&queue, now).as_deref(), Some("c"));
        queue.add("c");
        queue.done("c");
        let rest: Vec<_> = std::iter::from_fn(|| take(&queue, now)).collect();
        assert_eq!(rest, ["b", "a", "c"]);
    }

    #[test]
    fn a_queue_that_heard_of_something_is_not_idle_until_it_was_looked_at() {
        let (queue, start) = (Queue::default(), Instant::now());
        let soon = start + Duration::from_millis(50);
        queue.hear("a", soon);
        queue.add_at("a", start + Duration::from_millis(20));
        assert!(!queue.is_idle());
        assert_eq!(take(&queue, soon).as_deref(), Some("a"));
        queue.hear("a", soon);
        queue.done("a");
        assert!(!queue.is_idle());
        assert_eq!(take(&queue, soon).as_deref(), Some("a"));
        queue.done("a");
        queue.add_at("a", soon);
        assert!(queue.is_idle(), "nothing was heard: it only looks again");
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

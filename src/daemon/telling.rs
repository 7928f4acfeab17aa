//! Tells people what happened: once for each change of state, whoever leads then.
//!
//! What is to be told stands in the records. Until when each of those who are told has been told
//! goes to the next leader by the Lease. It is said a little later than it was done, so that nothing
//! is left out that was recorded out of turn; what is told again for that has the same name.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::keeper::Keeper;
use super::snapshot::Snapshot;
use crate::cluster::{Class, events};
use crate::error::chain;
use crate::release::{Message, Notice, ReleaseSpec, ReleaseStatus};
use crate::resolve::Notifier;

/// Who is told by an event of Kubernetes. No notifier has this name: it has a colon.
const EVENTS: &str = "kubernetes:events";

/// How much is kept for somebody who cannot be told.
const KEPT: usize = 500;

/// How much is told at once.
const AT_ONCE: usize = 100;

/// How long after something was told that is passed on.
const LAG: SignedDuration = SignedDuration::from_secs(5);

/// How long to wait after an attempt that failed: doubled each time, up to the longest.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(5);

/// How long who ends waits for people to be told.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be told to whom.
#[derive(Debug, Default)]
pub(super) struct Telling {
    receivers: BTreeMap<String, Receiver>,
}

/// Somebody who is told.
#[derive(Debug)]
struct Receiver {
    /// All that happened until then was told, and that was passed on.
    until: Timestamp,
    /// What was told and not passed on yet, and when that happened.
    told: BTreeMap<String, Timestamp>,
    queue: VecDeque<Item>,
    is_busy: bool,
    failures: u32,
    retry_at: Option<Instant>,
}

/// Something to be told.
#[derive(Debug, Clone)]
struct Item {
    at: Timestamp,
    message: Arc<Message>,
    event: Arc<events::Event>,
}

impl Telling {
    /// What the leader before passed on. Who was not told of anything before is told of what comes.
    pub(super) fn resumed(heard: &BTreeMap<String, Timestamp>) -> Self {
        let resumed = heard.iter();
        let receivers = resumed.map(|(name, until)| (name.clone(), Receiver::since(*until)));
        Self {
            receivers: receivers.collect(),
        }
    }

    /// Until when each of them was told, for the next leader.
    pub(super) fn passed_on(&mut self, now: Timestamp) -> BTreeMap<String, Timestamp> {
        let late = now.saturating_sub(LAG).unwrap_or(now);
        let receivers = self.receivers.iter_mut();
        receivers
            .map(|(name, receiver)| (name.clone(), receiver.passed_on(late)))
            .collect()
    }

    /// The same where nothing comes any more: what was told was told.
    pub(super) fn passed_on_at_last(&mut self) -> BTreeMap<String, Timestamp> {
        let receivers = self.receivers.iter_mut();
        receivers
            .map(|(name, receiver)| (name.clone(), receiver.passed_on(Timestamp::MAX)))
            .collect()
    }

    /// Whether nobody is being told, or to be told without having been tried in vain.
    fn is_done(&self) -> bool {
        let mut receivers = self.receivers.values();
        receivers.all(|it| !it.is_busy && (it.queue.is_empty() || it.retry_at.is_some()))
    }

    /// Who was never told of anything is told of what comes from now on.
    fn meet(&mut self, name: &str, now: Timestamp) {
        let receiver = self.receivers.entry(name.to_owned());
        receiver.or_insert_with(|| Receiver::since(now));
    }

    fn add(&mut self, name: &str, item: Item) {
        self.meet(name, just_before(item.at));
        let Some(receiver) = self.receivers.get_mut(name) else {
            return;
        };
        if receiver.knows(&item) {
            return;
        }
        receiver.queue.push_back(item);
        if receiver.queue.len() > KEPT {
            receiver.queue.pop_front();
            warn!(
                to = name,
                "too much is to be told: the oldest of it is dropped"
            );
        }
    }

    /// Who is to be told now, and what. They count as busy until [`Self::ended`].
    fn due(&mut self, now: Instant) -> Vec<(String, Vec<Item>)> {
        let mut due = Vec::new();
        for (name, receiver) in &mut self.receivers {
            let is_early = receiver.retry_at.is_some_and(|at| now < at);
            if receiver.is_busy || is_early || receiver.queue.is_empty() {
                continue;
            }
            receiver.is_busy = true;
            let batch = receiver.queue.iter().take(AT_ONCE).cloned().collect();
            due.push((name.clone(), batch));
        }
        due
    }

    /// When somebody is to be tried again.
    fn next_try(&self) -> Option<Instant> {
        let receivers = self.receivers.values();
        let waiting = receivers.filter(|it| !it.is_busy && !it.queue.is_empty());
        waiting.filter_map(|it| it.retry_at).min()
    }

    /// An attempt ended.
    fn ended(&mut self, name: &str, told: &[Item], was_told: bool) {
        let Some(receiver) = self.receivers.get_mut(name) else {
            return;
        };
        receiver.is_busy = false;
        if was_told {
            receiver.failures = 0;
            receiver.retry_at = None;
            let told_now = told.iter().map(|item| (item.message.id.clone(), item.at));
            receiver.told.extend(told_now);
            let is_told = |item: &Item| told.iter().any(|it| it.message.id == item.message.id);
            receiver.queue.retain(|item| !is_told(item));
        } else {
            let doublings = receiver.failures.min(10);
            receiver.failures = receiver.failures.saturating_add(1);
            let pause = LONGEST.min(PAUSE * 2_u32.saturating_pow(doublings));
            receiver.retry_at = Some(Instant::now() + pause);
        }
    }
}

impl Receiver {
    fn since(until: Timestamp) -> Self {
        Self {
            until,
            told: BTreeMap::new(),
            queue: VecDeque::new(),
            is_busy: false,
            failures: 0,
            retry_at: None,
        }
    }

    fn knows(&self, item: &Item) -> bool {
        let id = &item.message.id;
        let is_queued = self.queue.iter().any(|it| it.message.id == *id);
        item.at <= self.until || is_queued || self.told.contains_key(id)
    }

    fn passed_on(&mut self, late: Timestamp) -> Timestamp {
        let first_left = self.queue.iter().map(|item| item.at).min();
        let is_sure = |at: &&Timestamp| **at <= late && first_left.is_none_or(|left| **at < left);
        if let Some(until) = self.told.values().filter(is_sure).max().copied() {
            self.until = self.until.max(until);
            self.told.retain(|_, at| *at > until);
        }
        self.until
    }
}

impl Keeper {
    /// What a record says that the one before did not is to be told.
    pub(super) fn tell_of(
        &self,
        spec: &ReleaseSpec,
        before: &ReleaseStatus,
        after: &ReleaseStatus,
        snapshot: &Snapshot,
    ) {
        let is_new = |notice: &&Notice| !before.notices.contains(notice);
        let new: Vec<&Notice> = after.notices.iter().filter(is_new).collect();
        if new.is_empty() {
            return;
        }
        self.add_notices(spec, after, &new, snapshot);
        self.news.notify_one();
    }

    fn add_notices(
        &self,
        spec: &ReleaseSpec,
        status: &ReleaseStatus,
        notices: &[&Notice],
        snapshot: &Snapshot,
    ) {
        let commit = status.commit.as_deref();
        let link = snapshot.commit_url.as_ref().zip(commit);
        let link = link.map(|(url, commit)| url.of(commit));
        let notifiers = snapshot.notifiers_of(&spec.desk);
        let item = |notice: &&Notice| {
            let message = Message::of(spec, notice, link.clone());
            let event = events::Event::of(spec, status, notice, &message, &self.namespace);
            let item = Item {
                at: notice.at,
                message: Arc::new(message),
                event: Arc::new(event),
            };
            (notice.kind, item)
        };
        let items: Vec<_> = notices.iter().map(item).collect();
        let mut memory = self.memory();
        for (kind, item) in items {
            for notifier in notifiers.iter().filter(|it| it.wants(kind)) {
                memory.telling.add(&notifier.name, item.clone());
            }
            memory.telling.add(EVENTS, item);
        }
    }

    /// Tells people until told to stop; first what the leader before did not come to.
    pub(super) async fn tell_people(self: Arc<Self>) {
        self.cache.ready().await;
        self.find_untold().await;
        let mut telling = JoinSet::new();
        loop {
            for (name, batch) in self.memory().telling.due(Instant::now()) {
                let keeper = Arc::clone(&self);
                telling.spawn(async move {
                    let was_told = keeper.tell_one(&name, &batch).await;
                    (name, batch, was_told)
                });
            }
            let next = self.memory().telling.next_try();
            tokio::select! {
                () = self.news.notified() => {}
                Some(ended) = telling.join_next() => {
                    let (name, batch, was_told) = ended.expect("telling does not panic");
                    self.memory().telling.ended(&name, &batch, was_told);
                    self.moved.notify_waiters();
                }
                () = until(next) => {}
            }
        }
    }

    /// Waits until everybody was told who can be, but not for long.
    pub(super) async fn have_told(&self) {
        let done = async {
            loop {
                let moved = self.moved.notified();
                if self.memory().telling.is_done() {
                    return;
                }
                moved.await;
            }
        };
        // Whoever leads next tells the rest.
        let _ = tokio::time::timeout(PATIENCE, done).await;
    }

    /// What stands in the records and was not told yet.
    async fn find_untold(&self) {
        let snapshot = loop {
            let moved = self.moved.notified();
            if let Some(snapshot) = self.snapshot() {
                break snapshot;
            }
            moved.await;
        };
        let names = snapshot.notifiers.values().flatten().map(|it| &it.name);
        let now = Timestamp::now();
        for name in names {
            self.memory().telling.meet(name, now);
        }
        self.memory().telling.meet(EVENTS, now);
        for release in self.cache.releases() {
            if let Some(status) = &release.status {
                let notices: Vec<&Notice> = status.notices.iter().collect();
                self.add_notices(&release.spec, status, &notices, &snapshot);
            }
        }
    }

    /// Whether somebody was told. Who is no longer to be told counts as told.
    async fn tell_one(&self, name: &str, batch: &[Item]) -> bool {
        if name == EVENTS {
            return self.make_events(batch).await;
        }
        let Some(notifier) = self.notifier(name) else {
            return true;
        };
        let messages: Vec<Message> = batch.iter().map(|it| (*it.message).clone()).collect();
        match self.teller.tell(&notifier, &messages).await {
            Ok(()) => true,
            Err(error) => {
                warn!(to = name, %error, "somebody could not be told; it is tried again");
                false
            }
        }
    }

    fn notifier(&self, name: &str) -> Option<Notifier> {
        let snapshot = self.snapshot()?;
        let mut notifiers = snapshot.notifiers.values().flatten();
        notifiers.find(|it| it.name == name).cloned()
    }

    async fn make_events(&self, batch: &[Item]) -> bool {
        for item in batch {
            let Err(error) = events::create(&self.writer, &item.event).await else {
                continue;
            };
            warn!(error = chain(&error), "an event could not be made");
            // What will never be accepted must not keep the rest.
            if matches!(error.class(), Class::Transient | Class::Stale) {
                return false;
            }
        }
        true
    }
}

/// What happened at an instant did not happen before then.
fn just_before(at: Timestamp) -> Timestamp {
    at.saturating_sub(SignedDuration::from_nanos(1))
        .unwrap_or(at)
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{Happening, ReleaseSpec};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn item(id: &str, second: i64) -> Item {
        let spec = ReleaseSpec {
            fleet: "example".to_owned(),
            cluster: "local".to_owned(),
            desk: "rates".to_owned(),
            strategy: Some("tern".to_owned()),
            namespace: "desk-rates".to_owned(),
            owner: "0123456789".to_owned(),
        };
        let notice = Notice {
            id: id.to_owned(),
            at: at(second),
            kind: Happening::Promoted,
            what: "it runs".to_owned(),
            commands: Vec::new(),
        };
        let message = Message::of(&spec, &notice, None);
        let status = ReleaseStatus::default();
        let event = events::Event::of(&spec, &status, &notice, &message, "tidegate-system");
        Item {
            at: notice.at,
            message: Arc::new(message),
            event: Arc::new(event),
        }
    }

    fn due(telling: &mut Telling) -> Vec<String> {
        let due = telling.due(Instant::now()).into_iter();
        let ids = due.flat_map(|(_, batch)| batch.into_iter().map(|it| it.message.id.clone()));
        ids.collect()
    }

    #[tokio::test]
    async fn nobody_is_told_twice_whoever_leads() {
        let mut telling = Telling::default();
        for one in [item("a", 1), item("a", 1), item("b", 2)] {
            telling.add("desk", one);
        }
        assert_eq!(due(&mut telling), ["a", "b"]);
        telling.add("desk", item("c", 3));
        assert!(due(&mut telling).is_empty(), "it is being told");
        telling.ended("desk", &[item("a", 1), item("b", 2)], true);
        telling.add("desk", item("b", 2));
        assert_eq!(due(&mut telling), ["c"]);
        let heard = telling.passed_on(at(10));
        assert_eq!(heard["desk"], at(2), "not what was not told");
        let mut next = Telling::resumed(&heard);
        for one in [item("a", 1), item("b", 2), item("c", 3)] {
            next.add("desk", one);
        }
        assert_eq!(due(&mut next), ["c"]);
    }

    #[tokio::test]
    async fn what_was_told_a_moment_ago_is_not_passed_on_yet() {
        let mut telling = Telling::default();
        telling.add("desk", item("a", 1));
        let batch = [item("a", 1)];
        assert_eq!(due(&mut telling), ["a"]);
        telling.ended("desk", &batch, true);
        assert!(telling.passed_on(at(5))["desk"] < at(1));
        assert_eq!(telling.passed_on(at(6))["desk"], at(1));
    }

    #[tokio::test]
    async fn who_does_not_answer_keeps_nobody_else_and_loses_only_the_oldest() {
        let mut telling = Telling::default();
        let many = i64::try_from(KEPT).unwrap() + 5;
        for second in 0..many {
            telling.add("slow", item(&second.to_string(), second + 1));
        }
        assert_eq!(due(&mut telling).first().unwrap(), "5");
        telling.ended("slow", &[], false);
        telling.add("desk", item("a", 1));
        assert_eq!(due(&mut telling), ["a"]);
        assert!(telling.next_try().is_some());
    }
}

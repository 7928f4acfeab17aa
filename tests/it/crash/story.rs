//! What an undisturbed run does, and where it can be disturbed.

use std::collections::BTreeMap;

use http::Method;

use crate::cluster::{Cluster, Component};
use crate::proxy::{Breakpoint, Match, Place, Proxy, Seen};

use super::fleet::Story;
use super::instance::Instance;
use super::state;

/// A write of a story, told by its method and path, in the words that are the same for every fleet,
/// and its number among those that have the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Write {
    method: String,
    path: String,
    nth: usize,
}

impl Write {
    /// How often the progress of something is recorded depends on how quickly it is made.
    pub(super) fn may_be_missed(&self) -> bool {
        self.path.ends_with("/status") && self.nth > 1
    }

    /// Holds it, when it comes from a fleet.
    fn breakpoint(&self, proxy: &Proxy<'_>, place: Place, token: &str) -> Breakpoint {
        let (path, token) = (self.path.clone(), token.to_owned());
        let method: Method = self.method.parse().expect("it was a method");
        let matching = Match::writes()
            .method(method)
            .that(move |seen| state::flat(&seen.path, &token) == path)
            .nth(self.nth);
        proxy.breakpoint(matching, place)
    }
}

/// Counts writes that have the same method and path.
#[derive(Default)]
pub(super) struct Tally {
    counts: BTreeMap<(String, String), usize>,
}

impl Tally {
    /// The write that this would be.
    pub(super) fn next(&self, seen: &Seen, token: &str) -> Write {
        let (method, path) = Self::key(seen, token);
        let count = self.counts.get(&(method.clone(), path.clone()));
        Write {
            nth: count.copied().unwrap_or_default() + 1,
            method,
            path,
        }
    }

    /// Takes it in as done.
    pub(super) fn count(&mut self, seen: &Seen, token: &str) -> Write {
        let write = self.next(seen, token);
        self.counts.insert(Self::key(seen, token), write.nth);
        write
    }

    fn key(seen: &Seen, token: &str) -> (String, String) {
        (seen.method.to_string(), state::flat(&seen.path, token))
    }
}

/// A write at which a part of the control plane dies.
#[derive(Debug)]
pub(super) struct Strike {
    write: Write,
    place: Place,
    pub(super) component: Component,
}

impl Strike {
    /// Holds that write of a fleet.
    pub(super) fn breakpoint(&self, proxy: &Proxy<'_>, token: &str) -> Breakpoint {
        self.write.breakpoint(proxy, self.place, token)
    }
}

/// What an undisturbed run did.
pub(super) struct Reference {
    writes: BTreeMap<Story, Vec<Write>>,
    states: BTreeMap<Story, String>,
}

impl Reference {
    /// Runs all stories undisturbed.
    pub(super) async fn of(cluster: &Cluster, token: &str) -> Self {
        let mut instance = Instance::new(cluster, token).await;
        let mut reference = Self {
            writes: BTreeMap::new(),
            states: BTreeMap::new(),
        };
        for story in Story::ALL {
            let (writes, state) = instance.live(story).await;
            assert!(writes.len() > 4, "{story:?} has too few writes: {writes:?}");
            reference.writes.insert(story, writes);
            reference.states.insert(story, state);
        }
        reference
    }

    /// How the cluster looks after a story.
    pub(super) fn state(&self, story: Story) -> &str {
        self.states.get(&story).expect("every story was told")
    }

    /// The writes of a story.
    pub(super) fn writes(&self, story: Story) -> &[Write] {
        self.writes.get(&story).expect("every story was told")
    }

    /// The end of a part of the control plane at a write in the middle of a story.
    pub(super) fn strike(&self, story: Story, place: Place, component: Component) -> Strike {
        let writes = self.writes(story);
        let mut later = writes.iter().skip(writes.len() / 2);
        let write = later.find(|write| !write.may_be_missed());
        Strike {
            write: write.expect("a write that always comes").clone(),
            place,
            component,
        }
    }
}

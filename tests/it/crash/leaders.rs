//! Two daemons: the one that slept through its lease does nothing stale.
//!
//! The leader is stopped before a write: with the write on its way, or with the answer to an
//! earlier write on its way, so that the write itself was never sent. Another daemon takes over,
//! finishes, and moves on to a commit after which the write would do harm. Then the first goes on.

use futures::future::join_all;
use http::Method;

use crate::cluster::Cluster;
use crate::proxy::{Match, Place, Proxy, Seen};

use super::fleet::Story;
use super::instance::{Daemon, Instance, answer};
use super::pods::Pods;

/// The write that the leader is stopped before.
#[derive(Clone, Copy, Debug)]
enum Write {
    /// The workload is made.
    Create,
    /// The workload is scaled to 1, at the end of a change.
    Scale,
    /// The workload is deleted.
    Delete,
}

#[tokio::test]
async fn a_leader_stopped_past_its_lease_writes_nothing_stale() {
    let cluster = super::cluster();
    let pods = Pods::watch(cluster.client().await);
    let cases = [Write::Create, Write::Scale, Write::Delete]
        .into_iter()
        .flat_map(|write| [(write, Place::Before), (write, Place::After)]);
    let cases = cases.enumerate().map(|(number, (write, place))| {
        let token = format!("z{number:02}");
        let cluster = &cluster;
        async move { sleeps(cluster, &token, write, place).await }
    });
    join_all(cases).await;
    pods.never_two();
}

async fn sleeps(cluster: &Cluster, token: &str, write: Write, place: Place) {
    let instance = Instance::new(cluster, token).await;
    let case = format!("{write:?}, {place:?}");
    let (first, second) = (&instance.proxy, Proxy::before(cluster));
    let start = |proxy, name| Daemon::start(proxy, token, name, &instance.repo, instance.folder());
    let leader = match write {
        Write::Create => None,
        Write::Scale | Write::Delete => {
            let commit = Story::Create.push(&instance.repo, token);
            let leader = start(first, "first");
            in_place(&instance, &commit, &case).await;
            Some(leader)
        }
    };
    let mut breakpoint = first.breakpoint(write.matching(token, place), place);
    let commit = write.push(&instance);
    let leader = leader.unwrap_or_else(|| start(first, "first"));
    let held = breakpoint.reached().await;
    leader.signal("STOP");
    let _successor = start(&second, "second");
    in_place(&instance, &commit, &case).await;
    if let Some(commit) = write.push_more(&instance) {
        in_place(&instance, &commit, &case).await;
    }
    let (sent, state) = (first.seen().len(), instance.state().await);
    // By its third look at the Lease it stands for leader again, and has done what it would do.
    let looks = Match::all().method(Method::GET).path("/leases/").nth(3);
    let mut looked = first.breakpoint(looks, Place::After);
    breakpoint.go_on();
    let answer = answer(first, &held).await;
    assert_eq!(answer < 300, place == Place::After, "{case}: {answer}");
    leader.signal("CONT");
    looked.reached().await;
    let seen = first.seen();
    let stale: Vec<&Seen> = seen.iter().skip(sent).filter(|it| it.is_write()).collect();
    assert!(stale.is_empty(), "{case}: {stale:?}");
    assert_eq!(instance.state().await, state, "{case}");
}

async fn in_place(instance: &Instance<'_>, commit: &str, case: &str) {
    if let Err(why) = instance.reconciled(commit).await {
        panic!("{case}: {why}");
    }
}

impl Write {
    /// The write itself, or the last one before it whose answer is needed for it.
    fn matching(self, token: &str, place: Place) -> Match {
        let workload = format!("/statefulsets/algo-{token}");
        let (path, method, nth) = match (self, place) {
            // The first that is written of it: that it is made, or that it is stopped.
            (Self::Create, Place::Before) | (Self::Delete, Place::After) => {
                (workload, Method::PATCH, 1)
            }
            (Self::Create, Place::After) => {
                let claim = format!("/persistentvolumeclaims/algo-{token}.data");
                (claim, Method::PATCH, 1)
            }
            // To 0, the template, to 1.
            (Self::Scale, Place::Before) => (workload, Method::PATCH, 3),
            (Self::Scale, Place::After) => (workload, Method::PATCH, 2),
            (Self::Delete, Place::Before) => (workload, Method::DELETE, 1),
        };
        Match::writes().method(method).path(path).nth(nth)
    }

    /// Pushes what makes the leader do it.
    fn push(self, instance: &Instance<'_>) -> String {
        match self {
            Self::Create => Story::Create.push(&instance.repo, &instance.token),
            Self::Scale => Story::Change.push(&instance.repo, &instance.token),
            Self::Delete => {
                let token = &instance.token;
                let algo = format!("desks/{token}/algo-{token}.yaml");
                instance.repo.git(&["rm", "--quiet", &algo]);
                instance.repo.push(&[], "Remove the algo")
            }
        }
    }

    /// Pushes what makes it harmful: a second trader on the account, or the end of a new workload.
    fn push_more(self, instance: &Instance<'_>) -> Option<String> {
        match self {
            Self::Create => None,
            Self::Scale => Some(Story::Rename.push(&instance.repo, &instance.token)),
            Self::Delete => {
                instance.repo.git(&["revert", "--no-edit", "HEAD"]);
                Some(instance.repo.push(&[], "Go on"))
            }
        }
    }
}

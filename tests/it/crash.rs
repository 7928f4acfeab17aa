//! Whatever dies, and before or after whichever write, the end is that of an undisturbed run.
//!
//! A fleet lives through four stories: it is created, its algo is changed (1 → 0 → 1), renamed, and
//! pruned. An undisturbed run tells which writes there are, and how the cluster looks after each
//! story. Then fleets of the same shape live through the same stories, while a proxy kills their
//! daemons: before each write, and after it, before the daemon hears that it was done. Meanwhile a
//! watcher counts the pods on each holding.

mod deaths;
pub(crate) mod fleet;
pub(crate) mod instance;
mod leaders;
mod pods;
mod state;
mod story;

use futures::future::{join, join_all};

use crate::cluster::{Cluster, Component, Options, PodEnd};
use crate::proxy::Place;

use deaths::Deaths;
use fleet::Story;
use instance::Instance;
use pods::Pods;
use story::Reference;

/// A control plane whose pods take a second to end, so that a second pod would be seen beside.
fn cluster() -> Cluster {
    let cluster = Cluster::private(&Options {
        pod_end: PodEnd::After(1),
        ..Options::default()
    });
    instance::install(&cluster);
    cluster
}

#[tokio::test]
async fn daemons_killed_before_and_after_every_write_end_where_one_that_lives_does() {
    let cluster = cluster();
    let pods = Pods::watch(cluster.client().await);
    let reference = Reference::of(&cluster, "r00").await;
    let at_each = Story::ALL.map(|story| die_at_each_write(&cluster, &reference, story));
    let in_the_middle = die_in_the_middle(&cluster, &reference);
    let (mut results, result) = join(join_all(at_each), in_the_middle).await;
    results.push(result);
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    pods.never_two();
}

/// A fleet whose daemons die before and after each write of one story.
async fn die_at_each_write(
    cluster: &Cluster,
    reference: &Reference,
    story: Story,
) -> Result<(), String> {
    let token = format!("x{:02}", story as usize);
    let mut instance = Instance::new(cluster, &token).await;
    for earlier in Story::ALL.into_iter().filter(|it| *it < story) {
        instance.live(earlier).await;
    }
    let mut deaths = Deaths::at_each();
    let lived = instance.live_dying(story, &mut deaths, reference).await;
    lived.map_err(|why| format!("{story:?}, at each write: {why}"))?;
    match deaths.missed(reference.writes(story)) {
        missed if missed.is_empty() => Ok(()),
        missed => Err(format!("{story:?}: no daemon died at {missed:#?}")),
    }
}

/// A fleet whose daemons die with several writes under way, in all its stories.
async fn die_in_the_middle(cluster: &Cluster, reference: &Reference) -> Result<(), String> {
    let mut instance = Instance::new(cluster, "m00").await;
    for story in Story::ALL {
        let mut deaths = Deaths::at_its(3);
        let lived = instance.live_dying(story, &mut deaths, reference).await;
        lived.map_err(|why| format!("{story:?}, in the middle: {why}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn an_api_server_or_store_killed_in_the_middle_changes_nothing_in_the_end() {
    let cluster = cluster();
    let pods = Pods::watch(cluster.client().await);
    let reference = Reference::of(&cluster, "r00").await;
    let mut instance = Instance::new(&cluster, "y00").await;
    for (story, place, component) in [
        (Story::Create, Place::After, Component::ApiServer),
        (Story::Change, Place::Before, Component::Etcd),
        (Story::Rename, Place::Before, Component::ApiServer),
        (Story::Prune, Place::After, Component::Etcd),
    ] {
        let strike = reference.strike(story, place, component);
        let lived = instance.live_through(story, &strike, &reference).await;
        if let Err(why) = lived {
            panic!("{story:?}, {strike:?}: {why}");
        }
    }
    pods.never_two();
}

//! A repository on this machine is looked at as soon as something in it moves.

use std::sync::Arc;

use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::source::Source;
use crate::git::url::Transport;

/// Watches the references of a local repository. A remote one is polled, and pushed by webhooks.
pub(super) fn watch(
    source: &Source,
    poke: &Arc<Notify>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    if source.url.transport() != Transport::File {
        return;
    }
    let poke = Arc::clone(poke);
    let moved = move |event: notify::Result<Event>| {
        // Reading the repository opens files, which is no news.
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            poke.notify_one();
        }
    };
    let path = source.url.path().to_owned();
    let watcher = notify::recommended_watcher(moved).and_then(|mut watcher| {
        let root = std::path::Path::new(&path);
        let inner = root.join(".git");
        let git = if inner.is_dir() {
            inner
        } else {
            root.to_owned()
        };
        watcher.watch(&git.join("refs"), RecursiveMode::Recursive)?;
        watcher.watch(&git, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    match watcher {
        Ok(watcher) => {
            let stop = stop.clone();
            tasks.spawn(async move {
                stop.cancelled().await;
                drop(watcher);
            });
        }
        Err(error) => {
            warn!(%error, "the repository cannot be watched; it is asked at its interval");
        }
    }
}

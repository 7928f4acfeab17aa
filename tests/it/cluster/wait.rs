//! Waiting: watch until a condition holds, or fail at a deadline.

use std::fmt::Debug;
use std::time::Duration;

use futures::{StreamExt as _, pin_mut};
use kube::api::Api;
use kube::runtime::{WatchStreamExt as _, watcher};
use serde::de::DeserializeOwned;

/// Long enough for the slowest machine; a test that waits that long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

/// Watches one object until `holds` (of `None` while it does not exist), and returns it as it was
/// then. An API server that is down meanwhile is waited for.
pub(crate) async fn until<K>(
    api: &Api<K>,
    name: &str,
    what: &str,
    holds: impl Fn(Option<&K>) -> bool,
) -> Option<K>
where
    K: kube::Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut last = None;
    let watch = async {
        let changes = watcher::watch_object(api.clone(), name).default_backoff();
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            let Ok(object) = change else { continue };
            if holds(object.as_ref()) {
                return object;
            }
            last = object;
        }
        panic!("the watch of {name} ended")
    };
    let Ok(object) = tokio::time::timeout(DEADLINE, watch).await else {
        panic!("`{name}`: not within {DEADLINE:?}: {what}; last seen: {last:#?}")
    };
    object
}

/// Watches until the object is gone.
pub(crate) async fn until_gone<K>(api: &Api<K>, name: &str)
where
    K: kube::Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    until(api, name, "is gone", |object| object.is_none()).await;
}

/// Fails the test when `future` is not done at the deadline.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(DEADLINE, future).await else {
        panic!("not within {DEADLINE:?}: {what}")
    };
    value
}

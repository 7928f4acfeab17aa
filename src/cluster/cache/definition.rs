//! Kinds that not every cluster has.
//!
//! Nobody asks again and again for what is not there. The definition of such a kind is watched, one
//! object, and the kind is asked for when the API server says that it serves it.

use serde_json::Value;
use tokio::sync::watch;

use crate::cluster::resource::Resource;

/// What is known of the definition of a kind.
pub(super) struct Definition {
    kind: &'static Resource,
    served: watch::Sender<Served>,
}

/// Whether the API server serves a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
    Yes,
    No,
}

impl Definition {
    /// The definition of a kind, of which nothing is known yet.
    pub(super) fn of(kind: &'static Resource) -> Self {
        Self {
            kind,
            served: watch::Sender::new(Served::No),
        }
    }

    /// The kind that it defines.
    pub(super) fn kind(&self) -> &'static Resource {
        self.kind
    }

    /// Takes in the definition as it is now.
    pub(super) fn told(&self, definition: &Value) {
        self.served.send_replace(served(definition, self.kind));
    }

    /// Takes in that it is gone.
    pub(super) fn ended(&self) {
        self.served.send_replace(Served::No);
    }

    /// Waits until the API server says that it serves the kind.
    pub(super) async fn served(&self) {
        let mut served = self.served.subscribe();
        // The sender is `self`, so the channel cannot be closed while this waits.
        let _ = served.wait_for(|served| *served == Served::Yes).await;
    }
}

fn served(definition: &Value, kind: &Resource) -> Served {
    let list = |pointer: &str| {
        let list = definition.pointer(pointer).and_then(Value::as_array);
        list.into_iter().flatten()
    };
    let text =
        |value: &Value, key: &str, text: &str| value.get(key).and_then(Value::as_str) == Some(text);
    let is_named = definition.pointer("/metadata/name").and_then(Value::as_str)
        == Some(kind.qualified().as_str());
    let is_established = list("/status/conditions")
        .any(|it| text(it, "type", "Established") && text(it, "status", "True"));
    let has_version = list("/spec/versions").any(|it| {
        let served = it.get("served").and_then(Value::as_bool);
        text(it, "name", kind.version) && served == Some(true)
    });
    if is_named && is_established && has_version {
        Served::Yes
    } else {
        Served::No
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::resource::HTTP_ROUTE;

    fn check(established: &str, version: &str, is_served: bool, expect: Served) {
        let definition = json!({
            "metadata": {"name": "httproutes.gateway.networking.k8s.io"},
            "spec": {"versions": [{"name": version, "served": is_served}]},
            "status": {"conditions": [
                {"type": "NamesAccepted", "status": "True"},
                {"type": "Established", "status": established},
            ]},
        });
        assert_eq!(served(&definition, &HTTP_ROUTE), expect);
    }

    #[test]
    fn a_kind_is_served_once_its_definition_is_established_in_our_version() {
        check("True", "v1", true, Served::Yes);
        check("False", "v1", true, Served::No);
        check("True", "v1", false, Served::No);
        check("True", "v1beta1", true, Served::No);
    }
}

//! The room that talks to the Kubernetes API, against a real one.

mod bundles;
mod cache;
mod carrier;
mod errors;
mod lease;
mod live;
mod releases;

use std::path::Path;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use tidegate::cluster::lease::{Held, Settings, identity, take};
use tidegate::cluster::{Cache, Client, Options, Writer, connect};
use tidegate::object::{Object, mark};
use tidegate::{approval, halt, intent, overrides, release};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cluster::{Cluster, wait};

/// A connection as a command makes it.
async fn client(kubeconfig: &Path) -> Client {
    let options = Options {
        kubeconfig: Some(kubeconfig.to_owned()),
        ..Options::default()
    };
    connect(&options).await.expect("a kubeconfig that works")
}

/// A leader in a namespace of its own: everything that it takes to write.
struct Leader {
    namespace: String,
    held: Held,
    cache: Cache,
    writer: Writer,
    stop: CancellationToken,
}

impl Leader {
    async fn start(cluster: &Cluster, base: &str) -> Self {
        Self::start_at(cluster, base, cluster.kubeconfig()).await
    }

    /// The same, through another kubeconfig.
    async fn start_at(cluster: &Cluster, base: &str, kubeconfig: &Path) -> Self {
        install(cluster).await;
        let namespace = cluster.namespace(base).await;
        let client = client(kubeconfig).await;
        let settings = Settings::new(&namespace, identity("tests"));
        let held = take(&client, &settings).await.expect("nobody leads");
        let stop = CancellationToken::new();
        let cache = Cache::start(&client, &namespace, &TaskTracker::new(), &stop);
        wait::within("the cache is filled", cache.ready()).await;
        let writer = Writer::new(client, held.leadership(), cache.clone());
        Self {
            namespace,
            held,
            cache,
            writer,
            stop,
        }
    }

    fn client(&self) -> &Client {
        self.writer.client()
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Installs the custom resource definitions, which any number of tests may do at once.
async fn install(cluster: &Cluster) {
    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client().await);
    let params = PatchParams::apply("tests").force();
    let crds_of_ours = [
        approval::crd(),
        release::crd(),
        intent::crd(),
        halt::crd(),
        halt::unhalt_crd(),
        overrides::crd(),
    ];
    for crd in crds_of_ours {
        let name = crd.metadata.name.clone().expect("a definition has a name");
        crds.patch(&name, &params, &Patch::Apply(crd))
            .await
            .expect("the definition is accepted");
        wait::until(&crds, &name, "is served", |crd| {
            let conditions = crd
                .and_then(|crd| crd.status.as_ref()?.conditions.as_ref())
                .into_iter()
                .flatten();
            conditions
                .into_iter()
                .any(|it| it.type_ == "Established" && it.status == "True")
        })
        .await;
    }
}

/// A ConfigMap as the compiler would make it.
fn lamp(namespace: &str, name: &str, owner: &str, data: &Value) -> Object {
    Object::new(json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {mark::OWNER: owner}},
        "data": data,
    }))
    .expect("it has a name")
}

async fn lamps(cluster: &Cluster, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(cluster.client().await, namespace)
}

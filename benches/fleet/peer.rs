//! The peer: a bare loop of server-side applies of the very same objects.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use serde_json::Value;

use crate::Outcome;
use crate::plane::Plane;

/// What was measured.
pub(crate) struct Measured {
    /// From the first PATCH to the last answer.
    pub(crate) written: Duration,
    /// From the first PATCH until every workload's pod runs.
    pub(crate) ready: Duration,
}

/// How often the pods are counted: their names only, from the API server's memory.
const LOOK: Duration = Duration::from_millis(500);

/// How long the loop takes on a fresh control plane.
pub(crate) fn measure(objects: &[Value], in_flight: usize) -> Outcome<Measured> {
    let folder = tempfile::tempdir()?;
    let plane = Plane::start(folder.path().join("theirs"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig())?;
        let config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let client = Client::try_from(config)?;
        let (namespaces, others): (Vec<_>, Vec<_>) = objects
            .iter()
            .partition(|object| object["kind"] == "Namespace");
        let start = Instant::now();
        for part in [namespaces, others] {
            let applies = part
                .into_iter()
                .map(|object| apply(client.clone(), object.clone()));
            let mut answers = stream::iter(applies).buffer_unordered(in_flight);
            while let Some(answer) = answers.next().await {
                answer?;
            }
        }
        let written = start.elapsed();
        let makers = objects
            .iter()
            .filter(|object| object["kind"] == "StatefulSet" || object["kind"] == "Deployment");
        let pods: Api<Pod> = Api::all(client.clone());
        let running = ListParams::default()
            .fields("status.phase=Running")
            .match_any();
        let expected = makers.count();
        while pods.list_metadata(&running).await?.items.len() < expected {
            tokio::time::sleep(LOOK).await;
        }
        Ok(Measured {
            written,
            ready: start.elapsed(),
        })
    })
}

async fn apply(client: Client, object: Value) -> Result<(), kube::Error> {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let api_version = text("/apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &text("/kind")));
    let namespace = text("/metadata/namespace");
    let api: Api<DynamicObject> = if namespace.is_empty() {
        Api::all_with(client, &resource)
    } else {
        Api::namespaced_with(client, &namespace, &resource)
    };
    let params = PatchParams::apply("bench").force();
    api.patch(&text("/metadata/name"), &params, &Patch::Apply(&object))
        .await?;
    Ok(())
}

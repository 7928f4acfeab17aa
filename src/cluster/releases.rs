//! The Releases of our namespace: made once, and their status compared while it is written.

use std::collections::BTreeMap;

use http::Method;
use kube::core::ObjectMeta;
use serde_json::Value;

use crate::object::{ObjectId, mark};
use crate::release::{Release, ReleaseSpec, ReleaseStatus};

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::resource::{RELEASE, escaped};
use super::writer::Writer;

/// Releases on a page of a list.
const PAGE: u32 = 500;

/// Reads a Release; `None` if it is not there.
pub async fn get(client: &Client, namespace: &str, name: &str) -> Result<Option<Release>, Error> {
    let attempt = Attempt::to("read", id(namespace, name));
    let call = call(attempt, Method::GET, path(namespace, name), Body::None);
    match client.call(call).await {
        Ok(answer) => answer.parse().map(Some),
        Err(error) if *error.fault() == Fault::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads all Releases of a namespace, by name.
pub async fn list(client: &Client, namespace: &str) -> Result<Vec<Release>, Error> {
    let mut releases = Vec::new();
    let mut next = String::new();
    loop {
        let attempt = Attempt::to("list", format_args!("the Releases of `{namespace}`"));
        let collection = RELEASE.collection(Some(namespace));
        let target = format!("{collection}?limit={PAGE}&continue={}", escaped(&next));
        let answer = client
            .call(call(attempt, Method::GET, target, Body::None))
            .await?;
        let page: Page = answer.parse()?;
        releases.extend(page.items);
        match page.metadata.next {
            Some(more) if !more.is_empty() => next = more,
            _ => return Ok(releases),
        }
    }
}

#[derive(serde::Deserialize)]
struct Page {
    metadata: PageMeta,
    items: Vec<Release>,
}

#[derive(serde::Deserialize)]
struct PageMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// Makes a Release. That it exists already is [`Fault::AlreadyExists`].
pub async fn create(
    writer: &Writer,
    namespace: &str,
    name: &str,
    spec: ReleaseSpec,
) -> Result<Release, Error> {
    let attempt = Attempt::to("create", id(namespace, name));
    let mut labels = BTreeMap::from([(mark::OWNER.to_owned(), spec.owner.clone())]);
    if let Some(strategy) = &spec.strategy {
        labels.insert(mark::STRATEGY.to_owned(), strategy.clone());
    }
    let mut release = Release::new(name, spec);
    release.metadata.namespace = Some(namespace.to_owned());
    release.metadata.labels = Some(labels);
    let target = RELEASE.collection(Some(namespace));
    put(writer, attempt, Method::POST, target, &release).await
}

/// Writes the status of a Release if the Release is still the one that was read: a change in
/// between is [`Fault::Conflict`]. What the API server did not keep all of is
/// [`Fault::DefinitionOlder`]: nothing may be done then that relies on the record.
pub async fn put_status(
    writer: &Writer,
    release: &Release,
    status: ReleaseStatus,
) -> Result<Release, Error> {
    let ObjectMeta {
        name,
        namespace,
        uid,
        resource_version,
        ..
    } = release.metadata.clone();
    let (name, namespace) = (name.unwrap_or_default(), namespace.unwrap_or_default());
    let attempt = Attempt::to("write the status of", id(&namespace, &name));
    if resource_version.is_none() || uid.is_none() {
        // Without both, the API server would write over whatever is there.
        let message = "the Release was not read from the API server".to_owned();
        return Err(Error::new(attempt, Fault::Conflict { message }));
    }
    let target = format!("{}/status", path(&namespace, &name));
    let changed = Release {
        status: Some(status),
        ..release.clone()
    };
    let kept = put(writer, attempt.clone(), Method::PUT, target, &changed).await?;
    if kept.status == changed.status {
        return Ok(kept);
    }
    let resource = RELEASE.qualified();
    Err(Error::new(attempt, Fault::DefinitionOlder { resource }))
}

/// Removes the Release of a unit of which nothing is left.
pub async fn delete(writer: &Writer, release: &Release) -> Result<(), Error> {
    let metadata = &release.metadata;
    let id = id(
        metadata.namespace.as_deref().unwrap_or_default(),
        metadata.name.as_deref().unwrap_or_default(),
    );
    let preconditions = serde_json::json!({
        "uid": metadata.uid,
        "resourceVersion": metadata.resource_version,
    });
    let api_version = RELEASE.api_version();
    match writer
        .delete(&RELEASE, &api_version, &id, preconditions)
        .await
    {
        Err(error) if *error.fault() != Fault::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn put(
    writer: &Writer,
    attempt: Attempt,
    method: Method,
    target: String,
    release: &Release,
) -> Result<Release, Error> {
    let body = serde_json::to_vec(release).expect("a Release can be written as JSON");
    let object = writer
        .put(call(attempt.clone(), method, target, Body::Json(body)))
        .await?;
    parse(object.into_value(), attempt)
}

fn parse(tree: Value, attempt: Attempt) -> Result<Release, Error> {
    serde_json::from_value(tree).map_err(|error| {
        let why = error.to_string();
        Error::new(attempt, Fault::Garbled { why })
    })
}

fn id(namespace: &str, name: &str) -> ObjectId {
    ObjectId {
        group: RELEASE.group.to_owned(),
        kind: RELEASE.kind.to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

fn path(namespace: &str, name: &str) -> String {
    RELEASE.object_path(&RELEASE.api_version(), &id(namespace, name))
}

fn call(attempt: Attempt, method: Method, target: String, body: Body) -> Call {
    Call {
        attempt,
        resource: &RELEASE,
        method,
        target,
        body,
    }
}

//! Looks past the watch cache, straight at the API server.

use http::Method;
use serde_json::Value;

use crate::object::{Object, ObjectId};

use super::client::{Body, Call, Client};
use super::error::{Attempt, Error, Fault};
use super::resource::{Resource, escaped};
use super::writer::object_in;

/// Reads an object as the API server has it now; `None` if it is not there. It is asked for as a
/// list of one: whoever may list and watch a kind needs no further right to look at one of it.
pub async fn read(
    client: &Client,
    api_version: &str,
    id: &ObjectId,
) -> Result<Option<Object>, Error> {
    let Some(resource) = Resource::of(&id.group, &id.kind) else {
        return Err(Error::unknown_kind("read", id));
    };
    let call = Call {
        attempt: Attempt::to("read", id),
        resource,
        method: Method::GET,
        target: resource.selecting(api_version, id),
        body: Body::None,
    };
    match items(client, call, api_version).await {
        Ok(mut items) => Ok(items.pop()),
        Err(error) if *error.fault() == Fault::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lists the objects of a kind in a namespace that a label selector finds. All of them at once, so
/// the selector should find few.
pub async fn list(
    client: &Client,
    resource: &'static Resource,
    namespace: &str,
    selector: &str,
) -> Result<Vec<Object>, Error> {
    let api_version = resource.api_version();
    let collection = resource.collection(Some(namespace));
    let what = format!("the {} of `{namespace}`", resource.plural);
    let call = Call {
        attempt: Attempt::to("list", what),
        resource,
        method: Method::GET,
        target: format!("{collection}?labelSelector={}", escaped(selector)),
        body: Body::None,
    };
    items(client, call, &api_version).await
}

/// The items of a list. They do not say their kind, as the list does it for them.
async fn items(client: &Client, call: Call, api_version: &str) -> Result<Vec<Object>, Error> {
    let (attempt, kind) = (call.attempt.clone(), call.resource.kind);
    let mut list = client.call(call).await?.tree()?;
    let items = match list.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        Some(Value::Null) => Vec::new(),
        // Something else must not pass for objects that are not there.
        _ => {
            let why = "it holds no list".to_owned();
            return Err(Error::new(attempt, Fault::Garbled { why }));
        }
    };
    let named = items.into_iter().map(|mut item| {
        if let Some(fields) = item.as_object_mut() {
            fields.insert("apiVersion".to_owned(), api_version.into());
            fields.insert("kind".to_owned(), kind.into());
        }
        object_in(item, attempt.clone())
    });
    named.collect()
}

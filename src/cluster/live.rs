//! What a server-side apply would make of an object, asked of the API server and not written.
//!
//! There are three answers, and the third is never given as the first: what is there and what it
//! would become, what would be made, and that nobody can tell.

use futures::{StreamExt, stream};
use http::Method;

use crate::object::{Object, ObjectId, mark};

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::read::read;
use super::resource::Resource;
use super::writer::{apply_target, object_in};

/// Objects asked about at a time.
const AT_A_TIME: usize = 8;

/// How often an object that changes between the two questions is asked about again.
const TRIES: u32 = 3;

/// What is known about one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction {
    /// It is there.
    Present {
        /// As it is.
        live: Object,
        /// As it would be.
        predicted: Object,
    },
    /// It is not there.
    Absent {
        /// As it would be; in a namespace that is still to be made, as it was given.
        predicted: Object,
    },
    /// Nobody knows.
    CannotTell {
        /// Why, and what to do.
        reason: String,
    },
}

/// Asks about objects, some at a time; the answers come in their order.
pub async fn predict(client: &Client, objects: &[Object]) -> Vec<(ObjectId, Prediction)> {
    let one = |object: &Object| {
        let (client, object) = (client.clone(), object.clone());
        async move { (object.id(), predict_one(&client, &object).await) }
    };
    let asked = stream::iter(objects.iter().map(one)).buffered(AT_A_TIME);
    asked.collect().await
}

async fn predict_one(client: &Client, object: &Object) -> Prediction {
    let mut last = Prediction::CannotTell {
        reason: "it changes faster than it can be looked at; try again".to_owned(),
    };
    for _ in 0..TRIES {
        match ask(client, object).await {
            Ok(prediction) => return prediction,
            Err(error) if is_race(error.fault()) => {}
            Err(error) => {
                last = Prediction::CannotTell {
                    reason: error.to_string(),
                };
                break;
            }
        }
    }
    last
}

/// Whether it was made, changed or deleted between the two questions.
fn is_race(fault: &Fault) -> bool {
    matches!(fault, Fault::Conflict { .. })
}

async fn ask(client: &Client, object: &Object) -> Result<Prediction, Error> {
    let live = read(client, object.api_version(), &object.id()).await?;
    match (dry_run(client, object, live.as_ref()).await, live) {
        (Ok(predicted), Some(live)) => Ok(Prediction::Present { live, predicted }),
        (Ok(predicted), None) => Ok(Prediction::Absent { predicted }),
        (Err(error), None) if matches!(error.fault(), Fault::NamespaceMissing { .. }) => {
            let predicted = object.clone();
            Ok(Prediction::Absent { predicted })
        }
        (Err(error), _) => Err(error),
    }
}

/// The dry run is bound to the state that was read, so that both answers are about the same one.
async fn dry_run(client: &Client, object: &Object, live: Option<&Object>) -> Result<Object, Error> {
    let id = object.id();
    let Some(resource) = Resource::of_object(object) else {
        return Err(Error::unknown_kind("dry-run", &id));
    };
    let mut body = object.clone();
    if let Some(metadata) = body.value_mut().get_mut("metadata") {
        // No object is as old as version 1: one that was made in between is a conflict.
        let version = live.and_then(Object::resource_version).unwrap_or("1");
        metadata["resourceVersion"] = version.into();
        if let Some(uid) = live.and_then(Object::uid) {
            metadata["uid"] = uid.into();
        }
    }
    let attempt = Attempt::to("dry-run", &id);
    let path = resource.object_path(object.api_version(), &id);
    let call = Call {
        attempt: attempt.clone(),
        resource,
        method: Method::PATCH,
        target: format!("{}&dryRun=All", apply_target(&path, mark::MANAGER)),
        body: Body::Apply(body.value().to_string().into_bytes()),
    };
    object_in(client.call(call).await?.tree()?, attempt)
}

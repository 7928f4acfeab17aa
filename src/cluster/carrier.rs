//! Carries the requests of a plan's machine to the API server, and the answers back.
//!
//! What happens next is the machine's to decide. Three answers of the API server need to be known
//! from the inside, and are checked against a real one in the tests:
//!
//! - an apply whose resource version is `1` makes an object that is absent and conflicts with one
//!   that exists, since no object is as old as that;
//! - an apply with a uid and a resource version conflicts with an object that was deleted, and with
//!   another of its name; should only the uid differ, the answer is `422` on `metadata.uid`, which
//!   is a conflict too and no immutable field that deleting would cure;
//! - an apply with a field that the schema does not know is answered with `500`, although nothing
//!   is wrong with the server.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::object::Object;
use crate::plan::Cause;
use crate::plan::machine::{Call as Ask, Machine, Outcome, Request, RequestId, Response, Write};

use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::resource::Resource;
use super::writer::{Left, Writer, apply_target};

/// Carries out machines, many at a time, within one bound on requests. Cheap to clone.
#[derive(Clone)]
pub struct Carrier {
    writer: Writer,
    room: Arc<Semaphore>,
}

impl Carrier {
    /// Has at most `in_flight` requests under way, over all machines.
    pub fn new(writer: Writer, in_flight: usize) -> Self {
        Self {
            writer,
            room: Arc::new(Semaphore::new(in_flight)),
        }
    }

    /// Carries a machine to its end. The only error is that this process may no longer write.
    /// `tell` hears what is not done yet, and why.
    pub async fn run(&self, mut machine: Machine, tell: impl Fn(String)) -> Result<Outcome, Error> {
        let mut under_way = FuturesUnordered::new();
        loop {
            let requests = machine.next(Timestamp::now());
            under_way.extend(requests.into_iter().map(|ask| self.carry(ask)));
            if let Some(outcome) = machine.outcome() {
                return Ok(outcome);
            }
            machine.pending().into_iter().for_each(&tell);
            let pause = pause(&machine);
            tokio::select! {
                Some((id, answer)) = under_way.next() => {
                    machine.receive(id, answer?, Timestamp::now());
                }
                () = pause => {}
            }
        }
    }

    async fn carry(
        &self,
        (id, request): (RequestId, Request),
    ) -> (RequestId, Result<Response, Error>) {
        // The semaphore lives as long as the carrier and is never closed.
        let _turn = self.room.acquire().await;
        (id, self.send(request).await)
    }

    async fn send(&self, request: Request) -> Result<Response, Error> {
        let Request {
            api_version,
            id,
            call,
        } = request;
        let Some(resource) = Resource::of(&id.group, &id.kind) else {
            let error = Error::unknown_kind("write", &id);
            return Ok(Response::NotFound(error.fault().to_string()));
        };
        let path = resource.object_path(&api_version, &id);
        let of = |verb, target, body| Call {
            attempt: Attempt::to(verb, &id),
            resource,
            method: Method::PATCH,
            target,
            body,
        };
        let left = match call {
            Ask::Apply {
                body,
                manager,
                write,
            } => {
                let target = apply_target(&path, manager);
                let body = Body::Apply(body.to_string().into_bytes());
                match write {
                    Write::Persist => self.put(of("apply", target, body)).await,
                    Write::DryRun => {
                        let target = format!("{target}&dryRun=All");
                        self.rehearse(of("rehearse", target, body)).await
                    }
                }
            }
            Ask::Patch {
                operations,
                manager,
            } => {
                let target = format!("{path}?fieldManager={manager}&fieldValidation=Strict");
                let body = Body::Patch(operations.to_string().into_bytes());
                self.put(of("take over", target, body)).await
            }
            Ask::Delete { seen } => {
                let preconditions = serde_json::json!({
                    "uid": seen.uid,
                    "resourceVersion": seen.resource_version,
                });
                self.writer
                    .delete(resource, &api_version, &id, preconditions)
                    .await
                    .map(Left::object)
            }
        };
        answer(left)
    }

    async fn put(&self, call: Call) -> Result<Option<Object>, Error> {
        self.writer.put(call).await.map(Some)
    }

    /// A dry run is held to the lease as well, but what it answers is not what is there, so it does
    /// not go into the cache.
    async fn rehearse(&self, call: Call) -> Result<Option<Object>, Error> {
        let answer = self.writer.call(call).await?;
        Ok(answer.tree().ok().and_then(Object::new))
    }
}

impl Left {
    fn object(self) -> Option<Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::Nothing => None,
        }
    }
}

/// Until the machine has something to send again by itself.
async fn pause(machine: &Machine) {
    match machine.wake_at() {
        Some(at) => {
            let left = Timestamp::now()
                .duration_until(at)
                .max(SignedDuration::ZERO);
            sleep(left.unsigned_abs()).await;
        }
        None => std::future::pending().await,
    }
}

/// What came back, in the machine's words. A lost lease is no answer.
fn answer(left: Result<Option<Object>, Error>) -> Result<Response, Error> {
    let error = match left {
        Ok(object) => return Ok(Response::Accepted(object)),
        Err(error) => error,
    };
    let text = error.fault().to_string();
    Ok(match error.fault() {
        Fault::LeadershipLost => return Err(error),
        Fault::Conflict { .. } | Fault::AlreadyExists | Fault::Expired => Response::Conflict(text),
        Fault::Forbidden { right } => Response::Forbidden(right.to_string()),
        // The machine knows a namespace that ends by the API server's own words.
        Fault::Terminating { namespace } => Response::Forbidden(format!(
            "namespace {namespace} takes no new objects because it is being terminated"
        )),
        Fault::Unauthorised | Fault::Refused { .. } => Response::Forbidden(text),
        Fault::NotFound
        | Fault::DefinitionOlder { .. }
        | Fault::NamespaceMissing { .. }
        | Fault::KindMissing { .. }
        | Fault::UnknownKind { .. } => Response::NotFound(text),
        Fault::Invalid { causes } if causes.iter().any(|cause| cause.field == "metadata.uid") => {
            Response::Conflict(text)
        }
        Fault::Invalid { causes } => Response::Invalid(
            causes
                .iter()
                .map(|cause| Cause {
                    field: cause.field.clone(),
                    message: cause.message.clone(),
                })
                .collect(),
        ),
        Fault::Throttled { retry_after } => Response::Throttled {
            retry_after: retry_after.and_then(|after| after.try_into().ok()),
        },
        Fault::Unavailable { .. } | Fault::Garbled { .. } => Response::ServerError(text),
        Fault::TimedOut { .. } => Response::TimedOut,
        Fault::Unreachable { .. } => Response::Disconnected(text),
    })
}

//! Halts and what lifts them: made by people, told about and made again by the daemon.

use http::Method;
use serde::Deserialize;
use serde::Serialize;

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::resource::{HALT, Resource, UNHALT, escaped};
use super::writer::Writer;
use crate::halt::{Halt, HaltSpec, HaltStatus, Standing, Unhalt, UnhaltSpec};

/// How many digits of the uid of a Halt that vanished are in the name of the one that stands in for
/// it, where its own name is taken.
const DIGITS: usize = 8;

/// Makes a Halt.
pub async fn halt(client: &Client, spec: HaltSpec) -> Result<Halt, Error> {
    let verb = if spec.drill { "rehearse" } else { "halt" };
    let attempt = Attempt::to(verb, spec.scope.scope());
    let mut halt = Halt::new("", spec);
    halt.metadata.name = None;
    halt.metadata.generate_name = Some("halt-".to_owned());
    client.call(make(attempt, &HALT, &halt)).await?.parse()
}

/// Makes an Unhalt.
pub async fn unhalt(client: &Client, spec: UnhaltSpec) -> Result<Unhalt, Error> {
    let attempt = Attempt::to("lift", format_args!("Halt {}", spec.halt));
    let mut unhalt = Unhalt::new("", spec);
    unhalt.metadata.name = None;
    unhalt.metadata.generate_name = Some(format!("{}-", unhalt.spec.halt));
    client.call(make(attempt, &UNHALT, &unhalt)).await?.parse()
}

/// All Halts of the cluster.
pub async fn list(client: &Client) -> Result<Vec<Halt>, Error> {
    let call = Call {
        attempt: Attempt::to("list", "the Halts"),
        resource: &HALT,
        method: Method::GET,
        target: HALT.collection(None),
        body: Body::None,
    };
    let list: List = client.call(call).await?.parse()?;
    Ok(list.items)
}

/// A Halt; `None` if it is not there.
pub async fn get(client: &Client, name: &str) -> Result<Option<Halt>, Error> {
    let call = Call {
        attempt: Attempt::to("read", format_args!("Halt {name}")),
        resource: &HALT,
        method: Method::GET,
        target: path(name),
        body: Body::None,
    };
    match client.call(call).await {
        Ok(answer) => answer.parse().map(Some),
        Err(error) if *error.fault() == Fault::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a Halt again that vanished without having been lifted.
pub async fn restore(writer: &Writer, lost: &Standing) -> Result<(), Error> {
    match restore_as(writer, lost, &lost.name).await {
        Err(error) if *error.fault() == Fault::AlreadyExists => {
            let digits: String = lost.uid.chars().take(DIGITS).collect();
            restore_as(writer, lost, &format!("{}-{digits}", lost.name)).await
        }
        other => other,
    }
}

async fn restore_as(writer: &Writer, lost: &Standing, name: &str) -> Result<(), Error> {
    let spec = HaltSpec {
        scope: lost.scope.clone(),
        reason: lost.reason.clone(),
        by: lost.by.clone(),
        drill: false,
        restores: Some(lost.uid.clone()),
    };
    let attempt = Attempt::to("restore", format_args!("Halt {name}"));
    let call = make(attempt, &HALT, &Halt::new(name, spec));
    writer.put(call).await.map(drop)
}

/// Tells what became of a Halt, if it is still the one that was looked at.
pub async fn put_status(writer: &Writer, halt: &Halt, status: HaltStatus) -> Result<(), Error> {
    let name = halt.metadata.name.clone().unwrap_or_default();
    let told = Halt {
        status: Some(status),
        ..halt.clone()
    };
    let call = Call {
        attempt: Attempt::to("write the status of", format_args!("Halt {name}")),
        resource: &HALT,
        method: Method::PUT,
        target: format!("{}/status", path(&name)),
        body: Body::Json(json(&told)),
    };
    writer.put(call).await.map(drop)
}

#[derive(Deserialize)]
struct List {
    items: Vec<Halt>,
}

fn make(attempt: Attempt, resource: &'static Resource, object: &impl Serialize) -> Call {
    Call {
        attempt,
        resource,
        method: Method::POST,
        target: resource.collection(None),
        body: Body::Json(json(object)),
    }
}

fn json(object: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(object).expect("a Halt can be written as JSON")
}

fn path(name: &str) -> String {
    format!("{}/{}", HALT.collection(None), escaped(name))
}

//! The Lease object: reading it, and claiming it by compare-and-swap.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};

use crate::cluster::Client;
use crate::cluster::client::{Body, Call};
use crate::cluster::error::{Attempt, Error, Fault};
use crate::cluster::resource::{LEASE, escaped};

use super::Settings;

/// A holder's claim, as the Lease has it.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) holder: String,
    pub(super) renewed: Option<Timestamp>,
    pub(super) length: Duration,
}

impl Claim {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.holder == other.holder && self.renewed == other.renewed
    }

    /// How long ago it was renewed, by the wall clocks.
    pub(super) fn age(&self) -> Duration {
        let age = self.renewed.map(|at| Timestamp::now().duration_since(at));
        age.map_or(Duration::MAX, |age| {
            Duration::try_from(age).unwrap_or_default()
        })
    }
}

/// What there is.
pub(super) enum Found {
    Nothing,
    Free(Lease),
    Held { claim: Claim, lease: Lease },
}

impl Found {
    pub(super) fn lease(self) -> Option<Lease> {
        match self {
            Self::Nothing => None,
            Self::Free(lease) | Self::Held { lease, .. } => Some(lease),
        }
    }
}

pub(super) async fn look(client: &Client, settings: &Settings) -> Result<Found, Error> {
    let target = format!("{}/{}", collection(settings), escaped(&settings.name));
    let call = call(settings, "read", Method::GET, target, Body::None);
    let lease: Lease = match client.call(call).await {
        Ok(answer) => answer.parse()?,
        Err(error) if *error.fault() == Fault::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    Ok(match claim_in(&lease, settings) {
        None => Found::Free(lease),
        Some(claim) => Found::Held { claim, lease },
    })
}

fn claim_in(lease: &Lease, settings: &Settings) -> Option<Claim> {
    let spec = lease.spec.as_ref()?;
    let holder = spec.holder_identity.clone().filter(|h| !h.is_empty())?;
    let seconds = spec.lease_duration_seconds.unwrap_or_default();
    let stated = Duration::from_secs(seconds.try_into().unwrap_or_default());
    Some(Claim {
        holder,
        renewed: spec.renew_time.as_ref().map(|time| time.0),
        // A Lease that states no length, or a shorter one, is given ours.
        length: stated.max(settings.length),
    })
}

/// Writes our claim over what was found, if that has not changed.
pub(super) async fn claim(
    client: &Client,
    settings: &Settings,
    found: Option<Lease>,
) -> Result<Lease, Error> {
    let now = MicroTime(Timestamp::now());
    let Some(mut lease) = found else {
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(settings.name.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(claimed(None, settings, now)),
        };
        return write(client, settings, Method::POST, collection(settings), &lease).await;
    };
    lease.spec = Some(claimed(lease.spec.take(), settings, now));
    replace(client, settings, &lease).await
}

fn claimed(before: Option<LeaseSpec>, settings: &Settings, now: MicroTime) -> LeaseSpec {
    let before = before.unwrap_or_default();
    let is_ours = before.holder_identity.as_ref() == Some(&settings.identity);
    let transitions = before.lease_transitions.unwrap_or_default();
    LeaseSpec {
        acquire_time: before
            .acquire_time
            .filter(|_| is_ours)
            .or_else(|| Some(now.clone())),
        holder_identity: Some(settings.identity.clone()),
        lease_duration_seconds: i32::try_from(settings.length.as_secs()).ok(),
        lease_transitions: Some(transitions + i32::from(!is_ours)),
        renew_time: Some(now),
        ..before
    }
}

/// Gives the Lease up, so that the next one need not wait.
pub(super) async fn release(
    client: &Client,
    settings: &Settings,
    mut lease: Lease,
) -> Result<Lease, Error> {
    if let Some(spec) = lease.spec.as_mut() {
        spec.holder_identity = Some(String::new());
    }
    replace(client, settings, &lease).await
}

async fn replace(client: &Client, settings: &Settings, lease: &Lease) -> Result<Lease, Error> {
    let target = format!("{}/{}", collection(settings), escaped(&settings.name));
    write(client, settings, Method::PUT, target, lease).await
}

async fn write(
    client: &Client,
    settings: &Settings,
    method: Method,
    target: String,
    lease: &Lease,
) -> Result<Lease, Error> {
    let body = serde_json::to_vec(lease).expect("a Lease can be written as JSON");
    let call = call(settings, "write", method, target, Body::Json(body));
    client.call(call).await?.parse()
}

fn collection(settings: &Settings) -> String {
    LEASE.collection(Some(&settings.namespace))
}

fn call(
    settings: &Settings,
    verb: &'static str,
    method: Method,
    target: String,
    body: Body,
) -> Call {
    let Settings {
        namespace, name, ..
    } = settings;
    Call {
        attempt: Attempt::to(verb, format_args!("Lease {namespace}/{name}")),
        resource: &LEASE,
        method,
        target,
        body,
    }
}

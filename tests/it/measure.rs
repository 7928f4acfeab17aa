//! Measurements, taken of a real Prometheus and of servers that behave badly.

mod json;
mod logs;
mod prometheus;
mod scan;
mod webhook;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tidegate::measure::{Measurer, Settings};
use tidegate::rollout::gates::{Outcome, Query};

/// A measurer that gives up soon, with Secrets in a folder.
fn measurer(secrets: Option<&Path>) -> Measurer {
    let settings = Settings {
        secrets: secrets.map(Path::to_owned),
        deadline: Duration::from_secs(2),
        ..Settings::default()
    };
    Measurer::new(settings, None).expect("it is set up")
}

async fn take(measurer: &Measurer, query: &Query) -> Outcome {
    let taken = measurer.take(query, Timestamp::now()).await;
    taken.expect("it is a measurement").outcome
}

#[track_caller]
fn error(outcome: &Outcome, why: &str) {
    let Outcome::Error(text) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(text.contains(why), "{text}");
}

/// Writes a Secret as the kubelet mounts it.
fn mount(folder: &Path, secret: &str, keys: &[(&str, &str)]) {
    let folder = folder.join(secret);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (key, value) in keys {
        std::fs::write(folder.join(key), value).expect("a file");
    }
}

/// A value that is in the spec's form.
fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("it has the form")
}

/// No headers.
fn none() -> BTreeMap<String, tidegate::spec::metric::SecretRef> {
    BTreeMap::new()
}

//! What a Halt is about, and where that is: from Tidegate's records, or, for those who may not read
//! them, from what runs in their own namespace.

use std::collections::BTreeSet;

use crate::cli::HaltOptions;
use crate::cluster::resource::Resource;
use crate::cluster::{self, Client, Error, Fault, releases};
use crate::diagnostic::suggest;
use crate::halt::{Named, Place, Scope, Touches};
use crate::object::mark;
use crate::release::Release;

use super::super::Failure;

/// What a Halt is about.
pub(super) struct Target {
    /// The scope.
    pub(super) scope: Scope,
    /// The records of what is in it, where they could be read.
    pub(super) releases: Option<Vec<Release>>,
    /// The namespaces of the desks that it reaches.
    pub(super) namespaces: BTreeSet<String>,
}

/// Finds what a Halt is about. What is not there is said, and nothing is made.
pub(super) async fn find(client: &Client, options: &HaltOptions) -> Result<Target, Failure> {
    match releases::list(client, &options.connection.namespace).await {
        Ok(releases) => among(options, releases),
        Err(error) if is_closed(&error) => in_namespace(client, options, error).await,
        Err(error) => Err(error.into()),
    }
}

/// Whether the records are not for this caller, or not there.
fn is_closed(error: &Error) -> bool {
    let fault = error.fault();
    matches!(fault, Fault::Forbidden { .. } | Fault::KindMissing { .. })
}

fn among(options: &HaltOptions, mut releases: Vec<Release>) -> Result<Target, Failure> {
    let scope = scope_among(options, &releases)?;
    releases.retain(|release| concerns(&scope, release));
    let namespaces = releases
        .iter()
        .map(|it| it.spec.namespace.clone())
        .collect();
    Ok(Target {
        scope,
        releases: Some(releases),
        namespaces,
    })
}

fn scope_among(options: &HaltOptions, releases: &[Release]) -> Result<Scope, Failure> {
    let wanted = &options.scope;
    let touches = || {
        releases
            .iter()
            .filter_map(|it| Some(&it.status.as_ref()?.touches))
    };
    if let Some(name) = &wanted.strategy {
        let strategies = releases.iter().filter(|it| it.spec.strategy.is_some());
        let found = strategies
            .clone()
            .find(|it| it.spec.strategy.as_ref() == Some(name));
        let known = strategies.filter_map(|it| it.spec.strategy.as_deref());
        let found = found.ok_or_else(|| missing("strategy", name, known))?;
        return Ok(Scope::Strategy(Named {
            namespace: found.spec.namespace.clone(),
            name: name.clone(),
        }));
    }
    if let Some(desk) = &wanted.desk {
        let found = releases.iter().find(|it| it.spec.desk == *desk);
        let known = releases.iter().map(|it| it.spec.desk.as_str());
        let found = found.ok_or_else(|| missing("desk", desk, known))?;
        return Ok(Scope::Desk(found.spec.namespace.clone()));
    }
    if let Some(venue) = &wanted.venue {
        let known = touches().flat_map(|it| &it.venues).map(String::as_str);
        return is_known("venue", venue, known).map(|()| Scope::Venue(venue.clone()));
    }
    if let Some(account) = &wanted.account {
        let known = touches().flat_map(|it| &it.accounts).map(String::as_str);
        return is_known("account", account, known).map(|()| Scope::Account(account.clone()));
    }
    Ok(Scope::Everything)
}

fn is_known<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Result<(), Failure> {
    let known: BTreeSet<&str> = known.collect();
    if known.contains(name) {
        return Ok(());
    }
    Err(missing(kind, name, known.into_iter()))
}

fn missing<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: BTreeSet<&str> = known.collect();
    let message = match kind {
        "venue" | "account" => format!("no strategy of this cluster trades on {kind} `{name}`"),
        _ => format!("there is no {kind} `{name}` in this cluster"),
    };
    let failure = Failure::usage(format!("{message}; nothing was halted"));
    match suggest(name, known.iter().copied()) {
        Some(close) => failure.with_help(format!("did you mean `{close}`?")),
        None if known.is_empty() => failure,
        None => {
            let known: Vec<&str> = known.into_iter().collect();
            failure.with_help(format!("there are {}", known.join(", ")))
        }
    }
}

/// Whether a scope is about the unit of a record.
fn concerns(scope: &Scope, release: &Release) -> bool {
    let none = Touches::default();
    let touches = release.status.as_ref().map_or(&none, |it| &it.touches);
    release.spec.unit().is_some_and(|unit| {
        scope.concerns(&Place {
            unit: &unit,
            namespace: &release.spec.namespace,
            touches,
        })
    })
}

/// The same by what runs in a namespace.
async fn in_namespace(
    client: &Client,
    options: &HaltOptions,
    closed: Error,
) -> Result<Target, Failure> {
    let Some(namespace) = &options.desk_namespace else {
        let help = "say the namespace of the desk with `--in`, then its records are not needed";
        return Err(Failure::from(closed).with_help(help));
    };
    let scope = match (&options.scope.strategy, &options.scope.desk) {
        (Some(name), _) => {
            let known = strategies_in(client, namespace).await?;
            is_known("strategy", name, known.iter().map(String::as_str))?;
            Scope::Strategy(Named {
                namespace: namespace.clone(),
                name: name.clone(),
            })
        }
        (None, Some(desk)) => {
            let known = strategies_in(client, namespace).await?;
            if known.is_empty() {
                let message = format!("nothing of desk `{desk}` is in namespace `{namespace}`");
                return Err(Failure::usage(format!("{message}; nothing was halted")));
            }
            Scope::Desk(namespace.clone())
        }
        // Whether anything trades there stands in the records only; everything is everything.
        (None, None) => match (&options.scope.venue, &options.scope.account) {
            (None, None) => Scope::Everything,
            _ => return Err(closed.into()),
        },
    };
    Ok(Target {
        scope,
        releases: None,
        namespaces: [namespace.clone()].into(),
    })
}

/// The strategies that have a workload in a namespace.
async fn strategies_in(client: &Client, namespace: &str) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for (group, kind) in [
        ("apps", "StatefulSet"),
        ("apps", "Deployment"),
        ("batch", "CronJob"),
        ("batch", "Job"),
    ] {
        let resource = Resource::of(group, kind).expect("a kind that Tidegate knows");
        let objects = cluster::list(client, resource, namespace, mark::STRATEGY).await?;
        let names = objects.iter().filter_map(|it| it.label(mark::STRATEGY));
        found.extend(names.map(str::to_owned));
    }
    Ok(found)
}

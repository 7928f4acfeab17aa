//! `tidegate approve`: makes an Approval of what a strategy waits for.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::apply::options as connection;
use super::ask::find;
use super::{Exit, Failure, Screen, guarded, runtime};
use crate::admission::APPROVALS;
use crate::approval::ApprovalSpec;
use crate::cli::{ApproveOptions, Output};
use crate::cluster::{approvals, connect, intents};
use crate::release::{ApprovalWanted, ReleaseStatus};
use crate::spec::measure::Duration;

pub(super) fn run(options: &ApproveOptions, screen: Screen) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let client = connect(&connection(&options.connection)).await?;
        let release = find(&client, &options.connection.namespace, &options.strategy).await?;
        let status = release.status.unwrap_or_default();
        let wanted = wanted(&status, options)?;
        let by = intents::whoami(&client).await?;
        guarded::until_it_counts(&client, APPROVALS, screen).await?;
        let spec = spec(wanted, options, by)?;
        let made = approvals::create(&client, &release.spec.namespace, spec).await?;
        match options.output {
            Output::Json => screen.json(&json!(made))?,
            Output::Text => screen.data(&told(&made.spec, wanted))?,
        }
        Ok(Exit::Done)
    })
}

/// What is waited for that the options mean.
fn wanted<'s>(
    status: &'s ReleaseStatus,
    options: &ApproveOptions,
) -> Result<&'s ApprovalWanted, Failure> {
    let asked = status
        .waiting_on
        .iter()
        .filter_map(|it| it.approval.as_ref());
    let asked: Vec<&ApprovalWanted> = asked.collect();
    if asked.is_empty() {
        let strategy = &options.strategy;
        let failure = Failure::usage(format!("`{strategy}` waits for no approval"));
        return Err(failure.with_help("`tidegate rollout status` shows what it waits for"));
    }
    let is_meant = |it: &&ApprovalWanted| {
        let role = options.role.is_none() || it.role == options.role;
        let group = options.group.is_none() || it.group == options.group;
        role && group
    };
    let mut meant = asked.iter().copied().filter(is_meant);
    let list = || {
        let names = asked.iter().map(|it| who(it));
        names.collect::<Vec<_>>().join(", ")
    };
    let found = meant.next().ok_or_else(|| {
        Failure::usage("nobody is asked to approve as that")
            .with_help(format!("it waits for {}", list()))
    })?;
    if meant.next().is_some() {
        return Err(Failure::usage("several approvals are waited for")
            .with_help(format!("say as what you approve: {}", list())));
    }
    is_looked_at(found, options)?;
    Ok(found)
}

/// Whoever says which behaviour they looked at approves no other.
fn is_looked_at(wanted: &ApprovalWanted, options: &ApproveOptions) -> Result<(), Failure> {
    let hex = wanted.behaviour.trim_start_matches("sha256:");
    match &options.behaviour {
        Some(digits) if !hex.starts_with(digits.trim_start_matches("sha256:")) => {
            let message = format!("what waits now is {}", wanted.behaviour);
            Err(Failure::usage(message).with_help("look at it, and name its first digits"))
        }
        _ => Ok(()),
    }
}

fn spec(
    wanted: &ApprovalWanted,
    options: &ApproveOptions,
    by: String,
) -> Result<ApprovalSpec, Failure> {
    let most: Duration = wanted.expires_in.parse()?;
    let most = SignedDuration::from_secs(i64::from(most.seconds()));
    let asked = options.expires.map(SignedDuration::try_from).transpose()?;
    let span = asked.map_or(most, |asked| asked.min(most));
    Ok(ApprovalSpec {
        release: options.strategy.clone(),
        behaviour: wanted.behaviour.clone(),
        plan: wanted.plan.clone(),
        role: wanted.role.clone(),
        group: wanted.group.clone(),
        reason: options.reason.clone(),
        by,
        expires: Timestamp::now().checked_add(span)?,
    })
}

fn who(wanted: &ApprovalWanted) -> String {
    match (&wanted.role, &wanted.group) {
        (Some(role), _) => format!("`--role {role}`"),
        (None, Some(group)) => format!("`--group {group}`"),
        (None, None) => "nobody".to_owned(),
    }
}

fn told(spec: &ApprovalSpec, wanted: &ApprovalWanted) -> String {
    let people = match wanted.quorum {
        1 => String::new(),
        quorum => format!(", one of the {quorum} people that it takes"),
    };
    format!(
        "{} approved `{}`, behaviour {}{people}\ncounts until {}, if who wrote it is another\n",
        spec.by, spec.release, spec.behaviour, spec.expires
    )
}

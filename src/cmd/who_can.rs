//! `tidegate who-can`: whose yes or no counts for a strategy, by the fleet's people and, if asked, by
//! the cluster's rights.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::apply::options as connection;
use super::input::Input;
use super::{Exit, Failure, Screen, runtime};
use crate::cli::{Deed, Output, WhoCanOptions};
use crate::cluster::{Client, access, connect};
use crate::compile::Bundle;
use crate::people::{People, Person};
use crate::resolve::Class;
use crate::resolve::rollout::Rollout;
use crate::spec::gate::Approver;
use crate::spec::overriding::OverrideFloor;

/// One way in which it is asked for, and who could.
struct Answer {
    /// As what, for a person.
    what: String,
    /// The subresource of the right.
    subresource: String,
    /// Those who could.
    people: Vec<Candidate>,
}

/// Somebody who could, by the fleet.
struct Candidate {
    name: String,
    /// The user names in clusters, and whether the cluster would let each, where it was asked.
    users: Vec<(String, Option<bool>)>,
}

pub(super) fn run(options: &WhoCanOptions, screen: Screen) -> Result<Exit, Failure> {
    let input = Input::from_folder(&options.fleet)?;
    let strategies = [options.strategy.clone()];
    let bundles = input.bundles(&strategies)?;
    let Some((bundle, people)) = bundles.first().zip(input.people()) else {
        return Ok(Exit::SpecErrors);
    };
    let mut answers = answers(options.deed, bundle, &people);
    if options.live {
        runtime()?.block_on(async {
            let client = connect(&connection(&options.connection)).await?;
            ask(&client, options.deed, bundle, &mut answers).await
        })?;
    }
    match options.output {
        Output::Text => screen.data(&text(options, bundle, &answers))?,
        Output::Json => screen.json(&json(&answers))?,
    }
    Ok(input.exit(Exit::SpecErrors))
}

fn answers(deed: Deed, bundle: &Bundle, people: &People) -> Vec<Answer> {
    let of_desk = |it: &&Person| it.is_of(&bundle.desk);
    let floors = bundle.authority.iter().flat_map(|it| &it.overrides);
    let floors: Vec<&OverrideFloor> = floors.collect();
    if deed == Deed::Override && !floors.is_empty() {
        return floors
            .into_iter()
            .map(|it| of_floor(it, bundle, people))
            .collect();
    }
    if deed != Deed::Approve {
        return vec![Answer {
            what: "by a right in the cluster".to_owned(),
            subresource: String::new(),
            people: people.iter().filter(of_desk).map(candidate).collect(),
        }];
    }
    let asked = bundle.rollout.iter().flat_map(Rollout::approvals);
    let mut answers: Vec<Answer> = Vec::new();
    for approve in asked {
        let what = approve.to_string();
        if answers.iter().any(|it| it.what == what) {
            continue;
        }
        let (subresource, people) = match &approve.by {
            Approver::Role(role) => {
                let people = people.with(role, &bundle.desk).map(candidate);
                (role.to_string(), people.collect())
            }
            Approver::Group(_) => (String::new(), people.iter().map(candidate).collect()),
        };
        answers.push(Answer {
            what,
            subresource,
            people,
        });
    }
    answers
}

/// Who could override as the floor asks.
fn of_floor(floor: &OverrideFloor, bundle: &Bundle, people: &People) -> Answer {
    let people = people.with(&floor.role, &bundle.desk);
    Answer {
        what: format!("{floor}, with the right to"),
        subresource: String::new(),
        people: people.map(candidate).collect(),
    }
}

fn candidate(person: &Person) -> Candidate {
    let users = person.kubernetes.iter().map(|user| (user.clone(), None));
    Candidate {
        name: person.name.clone(),
        users: users.collect(),
    }
}

async fn ask(
    client: &Client,
    deed: Deed,
    bundle: &Bundle,
    answers: &mut [Answer],
) -> Result<(), Failure> {
    let name = bundle.unit.release_name();
    for answer in answers {
        for person in &mut answer.people {
            for (user, may) in &mut person.users {
                let deed = right(deed, bundle, &name, &answer.subresource);
                *may = Some(access::may(client, user, &deed).await?);
            }
        }
    }
    Ok(())
}

/// The right that it takes in the cluster.
fn right<'a>(
    deed: Deed,
    bundle: &'a Bundle,
    name: &'a str,
    subresource: &'a str,
) -> access::Deed<'a> {
    let verb = match deed {
        Deed::Approve => "approve",
        Deed::Halt => "halt",
        Deed::Override => "override",
        Deed::Apply => "patch",
    };
    let (group, resource) = match (deed, bundle.class) {
        (Deed::Apply, Some(Class::Algo | Class::Gateway)) => ("apps", "statefulsets"),
        (Deed::Apply, Some(Class::Job)) => ("batch", "cronjobs"),
        (Deed::Apply, Some(Class::Service) | None) => ("apps", "deployments"),
        (Deed::Approve | Deed::Halt | Deed::Override, _) => ("tidegate.dev", "strategies"),
    };
    access::Deed {
        verb,
        group,
        resource,
        subresource,
        namespace: &bundle.namespace,
        name,
    }
}

fn text(options: &WhoCanOptions, bundle: &Bundle, answers: &[Answer]) -> String {
    let strategy = &options.strategy;
    if answers.is_empty() {
        return format!("nobody has to approve a change of `{strategy}`\n");
    }
    let mut text = String::new();
    for answer in answers {
        let _ = writeln!(text, "{strategy} · {} · {}", bundle.desk, answer.what);
        for person in &answer.people {
            let users: Vec<String> = person.users.iter().map(user).collect();
            let users = match users.as_slice() {
                [] => "has no user in clusters, and so cannot".to_owned(),
                users => users.join(", "),
            };
            let _ = writeln!(text, "  {:<12} {users}", person.name);
        }
        if answer.people.is_empty() {
            text.push_str("  nobody of `people`\n");
        }
    }
    let note = match (options.deed, options.live) {
        (Deed::Approve, _) => "nobody who wrote the change; as of the last promotion",
        (Deed::Override, false) => {
            "as of the last promotion; whoever wrote the change overrides no approval, and nothing where it takes two; `--live` asks the cluster which of them it would let"
        }
        (Deed::Override, true) => {
            "as of the last promotion; whoever wrote the change overrides no approval, and nothing where it takes two"
        }
        (_, false) => "`--live` asks the cluster which of them it would let",
        (_, true) => "others may have the right who are not in `people`",
    };
    let _ = writeln!(text, "  ({note})");
    text
}

fn user((user, may): &(String, Option<bool>)) -> String {
    match may {
        None => user.clone(),
        Some(true) => format!("{user} (may)"),
        Some(false) => format!("{user} (the cluster would not let them)"),
    }
}

fn json(answers: &[Answer]) -> Value {
    let person = |person: &Candidate| {
        let users = person.users.iter();
        let users: Vec<Value> = users
            .map(|(user, may)| json!({"user": user, "allowed": may}))
            .collect();
        json!({"name": person.name, "users": users})
    };
    let answer = |answer: &Answer| {
        let people: Vec<Value> = answer.people.iter().map(person).collect();
        json!({"as": answer.what, "people": people})
    };
    let answers: Vec<Value> = answers.iter().map(answer).collect();
    json!({"version": 1, "answers": answers})
}

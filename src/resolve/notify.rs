//! Who is told what happens: `notify:` of a fleet, desk by desk.

use std::collections::BTreeSet;

use super::case::unknown;
use super::tables::Tables;
use crate::diagnostic::Diagnostic;
use crate::spec::metric::{HttpUrl, SecretRef};
use crate::spec::names::DeskName;
use crate::spec::notify::{EmailTarget, Happening, MailTls, NotifierSpec, Recipient};
use crate::spec::object_name::ObjectName;

/// Where mail is taken in, unless somebody says otherwise: RFC 6409.
const SUBMISSION: u16 = 587;

/// The ways of which a notifier has one.
const WAYS: &str = "`webhook`, `slack` and `email`";

/// Somebody who is told what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifier {
    /// Its name in the fleet.
    pub name: String,
    /// What it is told of; everything if there is nothing here.
    pub events: BTreeSet<Happening>,
    /// How.
    pub way: Way,
}

/// How somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A signed JSON document.
    Webhook {
        /// The server.
        url: HttpUrl,
        /// The key.
        secret: SecretRef,
    },
    /// A message to a chat.
    Slack {
        /// The Secret that holds the address.
        url: SecretRef,
    },
    /// A mail.
    Email(Email),
}

/// A mail, but for what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The server's host.
    pub server: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: MailTls,
    /// Whom it is from.
    pub from: String,
    /// The addresses that it is for.
    pub to: BTreeSet<String>,
    /// The user to log in as, and where the password is.
    pub login: Option<(String, SecretRef)>,
}

impl Notifier {
    /// Whether it wants to be told of something.
    pub fn wants(&self, what: Happening) -> bool {
        self.events.is_empty() || self.events.contains(&what)
    }
}

/// Those who are told of a desk.
pub(super) fn settle(tables: &Tables, desk: &DeskName) -> Vec<Notifier> {
    let notifiers = tables.fleet_spec.notify.iter();
    let of_desk = |spec: &NotifierSpec| spec.desks.is_empty() || spec.desks.contains(desk);
    notifiers
        .filter(|(_, spec)| of_desk(spec))
        .filter_map(|(name, spec)| {
            Some(Notifier {
                name: name.to_string(),
                events: spec.events.iter().copied().collect(),
                way: way(tables, spec, desk)?,
            })
        })
        .collect()
}

fn way(tables: &Tables, spec: &NotifierSpec, desk: &DeskName) -> Option<Way> {
    match (&spec.webhook, &spec.slack, &spec.email) {
        (Some(webhook), None, None) => Some(Way::Webhook {
            url: webhook.url.clone(),
            secret: webhook.secret.clone(),
        }),
        (None, Some(slack), None) => Some(Way::Slack {
            url: slack.url.clone(),
        }),
        (None, None, Some(email)) => {
            let to = email.to.iter();
            let to = to.flat_map(|it| addresses(tables, it, desk)).collect();
            Some(Way::Email(mail(email, to)))
        }
        _ => None,
    }
}

fn mail(email: &EmailTarget, to: BTreeSet<String>) -> Email {
    Email {
        server: email.server.clone(),
        port: email.port.unwrap_or(SUBMISSION),
        tls: email.tls,
        from: email.from.clone(),
        to,
        login: email.username.clone().zip(email.password.clone()),
    }
}

/// The addresses of whom mail is for.
fn addresses(tables: &Tables, recipient: &Recipient, desk: &DeskName) -> Vec<String> {
    match recipient {
        Recipient::Address(address) => vec![address.clone()],
        Recipient::Desk => {
            let spec = tables.desks.get(desk).and_then(|it| it.spec.as_ref());
            spec.map(|spec| spec.email.clone()).into_iter().collect()
        }
        Recipient::Role(role) => {
            let people = tables.fleet_spec.people.iter();
            let of_desk = people.filter(|it| it.desks.is_empty() || it.desks.contains(desk));
            let having = of_desk.filter(|it| it.roles.iter().any(|it| it.as_str() == role));
            having.filter_map(|it| it.emails.first().cloned()).collect()
        }
    }
}

/// What is wrong with those who are to be told.
pub(super) fn check(tables: &Tables) -> Vec<Diagnostic> {
    let notifiers = tables.fleet_spec.notify.iter();
    notifiers
        .flat_map(|(name, spec)| check_one(tables, name, spec))
        .collect()
}

fn check_one(tables: &Tables, name: &ObjectName, spec: &NotifierSpec) -> Vec<Diagnostic> {
    let place = format!("/spec/notify/{name}");
    let mut findings = Vec::new();
    let ways = [
        spec.webhook.is_some(),
        spec.slack.is_some(),
        spec.email.is_some(),
    ];
    if ways.iter().filter(|it| **it).count() != 1 {
        let message = format!("notifier `{name}` needs exactly one of {WAYS}");
        let finding = Diagnostic::error("notifier", tables.fleet_span(&place), message);
        findings.push(finding.with_help("until then nobody is told by it"));
    }
    for (index, desk) in spec.desks.iter().enumerate() {
        if !tables.desks.contains_key(desk) {
            findings.push(unknown(
                "unknown-desk",
                tables.fleet_span(&format!("{place}/desks/{index}")),
                "desk",
                desk.as_str(),
                tables.desks.keys().map(DeskName::as_str),
                "correct the name, or remove it",
            ));
        }
    }
    if let Some(email) = &spec.email {
        findings.extend(check_mail(tables, &place, email));
    }
    findings
}

fn check_mail(tables: &Tables, place: &str, email: &EmailTarget) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if email.username.is_some() != email.password.is_some() {
        let span = tables.fleet_span(&format!("{place}/email"));
        let message = "a user needs a password, and a password a user";
        let finding = Diagnostic::error("notifier", span, message);
        findings.push(finding.with_help("give both, or neither"));
    }
    if email.password.is_some() && email.tls == MailTls::None {
        let span = tables.fleet_span(&format!("{place}/email/tls"));
        let message = "a password would be sent for everybody to read";
        let finding = Diagnostic::error("notifier", span, message);
        findings.push(finding.with_help("use `tls: starttls` or `tls: implicit`"));
    }
    for (index, recipient) in email.to.iter().enumerate() {
        let Recipient::Role(role) = recipient else {
            continue;
        };
        let people = tables.fleet_spec.people.iter();
        let mut reached = people
            .filter(|it| it.roles.iter().any(|it| it.as_str() == role) && !it.emails.is_empty());
        if reached.next().is_none() {
            let span = tables.fleet_span(&format!("{place}/email/to/{index}"));
            let message = format!("nobody in `people` has the role `{role}` and an e-mail address");
            let finding = Diagnostic::warning("notifier", span, message);
            findings.push(finding.with_help("give somebody the role, or correct its name"));
        }
    }
    findings
}

//! Who is told what happens: `notify:` of a fleet.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metric::{HttpUrl, SecretRef};
use super::names::DeskName;
use super::object_name::ObjectName;
use super::text::{text_type, written_as_displayed};

/// Those who are told, by a short name.
pub type Notifiers = BTreeMap<ObjectName, NotifierSpec>;

/// Somebody who is told: by one of `webhook`, `slack` and `email`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotifierSpec {
    /// Of which desks; of all of them unless said otherwise.
    #[serde(default)]
    pub desks: Vec<DeskName>,
    /// What of; everything unless said otherwise.
    #[serde(default)]
    pub events: Vec<Happening>,
    /// A server that takes a signed JSON document.
    pub webhook: Option<WebhookTarget>,
    /// A chat that takes messages as Slack does.
    pub slack: Option<SlackTarget>,
    /// Mail.
    pub email: Option<EmailTarget>,
}

/// A server that takes a signed JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookTarget {
    /// Its address.
    pub url: HttpUrl,
    /// The key that the document is signed with: HMAC-SHA256.
    pub secret: SecretRef,
}

/// A chat's incoming webhook. Whoever knows its address may write, so that it is a Secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlackTarget {
    /// Its address.
    pub url: SecretRef,
}

/// Mail by SMTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmailTarget {
    /// The host of the server.
    pub server: String,
    /// Its port; 587 unless said otherwise.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// How the connection is secured.
    #[serde(default)]
    pub tls: MailTls,
    /// Whom it is from.
    pub from: String,
    /// Whom it is for: addresses, `desk` for the desk's own, `role:risk` for whoever has a role.
    #[schemars(length(min = 1))]
    pub to: Vec<Recipient>,
    /// The user to log in as.
    pub username: Option<String>,
    /// That user's password.
    pub password: Option<SecretRef>,
}

/// How a connection to a mail server is secured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MailTls {
    /// With STARTTLS, or not at all.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
    /// Not: for a server on the same machine. No password is shown to one.
    None,
}

/// Whom mail is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Recipient {
    /// The address of the desk.
    Desk,
    /// The people who have a role for the desk.
    Role(String),
    /// An address.
    Address(String),
}

text_type!(
    Recipient,
    "recipient",
    "An address, `desk`, or `role:` and a role."
);
written_as_displayed!(Recipient);

/// A text that nobody can be written to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as `risk@example.com`, `desk`, or a role such as `role:risk`")]
pub struct ParseRecipientError;

impl FromStr for Recipient {
    type Err = ParseRecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        match (text, text.strip_prefix("role:"), text.split_once('@')) {
            ("desk", _, _) => Ok(Self::Desk),
            (_, Some(role), _) if is_word(role) => Ok(Self::Role(role.to_owned())),
            (_, None, Some((user, host))) if is_word(user) && is_word(host) => {
                Ok(Self::Address(text.to_owned()))
            }
            (_, _, _) => Err(ParseRecipientError),
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Desk => f.write_str("desk"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Address(address) => f.write_str(address),
        }
    }
}

/// Where a commit can be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CommitUrl(String);

text_type!(
    CommitUrl,
    "commit-url",
    "An address with `{commit}` in it, such as `https://git.example.com/desk/fleet/commit/{commit}`."
);

/// A text that leads to no commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address that begins with `http` and has `{{commit}}` in it")]
pub struct ParseCommitUrlError;

impl CommitUrl {
    /// The address of a commit.
    pub fn of(&self, commit: &str) -> String {
        self.0.replace("{commit}", commit)
    }
}

impl FromStr for CommitUrl {
    type Err = ParseCommitUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_address = text.starts_with("https://") || text.starts_with("http://");
        let fits = is_address && text.contains("{commit}") && !text.contains(char::is_whitespace);
        fits.then(|| Self(text.to_owned()))
            .ok_or(ParseCommitUrlError)
    }
}

/// What can happen to a unit that people are told of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Happening {
    /// A rollout began.
    Began,
    /// It came to another stage.
    Stage,
    /// A person is waited for.
    Asked,
    /// A rollout failed, or was given up, and stays where it is.
    Stopped,
    /// A rollout failed, or was given up, and went back.
    WentBack,
    /// Something that is tried again did not work.
    Failed,
    /// What was on its way is what runs.
    Promoted,
    /// A person passed a gate or a window without what it asks for.
    Overridden,
    /// A person halted it.
    Halted,
    /// A person lifted that.
    Lifted,
    /// A word of a later Tidegate.
    #[serde(other)]
    #[schemars(skip)]
    Other,
}

impl Happening {
    /// The word in specs and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Stage => "stage",
            Self::Asked => "asked",
            Self::Stopped => "stopped",
            Self::WentBack => "wentBack",
            Self::Failed => "failed",
            Self::Promoted => "promoted",
            Self::Overridden => "overridden",
            Self::Halted => "halted",
            Self::Lifted => "lifted",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_mail_is_for_is_a_desk_a_role_or_an_address() {
        for text in ["desk", "role:risk", "risk@example.com"] {
            assert_eq!(text.parse::<Recipient>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "risk",
            "role:",
            "role:two words",
            "@",
            "a b@example.com",
        ] {
            assert_eq!(
                text.parse::<Recipient>(),
                Err(ParseRecipientError),
                "{text}"
            );
        }
    }
}

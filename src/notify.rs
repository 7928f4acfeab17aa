//! Tells people what happened: by signed documents, to a chat, by mail.
//!
//! Every attempt has a deadline. Whoever tells says in one message all that is to be told then, so
//! that a flood of news is no flood of messages.

mod email;
mod slack;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use crate::outbound::{Http, Secrets, SetupError};
use crate::release::Message;
use crate::resolve::{Notifier, Way};

/// How long one attempt may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// How many attempts may be under way at a time.
const AT_A_TIME: usize = 8;

/// How many of the messages that are told at once are told in full.
const IN_FULL: usize = 20;

/// Tells people. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    http: Http,
    secrets: Secrets,
}

/// Why somebody could not be told, in words that never repeat a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(String);

impl From<crate::outbound::Trouble> for NotTold {
    fn from(trouble: crate::outbound::Trouble) -> Self {
        Self(trouble.0)
    }
}

impl Teller {
    /// Sets it up. Secrets are mounted in a folder, each as a folder of its name.
    pub fn new(secrets: Option<PathBuf>) -> Result<Self, SetupError> {
        Ok(Self {
            http: Http::new(DEADLINE, AT_A_TIME)?,
            secrets: Secrets::new(secrets),
        })
    }

    /// Tells one of those who want to know.
    pub async fn tell(&self, notifier: &Notifier, messages: &[Message]) -> Result<(), NotTold> {
        match &notifier.way {
            Way::Webhook { url, secret } => {
                for message in messages {
                    webhook::tell(&self.http, &self.secrets, (url, secret), message).await?;
                }
                Ok(())
            }
            Way::Slack { url } => slack::tell(&self.http, &self.secrets, url, messages).await,
            Way::Email(mail) => {
                let telling = email::tell(&self.secrets, mail, messages);
                let told = tokio::time::timeout(DEADLINE, telling).await;
                told.unwrap_or_else(|_| {
                    let seconds = DEADLINE.as_secs();
                    let server = &mail.server;
                    Err(NotTold(format!(
                        "`{server}` did not take it within {seconds} s"
                    )))
                })
            }
        }
    }
}

/// All that is to be told, as one text.
fn together(messages: &[Message]) -> String {
    let mut parts: Vec<String> = messages.iter().take(IN_FULL).map(Message::text).collect();
    let more = messages.len().saturating_sub(IN_FULL);
    if more > 0 {
        parts.push(format!(
            "and {more} more: `tidegate rollout status` shows where everything is"
        ));
    }
    parts.join("\n\n")
}

//! Servers that judge: a signed question, and what they answer.

use std::time::Duration;

use http::StatusCode;

use super::Trouble;
use crate::outbound::{self, Document, Http, Secrets};
use crate::rollout::gates::{Answer, Outcome, WebhookCall};

pub(super) async fn ask(
    http: &Http,
    secrets: &Secrets,
    call: &WebhookCall,
) -> Result<Outcome, Trouble> {
    let document = Document {
        body: &call.body,
        delivery: &call.delivery,
    };
    let deadline = Duration::from_secs(u64::from(call.deadline.seconds()));
    let to = (&call.url, &call.secret);
    let answer = outbound::post(http, secrets, to, document, deadline).await?;
    let text = answer.text();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => {
            Ok(Outcome::Answer(Answer::Yes(text)))
        }
        StatusCode::ACCEPTED => Ok(Outcome::Answer(Answer::NotYet(text))),
        StatusCode::FORBIDDEN => Ok(Outcome::Answer(Answer::No(text))),
        status => Err(Trouble::Error(format!(
            "it answers {status}, which is none of 200 (yes), 202 (not yet) and 403 (no)"
        ))),
    }
}

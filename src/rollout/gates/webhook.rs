//! `webhook`: a server says so. Its yes and its no stand for the stage; it is not asked again.

use serde_json::json;

use super::Look;
use super::evidence::{Answer, Evidence, Measurement, Outcome, Subject};
use super::later;
use super::query::{Query, Wanted, WebhookCall};
use super::state::GateState;
use crate::digest::Digest;
use crate::rollout::verdict::Verdict;
use crate::spec::gate::WebhookGate;

pub(super) fn look(gate: &WebhookGate, state: &GateState, evidence: &Evidence<'_>) -> Look {
    let host = gate.url.host();
    let Some(settled) = evidence.settled_at else {
        let why = format!("`{host}`, asked when the stage is in place");
        return Look::new(Verdict::Wait, why, state);
    };
    let answered = state.counted.is_some_and(|at| at > settled);
    if answered && state.failures > 0 {
        return Look::new(Verdict::Fail, said(&host, "no", state), state);
    }
    if answered && state.consecutive_successes > 0 {
        return Look::new(Verdict::Pass, said(&host, "yes", state), state);
    }
    let (look, due) = match evidence.fresh() {
        None => {
            let why = format!("`{host}` has not answered yet");
            (Look::new(Verdict::Wait, why, state), settled)
        }
        Some(measurement) => {
            let next = later(measurement.at, gate.interval);
            (judge(gate, &host, measurement, state), next)
        }
    };
    if matches!(look.verdict, Verdict::Pass | Verdict::Fail) {
        return look;
    }
    let call = call(gate, evidence.subject);
    look.wanting(Wanted {
        query: Query::Webhook(call),
        due,
    })
}

fn said(host: &str, word: &str, state: &GateState) -> String {
    match state.last.as_deref() {
        None | Some("") => format!("`{host}` says {word}"),
        Some(more) => format!("`{host}` says {word}: {more}"),
    }
}

fn judge(gate: &WebhookGate, host: &str, measurement: &Measurement, before: &GateState) -> Look {
    let mut state = before.clone();
    let is_new = before.counted.is_none_or(|at| measurement.at > at);
    let (verdict, why) = match &measurement.outcome {
        Outcome::Answer(Answer::Yes(more)) => {
            state.consecutive_successes = 1;
            state.consecutive_errors = 0;
            state.last = Some(more.clone());
            (Verdict::Pass, said(host, "yes", &state))
        }
        Outcome::Answer(Answer::No(more)) => {
            state.failures = 1;
            state.consecutive_errors = 0;
            state.last = Some(more.clone());
            (Verdict::Fail, said(host, "no", &state))
        }
        Outcome::Answer(Answer::NotYet(more)) => {
            state.consecutive_errors = 0;
            state.last = Some(more.clone());
            (Verdict::Wait, said(host, "not yet", &state))
        }
        Outcome::Error(why) | Outcome::NoData(why) => {
            if is_new && state.consecutive_errors <= gate.retries {
                state.consecutive_errors += 1;
            }
            let verdict = if state.consecutive_errors > gate.retries {
                Verdict::Error
            } else {
                Verdict::Wait
            };
            (verdict, format!("`{host}` does not answer: {why}"))
        }
        Outcome::Value { .. } | Outcome::Compared(_) | Outcome::Logged(_) | Outcome::Scanned(_) => {
            let why = format!("`{host}` was asked for something else");
            (Verdict::Error, why)
        }
    };
    if !is_new {
        state = before.clone();
    } else if state != *before {
        state.counted = Some(measurement.at);
    }
    Look::new(verdict, why, &state)
}

fn call(gate: &WebhookGate, subject: &Subject) -> WebhookCall {
    let Subject {
        strategy,
        desk,
        namespace,
        owner: _,
        track,
        behaviour,
        stable,
        stage,
        gate: number,
    } = subject;
    let stable = stable.as_ref().map(|it| it.behaviour.to_string());
    let question = json!({
        "version": 1,
        "strategy": strategy,
        "desk": desk,
        "namespace": namespace,
        "track": track,
        "behaviour": behaviour.to_string(),
        "stable": stable,
        "stage": stage,
        "gate": number,
    });
    let body = question.to_string();
    WebhookCall {
        url: gate.url.clone(),
        secret: gate.secret.clone(),
        delivery: Digest::of(&body).hex().chars().take(32).collect(),
        body,
        deadline: gate.deadline,
    }
}

//! Carries out the actions of one unit, without doing any IO itself.
//!
//! The shell asks [`Machine::next`] for requests, sends them, and tells [`Machine::receive`] what
//! came back; the machine decides about order, retries and giving up. The same answers at the same
//! times give the same requests, so a simulator runs the very code that the daemon runs.

mod call;
mod retry;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use crate::object::{Object, ObjectId};

use super::{Action, Cause, Failure, FailureKind, Verb};

pub use call::{Call, Request, UNMATCHED_RESOURCE_VERSION, Write};

/// Names a request among those of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u32);

/// What came back for a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// It was done; with the object as it is now, unless it is gone.
    Accepted(Option<Object>),
    /// 409: a precondition did not hold.
    Conflict(String),
    /// 401 or 403, in the API server's words.
    Forbidden(String),
    /// 404, in the API server's words.
    NotFound(String),
    /// 400 or 422, with `details.causes`, or else the message as the only cause.
    Invalid(Vec<Cause>),
    /// 429, or 503 with `Retry-After`.
    Throttled {
        /// How long to wait at least.
        retry_after: Option<SignedDuration>,
    },
    /// Any other 5xx, in the API server's words.
    ServerError(String),
    /// No answer in time: nobody knows whether it was done.
    TimedOut,
    /// The connection broke, or never was: nobody knows whether it was done.
    Disconnected(String),
}

/// How the actions ended. What was accepted stays done; all that went wrong is told at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Objects that had changed since the step saw them: observe and step again.
    pub stale: Vec<ObjectId>,
    /// Objects that were to be created and exist: read them, and step again.
    pub foreign: Vec<ObjectId>,
    /// What was refused, or never answered.
    pub failures: Vec<Failure>,
}

impl Outcome {
    /// Whether every action was carried out.
    pub fn is_done(&self) -> bool {
        self.stale.is_empty() && self.foreign.is_empty() && self.failures.is_empty()
    }
}

/// The bounds of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Requests under way at a time.
    pub in_flight: usize,
    /// No request is begun or repeated after this long.
    pub deadline: SignedDuration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            in_flight: 8,
            deadline: SignedDuration::from_secs(60),
        }
    }
}

/// The actions of one unit under way.
#[derive(Debug, Clone)]
pub struct Machine {
    tasks: Vec<Task>,
    bounds: Bounds,
    deadline: Timestamp,
    seed: u64,
    requests: u32,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
struct Task {
    action: Action,
    id: ObjectId,
    /// The resource version after a takeover, which the apply must name instead of the seen one.
    taken_over: Option<String>,
    tries: u32,
    /// Why the last try was not the last.
    trouble: Option<String>,
    /// Whether an earlier try may have been carried out without our knowing.
    unsure: bool,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Ready { at: Timestamp, last: String },
    Sent(RequestId),
    Ended,
}

impl Machine {
    /// Begins with a unit's actions. The seed spreads the retries of units that failed together.
    pub fn new(actions: Vec<Action>, bounds: Bounds, seed: u64, now: Timestamp) -> Self {
        let mut tasks: Vec<Task> = actions
            .into_iter()
            .map(|action| Task {
                id: action.id(),
                action,
                taken_over: None,
                tries: 0,
                trouble: None,
                unsure: false,
                state: State::Ready {
                    at: now,
                    last: "not tried".to_owned(),
                },
            })
            .collect();
        tasks.sort_by_key(|task| task.action.wave);
        Self {
            tasks,
            bounds,
            deadline: now.saturating_add(bounds.deadline).unwrap_or(now),
            seed,
            requests: 0,
            outcome: Outcome::default(),
        }
    }

    /// The requests to send now.
    pub fn next(&mut self, now: Timestamp) -> Vec<(RequestId, Request)> {
        self.give_up(now);
        let Some(wave) = self.wave() else {
            return Vec::new();
        };
        let mut room = self.bounds.in_flight.saturating_sub(self.in_flight());
        let mut requests = Vec::new();
        for task in self.tasks.iter_mut().filter(|t| t.action.wave == wave) {
            let due = matches!(task.state, State::Ready { at, .. } if at <= now);
            if room == 0 || !due {
                continue;
            }
            room -= 1;
            let id = RequestId(self.requests);
            self.requests += 1;
            task.tries += 1;
            task.state = State::Sent(id);
            requests.push((id, call::request(task)));
        }
        requests
    }

    /// Takes in what came back for a request. Answers to anything else are ignored.
    pub fn receive(&mut self, id: RequestId, response: Response, now: Timestamp) {
        let sent = State::Sent(id);
        let Some(index) = self.tasks.iter().position(|task| task.state == sent) else {
            return;
        };
        let Some(task) = self.tasks.get_mut(index) else {
            return;
        };
        task.state = State::Ended;
        match retry::judge(task, response) {
            retry::Judgement::Ended => {}
            retry::Judgement::Again { least, last } => {
                let delay = retry::delay(task.tries, self.seed ^ u64::from(id.0)).max(least);
                let at = now.saturating_add(delay).unwrap_or(now);
                task.trouble = Some(last.clone());
                task.state = State::Ready { at, last };
            }
            retry::Judgement::Stale => self.outcome.stale.push(task.id.clone()),
            retry::Judgement::Foreign => self.outcome.foreign.push(task.id.clone()),
            retry::Judgement::Failed(kind) => self.outcome.failures.push(failure(task, kind)),
        }
    }

    /// When [`Self::next`] gives something again, if nothing is received until then.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let wave = self.wave()?;
        if self.in_flight() >= self.bounds.in_flight {
            return None;
        }
        let ready = |task: &Task| match &task.state {
            State::Ready { at, .. } if task.action.wave == wave => Some(*at),
            State::Ready { .. } | State::Sent(_) | State::Ended => None,
        };
        self.tasks.iter().filter_map(ready).min()
    }

    /// How it ended, once nothing is under way and nothing more will be.
    pub fn outcome(&self) -> Option<Outcome> {
        (self.in_flight() == 0 && self.wave().is_none()).then(|| self.outcome.clone())
    }

    /// What is not done yet, and why: what has to be tried again, or else what has no answer yet.
    pub fn pending(&self) -> Option<String> {
        let open = || self.tasks.iter().filter(|task| task.state != State::Ended);
        let what = |task: &Task| format!("{} {}", task.action.verb.word(), task.id);
        let again = open().find_map(|task| {
            let why = task.trouble.as_ref()?;
            Some(format!("tries again to {}: {why}", what(task)))
        });
        let sent = |task: &&Task| matches!(task.state, State::Sent(_));
        let asked = || Some(what(open().find(sent)?));
        again.or_else(|| Some(format!("waits for the API server's answer to {}", asked()?)))
    }

    /// The wave under way. None begins after something went wrong; within a wave, only what shows
    /// that the whole plan is of yesterday stops the others.
    fn wave(&self) -> Option<u32> {
        if !self.outcome.stale.is_empty() {
            return None;
        }
        let open = |task: &&Task| task.state != State::Ended;
        let wave = self.tasks.iter().find(open)?.action.wave;
        let begun = |task: &&Task| task.action.wave == wave && task.tries > 0;
        (self.outcome.is_done() || self.tasks.iter().any(|task| begun(&task))).then_some(wave)
    }

    fn in_flight(&self) -> usize {
        let sent = |task: &&Task| matches!(task.state, State::Sent(_));
        self.tasks.iter().filter(sent).count()
    }

    fn give_up(&mut self, now: Timestamp) {
        let Some(wave) = self.wave().filter(|_| now >= self.deadline) else {
            return;
        };
        for task in self.tasks.iter_mut().filter(|t| t.action.wave == wave) {
            let State::Ready { last, .. } = &task.state else {
                continue;
            };
            let kind = FailureKind::Unreachable(last.clone());
            self.outcome.failures.push(failure(task, kind));
            task.state = State::Ended;
        }
    }
}

fn failure(task: &Task, kind: FailureKind) -> Failure {
    Failure {
        id: task.id.clone(),
        verb: task.action.verb.word(),
        kind,
    }
}

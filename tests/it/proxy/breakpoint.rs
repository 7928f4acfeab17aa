//! Holding a request while the test does something.

use tokio::sync::oneshot;

use super::Seen;
use crate::cluster::wait;

/// Where a request is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the API server gets it.
    Before,
    /// When the API server has done it, before the client gets the answer.
    After,
}

/// What becomes of a held request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    Cut,
}

/// The test's end: dropping it without a word lets the request go on.
pub(crate) struct Breakpoint {
    reached: Option<oneshot::Receiver<Seen>>,
    verdict: Option<oneshot::Sender<Verdict>>,
}

/// The proxy's end.
pub(super) struct Hold {
    reached: oneshot::Sender<Seen>,
    verdict: oneshot::Receiver<Verdict>,
}

pub(super) fn pair() -> (Breakpoint, Hold) {
    let (tell, reached) = oneshot::channel();
    let (verdict, judged) = oneshot::channel();
    let breakpoint = Breakpoint {
        reached: Some(reached),
        verdict: Some(verdict),
    };
    (
        breakpoint,
        Hold {
            reached: tell,
            verdict: judged,
        },
    )
}

impl Breakpoint {
    /// Waits until a request is held here.
    pub(crate) async fn reached(&mut self) -> Seen {
        let reached = self.reached.take().expect("a breakpoint is reached once");
        wait::within("a request reaches the breakpoint", reached)
            .await
            .expect("the proxy runs")
    }

    /// Lets the request go on.
    pub(crate) fn go_on(self) {
        drop(self);
    }

    /// Cuts the request's connection.
    pub(crate) fn cut(mut self) {
        if let Some(verdict) = self.verdict.take() {
            let _ = verdict.send(Verdict::Cut);
        }
    }
}

impl Hold {
    /// Tells the test, and waits for its verdict.
    pub(super) async fn judge(self, seen: Seen) -> Verdict {
        let _ = self.reached.send(seen);
        self.verdict.await.unwrap_or(Verdict::GoOn)
    }
}

//! What can go wrong with a request.

use std::time::Duration;

use serde_json::json;

/// A way to misbehave.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Answers with this HTTP status, as the API server would; the request never reaches it.
    Answer(u16),
    /// Closes the connection; the request never reaches the API server.
    CutBefore,
    /// Lets the API server do it, and closes the connection without its answer.
    CutAfter,
    /// Takes the request and never answers.
    Hang,
    /// Waits, then sends it on.
    Delay(Duration),
}

/// The API server's own form of a refusal.
pub(super) fn refusal(code: u16) -> http::Response<axum::body::Body> {
    let reason = match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        422 => "Invalid",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "Unknown",
    };
    let status = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason,
        "message": format!("injected {reason}"),
    });
    let answer = http::Response::builder()
        .status(code)
        .header("content-type", "application/json");
    let answer = if code == 429 {
        answer.header("retry-after", "1")
    } else {
        answer
    };
    answer
        .body(status.to_string().into())
        .expect("a well-formed answer")
}

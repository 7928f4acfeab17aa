//! How long the Git library may wait for a socket.

/// The longest wait for a connection.
const CONNECT_MS: i32 = 15_000;

/// The longest wait for a host's next byte.
const IDLE_MS: i32 = 30_000;

/// Limits every wait for a Git host, in the whole process.
///
/// Call it once, first thing in `main`, before any thread starts. A fetch keeps to its deadline
/// without it; what it gave up on then lingers in the background for longer.
#[expect(
    unsafe_code,
    reason = "the library keeps these limits in globals of the process"
)]
pub fn limit_network_waits() {
    // SAFETY: the globals are written before any other thread exists, as the caller promises.
    let set = unsafe {
        git2::opts::set_server_connect_timeout_in_milliseconds(CONNECT_MS)
            .and_then(|()| git2::opts::set_server_timeout_in_milliseconds(IDLE_MS))
    };
    if let Err(error) = set {
        tracing::warn!(%error, "the Git library's waits stay unlimited");
    }
}

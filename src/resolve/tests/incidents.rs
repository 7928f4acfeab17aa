//! What a configuration was able to say once, and what is said of it here.

use super::*;

const LIMITS: &str = "  limits: {maxPositionNotional: 2M USDT, maxOrdersPerSecond: 5}\n";

/// Knight Capital, 2012: an account had a limit of two million that nothing automatic held anybody
/// to.
#[test]
fn knight_2012_a_limit_that_nothing_enforces_is_told_and_goes_live_nowhere() {
    let finding = check_tern(
        LIMITS,
        "not-enforced",
        (8, 3),
        "`limits` is recorded, but nothing enforces it yet",
    );
    assert!(!finding.is_error());
    let live = tern(LIMITS).replace("mode: paper", "mode: live");
    let outcome = fixture::resolve(&[(ALGO.0, &live)]);
    let limits = outcome.findings.iter();
    let mut limits = limits.filter(|it| it.code == "not-enforced");
    assert!(limits.any(|it| it.is_error() && it.message.contains("`limits`")));
    assert_eq!(broken(&outcome), ["tern"]);
}

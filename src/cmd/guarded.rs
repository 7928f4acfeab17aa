//! What a person writes down counts only where its admission policy guards it: asked before it is made.

use jiff::{SignedDuration, Timestamp};

use super::{Failure, Screen};
use crate::admission::{Guard, SPREADS_WITHIN, Shipped};
use crate::cluster::{self, Client, Fault};

/// Waits until what is made now counts; fails if it never would.
pub(super) async fn until_it_counts(
    client: &Client,
    shipped: Shipped,
    screen: Screen,
) -> Result<(), Failure> {
    let since = match cluster::guard(client, shipped).await {
        Ok(Guard::InForce { since }) => since,
        Ok(Guard::Open(why)) => {
            let failure = Failure::usage("nothing is made, as it would never count");
            return Err(failure.with_help(why));
        }
        // The daemon says so afterwards.
        Err(error) if matches!(error.fault(), Fault::Forbidden { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    // No longer than a policy takes to spread: more is a clock that is wrong.
    let left = since.duration_since(Timestamp::now()).min(SPREADS_WITHIN);
    if left > SignedDuration::ZERO {
        let name = shipped.name;
        screen.words(&format!(
            "the admission policy `{name}` is new: waiting until it is surely in force, at {since}\n"
        ));
        tokio::time::sleep(left.unsigned_abs()).await;
    }
    Ok(())
}

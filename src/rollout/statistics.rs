//! Exact tests for few samples, and what they can see.
//!
//! A comparison has a margin: how far the candidate may be off. Two one-sided tests are held
//! against it, one whether the difference is surely beyond it, the other whether it is surely
//! within; if neither is, nothing is known yet. So few samples give no verdict instead of a good
//! one, and many samples do not make a difference bad that nobody minds.
//!
//! - What has a size is compared by ranks (Mann–Whitney), within each block and summed over them,
//!   so that a day on which everything was slow counts for neither side. The null distribution is
//!   exact, with ties, while it is affordable ([`ranks::EXACT_COST`]); beyond it is the normal one
//!   with continuity and tie corrections.
//! - What is rare is compared by counts: given how many events there were, how many of them fell
//!   on the candidate's side is binomial. Exact up to [`rates::EXACT_EVENTS`] events.
//!
//! Deterministic: no random numbers, no dependence on the order of the samples.

mod block;
mod compare;
mod distribution;
mod normal;
pub mod power;
pub mod ranks;
pub mod rates;

pub use block::{Block, Point, blocks};
pub use compare::compare;

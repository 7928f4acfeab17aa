//! The simulator: a deterministic world in which the real [`tidegate::rollout::step`] and the real
//! apply machine are driven through interleavings of actions and faults that a seed decides.
//!
//! What a real API server and its controllers do is tested on a real control plane, in `tests/it`;
//! the world here keeps to the parts of it that a rollout depends on. See `docs/simulator.md`.

#[cfg(test)]
mod interleavings;
#[cfg(test)]
#[path = "lib.rs"]
mod sim;

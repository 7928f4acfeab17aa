//! Tests of the whole: against a real control plane, real Git repositories and the built binary.

#[cfg(test)]
mod agree;
#[cfg(test)]
mod agreement;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod calendars;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod cluster_room;
#[cfg(test)]
mod comment;
#[cfg(test)]
mod compile;
#[cfg(test)]
mod controlplane;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod e2e;
#[cfg(test)]
mod example;
#[cfg(test)]
mod fleet;
#[cfg(test)]
mod git;
#[cfg(test)]
mod gitserver;
#[cfg(test)]
mod halts;
#[cfg(test)]
mod house;
#[cfg(test)]
mod intents;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod python;
#[cfg(test)]
#[path = "../sim/lib.rs"]
#[expect(
    dead_code,
    reason = "of the simulator, only what both worlds share is used here"
)]
mod sim;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod users;
#[cfg(test)]
mod window;

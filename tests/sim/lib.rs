//! The world, and what is carried out in it: also for `tests/it/agreement`, where the same scripts are
//! carried out on a real control plane.

pub(crate) mod daemon;
pub(crate) mod dice;
pub(crate) mod fleet;
pub(crate) mod invariant;
pub(crate) mod outcome;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod table;
pub(crate) mod world;

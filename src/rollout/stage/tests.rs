//! Stages and the ways between them, in the small world: every order in which the cluster may act.

mod bench;
mod shape;
mod way;

//! Everything that Tidegate should not be fed, and the exact words of its answer: where it is
//! wrong, what to do, and that nothing else is stopped.

mod api;
mod fleet;
mod git;
mod offline;

//! The binary: everything is in the library.

use std::process::ExitCode;

use clap::Parser;
use tidegate::cli::Cli;

fn main() -> ExitCode {
    tidegate::cmd::main(Cli::parse())
}

//! The commands, one file each. Data goes to stdout, words to stderr.

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::intent::Ask;

mod apply;
mod approve;
mod ask;
mod check;
mod completions;
mod diff;
mod exit;
mod generate;
mod guarded;
mod halt;
mod input;
mod ledger;
mod logging;
mod overriding;
mod plan;
mod preview;
mod progress;
mod render;
mod report;
mod rollout;
mod run;
mod schema;
mod screen;
mod simulate;
mod status;
mod who_can;
mod window;

use exit::{Exit, Failure};
use screen::Screen;

/// Runs a command to its exit code.
pub fn main(cli: Cli) -> ExitCode {
    let screen = Screen::new(cli.global.colour);
    logging::start(&cli.global, &cli.command);
    let exit = dispatch(cli.command, screen).unwrap_or_else(|failure| {
        screen.words(&format!("{failure}\n"));
        failure.exit
    });
    ExitCode::from(exit.code())
}

fn dispatch(command: Command, screen: Screen) -> Result<Exit, Failure> {
    match command {
        Command::Check(options) => check::run(&options, screen),
        Command::Render(options) => render::run(&options, screen),
        Command::Diff(options) => diff::run(&options, screen),
        Command::Preview(options) => preview::run(&options, screen),
        Command::Plan(options) => plan::run(&options, screen),
        Command::Simulate(options) => simulate::run(&options, screen),
        Command::Apply(options) => apply::run(&options, screen),
        Command::Run(options) => run::run(&options, screen),
        Command::Status(options) => status::run(&options, screen),
        Command::Rollout(command) => rollout::run(&command, screen),
        Command::Promote(options) => ask::promote(&options, screen),
        Command::Approve(options) => approve::run(&options, screen),
        Command::Override(options) => overriding::run(&options, screen),
        Command::Pause(options) => ask::of_candidate(Ask::Pause, &options, screen),
        Command::Resume(options) => ask::of_candidate(Ask::Resume, &options, screen),
        Command::Abort(options) => ask::of_candidate(Ask::Abort, &options, screen),
        Command::Rollback(options) => ask::rollback(&options, screen),
        Command::Restart(options) => ask::restart(&options, screen),
        Command::Lift(options) => ask::lift(&options, screen),
        Command::Attest(options) => ask::attest(&options, screen),
        Command::Ledger(command) => ledger::run(&command, screen),
        Command::Report(options) => report::run(&options, screen),
        Command::Halt(options) => halt::halt(&options, screen),
        Command::Unhalt(options) => halt::unhalt(&options, screen),
        Command::Halts(options) => halt::halts(&options, screen),
        Command::Drill(options) => halt::drill(&options, screen),
        Command::WhoCan(options) => who_can::run(&options, screen),
        Command::Window(options) => window::run(&options, screen),
        Command::Schema(options) => schema::run(&options, screen),
        Command::Completions(options) => completions::run(&options, screen),
        Command::Generate(options) => generate::run(&options, screen),
    }
}

/// A runtime for the commands that talk to a cluster.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

//! `tidegate generate`: the files that are generated from the code, so that neither can drift.

mod stages;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::CommandFactory as _;

use super::{Exit, Failure, Screen};
use crate::cli::{Cli, GenerateOptions};
use crate::diagnostic::catalog;
use crate::spec::schema;
use crate::{approval, definition, halt, intent, overrides, release};

pub(super) fn run(options: &GenerateOptions, screen: Screen) -> Result<Exit, Failure> {
    let mut stale = Vec::new();
    for (path, text) in files() {
        let target = options.root.join(&path);
        if fs::read_to_string(&target).is_ok_and(|old| old == text) {
            continue;
        }
        if !options.check {
            fs::create_dir_all(target.parent().unwrap_or(Path::new(".")))?;
            fs::write(&target, text)?;
        }
        stale.push(path);
    }
    let verb = if options.check { "stale" } else { "written" };
    for path in &stale {
        screen.words(&format!("{verb}: {path}\n"));
    }
    if options.check && !stale.is_empty() {
        screen.words("run `make generate` and commit what it writes\n");
        return Ok(Exit::Found);
    }
    Ok(Exit::Done)
}

/// Every generated file: path from the root of the source tree → content.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (name, schema) in schema::all() {
        files.insert(format!("schemas/{name}"), format!("{schema:#}\n"));
    }
    files.insert("docs/findings.md".to_owned(), catalog::markdown());
    files.insert("docs/commands.md".to_owned(), commands());
    files.insert("docs/stages.svg".to_owned(), stages::picture());
    for (name, definition) in [
        ("approvals", approval::crd()),
        ("halts", halt::crd()),
        ("intents", intent::crd()),
        ("overrides", overrides::crd()),
        ("releases", release::crd()),
        ("unhalts", halt::unhalt_crd()),
    ] {
        let file = format!("deploy/crds/{name}.yaml");
        files.insert(file, definition::to_yaml(&definition));
    }
    files
}

/// The reference of the command line, from its own help texts.
fn commands() -> String {
    let mut cli = Cli::command().term_width(100);
    let mut text = String::from("# Commands\n\nGenerated from `tidegate --help`.\n\n```text\n");
    text.push_str(&tidy(&cli.render_long_help().to_string()));
    text.push_str("```\n");
    cli.build();
    for command in cli
        .get_subcommands_mut()
        .filter(|c| !c.is_hide_set() && c.get_name() != "help")
    {
        let name = command.get_name().to_owned();
        section(&name, command, &mut text);
        for part in command
            .get_subcommands_mut()
            .filter(|c| c.get_name() != "help")
        {
            section(&format!("{name} {}", part.get_name()), part, &mut text);
        }
    }
    text
}

fn section(name: &str, command: &mut clap::Command, text: &mut String) {
    let help = tidy(&command.render_long_help().to_string());
    let _ = writeln!(text, "\n## tidegate {name}\n\n```text\n{help}```");
}

/// Help without the trailing spaces that editors strip.
fn tidy(help: &str) -> String {
    help.lines()
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect()
}

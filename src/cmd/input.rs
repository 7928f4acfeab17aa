//! What commands begin with: a folder or a revision, read and built.

use std::collections::BTreeMap;

use super::{Exit, Failure, Screen};
use crate::build::{Build, build};
use crate::cli::FleetOptions;
use crate::compile::{Bundle, UnitId};
use crate::diagnostic::{render, suggest};
use crate::git;
use crate::people::People;
use crate::preview::{self, Preview};
use crate::release::Revision;
use crate::source::Sources;
use crate::spec::names::{ClusterName, StrategyName};

/// A fleet that was read and built.
pub(super) struct Input {
    pub(super) sources: Sources,
    pub(super) build: Build,
}

impl Input {
    /// Reads the folder as it stands.
    pub(super) fn from_folder(options: &FleetOptions) -> Result<Self, Failure> {
        Ok(Self::of(
            git::worktree::read(&options.dir)?,
            cluster(options)?.as_ref(),
        ))
    }

    /// Reads the folder as it was in a revision of its repository; before it was there, it was
    /// empty.
    pub(super) fn from_revision(options: &FleetOptions, rev: &str) -> Result<Self, Failure> {
        let sources = match git::tree::read(&options.dir, rev) {
            Err(git::Error::NoSuchFolder { commit, .. }) => Sources {
                entries: BTreeMap::new(),
                commit: Some(commit.to_string()),
            },
            read => read?,
        };
        Ok(Self::of(sources, cluster(options)?.as_ref()))
    }

    fn of(sources: Sources, cluster: Option<&ClusterName>) -> Self {
        let build = build(&sources, cluster);
        Self { sources, build }
    }

    /// Tells the findings on stderr.
    pub(super) fn tell_findings(&self, screen: Screen) {
        screen.words(&render::terminal(
            &self.build.findings,
            &self.sources,
            screen.err_colour(),
        ));
    }

    /// The exit code that the findings alone ask for.
    pub(super) fn exit(&self, with_errors: Exit) -> Exit {
        if self.build.has_errors() {
            with_errors
        } else {
            Exit::Done
        }
    }

    /// Everybody of the fleet; `None` where there is no fleet to speak of.
    pub(super) fn people(&self) -> Option<People> {
        Some(self.build.fleet.as_ref()?.people.clone())
    }

    /// The bundles of the strategies named, or all of them.
    pub(super) fn bundles(&self, strategies: &[String]) -> Result<Vec<&Bundle>, Failure> {
        if strategies.is_empty() {
            return Ok(self.build.bundles.iter().collect());
        }
        strategies.iter().map(|name| self.bundle_of(name)).collect()
    }

    fn bundle_of(&self, name: &str) -> Result<&Bundle, Failure> {
        let wanted =
            |bundle: &&Bundle| matches!(&bundle.unit, UnitId::Strategy(s) if s.as_str() == name);
        if let Some(bundle) = self.build.bundles.iter().find(wanted) {
            return Ok(bundle);
        }
        let fleet = self.build.fleet.as_ref();
        if fleet.is_some_and(|f| f.broken.keys().any(|s| s.as_str() == name)) {
            return Err(Failure {
                exit: Exit::SpecErrors,
                message: format!("strategy `{name}` has errors, so it cannot be rendered"),
                help: Some("run `tidegate check` to see them".to_owned()),
            });
        }
        let known = fleet
            .into_iter()
            .flat_map(|f| f.strategies.keys().map(StrategyName::as_str));
        let failure = Failure::usage(format!("there is no strategy `{name}` in this fleet"));
        Err(match suggest(name, known) {
            Some(close) => failure.with_help(format!("did you mean `{close}`?")),
            None => failure,
        })
    }
}

/// What changes from one to the other.
pub(super) fn preview(
    options: &FleetOptions,
    base: &Input,
    head: &Input,
) -> Result<Preview, Failure> {
    let mut preview = preview::preview(&base.build, &head.build);
    let cluster = cluster(options)?;
    preview::label_editions(&mut preview, &base.sources, &head.build, cluster.as_ref());
    Ok(preview)
}

/// What commits say that records name, each read once.
pub(super) struct Commits<'a> {
    fleet: &'a FleetOptions,
    read: BTreeMap<String, Option<Input>>,
}

impl<'a> Commits<'a> {
    pub(super) fn new(fleet: &'a FleetOptions) -> Self {
        Self {
            fleet,
            read: BTreeMap::new(),
        }
    }

    /// The fleet as it was when a revision was first seen; `None` where this repository does not
    /// have that commit.
    pub(super) fn at(&mut self, revision: &Revision) -> Option<&Build> {
        let commit = revision.commit.as_ref()?;
        let read = || Input::from_revision(self.fleet, commit).ok();
        let input = self.read.entry(commit.clone()).or_insert_with(read);
        input.as_ref().map(|input| &input.build)
    }
}

/// The cluster asked for.
pub(super) fn cluster(options: &FleetOptions) -> Result<Option<ClusterName>, Failure> {
    options.cluster.as_deref().map(cluster_name).transpose()
}

/// A cluster's name from the command line.
pub(super) fn cluster_name(text: &str) -> Result<ClusterName, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("--cluster: {error}")))
}

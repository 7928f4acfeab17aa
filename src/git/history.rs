//! Who wrote what of a fleet: the commits between two revisions that changed certain files.
//!
//! It never tells fewer authors than there were. A merge counts for what it holds beyond all of its
//! parents; a file that came in from another place makes everybody an author who changed anything
//! before; and where nothing that changed is known to be the cause, everything that changed is.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Weak;

use git2::{Blob, Commit, Delta, Diff, DiffDelta, DiffOptions, Oid, Repository, Sort, Tree};

use super::location::locate;
use super::mirror::Mirror;
use super::tree::broken;
use super::{CommitId, Error, Folder};
use crate::people::{Authored, Authors, Concern, Identity, Touched};
use crate::signature;

/// Where the history of a fleet is.
#[derive(Debug, Clone, Default)]
pub enum History {
    /// Nowhere: it is no more than a folder.
    #[default]
    None,
    /// In the mirror of a remote, which somebody else keeps.
    Mirror(Weak<Mirror>, Folder),
    /// In the repository around a folder.
    Local(PathBuf),
}

/// The commits to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Those that this one has, too, are not; without one, all are.
    pub since: Option<CommitId>,
    /// The latest.
    pub until: CommitId,
}

/// Paths in the fleet.
type Paths = BTreeSet<String>;

/// More commits than this are not looked at.
const MOST: usize = 20_000;

impl History {
    /// Who wrote what concerns somebody, between two commits. Blocks.
    pub fn authors(&self, span: Span, concern: &Concern) -> Result<Authors, Error> {
        match self {
            Self::None => Ok(not_known("the fleet is in no Git repository")),
            Self::Mirror(mirror, folder) => match mirror.upgrade() {
                Some(mirror) => mirror.authors(span, folder, concern),
                None => Ok(not_known("the repository cannot be read now")),
            },
            Self::Local(dir) => match locate(dir)? {
                Some(location) => authors(&location.repository, &location.folder, span, concern),
                None => Ok(not_known("the fleet is in no Git repository")),
            },
        }
    }
}

fn not_known(why: &str) -> Authors {
    Authors::Unknown(why.to_owned())
}

/// Who wrote what concerns somebody, between two commits of a repository.
pub(super) fn authors(
    repository: &Repository,
    folder: &Folder,
    span: Span,
    concern: &Concern,
) -> Result<Authors, Error> {
    let failed = |error: git2::Error| broken(repository, &error);
    if let Some(since) = span.since
        && repository.find_commit(since.oid()).is_err()
    {
        let digits = since.short();
        let why = format!("commit {digits}, which was promoted, is not in the repository");
        return Ok(Authors::Unknown(why));
    }
    let mut walk = repository.revwalk().map_err(failed)?;
    walk.set_sorting(Sort::TOPOLOGICAL).map_err(failed)?;
    walk.push(span.until.oid()).map_err(failed)?;
    if let Some(since) = span.since {
        walk.hide(since.oid()).map_err(failed)?;
    }
    let mut commits = Vec::new();
    for id in walk {
        if commits.len() == MOST {
            return Ok(Authors::Unknown(format!(
                "there are more than {MOST} commits to look at"
            )));
        }
        commits.push(id.map_err(failed)?);
    }
    let search = Search {
        repository,
        folder,
        concern,
    };
    search.among(&commits, span).map_err(failed)
}

struct Search<'a> {
    repository: &'a Repository,
    folder: &'a Folder,
    concern: &'a Concern,
}

/// How much a commit has to do with the concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bearing {
    /// It changed nothing of the fleet.
    None,
    /// It changed something of the fleet.
    Fleet,
    /// It changed what the concern is about.
    Own,
    /// It put a file of it where it was not before: perhaps from elsewhere.
    Placed,
}

impl Search<'_> {
    fn among(&self, commits: &[Oid], span: Span) -> Result<Authors, git2::Error> {
        let mut authored = Vec::new();
        let mut all = Vec::new();
        let mut is_wide = false;
        for id in commits {
            let commit = self.repository.find_commit(*id)?;
            let (bearing, paths) = self.bearing(&commit)?;
            if bearing == Bearing::None {
                continue;
            }
            let one = self.authored_of(&commit, paths);
            if is_wide || bearing >= Bearing::Own {
                authored.push(one.clone());
            }
            // What was there before the strategy was is nobody's change of it.
            is_wide |= bearing == Bearing::Placed && span.since.is_some();
            all.push(one);
        }
        let is_found = !authored.is_empty() || span.since.is_none();
        Ok(Authors::Commits(if is_found { authored } else { all }))
    }

    /// The least that a commit has to do with it, compared with each of its parents.
    fn bearing(&self, commit: &Commit<'_>) -> Result<(Bearing, Paths), git2::Error> {
        let tree = commit.tree()?;
        if commit.parent_count() == 0 {
            return self.between(None, &tree);
        }
        let mut least: Option<(Bearing, Paths)> = None;
        for parent in commit.parents() {
            let before = parent.tree()?;
            if before.id() == tree.id() {
                return Ok((Bearing::None, Paths::new()));
            }
            let (bearing, paths) = self.between(Some(&before), &tree)?;
            least = Some(match least {
                None => (bearing, paths),
                Some((less, common)) => (less.min(bearing), &common & &paths),
            });
        }
        Ok(least.unwrap_or((Bearing::None, Paths::new())))
    }

    fn between(
        &self,
        before: Option<&Tree<'_>>,
        after: &Tree<'_>,
    ) -> Result<(Bearing, Paths), git2::Error> {
        let mut options = DiffOptions::new();
        if !self.folder.is_root() {
            options
                .disable_pathspec_match(true)
                .pathspec(self.folder.as_str());
        }
        let diff = self
            .repository
            .diff_tree_to_tree(before, Some(after), Some(&mut options))?;
        Ok(self.of_diff(&diff))
    }

    fn of_diff(&self, diff: &Diff<'_>) -> (Bearing, Paths) {
        let mut all = (Bearing::None, Paths::new());
        for delta in diff.deltas() {
            let (bearing, path) = self.of_delta(&delta);
            if bearing > Bearing::None {
                all.1.insert(path);
            }
            all.0 = all.0.max(bearing);
        }
        all
    }

    fn of_delta(&self, delta: &DiffDelta<'_>) -> (Bearing, String) {
        let file = delta.new_file().path().or_else(|| delta.old_file().path());
        // What has no name that can be read may be anything.
        let Some(path) = file.and_then(|path| path.to_str()) else {
            return (Bearing::Own, String::new());
        };
        let Some(path) = self.inside(path) else {
            return (Bearing::None, String::new());
        };
        let named = |bearing: Bearing| (bearing, path.to_owned());
        if !self.concern.may_concern(path) {
            return named(Bearing::Fleet);
        }
        let blob = |id: Oid| self.repository.find_blob(id).ok();
        let (before, after) = (blob(delta.old_file().id()), blob(delta.new_file().id()));
        let touched = Touched {
            path,
            before: before.as_ref().map(Blob::content),
            after: after.as_ref().map(Blob::content),
        };
        named(match delta.status() {
            _ if !self.concern.is_concerned(touched) => Bearing::Fleet,
            Delta::Added if self.concern.owns(path) => Bearing::Placed,
            _ => Bearing::Own,
        })
    }

    /// A commit, and who made it.
    fn authored_of(&self, commit: &Commit<'_>, paths: Paths) -> Authored {
        let email = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            Identity::Email(text.trim().to_ascii_lowercase())
        };
        let author = email(commit.author().email_bytes());
        let committer = email(commit.committer().email_bytes());
        let (by, unsigned) = match self.signer(commit.id()) {
            Ok(key) => (Identity::Key(key), None),
            Err(why) => (author.clone(), Some(why)),
        };
        let mut also = vec![author, committer];
        also.dedup();
        also.retain(|it| *it != by);
        Authored {
            commit: commit.id().to_string(),
            by,
            also,
            unsigned,
            paths,
        }
    }

    /// The key that signed a commit, or why none did.
    fn signer(&self, id: Oid) -> Result<String, String> {
        let Ok((armored, content)) = self.repository.extract_signature(&id, None) else {
            return Err("is not signed".to_owned());
        };
        let armored = String::from_utf8_lossy(&armored);
        signature::signed_by(&armored, signature::GIT, &content)
            .map(|key| key.to_string())
            .map_err(|why| format!("cannot be trusted: {why}"))
    }

    /// A path of the repository as one of the fleet.
    fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.folder.is_root() {
            return Some(path);
        }
        path.strip_prefix(self.folder.as_str())?.strip_prefix('/')
    }
}

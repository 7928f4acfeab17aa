//! A fleet at a commit, read from Git's objects: no checkout, no filters, nothing written.

use std::path::Path;

use git2::{ObjectType, Odb, Oid, Repository, TreeEntry};

use super::gather::{self, Gathered, MAX_DEPTH, MAX_TARGET_BYTES, Name};
use super::location::locate;
use super::revision::resolve;
use super::{Cause, Error, Folder};
use crate::source::{Entry, MAX_FILE_BYTES, Sources};

/// Reads the fleet in `dir` as it was at `rev`, from the repository around `dir`.
///
/// `rev` is a branch, a remote's branch, a tag, a commit, or an expression such as `HEAD~1`. A
/// commit that has no such folder is [`Error::NoSuchFolder`].
pub fn read(dir: &Path, rev: &str) -> Result<Sources, Error> {
    let location = locate(dir)?.ok_or_else(|| Error::NoRepository {
        path: dir.to_owned(),
    })?;
    let commit = resolve(&location.repository, rev)?;
    read_commit(&location.repository, commit.id(), &location.folder)
}

/// Reads a folder of a commit.
pub(super) fn read_commit(
    repository: &Repository,
    commit: Oid,
    folder: &Folder,
) -> Result<Sources, Error> {
    let odb = repository
        .odb()
        .map_err(|error| broken(repository, &error))?;
    let mut gathered = Gathered::default();
    visit(repository, commit, folder, &mut |path, item| {
        let entry = match item {
            Item::Blob(oid) => file(repository, &odb, oid)?,
            Item::Link(oid) => link(repository, &odb, oid)?,
            Item::Submodule => Entry::Submodule,
            Item::Unusable(reason) => Entry::Unreadable { reason },
        };
        gathered.add(path, entry)
    })?;
    Ok(Sources {
        entries: gathered.into_entries(),
        commit: Some(commit.to_string()),
    })
}

/// What a Git tree holds at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Blob(Oid),
    Link(Oid),
    Submodule,
    Unusable(String),
}

/// Calls `see` for everything in a folder of a commit, folders excepted.
pub(super) fn visit(
    repository: &Repository,
    commit: Oid,
    folder: &Folder,
    see: &mut dyn FnMut(&str, Item) -> Result<(), Error>,
) -> Result<(), Error> {
    let root = repository
        .find_commit(commit)
        .map_err(|error| broken(repository, &error))?
        .tree_id();
    let start = descend(repository, root, folder)?.ok_or_else(|| Error::NoSuchFolder {
        folder: folder.clone(),
        commit: commit.into(),
    })?;
    Visit { repository, see }.tree(start, "", 0)
}

/// Finds the tree of a folder, name by name.
fn descend(repository: &Repository, root: Oid, folder: &Folder) -> Result<Option<Oid>, Error> {
    let mut tree = root;
    for part in folder.as_str().split('/').filter(|part| !part.is_empty()) {
        let parent = repository
            .find_tree(tree)
            .map_err(|error| broken(repository, &error))?;
        match parent.get_name(part) {
            Some(entry) if entry.kind() == Some(ObjectType::Tree) => tree = entry.id(),
            _ => return Ok(None),
        }
    }
    Ok(Some(tree))
}

struct Visit<'a> {
    repository: &'a Repository,
    see: &'a mut dyn FnMut(&str, Item) -> Result<(), Error>,
}

impl Visit<'_> {
    fn tree(&mut self, id: Oid, path: &str, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        let tree = self
            .repository
            .find_tree(id)
            .map_err(|error| broken(self.repository, &error))?;
        for entry in &tree {
            match gather::name(path, entry.name_bytes()) {
                Name::Hidden => {}
                Name::Unusable { shown, reason } => (self.see)(&shown, Item::Unusable(reason))?,
                Name::Plain(path) if entry.kind() == Some(ObjectType::Tree) => {
                    self.tree(entry.id(), &path, depth + 1)?;
                }
                Name::Plain(path) => (self.see)(&path, item(&entry))?,
            }
        }
        Ok(())
    }
}

fn item(entry: &TreeEntry<'_>) -> Item {
    const LINK: i32 = 0o120_000;
    match entry.kind() {
        Some(ObjectType::Blob) if entry.filemode() == LINK => Item::Link(entry.id()),
        Some(ObjectType::Blob) => Item::Blob(entry.id()),
        Some(ObjectType::Commit) => Item::Submodule,
        _ => Item::Unusable("it is not a file that Git knows".to_owned()),
    }
}

fn file(repository: &Repository, odb: &Odb<'_>, oid: Oid) -> Result<Entry, Error> {
    let bytes = size(repository, odb, oid)?;
    if bytes > MAX_FILE_BYTES {
        return Ok(Entry::TooLarge { bytes });
    }
    Ok(Entry::File(content(repository, odb, oid)?.into()))
}

fn link(repository: &Repository, odb: &Odb<'_>, oid: Oid) -> Result<Entry, Error> {
    if size(repository, odb, oid)? > MAX_TARGET_BYTES {
        return Ok(Entry::Unreadable {
            reason: "it is a symbolic link whose target is too long".to_owned(),
        });
    }
    Ok(Entry::Symlink {
        target: gather::escape(&content(repository, odb, oid)?),
    })
}

fn size(repository: &Repository, odb: &Odb<'_>, oid: Oid) -> Result<u64, Error> {
    odb.read_header(oid)
        .map(|(bytes, _)| bytes as u64)
        .map_err(|error| broken(repository, &error))
}

fn content(repository: &Repository, odb: &Odb<'_>, oid: Oid) -> Result<Vec<u8>, Error> {
    odb.read(oid)
        .map(|object| object.data().to_vec())
        .map_err(|error| broken(repository, &error))
}

/// The error for an object that a commit needs and the repository does not give.
pub(super) fn broken(repository: &Repository, error: &git2::Error) -> Error {
    Error::Corrupt {
        path: repository.path().to_owned(),
        source: Cause::from(error),
    }
}

//! Whether a folder is as its last commit has it.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{ErrorCode, ObjectType, Odb, Oid};

use crate::git::location::Location;
use crate::git::tree::{Item, broken, visit};
use crate::git::{CommitId, Error};
use crate::source::{Entry, RepoPath};

/// The id of `HEAD` when reading its tree would give exactly these entries.
pub(super) fn commit_equal_to(
    entries: &BTreeMap<RepoPath, Entry>,
    folder: &Path,
    location: &Location,
) -> Result<Option<CommitId>, Error> {
    let Some(head) = head(location)? else {
        return Ok(None);
    };
    let odb = location
        .repository
        .odb()
        .map_err(|error| broken(&location.repository, &error))?;
    let mut seen = 0;
    let mut equal = true;
    let visited = visit(
        &location.repository,
        head,
        &location.folder,
        &mut |path, item| {
            let entry = entries.get(&RepoPath::from(path));
            equal =
                equal && entry.is_some_and(|entry| same(&odb, entry, &item, &folder.join(path)));
            seen += 1;
            Ok(())
        },
    );
    match visited {
        Err(Error::NoSuchFolder { .. }) => Ok(None),
        Err(error) => Err(error),
        Ok(()) => Ok((equal && seen == entries.len()).then(|| head.into())),
    }
}

/// The commit of `HEAD`; `None` before the first commit.
fn head(location: &Location) -> Result<Option<Oid>, Error> {
    let repository = &location.repository;
    match repository.head().and_then(|head| head.peel_to_commit()) {
        Ok(commit) => Ok(Some(commit.id())),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
            Ok(None)
        }
        Err(error) => Err(broken(repository, &error)),
    }
}

fn same(odb: &Odb<'_>, entry: &Entry, item: &Item, path: &Path) -> bool {
    match (entry, item) {
        (Entry::File(bytes), Item::Blob(oid)) => {
            Oid::hash_object(ObjectType::Blob, bytes).is_ok_and(|id| id == *oid)
        }
        // Equal sizes first, so that no file is hashed that cannot be equal.
        (Entry::TooLarge { bytes }, Item::Blob(oid)) => {
            odb.read_header(*oid)
                .is_ok_and(|(size, _)| size as u64 == *bytes)
                && Oid::hash_file(ObjectType::Blob, path).is_ok_and(|id| id == *oid)
        }
        (Entry::Symlink { target }, Item::Link(oid)) => {
            Oid::hash_object(ObjectType::Blob, target.as_bytes()).is_ok_and(|id| id == *oid)
        }
        (Entry::Submodule, Item::Submodule) => true,
        _ => false,
    }
}

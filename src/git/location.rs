//! Where a folder of the user stands within its repository.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Repository};

use super::{Cause, Error, Folder};

/// A folder and the repository around it.
pub(super) struct Location {
    pub(super) repository: Repository,
    /// The folder's path within the repository.
    pub(super) folder: Folder,
}

/// Finds the repository that `dir` is a working folder of. `None` when there is none.
pub(super) fn locate(dir: &Path) -> Result<Option<Location>, Error> {
    let dir = existing(dir)?;
    let repository = match Repository::discover(&dir) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(open_error(&dir, &error)),
    };
    let Some(workdir) = repository.workdir() else {
        return if same_folder(repository.path(), &dir) {
            Err(Error::BareRepository { path: dir })
        } else {
            Ok(None)
        };
    };
    let workdir = resolved(workdir)?;
    let Ok(relative) = dir.strip_prefix(&workdir) else {
        return Ok(None);
    };
    let Some(folder) = relative.to_str().and_then(|text| text.parse().ok()) else {
        return Err(Error::FolderName { path: dir });
    };
    Ok(Some(Location { repository, folder }))
}

/// The folder by its real path. The folder itself may be given through a symbolic link.
pub(super) fn existing(dir: &Path) -> Result<PathBuf, Error> {
    match std::fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => resolved(dir),
        Ok(_) => Err(Error::NotAFolder {
            path: dir.to_owned(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::NoFolder {
            path: dir.to_owned(),
        }),
        Err(source) => Err(Error::ReadFolder {
            path: dir.to_owned(),
            source,
        }),
    }
}

/// Maps the failure to open a local repository.
pub(super) fn open_error(path: &Path, error: &git2::Error) -> Error {
    let path = path.to_owned();
    if error.code() == ErrorCode::Owner {
        return Error::ForeignOwner { path };
    }
    Error::OpenRepository {
        path,
        source: Cause::from(error),
    }
}

fn resolved(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|source| Error::ReadFolder {
        path: path.to_owned(),
        source,
    })
}

fn same_folder(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| one == other)
}

//! Finding the commit that a user's word for it means.

use git2::{Commit, ErrorCode, Repository};

use super::near::near;
use super::{Cause, Error};

/// Finds the commit that `rev` names: a branch, a remote's branch, a tag, an id, `HEAD~1`, ….
pub(super) fn resolve<'repo>(
    repository: &'repo Repository,
    rev: &str,
) -> Result<Commit<'repo>, Error> {
    let object = repository
        .revparse_single(rev)
        .map_err(|error| unresolved(repository, rev, &error))?;
    object.peel_to_commit().map_err(|_| Error::NotACommit {
        rev: rev.to_owned(),
    })
}

fn unresolved(repository: &Repository, rev: &str, error: &git2::Error) -> Error {
    let rev = rev.to_owned();
    let path = repository.path().to_owned();
    match error.code() {
        ErrorCode::NotFound | ErrorCode::UnbornBranch => Error::NoSuchRevision {
            near: near(&rev, names(repository).iter().map(String::as_str)),
            shallow: repository.is_shallow(),
            rev,
            path,
        },
        ErrorCode::InvalidSpec => Error::InvalidRevision { rev },
        ErrorCode::Ambiguous => Error::AmbiguousRevision { rev },
        _ => Error::ReadRepository {
            path,
            source: Cause::from(error),
        },
    }
}

/// The short names of all branches, remote branches and tags.
fn names(repository: &Repository) -> Vec<String> {
    let Ok(references) = repository.references() else {
        return Vec::new();
    };
    references
        .flatten()
        .filter_map(|reference| reference.shorthand().ok().map(str::to_owned))
        .collect()
}

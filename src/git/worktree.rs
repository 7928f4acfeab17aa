//! A fleet in a folder, as its user sees it: tracked and new files, without what Git ignores.
//!
//! A folder that is in no repository is read whole. Bytes are those on the disk: Git's filters
//! (line endings, large-file pointers) are not applied, and content that differs from the commit's
//! for such a reason counts as uncommitted, because it would compile to something else.

mod compare;
mod walk;

use std::path::Path;

use super::Error;
use super::location::{Location, existing, locate};
use crate::source::Sources;

/// Reads the fleet in `dir`. Its commit is known when everything in it is as `HEAD` has it.
pub fn read(dir: &Path) -> Result<Sources, Error> {
    let folder = existing(dir)?;
    let location = locate(dir)?.filter(|location| !ignored(location));
    let walked = walk::walk(&folder, location.as_ref())?;
    let commit = match &location {
        Some(location) => compare::commit_equal_to(&walked, &folder, location)?,
        None => None,
    };
    Ok(Sources {
        entries: walked,
        commit: commit.map(|id| id.to_string()),
    })
}

/// Whether the folder itself is ignored: then its repository has nothing to say about it.
fn ignored(location: &Location) -> bool {
    let folder = location.folder.as_str();
    !folder.is_empty() && location.repository.is_path_ignored(folder).unwrap_or(false)
}

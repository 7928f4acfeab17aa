//! The fleet's ledger as commits: each entry is one, signed, on top of the one before.
//!
//! What is read is handed on as it is: whether it is sound is for [`crate::ledger`] to tell. It may
//! come from anybody, so sizes are bounded.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Signature, Time, Tree};

use super::location::locate;
use super::tree::broken;
use super::{Cause, CommitId, Error};
use crate::digest::Digest;
use crate::ledger::{Entry, FILE, Link, REFERENCE};
use crate::signature::{GIT, Signer};

/// An entry that is longer is none.
const LONGEST: usize = 1 << 20;

/// More files are not looked at: an entry names one or two.
const MOST_FILES: usize = 16;

/// What Git's field of a commit for its signature is called.
const FIELD: &str = "gpgsig";

/// Whether a ledger goes on from where it was seen to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// It does: what came since was shown.
    Continued,
    /// It does not lead there any more; nothing was shown.
    Broken,
}

/// Shows the entries of the ledger in the repository around a folder, the first one first. Whether
/// there is a ledger.
pub fn read(dir: &Path, see: &mut dyn FnMut(Link)) -> Result<bool, Error> {
    let location = locate(dir)?.ok_or_else(|| Error::NoRepository {
        path: dir.to_owned(),
    })?;
    let repository = location.repository;
    match repository.refname_to_id(REFERENCE) {
        Ok(head) => links(&repository, head.into(), None, see).map(|_| true),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(broken(&repository, &error)),
    }
}

/// Shows the entries from after a commit, or else from the first one, to an end.
pub(super) fn links(
    repository: &Repository,
    head: CommitId,
    after: Option<CommitId>,
    see: &mut dyn FnMut(Link),
) -> Result<Lineage, Error> {
    let failed = |error: git2::Error| broken(repository, &error);
    let after = after.map(CommitId::oid);
    let mut line = Vec::new();
    let mut next = Some(head.oid());
    while let Some(oid) = next {
        if Some(oid) == after {
            break;
        }
        line.push(oid);
        let commit = repository.find_commit(oid).map_err(failed)?;
        next = commit.parent_ids().next();
        if next.is_none() && after.is_some() {
            return Ok(Lineage::Broken);
        }
    }
    for oid in line.into_iter().rev() {
        see(link(repository, oid)?);
    }
    Ok(Lineage::Continued)
}

fn link(repository: &Repository, oid: Oid) -> Result<Link, Error> {
    let failed = |error: git2::Error| broken(repository, &error);
    let commit = repository.find_commit(oid).map_err(failed)?;
    let tree = commit.tree().map_err(failed)?;
    let (signature, signed) = match repository.extract_signature(&oid, Some(FIELD)) {
        Ok((signature, signed)) => {
            let text = String::from_utf8_lossy(&signature).into_owned();
            (Some(text), signed.to_vec())
        }
        Err(error) if error.code() == ErrorCode::NotFound => (None, content(&commit)),
        Err(error) => return Err(failed(error)),
    };
    let mut files = BTreeMap::new();
    gather(repository, &tree, "", &mut files)?;
    let entry = files
        .remove(FILE)
        .map(|oid| bytes(repository, oid, LONGEST));
    let digest = |(name, oid)| {
        let bytes = bytes(repository, oid, usize::MAX)?.unwrap_or_default();
        Ok((name, Digest::of(bytes)))
    };
    Ok(Link {
        commit: oid.to_string(),
        parents: commit.parent_ids().map(|id| id.to_string()).collect(),
        entry: entry.transpose()?.flatten(),
        files: files
            .into_iter()
            .map(digest)
            .collect::<Result<_, Error>>()?,
        signature,
        signed,
    })
}

/// A commit that nobody signed, as it is.
fn content(commit: &Commit<'_>) -> Vec<u8> {
    [commit.raw_header_bytes(), b"\n", commit.message_raw_bytes()].concat()
}

/// The files of a tree: path → blob. What is no file, and what is too much, stands for itself: the
/// entry names none of it.
fn gather(
    repository: &Repository,
    tree: &Tree<'_>,
    path: &str,
    files: &mut BTreeMap<String, Oid>,
) -> Result<(), Error> {
    for entry in tree {
        if files.len() >= MOST_FILES {
            break;
        }
        let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
        match entry.kind() {
            Some(ObjectType::Tree) if path.is_empty() => {
                let inner = repository.find_tree(entry.id());
                let inner = inner.map_err(|error| broken(repository, &error))?;
                gather(repository, &inner, &format!("{name}/"), files)?;
            }
            _ => {
                files.insert(format!("{path}{name}"), entry.id());
            }
        }
    }
    Ok(())
}

/// The bytes of a blob; `None` for what is no blob, or a longer one.
fn bytes(repository: &Repository, oid: Oid, longest: usize) -> Result<Option<Vec<u8>>, Error> {
    match repository.find_blob(oid) {
        Ok(blob) if blob.size() <= longest => Ok(Some(blob.content().to_vec())),
        Ok(_) => Ok(None),
        // A submodule's commit is not in this repository, and a deeper folder is no blob.
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Invalid) => Ok(None),
        Err(error) => Err(broken(repository, &error)),
    }
}

/// Makes the commit of an entry.
pub(super) fn append(
    repository: &Repository,
    parent: Option<CommitId>,
    entry: &Entry,
    files: &BTreeMap<String, Vec<u8>>,
    signer: &Signer,
) -> Result<CommitId, Error> {
    let failed = |error: git2::Error| Error::ReadRepository {
        path: repository.path().to_owned(),
        source: Cause::from(&error),
    };
    let tree = tree(repository, entry, files).map_err(failed)?;
    let tree = repository.find_tree(tree).map_err(failed)?;
    let parent = parent
        .map(|id| repository.find_commit(id.oid()))
        .transpose();
    let parent = parent.map_err(failed)?;
    let author = author(entry).map_err(failed)?;
    let parents: Vec<_> = parent.iter().collect();
    let message = entry.message();
    let content = repository.commit_create_buffer(&author, &author, &message, &tree, &parents);
    let content = content.map_err(failed)?;
    let signature = signer
        .sign(GIT, &content)
        .ok_or_else(|| failed(git2::Error::from_str("the key of the ledger does not sign")))?;
    let text = String::from_utf8_lossy(&content);
    let commit = repository.commit_signed(&text, signature.trim_end(), Some(FIELD));
    commit.map(CommitId::from).map_err(failed)
}

fn tree(
    repository: &Repository,
    entry: &Entry,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Oid, git2::Error> {
    const PLAIN: i32 = 0o100_644;
    const FOLDER: i32 = 0o040_000;
    let mut root = repository.treebuilder(None)?;
    root.insert(FILE, repository.blob(&entry.bytes())?, PLAIN)?;
    let mut folders: BTreeMap<&str, git2::TreeBuilder<'_>> = BTreeMap::new();
    for (path, bytes) in files {
        let blob = repository.blob(bytes)?;
        match path.split_once('/') {
            None => drop(root.insert(path, blob, PLAIN)?),
            Some((folder, name)) => {
                if !folders.contains_key(folder) {
                    folders.insert(folder, repository.treebuilder(None)?);
                }
                if let Some(inner) = folders.get_mut(folder) {
                    inner.insert(name, blob, PLAIN)?;
                }
            }
        }
    }
    for (folder, inner) in folders {
        root.insert(folder, inner.write()?, FOLDER)?;
    }
    root.write()
}

/// Who made the commit, and when: a fact happened when it did, whenever it is written down.
fn author(entry: &Entry) -> Result<Signature<'static>, git2::Error> {
    let fact = &entry.fact;
    let time = Time::new(fact.at.as_second(), 0);
    let address = format!("tidegate@{}.{}", fact.cluster, fact.fleet);
    Signature::new("Tidegate", &address, &time)
}

/// A file that is kept with an entry.
pub(super) fn kept_with(
    repository: &Repository,
    entry: CommitId,
    name: &str,
) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error: git2::Error| broken(repository, &error);
    let commit = repository.find_commit(entry.oid()).map_err(failed)?;
    let tree = commit.tree().map_err(failed)?;
    match tree.get_path(Path::new(name)) {
        Ok(found) => bytes(repository, found.id(), usize::MAX),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

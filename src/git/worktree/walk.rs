//! The walk over a folder.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File, FileType, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use git2::{Index, Repository};

use crate::git::gather::{self, Gathered, MAX_DEPTH, Name};
use crate::git::location::Location;
use crate::git::{Cause, Error};
use crate::source::{Entry, MAX_FILE_BYTES, RepoPath};

/// Gathers everything in `folder` that is part of the fleet.
pub(super) fn walk(
    folder: &Path,
    location: Option<&Location>,
) -> Result<BTreeMap<RepoPath, Entry>, Error> {
    let mut walk = Walk {
        tracked: location.map(Tracked::new).transpose()?,
        gathered: Gathered::default(),
    };
    let names = fs::read_dir(folder).map_err(|source| Error::ReadFolder {
        path: folder.to_owned(),
        source,
    })?;
    walk.folder(names, "", 0)?;
    Ok(walk.gathered.into_entries())
}

struct Walk<'a> {
    tracked: Option<Tracked<'a>>,
    gathered: Gathered,
}

impl Walk<'_> {
    fn folder(&mut self, names: fs::ReadDir, path: &str, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        for found in names {
            match found {
                Ok(found) => self.entry(&found, path, depth)?,
                Err(error) => self.gathered.add(path, unreadable(&error))?,
            }
        }
        Ok(())
    }

    fn entry(&mut self, found: &DirEntry, parent: &str, depth: usize) -> Result<(), Error> {
        let path = match gather::name(parent, found.file_name().as_bytes()) {
            Name::Hidden => return Ok(()),
            Name::Plain(path) => path,
            Name::Unusable { shown, reason } => {
                return self.gathered.add(&shown, Entry::Unreadable { reason });
            }
        };
        let kind = match found.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.gathered.add(&path, unreadable(&error)),
        };
        if kind.is_dir() {
            return self.subfolder(&found.path(), &path, depth);
        }
        if self.tracked.as_ref().is_some_and(|it| it.skips_file(&path)) {
            return Ok(());
        }
        match entry(&found.path(), kind) {
            Some(entry) => self.gathered.add(&path, entry),
            None => Ok(()),
        }
    }

    fn subfolder(&mut self, folder: &Path, path: &str, depth: usize) -> Result<(), Error> {
        if self.tracked.as_ref().is_some_and(|it| it.is_gitlink(path)) {
            return self.gathered.add(path, Entry::Submodule);
        }
        if self
            .tracked
            .as_ref()
            .is_some_and(|it| it.skips_folder(path))
        {
            return Ok(());
        }
        if folder.join(".git").symlink_metadata().is_ok() {
            return self.gathered.add(path, Entry::Submodule);
        }
        match fs::read_dir(folder) {
            Ok(names) => self.folder(names, path, depth + 1),
            Err(error) => self.gathered.add(path, unreadable(&error)),
        }
    }
}

/// What stands at a path that is no folder. `None` when it has just gone.
fn entry(path: &Path, kind: FileType) -> Option<Entry> {
    let entry = if kind.is_symlink() {
        fs::read_link(path).map(|target| Entry::Symlink {
            target: gather::escape(target.as_os_str().as_bytes()),
        })
    } else if kind.is_file() {
        file(path)
    } else {
        return Some(Entry::Unreadable {
            reason: format!("it is {}, not a file", special(kind)),
        });
    };
    match entry {
        Ok(entry) => Some(entry),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(unreadable(&error)),
    }
}

fn file(path: &Path) -> io::Result<Entry> {
    let file = File::open(path)?;
    let bytes = file.metadata().as_ref().map_or(0, Metadata::len);
    if bytes > MAX_FILE_BYTES {
        return Ok(Entry::TooLarge { bytes });
    }
    // A file that grows while it is read is cut off one byte over the limit.
    let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
    let bytes = content.len() as u64;
    if bytes > MAX_FILE_BYTES {
        return Ok(Entry::TooLarge { bytes });
    }
    Ok(Entry::File(content.into()))
}

fn special(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

fn unreadable(error: &io::Error) -> Entry {
    let reason = match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied; make it readable".to_owned(),
        _ => error.to_string().to_lowercase(),
    };
    Entry::Unreadable { reason }
}

/// What Git knows about the files in the folder.
struct Tracked<'a> {
    repository: &'a Repository,
    index: Index,
    /// The folder's path in the repository, with a slash at its end unless it is the root.
    prefix: String,
}

impl<'a> Tracked<'a> {
    fn new(location: &'a Location) -> Result<Self, Error> {
        let repository = &location.repository;
        let index = repository.index().map_err(|error| Error::ReadRepository {
            path: repository.path().to_owned(),
            source: Cause::from(&error),
        })?;
        let prefix = match location.folder.as_str() {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        Ok(Self {
            repository,
            index,
            prefix,
        })
    }

    fn skips_file(&self, path: &str) -> bool {
        let path = self.full(path);
        self.index.get_path(&path, 0).is_none() && self.is_ignored(&path)
    }

    /// An ignored folder may still hold files that were added by force.
    fn skips_folder(&self, path: &str) -> bool {
        let prefix = format!("{}{path}/", self.prefix);
        self.index.find_prefix(prefix).is_err() && self.is_ignored(&self.full(path))
    }

    fn is_gitlink(&self, path: &str) -> bool {
        const GITLINK: u32 = 0o160_000;
        self.index
            .get_path(&self.full(path), 0)
            .is_some_and(|entry| entry.mode == GITLINK)
    }

    fn is_ignored(&self, path: &Path) -> bool {
        self.repository.is_path_ignored(path).unwrap_or(false)
    }

    fn full(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("{}{path}", self.prefix))
    }
}

//! A bare repository, and a clone of it in which a test is the user who pushes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A bare repository and a clone that pushes to it.
#[derive(Debug)]
pub(crate) struct Repo {
    bare: PathBuf,
    clone: TempDir,
}

impl Repo {
    /// Makes an empty repository with the branch `main`.
    pub(crate) fn init(bare: &Path) -> Self {
        let clone = tempfile::tempdir().expect("a temporary folder");
        let repo = Self {
            bare: bare.to_owned(),
            clone,
        };
        let path = bare.to_str().expect("temporary paths are UTF-8");
        git(
            repo.clone.path(),
            &["init", "--quiet", "--bare", "--initial-branch=main", path],
        );
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo.git(&["remote", "add", "origin", path]);
        repo
    }

    /// The bare repository's folder.
    pub(crate) fn path(&self) -> &Path {
        &self.bare
    }

    /// The bare repository's address for this machine.
    pub(crate) fn file_url(&self) -> String {
        format!("file://{}", self.bare.display())
    }

    /// The clone's folder.
    pub(crate) fn clone_dir(&self) -> &Path {
        self.clone.path()
    }

    /// Runs Git in the clone, apart from the machine's configuration, and returns what it prints.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(self.clone.path(), args)
    }

    /// Writes a file in the clone.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.clone.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    /// Commits everything in the clone and returns the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.head()
    }

    /// The id of the clone's last commit.
    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes files, commits them, and pushes the clone's branch. Returns the commit's id.
    pub(crate) fn push(&self, files: &[(&str, &str)], message: &str) -> String {
        for (path, text) in files {
            self.write(path, text);
        }
        let id = self.commit(message);
        self.git(&["push", "--quiet", "origin", "HEAD"]);
        id
    }

    /// Replaces the last commit and forces it on the remote. Returns the commit's id.
    pub(crate) fn push_rewritten(&self, files: &[(&str, &str)], message: &str) -> String {
        self.git(&["update-ref", "-d", "HEAD"]);
        for (path, text) in files {
            self.write(path, text);
        }
        let id = self.commit(message);
        self.git(&["push", "--quiet", "--force", "origin", "HEAD"]);
        id
    }
}

/// Runs Git in a folder, apart from the machine's configuration, and returns what it prints.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_AUTHOR_DATE", "2026-11-02T09:30:00Z")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_DATE", "2026-11-02T09:30:00Z")
        .output()
        .expect("git is installed; `apt-get install --yes git` does it");
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(output.stdout.trim_ascii_end()).into_owned()
}

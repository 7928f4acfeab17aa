//! The two readers of a user's folder: as it is, and at a revision.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tidegate::git::{Error, tree, worktree};
use tidegate::source::{Entry, RepoPath, Sources};

use super::check_error;
use crate::gitserver::Repo;

const SPEC: &str = "kind: Strategy\n";

fn repo() -> (TempDir, Repo) {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::init(&folder.path().join("fleet.git"));
    (folder, repo)
}

fn paths(sources: &Sources) -> Vec<&str> {
    sources.entries.keys().map(RepoPath::as_str).collect()
}

fn entry<'a>(sources: &'a Sources, path: &str) -> &'a Entry {
    sources.get(&RepoPath::from(path)).expect(path)
}

#[test]
fn a_clean_clone_reads_as_its_commit_does() {
    let (_folder, repo) = repo();
    repo.write("tidegate.yaml", "kind: Fleet\n");
    repo.write("desks/mm/a.yaml", SPEC);
    repo.write("models/weights.bin", [0, 159, 146, 150, 255]);
    repo.write("data/large.csv", vec![b'7'; 10 << 20]);
    symlink("/etc/passwd", repo.clone_dir().join("desks/out.yaml")).unwrap();
    let commit = repo.commit("fleet");

    let here = worktree::read(repo.clone_dir()).unwrap();
    let there = tree::read(repo.clone_dir(), "HEAD").unwrap();
    assert_eq!(here, there);
    assert_eq!(here.commit, Some(commit));
    assert_eq!(
        paths(&here),
        [
            "data/large.csv",
            "desks/mm/a.yaml",
            "desks/out.yaml",
            "models/weights.bin",
            "tidegate.yaml"
        ]
    );
    assert_eq!(
        *entry(&here, "data/large.csv"),
        Entry::TooLarge { bytes: 10 << 20 }
    );
    assert_eq!(
        *entry(&here, "desks/out.yaml"),
        Entry::Symlink {
            target: "/etc/passwd".to_owned()
        }
    );
    assert_eq!(
        *entry(&here, "models/weights.bin"),
        Entry::File([0, 159, 146, 150, 255].as_slice().into())
    );
}

#[test]
fn a_name_that_is_not_text_is_told_and_not_read() {
    let (_folder, repo) = repo();
    repo.write("tidegate.yaml", SPEC);
    repo.write(OsStr::from_bytes(b"desks/caf\xe9.yaml"), SPEC);
    repo.write("desks/new\nline.yaml", SPEC);
    repo.commit("fleet");
    let here = worktree::read(repo.clone_dir()).unwrap();
    let there = tree::read(repo.clone_dir(), "HEAD").unwrap();
    assert_eq!(here.entries, there.entries);
    assert_eq!(here.commit, None, "nobody compared what was not read");
    for (path, reason) in [
        ("desks/caf\\xe9.yaml", "its name is not UTF-8; rename it"),
        (
            "desks/new\\nline.yaml",
            "its name holds a control character; rename it",
        ),
    ] {
        let reason = reason.to_owned();
        assert_eq!(*entry(&here, path), Entry::Unreadable { reason });
    }
}

#[test]
fn a_submodule_is_told_and_not_read() {
    let (_folder, repo) = repo();
    let (_other_folder, other) = self::repo();
    other.push(&[("secret.yaml", SPEC)], "other");
    repo.write("tidegate.yaml", SPEC);
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "--quiet",
        &other.file_url(),
        "shared",
    ]);
    let commit = repo.commit("fleet");

    let here = worktree::read(repo.clone_dir()).unwrap();
    assert_eq!(here.commit, Some(commit));
    assert_eq!(*entry(&here, "shared"), Entry::Submodule);
    assert_eq!(here, tree::read(repo.clone_dir(), "HEAD").unwrap());

    // In a clone that did not ask for submodules the folder is there, and empty.
    repo.git(&["submodule", "--quiet", "deinit", "--force", "shared"]);
    assert_eq!(worktree::read(repo.clone_dir()).unwrap(), here);
}

#[test]
fn a_repository_inside_a_plain_folder_is_not_read() {
    let (_folder, repo) = repo();
    repo.push(&[("a.yaml", SPEC)], "inner");
    let outer = tempfile::tempdir().unwrap();
    fs::rename(repo.clone_dir(), outer.path().join("inner")).unwrap();
    fs::create_dir(repo.clone_dir()).unwrap();
    let sources = worktree::read(outer.path()).unwrap();
    assert_eq!(*entry(&sources, "inner"), Entry::Submodule);
    assert_eq!(sources.commit, None);
}

#[test]
fn every_kind_of_uncommitted_change_leaves_no_commit() {
    let (_folder, repo) = repo();
    repo.write("a.yaml", SPEC);
    repo.write("b.yaml", SPEC);
    repo.write(".gitignore", "*.log\n");
    let commit = repo.commit("fleet");
    let read = || worktree::read(repo.clone_dir()).unwrap().commit;
    assert_eq!(read(), Some(commit.clone()));

    repo.write("c.yaml", SPEC);
    assert_eq!(read(), None, "a new file");
    repo.git(&["add", "c.yaml"]);
    assert_eq!(read(), None, "a staged file");
    repo.git(&["rm", "--quiet", "--force", "c.yaml"]);
    repo.write("a.yaml", "kind: strategy\n");
    assert_eq!(read(), None, "a change of the same length");
    repo.git(&["checkout", "--quiet", "a.yaml"]);
    fs::remove_file(repo.clone_dir().join("b.yaml")).unwrap();
    assert_eq!(read(), None, "a deleted file");
    repo.git(&["checkout", "--quiet", "b.yaml"]);
    fs::remove_file(repo.clone_dir().join("b.yaml")).unwrap();
    symlink("a.yaml", repo.clone_dir().join("b.yaml")).unwrap();
    assert_eq!(read(), None, "a file that became a link");
    fs::remove_file(repo.clone_dir().join("b.yaml")).unwrap();
    repo.git(&["checkout", "--quiet", "b.yaml"]);

    repo.write("noise.log", "x");
    repo.write(".editor/state", "x");
    assert_eq!(
        read(),
        Some(commit),
        "what is ignored or hidden is no change"
    );
}

#[test]
fn ignored_files_are_left_out_unless_tracked() {
    let (_folder, repo) = repo();
    repo.write(".gitignore", "build/\n*.tmp\n");
    repo.write("tidegate.yaml", SPEC);
    repo.write("build/kept.yaml", SPEC);
    repo.git(&["add", "--force", "build/kept.yaml"]);
    let commit = repo.commit("fleet");
    repo.write("build/made.yaml", SPEC);
    repo.write("desks/a.tmp", SPEC);
    let sources = worktree::read(repo.clone_dir()).unwrap();
    assert_eq!(paths(&sources), ["build/kept.yaml", "tidegate.yaml"]);
    assert_eq!(sources.commit, Some(commit));
}

#[test]
fn a_folder_that_is_itself_ignored_is_read_whole() {
    let (_folder, repo) = repo();
    repo.write(".gitignore", "/.demo/\n/out/\n");
    repo.commit("ignore");
    repo.write("out/fleet/tidegate.yaml", SPEC);
    let sources = worktree::read(&repo.clone_dir().join("out/fleet")).unwrap();
    assert_eq!(paths(&sources), ["tidegate.yaml"]);
    assert_eq!(sources.commit, None);
}

#[test]
fn a_fleet_may_be_a_folder_of_its_repository() {
    let (_folder, repo) = repo();
    repo.write("fleets/eu/tidegate.yaml", "one\n");
    repo.write("fleets/us/tidegate.yaml", "two\n");
    let first = repo.commit("first");
    repo.write("fleets/us/tidegate.yaml", "three\n");
    let eu = repo.clone_dir().join("fleets/eu");
    let us = repo.clone_dir().join("fleets/us");

    let sources = worktree::read(&eu).unwrap();
    assert_eq!(paths(&sources), ["tidegate.yaml"]);
    assert_eq!(sources.commit, Some(first), "only its own folder counts");
    assert_eq!(worktree::read(&us).unwrap().commit, None);
    repo.commit("second");

    let before = tree::read(&us, "HEAD~1").unwrap();
    assert_eq!(
        *entry(&before, "tidegate.yaml"),
        Entry::File(b"two\n".as_slice().into())
    );
}

#[test]
fn a_folder_outside_of_git_is_read_without_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("desks")).unwrap();
    fs::write(folder.path().join("desks/a.yaml"), SPEC).unwrap();
    fs::write(folder.path().join(".hidden.yaml"), SPEC).unwrap();
    let pipe = folder.path().join("pipe.yaml");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let sources = worktree::read(folder.path()).unwrap();
    assert_eq!(paths(&sources), ["desks/a.yaml", "pipe.yaml"]);
    assert_eq!(
        *entry(&sources, "pipe.yaml"),
        Entry::Unreadable {
            reason: "it is a named pipe, not a file".to_owned()
        }
    );
    assert_eq!(sources.commit, None);
}

#[test]
fn a_folder_that_cannot_be_read_says_why() {
    let (folder, repo) = repo();
    let root = folder.path().to_str().unwrap();
    let missing = folder.path().join("missing");
    check_error(
        worktree::read(&missing),
        &[(root, "DIR")],
        "read the folder `DIR/missing`: there is no such folder",
    );
    let file = folder.path().join("tidegate.yaml");
    fs::write(&file, SPEC).unwrap();
    check_error(
        worktree::read(&file),
        &[(root, "DIR")],
        "read the folder `DIR/tidegate.yaml`: it is not a folder; \
         give the folder that `tidegate.yaml` is in",
    );
    check_error(
        worktree::read(repo.path()),
        &[(root, "DIR")],
        "read the folder `DIR/fleet.git`: it is a bare repository, without files; \
         give a clone of it",
    );
    check_error(
        tree::read(folder.path(), "main"),
        &[(root, "DIR")],
        "find a Git repository at or above `DIR`: there is none, \
         and a revision can only be read from one",
    );
}

#[test]
fn folders_nested_without_end_are_refused() {
    let (_folder, repo) = repo();
    repo.write(format!("{}a.yaml", "d/".repeat(70)), SPEC);
    repo.commit("deep");
    let expect = "read the fleet: its folders are nested more than 64 deep";
    check_error(worktree::read(repo.clone_dir()), &[], expect);
    check_error(tree::read(repo.clone_dir(), "HEAD"), &[], expect);
}

#[test]
fn more_than_a_fleet_may_hold_is_refused() {
    let (_folder, repo) = repo();
    repo.write("0.bin", vec![0; 1 << 20]);
    let file = repo.clone_dir().join("0.bin");
    for index in 1..129 {
        fs::hard_link(&file, repo.clone_dir().join(format!("{index}.bin"))).unwrap();
    }
    repo.commit("much");
    let expect = "read the fleet: its files hold more than 128 MiB; \
                  give the fleet's own folder, or keep data out of it";
    check_error(worktree::read(repo.clone_dir()), &[], expect);
    check_error(tree::read(repo.clone_dir(), "HEAD"), &[], expect);
}

#[test]
fn revisions_are_read_in_every_spelling() {
    let (_folder, repo) = repo();
    let first = repo.push(&[("a.yaml", "one\n")], "first");
    repo.git(&["tag", "--annotate", "--message", "v1", "v1"]);
    repo.push(&[("a.yaml", "two\n")], "second");
    repo.git(&["fetch", "--quiet"]);
    let read = |rev: &str| tree::read(repo.clone_dir(), rev).unwrap().commit;
    for rev in [
        "HEAD~1",
        "main^",
        "v1",
        "origin/main~1",
        &first,
        &first[..8],
    ] {
        assert_eq!(read(rev).as_ref(), Some(&first), "{rev}");
    }
    assert_eq!(read("origin/main"), read("HEAD"));
}

#[test]
fn a_revision_that_is_not_there_says_what_is_near() {
    let (_folder, repo) = repo();
    repo.push(&[("a.yaml", SPEC)], "first");
    repo.git(&["fetch", "--quiet"]);
    repo.git(&["switch", "--quiet", "--detach"]);
    repo.git(&["branch", "--quiet", "--delete", "--force", "main"]);
    let root = repo.clone_dir().canonicalize().unwrap();
    let root = [(root.to_str().unwrap(), "DIR")];
    let read = |rev: &str| tree::read(repo.clone_dir(), rev);
    check_error(
        read("main"),
        &root,
        "find the revision `main` in `DIR/.git/`: it is no branch, remote branch, tag or commit \
         there; did you mean `origin/main`?",
    );
    check_error(
        read("release"),
        &root,
        "find the revision `release` in `DIR/.git/`: it is no branch, remote branch, tag or \
         commit there",
    );
    check_error(
        read("a..b"),
        &root,
        "read the revision `a..b`: it is not a name or expression that Git knows, such as \
         `main`, `origin/main`, `v1.2` or `HEAD~1`",
    );
    check_error(
        read("HEAD:a.yaml"),
        &root,
        "read the revision `HEAD:a.yaml`: it does not name a commit",
    );
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let (_folder, repo) = repo();
    repo.push(&[("a.yaml", SPEC)], "first");
    repo.push(&[("a.yaml", "two\n")], "second");
    repo.git(&["clone", "--quiet", "--depth=1", &repo.file_url(), "shallow"]);
    let clone = repo.clone_dir().join("shallow");
    let result = tree::read(&clone, "HEAD~1");
    assert!(
        matches!(&result, Err(Error::NoSuchRevision { shallow: true, .. })),
        "{result:?}"
    );
    let text = result.unwrap_err().to_string();
    assert!(text.ends_with("`git fetch --unshallow` gets the rest of its history"));
    assert!(tree::read(&clone, "HEAD").is_ok());
}

#[test]
fn a_commit_without_the_folder_says_so() {
    let (_folder, repo) = repo();
    let first = repo.push(&[("a.yaml", SPEC)], "first");
    repo.write("fleet/tidegate.yaml", SPEC);
    check_error(
        tree::read(&repo.clone_dir().join("fleet"), "HEAD"),
        &[(&first, "ID")],
        "find the folder `fleet` in the commit ID: it has no such folder",
    );
}

#[test]
fn a_missing_object_is_damage_and_not_an_empty_file() {
    let (_folder, repo) = repo();
    repo.push(&[("a.yaml", SPEC)], "first");
    let blob = repo.git(&["rev-parse", "HEAD:a.yaml"]);
    let (folder, name) = blob.split_at(2);
    fs::remove_file(
        repo.clone_dir()
            .join(Path::new(".git/objects").join(folder).join(name)),
    )
    .unwrap();
    let root = repo.clone_dir().canonicalize().unwrap();
    check_error(
        tree::read(repo.clone_dir(), "HEAD"),
        &[(root.to_str().unwrap(), "DIR"), (&blob, "ID")],
        "read the repository `DIR/.git/`: an object in it is missing or damaged; `git fsck` \
         tells more, a new clone mends it: object not found - cannot read header for (ID)",
    );
}

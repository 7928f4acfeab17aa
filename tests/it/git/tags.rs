//! Approvals in tags of a real repository, signed by Git itself: pushed, forged, moved, and deleted.

use std::time::Duration;

use tidegate::approval::Tagged;
use tidegate::git::mirror::Mirror;
use tidegate::git::{Credentials, Reference};

use super::ledger::Key;
use crate::gitserver::Repo;

const LONG: Duration = Duration::from_mins(1);

const NAME: &str = "tidegate/approve/tern/0123456789";

/// Somebody's clone, the server in between, and a daemon's mirror.
struct Bench {
    repo: Repo,
    _folder: tempfile::TempDir,
    mirror: Mirror,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let repo = Repo::init(&folder.path().join("fleet.git"));
        repo.push(&[("a.yaml", "one\n")], "First");
        let url = repo.file_url().parse().expect("an address");
        let mirror = Mirror::open(&folder.path().join("cache"), url).expect("a mirror");
        let bench = Self {
            repo,
            _folder: folder,
            mirror,
        };
        let fetched = bench.mirror.fetch(&main(), None, &Credentials::None, LONG);
        fetched.expect("it is fetched");
        bench
    }

    /// Has Git make a tag with a key, and pushes it.
    fn sign(&self, key: &Key, name: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &key.private).expect("a file");
        let signing = format!("user.signingkey={}", file.path().display());
        let message = "role: risk\nplan: abcdef0123\nexpires: 12h";
        self.repo.git(&[
            "-c",
            "gpg.format=ssh",
            "-c",
            &signing,
            "tag",
            "--sign",
            "--message",
            message,
            name,
        ]);
        self.push(name);
    }

    fn push(&self, name: &str) {
        let reference = format!("refs/tags/{name}");
        self.repo.git(&["push", "--quiet", "origin", &reference]);
    }

    fn tags(&self) -> Vec<Tagged> {
        let tags = self
            .mirror
            .fetch_approvals(&main(), &Credentials::None, LONG);
        tags.expect("they are fetched").all
    }
}

fn main() -> Reference {
    "main".parse().expect("a branch")
}

#[test]
fn what_git_signed_says_whose_key_it_was_until_it_is_deleted() {
    let bench = Bench::new();
    assert_eq!(bench.tags(), []);
    let key = Key::new();
    bench.sign(&key, NAME);
    bench.sign(&key, "v1.0");
    let [tagged] = &bench.tags()[..] else {
        panic!("{:#?}", bench.tags());
    };
    let said = tagged.said.as_ref().expect("it says something");
    assert_eq!(said.key, key.fingerprint());
    assert_eq!(
        (said.role.as_str(), said.plan.as_str()),
        ("risk", "abcdef0123")
    );
    assert_eq!(said.at.to_string(), "2026-11-02T09:30:00Z");
    assert_eq!(
        (tagged.strategy.as_str(), tagged.name.as_str()),
        ("tern", NAME)
    );
    bench
        .repo
        .git(&["push", "--quiet", "--delete", "origin", NAME]);
    assert_eq!(bench.tags(), []);
}

#[test]
fn what_nobody_signed_and_what_was_signed_for_something_else_says_nothing() {
    let bench = Bench::new();
    let why = |bench: &Bench| bench.tags()[0].said.clone().expect_err("it says nothing");
    bench.repo.git(&["tag", NAME]);
    bench.push(NAME);
    assert_eq!(why(&bench), "is no annotated tag");
    bench.repo.git(&[
        "tag",
        "--force",
        "--annotate",
        "--message",
        "role: risk",
        NAME,
    ]);
    bench
        .repo
        .git(&["push", "--quiet", "--force", "origin", NAME]);
    assert_eq!(why(&bench), "is not signed with an SSH key");
    // Somebody's yes to one behaviour, pushed as one to another.
    bench
        .repo
        .git(&["push", "--quiet", "--delete", "origin", NAME]);
    let other = "tidegate/approve/tern/9999999999";
    bench.sign(&Key::new(), other);
    let moved = format!("refs/tags/{other}:refs/tags/{NAME}");
    bench.repo.git(&["push", "--quiet", "origin", &moved]);
    let tags = bench.tags();
    let moved = tags
        .iter()
        .find(|tag| tag.name == NAME)
        .expect("it is there");
    assert_eq!(moved.said, Err("was made under another name".to_owned()));
}

//! A mirror over its life: references that move, go and lie; damage, locks and kills.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tidegate::git::mirror::{Fetched, Mirror, Movement};
use tidegate::git::{Class, Credentials, Error, Folder, Reference};

use super::check_error;
use crate::gitserver::Repo;

const LONG: Duration = Duration::from_mins(1);

struct Bench {
    folder: TempDir,
    repo: Repo,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::init(&folder.path().join("fleet.git"));
    Bench { folder, repo }
}

impl Bench {
    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn mirror(&self) -> Mirror {
        Mirror::open(&self.cache(), self.repo.file_url().parse().unwrap()).unwrap()
    }

    /// The mirror's folder in the cache.
    fn store(&self) -> PathBuf {
        fs::read_dir(self.cache())
            .unwrap()
            .map(|name| name.unwrap().path())
            .find(|path| path.is_dir())
            .unwrap()
    }
}

fn fetch(mirror: &Mirror, reference: &str) -> Result<Fetched, Error> {
    mirror.fetch(&named(reference), None, &Credentials::None, LONG)
}

fn named(reference: &str) -> Reference {
    reference.parse().unwrap()
}

fn texts(mirror: &Mirror, fetched: &Fetched) -> Vec<String> {
    let sources = mirror.read(fetched.commit, &Folder::root()).unwrap();
    sources.entries.keys().map(ToString::to_string).collect()
}

#[test]
fn a_branch_is_followed() {
    let bench = bench();
    let first = bench
        .repo
        .push(&[("a.yaml", "one\n")], "First of all\n\nbody");
    let mirror = bench.mirror();
    let fetched = fetch(&mirror, "main").unwrap();
    assert_eq!(fetched.commit.to_string(), first);
    assert_eq!(fetched.movement, Movement::First);
    assert_eq!(fetched.previous, None);
    assert_eq!(fetched.author, "Ada <ada@example.com>");
    assert_eq!(fetched.summary, "First of all");
    assert_eq!(fetched.committed_at.to_string(), "2026-11-02T09:30:00Z");
    assert_eq!(texts(&mirror, &fetched), ["a.yaml"]);

    assert_eq!(
        fetch(&mirror, "main").unwrap().movement,
        Movement::Unchanged
    );

    let second = bench.repo.push(&[("desks/b.yaml", "two\n")], "Second");
    let fetched = fetch(&mirror, "main").unwrap();
    assert_eq!(fetched.commit.to_string(), second);
    assert_eq!(fetched.previous.unwrap().to_string(), first);
    assert_eq!(fetched.movement, Movement::Forward);
    let desks = mirror.read(fetched.commit, &"desks".parse().unwrap());
    assert_eq!(desks.unwrap().commit, Some(second));
}

#[test]
fn a_rewritten_branch_is_told_even_by_a_new_process() {
    let bench = bench();
    let first = bench.repo.push(&[("a.yaml", "one\n")], "first");
    fetch(&bench.mirror(), "main").unwrap();
    let second = bench
        .repo
        .push_rewritten(&[("a.yaml", "two\n")], "rewritten");
    let fetched = fetch(&bench.mirror(), "main").unwrap();
    assert_eq!(fetched.movement, Movement::Rewritten);
    assert_eq!(fetched.commit.to_string(), second);
    assert_eq!(fetched.previous.unwrap().to_string(), first);
}

#[test]
fn a_new_mirror_tells_how_a_branch_moved_since_a_commit_that_is_known_otherwise() {
    let bench = bench();
    let lost = bench.repo.push(&[("a.yaml", "one\n")], "lost");
    let kept = bench
        .repo
        .push_rewritten(&[("a.yaml", "two\n")], "rewritten");
    bench.repo.push(&[("b.yaml", "two\n")], "on top");
    for (since, movement) in [(lost, Movement::Rewritten), (kept, Movement::Forward)] {
        let mirror = bench.mirror();
        let since = since.parse().ok();
        let fetched = mirror.fetch(&named("main"), since, &Credentials::None, LONG);
        assert_eq!(fetched.unwrap().movement, movement);
        drop(mirror);
        fs::remove_dir_all(bench.store()).unwrap();
    }
}

#[test]
fn tags_and_commits_are_followed() {
    let bench = bench();
    let first = bench.repo.push(&[("a.yaml", "one\n")], "first");
    bench
        .repo
        .git(&["tag", "--annotate", "--message", "v1", "v1"]);
    bench.repo.git(&["tag", "light"]);
    bench.repo.git(&["push", "--quiet", "--tags"]);
    bench.repo.push(&[("a.yaml", "two\n")], "second");
    let mirror = bench.mirror();
    for reference in ["refs/tags/v1", "refs/tags/light", first.as_str()] {
        let fetched = fetch(&mirror, reference).unwrap();
        assert_eq!(fetched.commit.to_string(), first, "{reference}");
    }
}

#[test]
fn a_commit_that_is_there_needs_no_host() {
    let bench = bench();
    let first = bench.repo.push(&[("a.yaml", "one\n")], "first");
    let mirror = bench.mirror();
    fetch(&mirror, &first).unwrap();
    fs::remove_dir_all(bench.repo.path()).unwrap();
    assert_eq!(
        fetch(&mirror, &first).unwrap().movement,
        Movement::Unchanged
    );
}

#[test]
fn branches_may_follow_each_other_under_one_name() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    let mirror = bench.mirror();
    bench.repo.git(&["push", "--quiet", "origin", "HEAD:desk"]);
    fetch(&mirror, "desk").unwrap();
    bench
        .repo
        .git(&["push", "--quiet", "--delete", "origin", "desk"]);
    bench
        .repo
        .git(&["push", "--quiet", "origin", "HEAD:desk/mm"]);
    fetch(&mirror, "desk/mm").unwrap();
}

#[test]
fn a_missing_reference_says_what_is_near() {
    let bench = bench();
    let mirror = bench.mirror();
    let url = bench.repo.file_url();
    let url = [(url.as_str(), "URL")];
    check_error(
        fetch(&mirror, "main"),
        &url,
        "fetch the branch `main` of `URL`: the repository does not have it; it is empty",
    );
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    check_error(
        fetch(&mirror, "mian"),
        &url,
        "fetch the branch `mian` of `URL`: the repository does not have it; did you mean `main`?",
    );
    check_error(
        fetch(&mirror, "refs/tags/v1"),
        &url,
        "fetch the tag `v1` of `URL`: the repository does not have it",
    );
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    check_error(
        fetch(&mirror, nowhere),
        &url,
        "fetch the commit 0123456789abcdef0123456789abcdef01234567 of `URL`: \
         the repository does not have it",
    );
    let tree = bench.repo.git(&["rev-parse", "HEAD^{tree}"]);
    bench.repo.git(&["tag", "tree", &tree]);
    bench.repo.git(&["push", "--quiet", "--tags"]);
    check_error(
        fetch(&mirror, "refs/tags/tree"),
        &url,
        "read the revision `refs/tags/tree`: it does not name a commit",
    );
}

#[test]
fn a_branch_that_goes_leaves_what_was_fetched() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    bench.repo.git(&["push", "--quiet", "origin", "HEAD:desk"]);
    let mirror = bench.mirror();
    let fetched = fetch(&mirror, "desk").unwrap();
    bench
        .repo
        .git(&["push", "--quiet", "--delete", "origin", "desk"]);
    let gone = fetch(&mirror, "desk").unwrap_err();
    assert_eq!(gone.class(), Class::NotFound);
    assert_eq!(texts(&mirror, &fetched), ["a.yaml"]);
}

#[test]
fn one_mirror_has_one_owner() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    let mirror = bench.mirror();
    let url = bench.repo.file_url();
    let folder = bench.folder.path().to_str().unwrap();
    let error = Mirror::open(&bench.cache(), url.parse().unwrap()).unwrap_err();
    let text = error.to_string().replace(&url, "URL");
    let (start, end) = text.split_once(folder).unwrap();
    assert_eq!(start, "keep the mirror of `URL` in `");
    assert!(
        end.ends_with(".git`: another process is using it; stop it, or give another cache folder"),
        "{end}"
    );
    drop(mirror);
    fetch(&bench.mirror(), "main").unwrap();
}

#[test]
fn a_cache_that_cannot_be_kept_is_told() {
    let bench = bench();
    fs::write(bench.cache(), "a file").unwrap();
    let url = bench.repo.file_url();
    let error = Mirror::open(&bench.cache(), url.parse().unwrap()).unwrap_err();
    assert_eq!(error.class(), Class::Local);
    let text = error.to_string().replace(&url, "URL");
    assert!(text.starts_with("keep the mirror of `URL` in `"), "{text}");
}

type Damage = fn(&Path);

#[test]
fn damage_is_mended_by_the_next_fetch() {
    let bench = bench();
    let first = bench.repo.push(&[("a.yaml", "one\n")], "first");
    let damages: [(&str, Damage); 5] = [
        ("objects are gone", |store| {
            fs::remove_dir_all(store.join("objects")).unwrap();
        }),
        ("packs are cut", |store| {
            each_pack(store, |pack| fs::write(pack, b"PACK").unwrap());
        }),
        ("packs are gone", |store| {
            each_pack(store, |pack| fs::remove_file(pack).unwrap());
        }),
        ("the head is nonsense", |store| {
            fs::write(store.join("HEAD"), [0; 64]).unwrap();
        }),
        ("the configuration is nonsense", |store| {
            fs::write(store.join("config"), "[core\n").unwrap();
        }),
    ];
    for (what, damage) in damages {
        fetch(&bench.mirror(), "main").unwrap();
        damage(&bench.store());
        let mirror = bench.mirror();
        let fetched = fetch(&mirror, "main").unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(fetched.commit.to_string(), first, "{what}");
        assert_eq!(texts(&mirror, &fetched), ["a.yaml"], "{what}");
    }
}

#[test]
fn damage_that_only_reading_finds_is_mended_too() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    let mirror = bench.mirror();
    let fetched = fetch(&mirror, "main").unwrap();
    each_pack(&bench.store(), |pack| fs::remove_file(pack).unwrap());
    let damaged = bench_read(&mirror, &fetched);
    assert_eq!(damaged, Some(Class::Corrupt));
    let again = fetch(&mirror, "main").unwrap();
    assert_eq!(again.movement, Movement::Unchanged);
    assert_eq!(bench_read(&mirror, &fetched), None);
}

fn bench_read(mirror: &Mirror, fetched: &Fetched) -> Option<Class> {
    let result = mirror.read(fetched.commit, &Folder::root());
    result.err().map(|error| error.class())
}

fn each_pack(store: &Path, damage: impl Fn(&Path)) {
    for name in fs::read_dir(store.join("objects/pack")).unwrap() {
        let path = name.unwrap().path();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        #[expect(
            clippy::permissions_set_readonly_false,
            reason = "the file is a test's own"
        )]
        permissions.set_readonly(false);
        fs::set_permissions(&path, permissions).unwrap();
        damage(&path);
    }
}

#[test]
fn a_mirror_of_many_packs_is_made_anew_and_remembers() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    fetch(&bench.mirror(), "main").unwrap();
    for index in 0..250 {
        let pack = bench
            .store()
            .join(format!("objects/pack/pack-{index}.pack"));
        fs::write(pack, "").unwrap();
    }
    bench
        .repo
        .push_rewritten(&[("a.yaml", "two\n")], "rewritten");
    let fetched = fetch(&bench.mirror(), "main").unwrap();
    assert_eq!(fetched.movement, Movement::Rewritten);
    let packs = fs::read_dir(bench.store().join("objects/pack")).unwrap();
    assert!(packs.count() < 10);
}

#[test]
fn what_a_killed_process_left_is_swept() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    fetch(&bench.mirror(), "main").unwrap();
    let reference = walk(&bench.store().join("refs/mirror"));
    fs::write(format!("{}.lock", reference.display()), "").unwrap();
    fs::write(bench.store().join("config.lock"), "").unwrap();
    bench.repo.push(&[("a.yaml", "two\n")], "second");
    let fetched = fetch(&bench.mirror(), "main").unwrap();
    assert_eq!(fetched.movement, Movement::Forward);
}

fn walk(folder: &Path) -> PathBuf {
    let mut names = fs::read_dir(folder).unwrap();
    names.next().unwrap().unwrap().path()
}

#[test]
fn a_remote_that_is_not_there_leaves_the_mirror_as_it_was() {
    let bench = bench();
    bench.repo.push(&[("a.yaml", "one\n")], "first");
    let mirror = bench.mirror();
    let fetched = fetch(&mirror, "main").unwrap();
    let aside = bench.folder.path().join("aside");
    fs::rename(bench.repo.path(), &aside).unwrap();
    let url = bench.repo.file_url();
    let path = bench.repo.path().to_str().unwrap();
    check_error(
        fetch(&mirror, "main"),
        &[(&url, "URL"), (path, "PATH")],
        "fetch `URL`: the host has no such repository, or does not show it to this credential: \
         failed to resolve path 'PATH': No such file or directory",
    );
    assert_eq!(texts(&mirror, &fetched), ["a.yaml"]);
    fs::rename(&aside, bench.repo.path()).unwrap();
    assert_eq!(
        fetch(&mirror, "main").unwrap().movement,
        Movement::Unchanged
    );
}

//! Who wrote what of a fleet, from real histories.

use std::process::Command;

use tempfile::TempDir;
use tidegate::git::history::{History, Span};
use tidegate::people::{Authors, Concern};

use crate::gitserver::Repo;

const FILE: &str = "desks/rates/tern.yaml";

struct Fleet {
    _folder: TempDir,
    repo: Repo,
}

impl Fleet {
    /// A fleet whose first commit has the file in question.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::init(&folder.path().join("fleet.git"));
        repo.write("tidegate.yaml", "spec: {people: []}\n");
        repo.write(FILE, "1\n");
        repo.commit("A fleet");
        Self {
            _folder: folder,
            repo,
        }
    }

    /// Somebody changes a file.
    fn change(&self, who: &str, path: &str, text: &str) -> String {
        self.repo.write(path, text);
        self.commit(who, &[])
    }

    fn commit(&self, who: &str, more: &[&str]) -> String {
        let author = format!("--author={who} <{who}@example.com>");
        self.repo.git(&["add", "--all"]);
        let commit = ["commit", "--quiet", "--message", "Change", &author];
        self.repo
            .git(&[&["-c", "commit.gpgsign=false"], &commit[..], more].concat());
        self.repo.head()
    }

    fn authors(&self, since: Option<&str>) -> Authors {
        let span = Span {
            since: since.map(|it| it.parse().unwrap()),
            until: self.repo.head().parse().unwrap(),
        };
        let history = History::Local(self.repo.clone_dir().to_owned());
        let concern = Concern::of_files([FILE.to_owned()]);
        history.authors(span, &concern).unwrap()
    }

    /// The addresses of the authors, the latest first; those of committers are all the same.
    fn check(&self, since: Option<&str>, expect: &[&str]) {
        let Authors::Commits(commits) = self.authors(since) else {
            panic!("nobody knows");
        };
        let authors: Vec<String> = commits.iter().map(|it| it.by.to_string()).collect();
        let expect: Vec<String> = expect
            .iter()
            .map(|it| format!("`{it}@example.com`"))
            .collect();
        assert_eq!(authors, expect);
    }
}

#[test]
fn whoever_changed_its_files_is_an_author_and_nobody_else() {
    let fleet = Fleet::new();
    let before = fleet.repo.head();
    fleet.change("ben", "desks/rates/gull.yaml", "1\n");
    fleet.change("carla", FILE, "2\n");
    fleet.change(
        "dora",
        "tidegate.yaml",
        "spec: {people: [], freezes: [{}]}\n",
    );
    fleet.check(Some(&before), &["carla"]);
    fleet.change("eve", "tidegate.yaml", "spec: {people: [{name: eve}]}\n");
    fleet.check(Some(&before), &["eve", "carla"]);
    fleet.check(None, &["eve", "carla", "ada"]);
}

#[test]
fn a_file_from_elsewhere_makes_authors_of_all_who_changed_anything_before() {
    let fleet = Fleet::new();
    fleet.repo.git(&["mv", FILE, "desks/rates/draft.yaml"]);
    let before = fleet.commit("ada", &[]);
    fleet.change("mallory", "desks/rates/draft.yaml", "3\n");
    fleet.repo.git(&["mv", "desks/rates/draft.yaml", FILE]);
    fleet.commit("carla", &[]);
    fleet.check(Some(&before), &["carla", "mallory"]);
}

#[test]
fn where_nothing_known_is_the_cause_everybody_is() {
    let fleet = Fleet::new();
    let before = fleet.repo.head();
    fleet.change("ben", "desks/rates/gull.yaml", "1\n");
    fleet.check(Some(&before), &["ben"]);
}

#[test]
fn a_merge_counts_for_what_no_parent_has() {
    let fleet = Fleet::new();
    let before = fleet.repo.head();
    fleet.repo.git(&["checkout", "--quiet", "-b", "side"]);
    fleet.change("ben", FILE, "2\n");
    fleet.repo.git(&["checkout", "--quiet", "main"]);
    fleet.change("carla", "README.md", "1\n");
    fleet
        .repo
        .git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    fleet.commit("dora", &[]);
    fleet.check(Some(&before), &["ben"]);
    // One that holds more than what it merges is a change of its own.
    let before = fleet.repo.head();
    fleet.repo.git(&["checkout", "--quiet", "-b", "other"]);
    fleet.change("ben", "README.md", "2\n");
    fleet.repo.git(&["checkout", "--quiet", "main"]);
    fleet.change("carla", "NOTES.md", "1\n");
    fleet
        .repo
        .git(&["merge", "--quiet", "--no-ff", "--no-commit", "other"]);
    fleet.change("mallory", FILE, "9\n");
    fleet.check(Some(&before), &["mallory"]);
}

#[test]
fn a_commit_that_is_gone_leaves_the_authors_unknown() {
    let fleet = Fleet::new();
    let gone = "0123456789abcdef0123456789abcdef01234567";
    let Authors::Unknown(why) = fleet.authors(Some(gone)) else {
        panic!("somebody is known");
    };
    assert_eq!(
        why,
        "commit 0123456789, which was promoted, is not in the repository"
    );
}

/// A key of somebody's, and its fingerprint.
fn key(folder: &TempDir, name: &str) -> (String, String) {
    let path = folder.path().join(name).to_str().unwrap().to_owned();
    let run = |args: &[&str]| {
        let output = Command::new("ssh-keygen").args(args).output();
        let output = output
            .expect("ssh-keygen is installed; `apt-get install --yes openssh-client` does it");
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path]);
    let shown = run(&["-l", "-f", &path]);
    let fingerprint = shown.split_whitespace().nth(1).unwrap().to_owned();
    (path, fingerprint)
}

#[test]
fn the_author_is_whoever_signed_and_a_broken_signature_is_none() {
    let fleet = Fleet::new();
    let folder = tempfile::tempdir().unwrap();
    let (path, fingerprint) = key(&folder, "carla");
    let before = fleet.repo.head();
    fleet.repo.write(FILE, "2\n");
    fleet.repo.git(&["add", "--all"]);
    let key = format!("user.signingkey={path}");
    let author = "--author=ben <ben@example.com>";
    let signed = [
        "-c",
        "gpg.format=ssh",
        "-c",
        &key,
        "commit",
        "--quiet",
        "--gpg-sign",
    ];
    fleet
        .repo
        .git(&[&signed[..], &["--message", "Change", author]].concat());
    let Authors::Commits(commits) = fleet.authors(Some(&before)) else {
        panic!("nobody knows");
    };
    assert_eq!(commits[0].by.to_string(), format!("key `{fingerprint}`"));
    assert_eq!(commits[0].unsigned, None);
    let also: Vec<String> = commits[0].also.iter().map(ToString::to_string).collect();
    assert_eq!(also, ["`ben@example.com`", "`ada@example.com`"]);

    // The same signature on another content.
    let forged = fleet.repo.git(&["cat-file", "commit", "HEAD"]);
    let forged = forged.replace("\nChange", "\nAnother");
    let file = folder.path().join("commit");
    std::fs::write(&file, forged + "\n").unwrap();
    let file = file.to_str().unwrap();
    let id = fleet.repo.git(&["hash-object", "-t", "commit", "-w", file]);
    fleet.repo.git(&["reset", "--quiet", "--hard", &id]);
    let Authors::Commits(commits) = fleet.authors(Some(&before)) else {
        panic!("nobody knows");
    };
    assert_eq!(commits[0].by.to_string(), "`ben@example.com`");
    let why = commits[0].unsigned.as_deref().unwrap_or_default();
    assert!(
        why.contains("the signature is not of this content"),
        "{why}"
    );
}

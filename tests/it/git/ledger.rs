//! The ledger in a real repository, over real HTTP: appended, pushed, outrun, refused, and tampered
//! with by somebody who can write to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;
use tidegate::digest::Digest;
use tidegate::git::ledger::Lineage;
use tidegate::git::mirror::{Mirror, Pushed};
use tidegate::git::{BasicCredential, CommitId, Credentials};
use tidegate::ledger::{Chain, Entry, Event, Fact, Finding, REFERENCE, bundle_file};
use tidegate::release::Revision;
use tidegate::signature::{Fingerprint, Signer};

use crate::fleet;
use crate::gitserver::{GitServer, Repo, git};

const LONG: Duration = Duration::from_mins(1);

/// A key of a daemon, made by OpenSSH itself.
pub(crate) struct Key {
    _folder: TempDir,
    pub(crate) private: String,
    pub(crate) public: String,
}

impl Key {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("key");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "tidegate", "-f"])
            .arg(&file)
            .status();
        assert!(made.expect("ssh-keygen is installed").success());
        let read = |file: &Path| fs::read_to_string(file).expect("a key");
        Self {
            private: read(&file),
            public: read(&file.with_extension("pub")).trim().to_owned(),
            _folder: folder,
        }
    }

    fn signer(&self) -> Signer {
        Signer::from_openssh(&self.private).expect("a key that signs")
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.signer().public_key().fingerprint()
    }
}

/// One who keeps the ledger: a cluster's daemon.
struct Writer<'a> {
    server: &'a GitServer,
    _cache: TempDir,
    mirror: Mirror,
    key: &'a Key,
    keys: BTreeSet<Fingerprint>,
    chain: Chain,
    head: Option<CommitId>,
}

impl<'a> Writer<'a> {
    fn new(server: &'a GitServer, key: &'a Key, keys: &[&Key]) -> Self {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let url = server.url("fleet").parse().expect("an address");
        let mirror = Mirror::open(cache.path(), url).expect("a mirror");
        let writer = Self {
            server,
            _cache: cache,
            mirror,
            key,
            keys: keys.iter().map(|key| key.fingerprint()).collect(),
            chain: Chain::default(),
            head: None,
        };
        let main = "main".parse().expect("a branch");
        let fetched = writer.mirror.fetch(&main, None, &login(), LONG);
        fetched.expect("the fleet is there");
        writer
    }

    /// Fetches, and says what is wrong with what came, after what was seen before.
    fn look(&mut self) -> Vec<Finding> {
        let seen = self.chain.head();
        let head = self.mirror.fetch_ledger(&login(), LONG).expect("a fetch");
        let Some(head) = head else {
            let cut = seen.and_then(|seen| Chain::default().cut(seen));
            return cut.into_iter().collect();
        };
        let mut chain = Chain::default();
        let mut findings = Vec::new();
        let see = &mut |link| findings.extend(chain.extend(&link, &self.keys, seen).1);
        let lineage = self.mirror.ledger(head, None, see).expect("entries");
        assert_eq!(lineage, Lineage::Continued);
        findings.extend(seen.and_then(|seen| chain.cut(seen)));
        if findings.is_empty() {
            (self.chain, self.head) = (chain, Some(head));
        }
        findings
    }

    fn write(&mut self, release: &str) -> Pushed {
        let bundle = format!("the bundle of {release}").into_bytes();
        let file = bundle_file(Digest::of(release));
        let files = BTreeMap::from([(file, bundle)]);
        let attached = files.iter();
        let attached = attached.map(|(name, bytes)| (name.clone(), Digest::of(bytes)));
        let entry = Entry::after(self.chain.head(), fact(release), attached.collect());
        let signer = self.key.signer();
        let made = self.mirror.append(self.head, &entry, &files, &signer);
        let made = made.expect("a commit");
        let pushed = self.mirror.push_ledger(made, &login(), LONG);
        let pushed = pushed.expect("an answer");
        if pushed == Pushed::Taken {
            let mut findings = Vec::new();
            let (chain, keys) = (&mut self.chain, &self.keys);
            let see = &mut |link| findings.extend(chain.extend(&link, keys, None).1);
            let lineage = self.mirror.ledger(made, self.head, see).expect("entries");
            assert_eq!((lineage, findings), (Lineage::Continued, Vec::new()));
            self.head = Some(made);
        }
        pushed
    }

    /// The repository at the server, as somebody who may write to it has it.
    fn at_server(&self, args: &[&str]) -> String {
        git(&self.server.folder("fleet"), args)
    }
}

fn login() -> Credentials {
    Credentials::Basic(BasicCredential {
        username: GitServer::USER.to_owned(),
        password: GitServer::TOKEN.into(),
    })
}

fn fact(release: &str) -> Fact {
    let digest = Digest::of(release).to_string();
    Fact {
        at: Timestamp::UNIX_EPOCH,
        fleet: "harbour".to_owned(),
        cluster: "east".to_owned(),
        desk: Some("rates".to_owned()),
        release: Some(release.to_owned()),
        event: Event::Promotion {
            revision: Revision {
                bundle: digest.clone(),
                behaviour: digest,
                commit: None,
            },
            before: None,
            class: None,
        },
    }
}

fn served() -> (GitServer, Repo) {
    let server = GitServer::start();
    let repo = server.bare_repo("fleet");
    repo.push(&[("a.yaml", "one\n")], "A fleet");
    (server, repo)
}

fn told(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn entries_are_pushed_read_back_and_verified_by_git_itself() {
    let (server, repo) = served();
    let key = Key::new();
    let mut writer = Writer::new(&server, &key, &[&key]);
    assert_eq!(writer.look(), []);
    for release in ["gull", "tern", "knot"] {
        assert_eq!(writer.write(release), Pushed::Taken);
    }
    let mut other = Writer::new(&server, &key, &[&key]);
    assert_eq!(other.look(), []);
    assert_eq!(other.chain.head(), writer.chain.head());
    let promoted = other.chain.promoted("east", "tern").expect("an entry");
    let commit = promoted.commit.parse().expect("a commit");
    let kept = other
        .mirror
        .kept_with(commit, &bundle_file(Digest::of("tern")));
    assert_eq!(kept.unwrap().unwrap(), b"the bundle of tern");

    // Who has neither Tidegate nor a cluster can verify it with Git and OpenSSH.
    let allowed = repo.clone_dir().join("allowed");
    fs::write(&allowed, format!("tidegate {}\n", key.public)).unwrap();
    let config = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    for back in ["", "~1", "~2"] {
        let commit = format!("{REFERENCE}{back}");
        writer.at_server(&["-c", &config, "verify-commit", &commit]);
    }
    assert_eq!(writer.at_server(&["fsck", "--strict"]), "");
}

#[test]
fn who_is_outrun_appends_on_top_of_the_other() {
    let (server, _repo) = served();
    let (east, west) = (Key::new(), Key::new());
    let keys = [&east, &west];
    let mut one = Writer::new(&server, &east, &keys);
    let mut two = Writer::new(&server, &west, &keys);
    assert_eq!((one.look(), two.look()), (Vec::new(), Vec::new()));
    assert_eq!(one.write("gull"), Pushed::Taken);
    assert_eq!(two.write("tern"), Pushed::Outrun);
    assert_eq!(two.look(), []);
    assert_eq!(two.write("tern"), Pushed::Taken);
    assert_eq!(one.write("knot"), Pushed::Outrun);
    assert_eq!(one.look(), []);
    assert_eq!(one.write("knot"), Pushed::Taken);
    assert_eq!(two.look(), []);
    assert_eq!(two.chain.head().map(|head| head.sequence), Some(3));
}

#[test]
fn what_the_server_refuses_is_told_in_its_words() {
    let (server, _repo) = served();
    let key = Key::new();
    let mut writer = Writer::new(&server, &key, &[&key]);
    let hook = server.folder("fleet").join("hooks/update");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        writer.write("gull"),
        Pushed::Refused("hook declined".to_owned())
    );
    fs::remove_file(&hook).unwrap();
    assert_eq!(writer.write("gull"), Pushed::Taken);
}

#[test]
fn a_ledger_that_was_cut_rewritten_or_removed_is_found_by_what_was_seen() {
    let (server, _repo) = served();
    let key = Key::new();
    let mut writer = Writer::new(&server, &key, &[&key]);
    for release in ["gull", "tern", "knot"] {
        assert_eq!(writer.write(release), Pushed::Taken);
    }
    let whole = writer.at_server(&["rev-parse", REFERENCE]);

    let cut = format!("{REFERENCE}~1");
    writer.at_server(&["update-ref", REFERENCE, &cut]);
    let findings = writer.look();
    assert!(
        told(&findings).contains("the end was cut off"),
        "{findings:?}"
    );

    // Somebody who holds the daemon's own key goes on from there, twice.
    let mut forger = Writer::new(&server, &key, &[&key]);
    assert_eq!(forger.look(), []);
    for release in ["auk", "skua"] {
        assert_eq!(forger.write(release), Pushed::Taken);
    }
    let findings = writer.look();
    assert!(
        told(&findings).contains("the history was rewritten"),
        "{findings:?}"
    );

    writer.at_server(&["update-ref", "-d", REFERENCE]);
    let findings = writer.look();
    assert!(
        told(&findings).contains("the end was cut off"),
        "{findings:?}"
    );

    writer.at_server(&["update-ref", REFERENCE, &whole]);
    assert_eq!(writer.look(), [], "it is as it was left");
}

#[test]
fn what_somebody_else_adds_is_found_whatever_it_is() {
    let (server, repo) = served();
    let (key, stranger) = (Key::new(), Key::new());
    let mut writer = Writer::new(&server, &key, &[&key]);
    assert_eq!(writer.write("gull"), Pushed::Taken);
    let whole = writer.at_server(&["rev-parse", REFERENCE]);

    let mut other = Writer::new(&server, &stranger, &[&key, &stranger]);
    assert_eq!(other.look(), []);
    assert_eq!(other.write("tern"), Pushed::Taken);
    let findings = writer.look();
    assert!(told(&findings).contains("not among `ledger.keys`"));

    writer.at_server(&["update-ref", REFERENCE, &whole]);
    repo.git(&["fetch", "--quiet", "origin", REFERENCE]);
    repo.git(&["checkout", "--quiet", "FETCH_HEAD"]);
    repo.commit("Not signed, and with the same entry");
    repo.git(&["push", "--quiet", "origin", &format!("HEAD:{REFERENCE}")]);
    let text = told(&writer.look());
    for problem in ["it is not signed", "the same as entry 1", "another entry"] {
        assert!(text.contains(problem), "{text}");
    }
}

/// Runs an offline command on a clone: its exit code, and all that it prints.
fn offline(repo: &Repo, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    let output = command.args(args).arg(repo.clone_dir()).output();
    let output = output.expect("tidegate runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code(), text)
}

#[test]
fn whoever_has_a_clone_verifies_it_and_draws_up_a_report() {
    let (server, repo) = served();
    let key = Key::new();
    for (file, text) in fleet::BASE {
        repo.write(file, text);
    }
    repo.write(fleet::path("gull"), fleet::service("gull", 2, 'a'));
    let root = format!("{}  ledger: {{keys: [{}]}}\n", fleet::ROOT, key.public);
    repo.push(&[("tidegate.yaml", &root)], "Keep a ledger");
    let mut writer = Writer::new(&server, &key, &[&key]);
    assert_eq!(writer.write("gull"), Pushed::Taken);
    assert_eq!(writer.write("tern"), Pushed::Taken);

    let (code, text) = offline(&repo, &["ledger", "verify"]);
    assert_eq!(code, Some(3));
    assert!(text.contains("fetch it: `git fetch origin"), "{text}");

    let fetch = ["fetch", "--quiet", "origin"];
    let refspec = format!("+{REFERENCE}:{REFERENCE}");
    repo.git(&[fetch[0], fetch[1], fetch[2], &refspec]);
    let head = writer.chain.head().expect("a head");
    let (code, text) = offline(&repo, &["ledger", "verify"]);
    let sound = format!("2 entries, all sound; the last one is {head}\n");
    assert_eq!((code, text), (Some(0), sound));

    let span = ["--from", "1970-01-01", "--to", "1970-01-02"];
    let (code, text) = offline(&repo, &["report", span[0], span[1], span[2], span[3]]);
    assert_eq!(code, Some(0));
    let digits = Digest::of("gull").short();
    for line in [
        "# Fleet harbour: 1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z".to_owned(),
        format!("| 1970-01-01T00:00:00Z | east | rates | gull | promoted |  | {digits} |"),
        format!("| {digits} | 1970-01-01T00:00:00Z | 1 |"),
    ] {
        assert!(text.contains(&line), "{line} is not in:\n{text}");
    }

    let other = Key::new();
    let (code, text) = offline(&repo, &["ledger", "verify", "--key", &other.public]);
    assert_eq!(code, Some(1));
    assert!(text.contains("2 entries, 2 findings"), "{text}");
    let cut = format!("{REFERENCE}~1");
    repo.git(&["update-ref", REFERENCE, &cut]);
    let seen = head.to_string();
    let (code, text) = offline(&repo, &["ledger", "verify", "--seen", &seen]);
    assert_eq!(code, Some(1));
    assert!(text.contains("the end was cut off"), "{text}");
}

//! All entries together: whether each follows the one before, and what they say in the end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::finding::{Finding, Problem};
use super::head::Head;
use super::link::Link;
use super::{Entry, Event, Fact, Read, seal};
use crate::digest::Digest;
use crate::halt::Standing;
use crate::release::Revision;
use crate::resolve::Class;
use crate::signature::{self, Fingerprint};

/// What the entries say that were looked at so far, in their order.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    head: Option<Head>,
    commit: Option<String>,
    next: u64,
    fleet: Option<String>,
    facts: BTreeMap<Digest, u64>,
    promoted: BTreeMap<(String, String), Promoted>,
    halts: BTreeMap<(String, String), Standing>,
}

/// What was promoted last in a cluster under the name of a Release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promoted {
    /// What runs.
    pub revision: Revision,
    /// Its class; `None` for a desk.
    pub class: Option<Class>,
    /// Its desk.
    pub desk: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The number of the entry that says so.
    pub sequence: u64,
    /// The commit of that entry, which holds the bundle.
    pub commit: String,
}

/// Looks at a whole ledger, and finds everything that is wrong with it. `seen` is where it ended
/// when it was last looked at.
pub fn verify(
    links: &[Link],
    keys: &BTreeSet<Fingerprint>,
    seen: Option<Head>,
) -> (Chain, Vec<Read>, Vec<Finding>) {
    let mut chain = Chain::default();
    let (mut read, mut findings) = (Vec::new(), Vec::new());
    for link in links {
        let (entry, wrong) = chain.extend(link, keys, seen);
        read.extend(entry);
        findings.extend(wrong);
    }
    findings.extend(seen.and_then(|seen| chain.cut(seen)));
    (chain, read, findings)
}

impl Chain {
    /// Where it ends.
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// The commit of its last entry.
    pub fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }

    /// Whether it has an entry for a fact.
    pub fn has(&self, fact: &Digest) -> bool {
        self.facts.contains_key(fact)
    }

    /// What was promoted last in a cluster under the name of a Release, unless it was retired since.
    pub fn promoted(&self, cluster: &str, release: &str) -> Option<&Promoted> {
        let key = (cluster.to_owned(), release.to_owned());
        self.promoted.get(&key)
    }

    /// The Halts that stand in a cluster: nobody lifted them.
    pub fn halts(&self, cluster: &str) -> Vec<Standing> {
        let halts = self.halts.iter();
        let here = halts.filter(|((of, _), _)| of == cluster);
        here.map(|(_, halt)| halt.clone()).collect()
    }

    /// The commit that holds a bundle which was promoted last somewhere.
    pub fn holder(&self, bundle: Digest) -> Option<&str> {
        let bundle = bundle.to_string();
        let mut promoted = self.promoted.values();
        let found = promoted.find(|it| it.revision.bundle == bundle)?;
        Some(&found.commit)
    }

    /// Takes in the next commit, and finds what is wrong with it. What comes after it is held
    /// against what it says, so that one fault is one finding and not as many as there are entries.
    pub fn extend(
        &mut self,
        link: &Link,
        keys: &BTreeSet<Fingerprint>,
        seen: Option<Head>,
    ) -> (Option<Read>, Vec<Finding>) {
        let sequence = self.next.max(1);
        let mut problems = Vec::new();
        problems.extend(self.parent(link));
        problems.extend(signature(link, keys));
        let read = match link.entry.as_deref().map(Read::of) {
            None => Err(Problem::NoEntry),
            Some(read) => read,
        };
        let digest = link.entry.as_deref().map(Digest::of);
        problems.extend(digest.and_then(|digest| rewritten(sequence, digest, seen)));
        let read = match read {
            Ok(read) => {
                self.judge(sequence, link, &read, &mut problems);
                Some(read)
            }
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        self.go_on(sequence, link, digest, read.as_ref());
        let found = problems.into_iter().map(|problem| Finding {
            commit: Some(link.commit.clone()),
            sequence,
            problem,
        });
        (read, found.collect())
    }

    /// What is wrong with where it ends, after what was seen before.
    pub fn cut(&self, seen: Head) -> Option<Finding> {
        let sequence = self.next.max(1).saturating_sub(1);
        (sequence < seen.sequence).then(|| Finding {
            commit: self.commit.clone(),
            sequence,
            problem: Problem::Truncated { seen },
        })
    }

    fn parent(&self, link: &Link) -> Option<Problem> {
        let follows = match (&self.commit, link.parents.as_slice()) {
            (None, []) => true,
            (Some(before), [parent]) => before == parent,
            (None | Some(_), _) => false,
        };
        (!follows).then_some(Problem::Parent)
    }

    fn judge(&self, sequence: u64, link: &Link, read: &Read, problems: &mut Vec<Problem>) {
        let entry = &read.entry;
        if entry.sequence != sequence {
            problems.push(Problem::Sequence(entry.sequence));
        }
        if entry.previous != self.head.map(|head| head.entry) {
            problems.push(Problem::Previous);
        }
        let fleet = &entry.fact.fleet;
        if self.fleet.as_ref().is_some_and(|first| first != fleet) {
            problems.push(Problem::Fleet(fleet.clone()));
        }
        if let Some(earlier) = self.facts.get(&read.id) {
            problems.push(Problem::Twice(*earlier));
        }
        if !is_sealed(link, read.digest) {
            problems.push(Problem::Unsealed);
        }
        attachments(link, entry, problems);
    }

    fn go_on(&mut self, sequence: u64, link: &Link, digest: Option<Digest>, read: Option<&Read>) {
        let said = read.map_or(sequence, |read| read.entry.sequence);
        self.next = said.saturating_add(1);
        self.commit = Some(link.commit.clone());
        self.head = digest.map(|entry| Head {
            sequence: said,
            entry,
        });
        let Some(read) = read else { return };
        let fact = &read.entry.fact;
        self.fleet.get_or_insert_with(|| fact.fleet.clone());
        self.facts.entry(read.id).or_insert(said);
        self.conclude(fact, said, &link.commit);
    }

    /// What a fact means for what is promoted.
    fn conclude(&mut self, fact: &Fact, sequence: u64, commit: &str) {
        self.conclude_halt(fact);
        let Some(release) = &fact.release else { return };
        let key = (fact.cluster.clone(), release.clone());
        match &fact.event {
            Event::Promotion {
                revision, class, ..
            } => {
                let promoted = Promoted {
                    revision: revision.clone(),
                    class: *class,
                    desk: fact.desk.clone(),
                    at: fact.at,
                    sequence,
                    commit: commit.to_owned(),
                };
                self.promoted.insert(key, promoted);
            }
            Event::Retired { .. } => {
                self.promoted.remove(&key);
            }
            Event::Passed { .. }
            | Event::Approval { .. }
            | Event::Failure { .. }
            | Event::Abort { .. }
            | Event::Rollback { .. }
            | Event::Lift { .. }
            | Event::Restart { .. }
            | Event::Halt { .. }
            | Event::Unhalt { .. }
            | Event::Drill { .. }
            | Event::Override { .. }
            | Event::Resumed { .. }
            | Event::Attest { .. }
            | Event::Other => {}
        }
    }

    /// What a fact means for what stands still.
    fn conclude_halt(&mut self, fact: &Fact) {
        let key = |uid: &String| (fact.cluster.clone(), uid.clone());
        if let Event::Unhalt { uid, .. } = &fact.event {
            self.halts.remove(&key(uid));
        }
        let Event::Halt {
            name,
            uid,
            scope,
            by,
            restores,
        } = &fact.event
        else {
            return;
        };
        if let Some(earlier) = restores {
            self.halts.remove(&key(earlier));
        }
        let standing = Standing {
            name: name.clone(),
            uid: uid.clone(),
            scope: scope.clone(),
            by: by.who.clone(),
            reason: by.reason.clone().unwrap_or_default(),
            at: fact.at,
            since: fact.at,
            is_lost: true,
        };
        self.halts.insert(key(uid), standing);
    }
}

fn signature(link: &Link, keys: &BTreeSet<Fingerprint>) -> Option<Problem> {
    let Some(signature) = &link.signature else {
        return Some(Problem::Unsigned);
    };
    match signature::signed_by(signature, signature::GIT, &link.signed) {
        Err(invalid) => Some(Problem::Signature(invalid)),
        Ok(key) if keys.contains(&key) => None,
        Ok(key) => Some(Problem::UnknownKey(key)),
    }
}

fn rewritten(sequence: u64, digest: Digest, seen: Option<Head>) -> Option<Problem> {
    let seen = seen.filter(|seen| seen.sequence == sequence && seen.entry != digest)?;
    Some(Problem::Rewritten { seen: seen.entry })
}

/// Whether the message that was signed ends with the digest of the entry.
fn is_sealed(link: &Link, entry: Digest) -> bool {
    let seal = seal(entry);
    let last = link.signed.trim_ascii_end().rsplit(|byte| *byte == b'\n');
    last.take(1).any(|line| line == seal.as_bytes())
}

fn attachments(link: &Link, entry: &Entry, problems: &mut Vec<Problem>) {
    for (name, digest) in &entry.attached {
        match link.files.get(name) {
            None => problems.push(Problem::Missing(name.clone())),
            Some(found) if found != digest => problems.push(Problem::Changed(name.clone())),
            Some(_) => {}
        }
    }
    let extra = link.files.keys();
    let extra = extra.filter(|name| !entry.attached.contains_key(*name));
    problems.extend(extra.cloned().map(Problem::Extra));
}

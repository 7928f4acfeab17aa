//! The ledger as this process knows it, and the writing of it.
//!
//! With every look at the repository the ledger is fetched, and held against what was seen of it
//! before: what was seen once must be there for ever. Then what is to be told is appended and
//! pushed; whoever else pushed first is fetched, and it is tried again on top of that. A fact that
//! the ledger has is not appended again, whoever did it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tracing::{info, warn};

use super::source::{Following, Source, credentials};
use crate::digest::Digest;
use crate::error::chain as told;
use crate::git::ledger::Lineage;
use crate::git::mirror::{Mirror, Pushed};
use crate::git::{CommitId, Error};
use crate::ledger::{Chain, Entry, Fact, Finding, Head};
use crate::signature::{Fingerprint, Signer};

/// How often in a row others may push first before it is tried again later.
const OUTRUN: usize = 5;

/// What is known of the ledger.
#[derive(Debug, Clone, Default)]
pub(super) enum Book {
    /// It was not read yet, and perhaps why.
    #[default]
    Unread,
    /// It could not be read yet.
    Unreadable(String),
    /// Whoever runs this does not read it: `apply` leaves what is to be told to the daemon.
    Elsewhere,
    /// It is as it was left.
    Sound {
        /// What it says.
        chain: Arc<Chain>,
        /// Why it could not be read or written since, if so.
        failure: Option<String>,
    },
    /// It is not as it was left.
    Broken {
        /// What it said before.
        chain: Arc<Chain>,
        /// What is wrong.
        why: String,
    },
}

impl Book {
    /// What it says, or said when it was last sound.
    pub(super) fn chain(&self) -> Option<&Chain> {
        match self {
            Self::Unread | Self::Unreadable(_) | Self::Elsewhere => None,
            Self::Sound { chain, .. } | Self::Broken { chain, .. } => Some(chain),
        }
    }

    /// Where it ended when it was last sound.
    pub(super) fn head(&self) -> Option<Head> {
        self.chain().and_then(Chain::head)
    }

    /// Why nothing may begin or be promoted.
    pub(super) fn closed(&self) -> Option<String> {
        match self {
            Self::Unread => Some("it was not read yet".to_owned()),
            Self::Unreadable(why) => Some(format!("it could not be read yet: {why}")),
            Self::Broken { why, .. } => Some(why.clone()),
            Self::Elsewhere | Self::Sound { .. } => None,
        }
    }

    /// Why it does not count, or cannot be read or written.
    pub(super) fn failure(&self) -> Option<String> {
        match self {
            Self::Sound { failure, .. } => failure.clone(),
            other => other.closed(),
        }
    }
}

/// Something that is to be told.
#[derive(Debug, Clone)]
pub(super) struct Untold {
    /// What.
    pub(super) fact: Fact,
    /// What it is known by.
    pub(super) id: Digest,
    /// What is kept with it: name → bytes.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// What is to be written into the ledger, all of it, as its writer last said.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Vec<Untold>>);

impl Outbox {
    /// Exchanges what is to be written. Whether something is among it that was not before.
    pub(super) fn put(&self, untold: Vec<Untold>) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before: BTreeSet<Digest> = kept.iter().map(|it| it.id).collect();
        let is_news = untold.iter().any(|it| !before.contains(&it.id));
        *kept = untold;
        is_news
    }

    fn get(&self) -> Vec<Untold> {
        let untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        untold.clone()
    }
}

/// The mirror that holds the ledger, while whoever follows the repository has it.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Weak<Mirror>>);

impl Shared {
    /// Says which it is.
    pub(super) fn put(&self, mirror: &Arc<Mirror>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(mirror);
    }

    /// The mirror. To be held for one read only: another one cannot be opened meanwhile.
    pub(super) fn get(&self) -> Option<Arc<Mirror>> {
        let mirror = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mirror.upgrade()
    }
}

/// What one who follows a repository remembers of its ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Keeping {
    /// Where it ended when it was last seen, here or by the leader before.
    seen: Option<Head>,
    /// The keys that it was judged by.
    keys: BTreeSet<Fingerprint>,
    /// What was judged, and found sound.
    chain: Arc<Chain>,
    /// Where that ends.
    commit: Option<CommitId>,
    book: Book,
}

impl Keeping {
    /// Begins where the leader before left off.
    pub(super) fn since(seen: Option<Head>) -> Self {
        Self {
            seen,
            ..Self::default()
        }
    }

    /// One look at the ledger, and the writing of what is to be told.
    fn look(
        &mut self,
        source: &Source,
        mirror: &Mirror,
        keys: &BTreeSet<Fingerprint>,
        untold: &[Untold],
    ) {
        if self.keys != *keys {
            self.keys.clone_from(keys);
            self.chain = Arc::default();
            self.commit = None;
        }
        self.book = match self.read(source, mirror) {
            Ok(None) => {
                let failure = self.write(source, mirror, untold);
                Book::Sound {
                    chain: Arc::clone(&self.chain),
                    failure,
                }
            }
            Ok(Some(why)) => Book::Broken {
                chain: Arc::clone(&self.chain),
                why,
            },
            Err(error) => self.unread(told(&error)),
        };
    }

    fn unread(&self, why: String) -> Book {
        match self.book.clone() {
            Book::Sound { chain, .. } => Book::Sound {
                chain,
                failure: Some(why),
            },
            Book::Broken { chain, why } => Book::Broken { chain, why },
            Book::Unread | Book::Unreadable(_) | Book::Elsewhere => Book::Unreadable(why),
        }
    }

    /// Fetches the ledger, and says what is wrong with it, if anything is.
    fn read(&mut self, source: &Source, mirror: &Mirror) -> Result<Option<String>, Error> {
        let credentials = credentials(source.credentials.as_deref())?;
        let Some(head) = mirror.fetch_ledger(&credentials, source.timeout)? else {
            let gone = self.seen.and_then(|seen| Chain::default().cut(seen));
            return Ok(gone.map(|finding| finding.to_string()));
        };
        let mut chain = Chain::clone(&self.chain);
        let mut findings = self.judge(mirror, head, self.commit, &mut chain)?;
        if findings.is_none() {
            chain = Chain::default();
            findings = self.judge(mirror, head, None, &mut chain)?;
        }
        let mut findings = findings.unwrap_or_default();
        findings.extend(self.seen.and_then(|seen| chain.cut(seen)));
        if let Some(first) = findings.first() {
            let more = findings.len().saturating_sub(1);
            let more = if more == 0 {
                String::new()
            } else {
                format!(", and {more} more")
            };
            return Ok(Some(format!("{first}{more}")));
        }
        self.take(chain, Some(head));
        Ok(None)
    }

    fn take(&mut self, chain: Chain, commit: Option<CommitId>) {
        self.seen = chain.head().or(self.seen);
        self.chain = Arc::new(chain);
        self.commit = commit;
    }

    /// What is wrong with the entries from after a commit on; `None` if they do not follow it.
    fn judge(
        &self,
        mirror: &Mirror,
        head: CommitId,
        after: Option<CommitId>,
        chain: &mut Chain,
    ) -> Result<Option<Vec<Finding>>, Error> {
        let mut findings = Vec::new();
        let lineage = mirror.ledger(head, after, &mut |link| {
            findings.extend(chain.extend(&link, &self.keys, self.seen).1);
        })?;
        Ok(match lineage {
            Lineage::Continued => Some(findings),
            Lineage::Broken => None,
        })
    }

    /// Writes what is to be told. Why that was not possible, if so.
    fn write(&mut self, source: &Source, mirror: &Mirror, untold: &[Untold]) -> Option<String> {
        for _ in 0..OUTRUN {
            let missing = self.missing(untold);
            if missing.is_empty() {
                return None;
            }
            match self.append(source, mirror, &missing) {
                Ok(Pushed::Taken) => return None,
                Ok(Pushed::Refused(why)) => return Some(format!("it cannot be pushed: {why}")),
                Ok(Pushed::Outrun) => {}
                Err(why) => return Some(why),
            }
            match self.read(source, mirror) {
                Ok(None) => {}
                Ok(Some(why)) => return Some(why),
                Err(error) => return Some(told(&error)),
            }
        }
        Some("it cannot be pushed: others always push first".to_owned())
    }

    /// What the ledger does not have, each once: several units may tell of the same thing.
    fn missing<'a>(&self, untold: &'a [Untold]) -> Vec<&'a Untold> {
        let mut known = BTreeSet::new();
        let mut missing: Vec<&Untold> = untold.iter().collect();
        missing.retain(|it| !self.chain.has(&it.id) && known.insert(it.id));
        missing
    }

    fn append(
        &mut self,
        source: &Source,
        mirror: &Mirror,
        missing: &[&Untold],
    ) -> Result<Pushed, String> {
        let signer = signer(source.ledger_key.as_deref())?;
        let own = signer.public_key().fingerprint();
        if !self.keys.contains(&own) {
            return Err(format!(
                "the key of this daemon, {own}, is not among `ledger.keys` of the fleet"
            ));
        }
        let (mut head, mut chain) = (self.commit, Chain::clone(&self.chain));
        for untold in missing {
            let attached = untold.files.iter();
            let attached = attached.map(|(name, bytes)| (name.clone(), Digest::of(bytes)));
            let entry = Entry::after(chain.head(), untold.fact.clone(), attached.collect());
            let made = mirror.append(head, &entry, &untold.files, &signer);
            let made = made.map_err(|error| told(&error))?;
            let judged = self.judge(mirror, made, head, &mut chain);
            let findings = judged.map_err(|error| told(&error))?.unwrap_or_default();
            if let Some(finding) = findings.first() {
                return Err(format!("what was to be written is not sound: {finding}"));
            }
            head = Some(made);
        }
        let Some(end) = head else {
            return Ok(Pushed::Taken);
        };
        let pushed = credentials(source.credentials.as_deref())
            .and_then(|credentials| mirror.push_ledger(end, &credentials, source.timeout));
        let pushed = pushed.map_err(|error| format!("it cannot be pushed: {}", told(&error)))?;
        if pushed == Pushed::Taken {
            info!(entries = missing.len(), "wrote to the ledger");
            self.take(chain, head);
        }
        Ok(pushed)
    }
}

/// The key as it is now: a mounted Secret changes under a running daemon.
fn signer(file: Option<&Path>) -> Result<Signer, String> {
    let Some(file) = file else {
        return Err("there is no key to sign it with: give `--ledger-key-file`".to_owned());
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("its key in `{}` cannot be read: {error}", file.display()))?;
    Signer::from_openssh(&text)
        .map_err(|error| format!("its key in `{}` cannot be used: {error}", file.display()))
}

impl Following {
    /// Looks at the ledger, if the fleet keeps one, and writes what is to be told.
    pub(super) async fn keep_ledger(&self, mirror: &Arc<Mirror>, keeping: Keeping) -> Keeping {
        let keys = self
            .known
            .borrow()
            .snapshot
            .as_ref()
            .and_then(|it| it.ledger.clone());
        let Some(keys) = keys else { return keeping };
        self.mirror.put(mirror);
        let (source, mirror) = (self.source.clone(), Arc::clone(mirror));
        let (untold, before) = (self.outbox.get(), keeping.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let mut keeping = keeping;
            keeping.look(&source, &mirror, &keys, &untold);
            keeping
        });
        // Its own message told where it panicked; what was known is known still.
        let keeping = looked.await.unwrap_or(before);
        let failure = keeping.book.failure();
        self.known.send_modify(|known| {
            if let Some(why) = failure.as_ref().filter(|_| known.book.failure() != failure) {
                warn!("the ledger: {why}");
            }
            known.book = keeping.book.clone();
        });
        keeping
    }
}

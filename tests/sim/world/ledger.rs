//! The ledger, as far as units depend on it: what it has, and whether it can be written and believed.

use std::collections::{BTreeMap, BTreeSet};

use tidegate::compile::UnitId;
use tidegate::digest::Digest;
use tidegate::ledger::{Event, Fact};
use tidegate::release::ReleaseStatus;
use tidegate::rollout::{Ledgered, Place};

use super::World;

/// A ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    has: BTreeSet<Digest>,
    facts: Vec<String>,
    /// Whether nothing can be appended.
    is_down: bool,
    /// Whether it is not as it was left.
    is_forged: bool,
    /// How often each behaviour of a unit was promoted, by the records.
    promoted: BTreeMap<(UnitId, String), usize>,
    /// Units whose records were lost, with what they had to tell.
    lost: BTreeSet<UnitId>,
}

impl World {
    /// The fleet keeps a ledger from now on.
    pub(crate) fn keep_ledger(&mut self) {
        self.book = Some(Book::default());
    }

    /// Nothing can be appended to the ledger; false if there is none.
    pub(crate) fn refuse_ledger(&mut self) -> bool {
        let book = self.book.as_mut();
        book.is_some_and(|book| !std::mem::replace(&mut book.is_down, true))
    }

    /// Somebody rewrites the ledger; false if there is none.
    pub(crate) fn forge_ledger(&mut self) -> bool {
        let book = self.book.as_mut();
        book.is_some_and(|book| !std::mem::replace(&mut book.is_forged, true))
    }

    /// Whether the ledger is not as it was left.
    pub(super) fn is_forged(&self) -> bool {
        self.book.as_ref().is_some_and(|book| book.is_forged)
    }

    /// Whether something is the matter with the ledger.
    pub(super) fn ails_ledger(&self) -> bool {
        let book = self.book.as_ref();
        book.is_some_and(|book| book.is_forged || book.is_down)
    }

    /// The ledger is as it was left, and can be written.
    pub(super) fn mend_ledger(&mut self) {
        if let Some(book) = &mut self.book {
            (book.is_down, book.is_forged) = (false, false);
        }
    }

    /// Appends one thing that a record has to tell, and says of which unit; `None` if there is none,
    /// or nothing can be appended.
    pub(crate) fn append(&mut self) -> Option<UnitId> {
        let book = self.book.as_ref()?;
        if book.is_down || book.is_forged {
            return None;
        }
        let untold = self.records.iter().flat_map(|(unit, record)| {
            let texts = record.untold.iter();
            texts.map(move |text| (unit, text, Digest::of(text)))
        });
        let mut untold = untold.filter(|(_, _, id)| !book.has.contains(id));
        let (unit, text, id) = untold.next()?;
        let (unit, text) = (unit.clone(), text.clone());
        drop(untold);
        self.tell(|| format!("the ledger has {text}"));
        let book = self.book.as_mut()?;
        book.has.insert(id);
        book.facts.push(text);
        Some(unit)
    }

    /// How the ledger stands for a unit.
    pub(crate) fn ledgered(&self, unit: &UnitId) -> Option<Ledgered> {
        let book = self.book.as_ref()?;
        let record = self.records.get(unit);
        let ids = record.into_iter().flat_map(|it| &it.untold).map(Digest::of);
        let site = &self.git.site;
        Some(Ledgered {
            place: Place {
                fleet: site.fleet.clone(),
                cluster: "east".to_owned(),
                desk: site.desk.clone(),
                release: unit.release_name(),
            },
            told: ids.filter(|id| book.has.contains(id)).collect(),
            closed: book.is_forged.then(|| "it was rewritten".to_owned()),
            promoted: None,
        })
    }

    /// A record is about to be written: something may be promoted with it.
    pub(super) fn count_promotion(
        &mut self,
        unit: &UnitId,
        before: &ReleaseStatus,
        after: &ReleaseStatus,
    ) {
        let behaviour = |it: &ReleaseStatus| it.stable.as_ref().map(|it| it.behaviour.clone());
        let (was, is) = (behaviour(before), behaviour(after));
        if let (Some(book), Some(is)) = (&mut self.book, is.filter(|is| Some(is) != was.as_ref())) {
            *book.promoted.entry((unit.clone(), is)).or_default() += 1;
        }
    }

    /// A record is lost.
    pub(super) fn lose_told(&mut self, unit: &UnitId) {
        if let Some(book) = &mut self.book {
            book.lost.insert(unit.clone());
        }
    }

    /// What the ledger does not say as often as it happened.
    pub(crate) fn is_mistold(&self) -> Option<String> {
        let book = self.book.as_ref()?;
        let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
        for text in &book.facts {
            let fact: Fact = serde_json::from_str(text).ok()?;
            if let (
                Some(release),
                Event::Promotion {
                    revision, before, ..
                },
            ) = (fact.release, fact.event)
                && before.is_none_or(|it| it.behaviour != revision.behaviour)
            {
                *told.entry((release, revision.behaviour)).or_default() += 1;
            }
        }
        let kept = book.promoted.iter();
        let mut kept = kept.filter(|((unit, _), _)| !book.lost.contains(unit));
        kept.find_map(|((unit, behaviour), times)| {
            let key = (unit.release_name(), behaviour.clone());
            let found = told.get(&key).copied().unwrap_or(0);
            (found != *times).then(|| {
                format!("{behaviour} of {unit} was promoted {times} times, and told {found} times")
            })
        })
    }
}

//! The chain, and everything that can be done to one behind its back.

mod manipulations;
mod transitions;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::fixture::{link, signer};
use super::*;
use crate::release::Revision;
use crate::signature::{Fingerprint, Signer};

fn keys(seeds: &[u8]) -> BTreeSet<Fingerprint> {
    let key = |seed: &u8| signer(*seed).public_key().fingerprint();
    seeds.iter().map(key).collect()
}

fn revision(digit: char) -> Revision {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    Revision {
        bundle: format!("sha256:{digest}"),
        behaviour: format!("sha256:{digest}"),
        commit: Some("c0ffee".to_owned()),
    }
}

/// The promotion that is told as the entry of this number.
fn fact(sequence: u64) -> Fact {
    let hours = i64::try_from(sequence).unwrap();
    let at = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(hours));
    let digit = char::from_digit(u32::try_from(sequence % 16).unwrap(), 16).unwrap();
    Fact {
        at: at.unwrap(),
        fleet: "harbour".to_owned(),
        cluster: "east".to_owned(),
        desk: Some("rates".to_owned()),
        release: Some(format!("gull-{}", sequence % 3)),
        event: Event::Promotion {
            revision: revision(digit),
            before: None,
            class: Some(crate::resolve::Class::Service),
        },
    }
}

const BUNDLE: &str = "bundles/0.json.gz";

/// A sound ledger of so many entries, signed by these keys in turn.
fn ledger(length: u64, seeds: &[u8]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut head = None;
    for sequence in 1..=length {
        let at = usize::try_from(sequence).unwrap() % seeds.len();
        let attached = BTreeMap::from([(BUNDLE.to_owned(), Digest::of(sequence.to_string()))]);
        let entry = Entry::after(head, fact(sequence), attached);
        head = Some(entry.head());
        links.push(link(&entry, links.last(), &signer(seeds[at])));
    }
    links
}

fn entry(link: &Link) -> Entry {
    let bytes = link.entry.as_deref().unwrap();
    Read::of(bytes).unwrap().entry
}

fn head(links: &[Link]) -> Head {
    entry(links.last().unwrap()).head()
}

#[test]
fn a_sound_ledger_has_no_finding_and_says_what_was_promoted_last() {
    let links = ledger(7, &[1, 2]);
    let seen = head(&links[..4]);
    let (chain, read, findings) = verify(&links, &keys(&[1, 2]), Some(seen));
    assert_eq!(findings, []);
    assert_eq!(read.len(), 7);
    assert_eq!(chain.head(), Some(head(&links)));
    assert_eq!(chain.commit(), Some(links[6].commit.as_str()));
    let promoted = chain.promoted("east", "gull-1").unwrap();
    assert_eq!((promoted.sequence, &promoted.revision), (7, &revision('7')));
    assert_eq!(promoted.commit, links[6].commit);
    assert_eq!(chain.promoted("west", "gull-1"), None);
    assert!(chain.has(&fact(3).id()) && !chain.has(&fact(8).id()));
}

#[test]
fn an_empty_ledger_is_sound_unless_there_was_one_before() {
    assert_eq!(verify(&[], &keys(&[1]), None).2, []);
    let seen = head(&ledger(2, &[1]));
    let (_, _, findings) = verify(&[], &keys(&[1]), Some(seen));
    let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let told = format!(
        "entry 0: it is the last one, but 2 {} was seen before: the end was cut off",
        seen.entry
    );
    assert_eq!(text, [told]);
}

#[test]
fn what_was_retired_is_promoted_no_more() {
    let mut links = ledger(3, &[1]);
    let mut retired = fact(4);
    retired.event = Event::Retired { revision: None };
    let entry = Entry::after(Some(head(&links)), retired, BTreeMap::new());
    links.push(link(&entry, links.last(), &signer(1)));
    let (chain, _, findings) = verify(&links, &keys(&[1]), None);
    assert_eq!(findings, []);
    assert_eq!(chain.promoted("east", "gull-1"), None);
    assert!(chain.promoted("east", "gull-2").is_some());
}

#[test]
fn a_halt_stands_until_it_is_lifted_whatever_stands_in_for_it() {
    let scope: crate::halt::Reach = crate::halt::Scope::Desk("rates".to_owned()).into();
    let by = Saying {
        who: "ann".to_owned(),
        reason: Some("fills look wrong".to_owned()),
    };
    let halt = |uid: &str, restores: Option<&str>| Event::Halt {
        name: "halt".to_owned(),
        uid: uid.to_owned(),
        scope: scope.clone(),
        by: by.clone(),
        restores: restores.map(str::to_owned),
    };
    let unhalt = Event::Unhalt {
        name: "halt".to_owned(),
        uid: "b".to_owned(),
        scope: scope.clone(),
        by: by.clone(),
    };
    let mut links = Vec::new();
    let mut head = None;
    let mut standing = Vec::new();
    for (sequence, event) in (1..).zip([halt("a", None), halt("b", Some("a")), unhalt]) {
        let fact = Fact {
            event,
            ..fact(sequence)
        };
        let entry = Entry::after(head, fact, BTreeMap::new());
        head = Some(entry.head());
        links.push(link(&entry, links.last(), &signer(1)));
        let (chain, _, findings) = verify(&links, &keys(&[1]), None);
        assert_eq!(findings, []);
        assert!(chain.halts("west").is_empty());
        let uids = chain.halts("east").into_iter().map(|halt| halt.uid);
        standing.push(uids.collect::<Vec<_>>());
    }
    assert_eq!(standing, [vec!["a"], vec!["b"], Vec::new()]);
}

#[test]
fn what_a_later_tidegate_tells_is_kept_and_counted() {
    let text = r#"{"fact":{"at":"2026-11-23T10:00:00Z","cluster":"east","fleet":"harbour","kind":"eclipse","moons":[1]},"sequence":1,"version":2}"#;
    let read = Read::of(text.as_bytes()).unwrap();
    assert_eq!(read.entry.fact.event, Event::Other);
    let other = text.replace("[1]", "[2]");
    assert_ne!(Read::of(other.as_bytes()).unwrap().id, read.id);
}

#[test]
fn a_fact_is_written_and_read_back_the_same() {
    let fact = fact(5);
    assert_eq!(serde_json::from_str::<Fact>(&fact.text()).unwrap(), fact);
    let entry = Entry::after(None, fact.clone(), BTreeMap::new());
    let read = Read::of(&entry.bytes()).unwrap();
    assert_eq!((read.entry, read.id), (entry, fact.id()));
}

#[test]
fn a_head_is_displayed_as_it_is_parsed() {
    let head = head(&ledger(2, &[1]));
    assert_eq!(head.to_string().parse(), Ok(head));
    assert_eq!("2".parse::<Head>(), Err(ParseHeadError));
}

//! What somebody may do who can write to the repository: each is found, whichever entry it is done
//! to. Some hold one of the daemon's keys, and are found by what was seen before.

use super::*;

/// Where a manipulation is done, and with what.
struct Scene {
    links: Vec<Link>,
    /// The entry that it is about; never the first or the last.
    at: usize,
    /// A number that differs from seed to seed.
    dice: usize,
    /// A key that the fleet does not list.
    foreign: Signer,
    /// One that it does.
    own: Signer,
}

type Act = fn(&mut Scene);

const MANIPULATIONS: [(&str, Act); 25] = [
    ("flips a bit of an entry", |it| {
        let bytes = it.links[it.at].entry.as_mut().unwrap();
        let at = it.dice % bytes.len();
        bytes[at] ^= 1;
    }),
    ("edits an entry, canonically", |it| {
        let mut forged = entry(&it.links[it.at]);
        forged.fact.release = Some("other".to_owned());
        it.links[it.at].entry = Some(forged.bytes());
    }),
    ("edits an entry and its message", |it| {
        let mut forged = entry(&it.links[it.at]);
        forged.fact.release = Some("other".to_owned());
        let made = link(&forged, it.links.get(it.at - 1), &it.own);
        it.links[it.at].entry = made.entry;
        it.links[it.at].signed = made.signed;
    }),
    ("writes an entry with other white space", |it| {
        let bytes = it.links[it.at].entry.as_mut().unwrap();
        bytes.push(b'\n');
    }),
    ("takes the entry out of its commit", |it| {
        it.links[it.at].entry = None;
    }),
    ("puts something else in its place", |it| {
        it.links[it.at].entry = Some(b"[]".to_vec());
    }),
    ("takes a commit out", |it| {
        it.links.remove(it.at);
    }),
    ("takes a commit out and joins the ends", |it| {
        let gone = it.links.remove(it.at);
        it.links[it.at].parents = gone.parents;
    }),
    ("exchanges two commits", |it| {
        it.links.swap(it.at, it.at + 1);
    }),
    ("exchanges the entries of two commits", |it| {
        let other = it.links[it.at + 1].entry.clone();
        it.links[it.at + 1].entry = std::mem::replace(&mut it.links[it.at].entry, other);
    }),
    ("puts a commit in twice", |it| {
        let again = it.links[it.at].clone();
        it.links.insert(it.at, again);
    }),
    ("cuts the end off", |it| it.links.truncate(it.at + 1)),
    ("cuts everything off", |it| it.links.clear()),
    ("cuts the beginning off", |it| {
        it.links.drain(..it.at);
        it.links[0].parents.clear();
    }),
    ("adds an entry with a key of their own", |it| {
        let forged = Entry::after(Some(head(&it.links)), fact(90), BTreeMap::new());
        let made = link(&forged, it.links.last(), &it.foreign);
        it.links.push(made);
    }),
    ("adds an entry without a signature", |it| {
        let forged = Entry::after(Some(head(&it.links)), fact(90), BTreeMap::new());
        let mut made = link(&forged, it.links.last(), &it.foreign);
        made.signature = None;
        it.links.push(made);
    }),
    ("adds an entry under the signature of another", |it| {
        let forged = Entry::after(Some(head(&it.links)), fact(90), BTreeMap::new());
        let mut made = link(&forged, it.links.last(), &it.foreign);
        made.signature.clone_from(&it.links[it.at].signature);
        it.links.push(made);
    }),
    ("signs all of it anew with a key of their own", |it| {
        let entries: Vec<Entry> = it.links.iter().map(entry).collect();
        it.links = resigned(&entries, &it.foreign);
    }),
    ("rewrites the end with a key of the daemon", |it| {
        let mut entries: Vec<Entry> = it.links.iter().map(entry).collect();
        entries.truncate(it.at);
        let mut head = entries.last().map(Entry::head);
        for number in 0..8 {
            let made = Entry::after(head, fact(100 + number), BTreeMap::new());
            head = Some(made.head());
            entries.push(made);
        }
        it.links = resigned(&entries, &it.own);
    }),
    (
        "goes on beside what was seen, with a key of the daemon",
        |it| {
            it.links.pop();
            let last = entry(it.links.last().unwrap()).head();
            let fork = Entry::after(Some(last), fact(90), BTreeMap::new());
            let made = link(&fork, it.links.last(), &it.own);
            it.links.push(made);
        },
    ),
    ("tells a thing twice with a key of the daemon", |it| {
        let again = entry(&it.links[it.at]).fact;
        let made = Entry::after(Some(head(&it.links)), again, BTreeMap::new());
        let made = link(&made, it.links.last(), &it.own);
        it.links.push(made);
    }),
    ("takes a bundle away", |it| it.links[it.at].files.clear()),
    ("exchanges a bundle", |it| {
        let other = Digest::of(it.dice.to_string());
        it.links[it.at].files.insert(BUNDLE.to_owned(), other);
    }),
    ("adds a bundle that nobody named", |it| {
        let name = "bundles/extra.json.gz".to_owned();
        it.links[it.at].files.insert(name, Digest::of("x"));
    }),
    ("makes a commit a merge with something else", |it| {
        let other = it.links[0].commit.replace('a', "b");
        it.links[it.at].parents.push(other);
    }),
];

/// The same entries, in commits that somebody made anew.
fn resigned(entries: &[Entry], signer: &Signer) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for entry in entries {
        links.push(link(entry, links.last(), signer));
    }
    links
}

#[test]
fn every_manipulation_is_found_wherever_it_is_done() {
    let sound = ledger(5, &[1, 2]);
    let seen = Some(head(&sound));
    let keys = keys(&[1, 2]);
    assert_eq!(verify(&sound, &keys, seen).2, []);
    for (seed, (what, act)) in MANIPULATIONS.into_iter().enumerate() {
        // Never the first one or the last.
        let dice = (seed + 1) * 7919;
        let at = 1 + dice % (sound.len() - 2);
        let mut scene = Scene {
            links: sound.clone(),
            at,
            dice,
            foreign: signer(9),
            own: signer(2),
        };
        act(&mut scene);
        let (_, _, findings) = verify(&scene.links, &keys, seen);
        assert!(!findings.is_empty(), "nobody notices who {what} at {at}");
    }
}

#[test]
fn one_fault_is_told_once_and_two_are_told_together() {
    let mut links = ledger(9, &[1]);
    links[2].signature = None;
    links[5].files.clear();
    let (_, _, findings) = verify(&links, &keys(&[1]), None);
    let told: Vec<(u64, Problem)> = findings
        .into_iter()
        .map(|finding| (finding.sequence, finding.problem))
        .collect();
    assert_eq!(
        told,
        [
            (3, Problem::Unsigned),
            (6, Problem::Missing(BUNDLE.to_owned()))
        ]
    );
}

#[test]
fn a_key_that_is_taken_out_of_the_fleet_counts_for_nothing_it_signed() {
    let links = ledger(4, &[1, 2]);
    let (_, _, findings) = verify(&links, &keys(&[1]), None);
    let told: Vec<u64> = findings.iter().map(|finding| finding.sequence).collect();
    let gone = signer(2).public_key().fingerprint();
    assert_eq!(told, [1, 3]);
    assert_eq!(findings[0].problem, Problem::UnknownKey(gone));
}

#[test]
fn an_entry_of_another_fleet_is_found_even_under_a_key_that_counts() {
    let mut links = ledger(3, &[1]);
    let mut other = fact(4);
    other.fleet = "elsewhere".to_owned();
    let entry = Entry::after(Some(head(&links)), other, BTreeMap::new());
    links.push(link(&entry, links.last(), &signer(1)));
    let (_, _, findings) = verify(&links, &keys(&[1]), None);
    let problems: Vec<_> = findings.into_iter().map(|it| it.problem).collect();
    assert_eq!(problems, [Problem::Fleet("elsewhere".to_owned())]);
}

//! Ledgers for tests, signed by keys that are the same every time.

use std::collections::{BTreeMap, BTreeSet};

use super::{Chain, Entry, Fact, Link, verify};
use crate::digest::Digest;
use crate::signature::{self, Signer};

/// A key that is the same every time.
pub(super) fn signer(seed: u8) -> Signer {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
    let key = ssh_key::PrivateKey::from(pair);
    let text = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
    Signer::from_openssh(&text).unwrap()
}

/// A commit as Git would hold it.
pub(super) fn link(entry: &Entry, parent: Option<&Link>, signer: &Signer) -> Link {
    let parents: Vec<String> = parent.iter().map(|link| link.commit.clone()).collect();
    let bytes = entry.bytes();
    let signed = format!(
        "tree {}\nparent {}\n\n{}",
        Digest::of(&bytes).short(),
        parents.join(" "),
        entry.message()
    );
    let signature = signer.sign(signature::GIT, signed.as_bytes());
    Link {
        commit: Digest::of(&signed).hex(),
        parents,
        entry: Some(bytes),
        files: entry.attached.clone(),
        signature,
        signed: signed.into_bytes(),
    }
}

/// What a ledger of these facts is, once one key has signed them all.
pub(crate) fn sealed(facts: &[Fact]) -> (Chain, Vec<Entry>) {
    let signer = signer(1);
    let (mut links, mut entries): (Vec<Link>, Vec<Entry>) = (Vec::new(), Vec::new());
    for fact in facts {
        let head = entries.last().map(Entry::head);
        let entry = Entry::after(head, fact.clone(), BTreeMap::new());
        links.push(link(&entry, links.last(), &signer));
        entries.push(entry);
    }
    let keys = BTreeSet::from([signer.public_key().fingerprint()]);
    let (chain, _, findings) = verify(&links, &keys, None);
    assert_eq!(findings, []);
    (chain, entries)
}

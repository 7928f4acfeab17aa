//! What the leader tells everybody: annotations of the Lease, which is written every few seconds
//! anyway.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use crate::cluster::Client;
use crate::cluster::error::Error;
use crate::ledger::Head;

use super::Settings;
use super::record::{self, Found};

const COMMIT: &str = "tidegate.dev/commit";
const REWRITTEN: &str = "tidegate.dev/rewritten";
const RECONCILED: &str = "tidegate.dev/reconciled";
const FAILURE: &str = "tidegate.dev/failure";
const NOTIFIED: &str = "tidegate.dev/notified";
const LEDGER: &str = "tidegate.dev/ledger";
const LEDGER_FAILURE: &str = "tidegate.dev/ledger-failure";

/// What the leader knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The commit that it read last.
    pub commit: Option<String>,
    /// That commit, while what it lost is kept because the branch was rewritten.
    pub rewritten: Option<String>,
    /// The commit whose every unit is as it says.
    pub reconciled: Option<String>,
    /// Why the repository cannot be read, if it cannot.
    pub failure: Option<String>,
    /// Until when those who are told what happens were told.
    pub notified: BTreeMap<String, Timestamp>,
    /// Where the ledger ended when it was last seen to be sound: that entry is there for ever.
    pub ledger: Option<Head>,
    /// Why the ledger does not count, or cannot be written, if so.
    pub ledger_failure: Option<String>,
}

/// Who leads, as the Lease has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// The holder; `None` when the last one gave it up.
    pub holder: Option<String>,
    /// How long ago it was renewed, by the wall clocks.
    pub age: Duration,
    /// How long a Lease is good.
    pub length: Duration,
    /// What the last holder knew.
    pub told: Told,
}

impl Leader {
    /// Whether somebody leads now.
    pub fn is_fresh(&self) -> bool {
        self.holder.is_some() && self.age < self.length
    }
}

impl Told {
    pub(super) fn write(&self, lease: &mut Lease) {
        let annotations = lease.metadata.annotations.get_or_insert_default();
        for (key, value) in [
            (COMMIT, &self.commit),
            (REWRITTEN, &self.rewritten),
            (RECONCILED, &self.reconciled),
            (FAILURE, &self.failure),
            (LEDGER_FAILURE, &self.ledger_failure),
        ] {
            match value {
                Some(value) => annotations.insert(key.to_owned(), value.clone()),
                None => annotations.remove(key),
            };
        }
        self.write_lasting(lease);
    }

    /// Writes what holds on beyond a term. Who does not know it yet leaves what the leader before
    /// said.
    pub(super) fn write_lasting(&self, lease: &mut Lease) {
        let annotations = lease.metadata.annotations.get_or_insert_default();
        if !self.notified.is_empty()
            && let Ok(notified) = serde_json::to_string(&self.notified)
        {
            annotations.insert(NOTIFIED.to_owned(), notified);
        }
        // Who has not read the ledger yet does not forget how far another one did.
        if let Some(head) = self.ledger {
            annotations.insert(LEDGER.to_owned(), head.to_string());
        }
    }

    pub(super) fn read(lease: &Lease) -> Self {
        let none = BTreeMap::new();
        let annotations = lease.metadata.annotations.as_ref().unwrap_or(&none);
        Self {
            commit: annotations.get(COMMIT).cloned(),
            rewritten: annotations.get(REWRITTEN).cloned(),
            reconciled: annotations.get(RECONCILED).cloned(),
            failure: annotations.get(FAILURE).cloned(),
            notified: annotations
                .get(NOTIFIED)
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
            ledger: annotations.get(LEDGER).and_then(|head| head.parse().ok()),
            ledger_failure: annotations.get(LEDGER_FAILURE).cloned(),
        }
    }
}

/// Who leads; `None` when nobody ever did.
pub async fn leader(client: &Client, namespace: &str) -> Result<Option<Leader>, Error> {
    let settings = Settings::new(namespace, String::new());
    Ok(match record::look(client, &settings).await? {
        Found::Nothing => None,
        Found::Free(lease) => Some(Leader {
            holder: None,
            age: Duration::MAX,
            length: settings.length,
            told: Told::read(&lease),
        }),
        Found::Held { claim, lease } => Some(Leader {
            holder: Some(claim.holder.clone()),
            age: claim.age(),
            length: claim.length,
            told: Told::read(&lease),
        }),
    })
}

//! `kind: Account`: a venue account, its keys, and what one holder at a time means there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::class::{KeyScope, Mode};
use super::document::Document;
use super::measure::Count;
use super::money::Money;
use super::names::{AccountName, DeskName};
use super::net::Venue;
use super::object_name::ObjectName;

/// The document of an account.
pub type AccountDocument = Document<AccountKind, AccountName, AccountSpec>;

/// The kind of an account's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AccountKind {
    /// A venue account.
    Account,
}

/// A venue account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSpec {
    /// The venue or broker.
    pub venue: Venue,
    /// The currency it is held in.
    pub currency: String,
    /// What only one strategy at a time may hold.
    pub exclusive: Exclusive,
    /// The desks that may use it.
    pub desks: Vec<DeskName>,
    /// The Secrets with its keys.
    #[serde(default)]
    pub keys: Vec<KeySpec>,
    /// What all its holders together may do.
    pub budget: Option<BudgetSpec>,
}

/// What only one strategy at a time may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Exclusive {
    /// The whole account.
    Account,
    /// An instrument of the account: `limits.instruments` says which.
    Instrument,
    /// An order tag: `orderTag` says which.
    OrderTag,
    /// The login session, which one gateway holds for all.
    Gateway,
}

/// A Secret with a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeySpec {
    /// The Secret's name in the desk's namespace.
    pub secret: ObjectName,
    /// What the venue lets the key do.
    pub scope: KeyScope,
    /// The modes in which it may be mounted.
    pub modes: Vec<Mode>,
}

/// What all holders of an account together may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BudgetSpec {
    /// Orders in a second.
    pub orders_per_second: Option<Count>,
    /// The value of all positions, without regard to their sign.
    pub gross_notional: Option<Money>,
}

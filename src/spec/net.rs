//! Ports, address ranges, venues, and the other side of a connection.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::names::{NameError, StrategyName};
use super::text::text_type;

/// A TCP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct PortNumber(pub u16);

impl JsonSchema for PortNumber {
    fn schema_name() -> Cow<'static, str> {
        "PortNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "minimum": 1,
            "maximum": 65535,
            "description": "A TCP port.",
        })
    }
}

/// An address range in CIDR form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr(String);

text_type!(
    Cidr,
    "cidr",
    "An address range in CIDR form, such as `203.0.113.0/24`."
);

/// Why a text is no address range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseCidrError {
    /// It has not the form.
    #[error("`{0}` is not an address range: write it in CIDR form, such as `203.0.113.0/24`")]
    Form(String),
    /// It has bits behind its prefix.
    #[error("`{text}` has address bits behind its prefix: write `{network}`")]
    HostBits {
        /// The text.
        text: String,
        /// The range that it means.
        network: String,
    },
}

impl Cidr {
    /// The range as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cidr {
    type Err = ParseCidrError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = network(text).ok_or_else(|| ParseCidrError::Form(text.to_owned()))?;
        if network != text {
            return Err(ParseCidrError::HostBits {
                text: text.to_owned(),
                network,
            });
        }
        Ok(Self(network))
    }
}

/// The range in its one spelling.
fn network(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    let address = match address.parse().ok()? {
        IpAddr::V4(address) => {
            let mask = u32::MAX
                .checked_shl(32_u32.checked_sub(prefix)?)
                .unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128_u32.checked_sub(prefix)?)
                .unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    };
    Some(format!("{address}/{prefix}"))
}

/// A trading venue: a MIC (ISO 10383) such as `XNYS`, or `crypto:` and a name, or another kind of
/// counterparty such as `broker:ibkr`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Venue(String);

text_type!(
    Venue,
    "venue",
    "A venue: a MIC such as `XNYS`, or `crypto:binance`, or another counterparty such as `broker:ibkr`."
);

/// Why a text is no venue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseVenueError {
    /// It has neither form.
    #[error(
        "`{0}` is not a venue: write a MIC of four capital letters or digits, such as `XNYS`, or a kind and a name, such as `crypto:binance`"
    )]
    Form(String),
    /// It is a MIC that does not mean what calendars' authors think.
    #[error("`{mic}` is the MIC of {means}: write `{meant}`")]
    Trap {
        /// The MIC.
        mic: &'static str,
        /// What it stands for.
        means: &'static str,
        /// What was meant.
        meant: &'static str,
    },
}

/// MICs that widely used calendars give to CME, and that ISO 10383 gives to others.
const TRAPS: [(&str, &str, &str); 2] = [
    ("CMES", "CME Swaps Markets", "XCME"),
    ("GLBX", "FX SPOT+", "XCME"),
];

impl Venue {
    /// The venue as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Venue {
    type Err = ParseVenueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((mic, means, meant)) = TRAPS.into_iter().find(|(mic, ..)| *mic == text) {
            return Err(ParseVenueError::Trap { mic, means, meant });
        }
        let is_mic = text.len() == 4
            && text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let is_named = text
            .split_once(':')
            .is_some_and(|(kind, name)| is_word(kind) && is_word(name));
        if is_mic || is_named {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseVenueError::Form(text.to_owned()))
        }
    }
}

fn is_word(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
        && text.bytes().all(|b| inner(b) || b == b'-')
}

impl From<Venue> for String {
    fn from(venue: Venue) -> Self {
        venue.0
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The other side of a connection, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum PeerRef {
    /// `venue:crypto:binance`.
    Venue(Venue),
    /// `strategy:ib-gateway`.
    Strategy(StrategyName),
    /// `namespace:monitoring`.
    Namespace(String),
    /// `cidr:203.0.113.0/24`.
    Cidr(Cidr),
}

text_type!(
    PeerRef,
    "peer",
    "The other side: `venue:crypto:binance`, `strategy:ib-gateway`, `namespace:monitoring` or `cidr:203.0.113.0/24`."
);

/// Why a text names no other side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParsePeerError {
    /// It has none of the prefixes.
    #[error(
        "`{0}` names nobody: write `venue:…`, `strategy:…`, `namespace:…` or `cidr:…`, such as `venue:crypto:binance`"
    )]
    Form(String),
    /// The venue is none.
    #[error(transparent)]
    Venue(ParseVenueError),
    /// The strategy's name is none.
    #[error(transparent)]
    Name(NameError),
    /// The range is none.
    #[error(transparent)]
    Cidr(ParseCidrError),
}

impl FromStr for PeerRef {
    type Err = ParsePeerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || ParsePeerError::Form(text.to_owned());
        let (kind, name) = text.split_once(':').ok_or_else(form)?;
        match kind {
            "venue" => name.parse().map(Self::Venue).map_err(ParsePeerError::Venue),
            "strategy" => name
                .parse()
                .map(Self::Strategy)
                .map_err(ParsePeerError::Name),
            "cidr" => name.parse().map(Self::Cidr).map_err(ParsePeerError::Cidr),
            "namespace" if is_word(name) && name.len() <= 63 => {
                Ok(Self::Namespace(name.to_owned()))
            }
            _ => Err(form()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_one_spelling() {
        for text in [
            "0.0.0.0/0",
            "203.0.113.0/24",
            "10.1.2.3/32",
            "2001:db8::/32",
        ] {
            assert_eq!(text.parse::<Cidr>().unwrap().as_str(), text);
        }
        for (text, reason) in [
            ("203.0.113.7/24", "write `203.0.113.0/24`"),
            ("203.0.113.0", "is not an address range"),
            ("203.0.113.0/33", "is not an address range"),
            ("example.com/8", "is not an address range"),
        ] {
            let error = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn venues_are_mics_or_named() {
        for text in ["XNYS", "crypto:binance", "broker:ibkr", "360T"] {
            assert_eq!(text.parse::<Venue>().unwrap().as_str(), text);
        }
        for (text, reason) in [
            ("nyse", "is not a venue"),
            ("crypto:", "is not a venue"),
            ("crypto:Binance", "is not a venue"),
            ("CMES", "CME Swaps Markets: write `XCME`"),
        ] {
            let error = text.parse::<Venue>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn peers_say_their_kind() {
        let peer: PeerRef = "venue:crypto:binance".parse().unwrap();
        assert_eq!(peer, PeerRef::Venue("crypto:binance".parse().unwrap()));
        for text in [
            "strategy:ib-gateway",
            "namespace:monitoring",
            "cidr:10.0.0.0/8",
        ] {
            text.parse::<PeerRef>().unwrap();
        }
        for (text, reason) in [
            ("binance", "names nobody"),
            ("namespace:Foo", "names nobody"),
            ("strategy:Foo", "is not a DNS label"),
            ("cidr:10.0.0.1/8", "write `10.0.0.0/8`"),
            ("venue:binance", "is not a venue"),
        ] {
            let error = text.parse::<PeerRef>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}

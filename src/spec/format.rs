//! The `format`s of our schemas: each is a type that is parsed from text, so that the schema and
//! the type cannot disagree, and a finding says what the type says.

use std::fmt::Display;
use std::str::FromStr;

use super::calendar::{CalendarName, Hours, Weekdays};
use super::clock::{Day, Instant, Until, ZoneName};
use super::cron::Cron;
use super::edge::EdgeExpr;
use super::gate::ReportUrl;
use super::image::Image;
use super::measure::{Count, Duration, Percent};
use super::metric::{HttpUrl, JsonPath, MetricName, Template};
use super::money::Money;
use super::names::{
    AccountName, ClusterName, DeskName, EngineName, FleetName, NamespaceName, PortName, RoleName,
    StrategyName, VolumeName,
};
use super::net::{Cidr, PeerRef, Venue};
use super::notify::{CommitUrl, Recipient};
use super::object_name::{EnvName, ObjectName};
use super::path::ContainerPath;
use super::quantity::Quantity;
use super::rollout::{GatewayName, HeaderName, HostName};
use super::ssh_key::SshKey;
use super::threshold::Threshold;
use super::window::WindowExpr;
use crate::digest::Digest;

/// A rule for texts.
pub(super) struct Format {
    /// Its name in schemas.
    pub(super) name: &'static str,
    /// What fits it, with an article and an example.
    pub(super) noun: &'static str,
    /// Says why a text does not fit it.
    pub(super) check: fn(&str) -> Result<(), String>,
}

/// The rule of a name.
pub(super) fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn parses<T>(text: &str) -> Result<(), String>
where
    T: FromStr<Err: Display>,
{
    text.parse::<T>()
        .map(drop)
        .map_err(|error| error.to_string())
}

const fn format(
    name: &'static str,
    noun: &'static str,
    check: fn(&str) -> Result<(), String>,
) -> Format {
    Format { name, noun, check }
}

const NAME: &str = "a name such as `mm-btc`";

/// Every rule.
pub(super) const FORMATS: &[Format] = &[
    format(
        "quantity",
        "a quantity such as `500m` or `4Gi`",
        parses::<Quantity>,
    ),
    format("money", "money such as `50k USDT`", parses::<Money>),
    format(
        "duration",
        "a span of time such as `30s`",
        parses::<Duration>,
    ),
    format("percent", "a percentage such as `5%`", parses::<Percent>),
    format(
        "share",
        "a number, or a share such as `50%`",
        parses::<Percent>,
    ),
    format(
        "threshold",
        "a number such as `0.5`, `1%` or `50ms`",
        parses::<Threshold>,
    ),
    format(
        "metric-name",
        "the name of a metric such as `rejectRatio`",
        parses::<MetricName>,
    ),
    format(
        "template",
        "a text in which `{{track}}` and the like stand for those of the rollout",
        parses::<Template>,
    ),
    format(
        "json-path",
        "a JSONPath such as `$.orders.rejectRatio`",
        parses::<JsonPath>,
    ),
    format(
        "http-url",
        "an address such as `http://prometheus.monitoring:9090`",
        parses::<HttpUrl>,
    ),
    format(
        "report-url",
        "an address such as `https://scans.example.com/{{digest}}.json`",
        parses::<ReportUrl>,
    ),
    format("count", "a count such as `500` or `20k`", parses::<Count>),
    format("image", "an image reference", parses::<Image>),
    format(
        "cron",
        "five cron fields such as `0 2 * * 1-5`",
        parses::<Cron>,
    ),
    format(
        "time-zone",
        "a time zone such as `Etc/UTC`",
        parses::<ZoneName>,
    ),
    format("until", "a date such as `2026-12-31`", parses::<Until>),
    format("date", "a date such as `2026-12-31`", parses::<Day>),
    format(
        "instant",
        "an instant such as `2026-12-31T16:00:00Z`",
        parses::<Instant>,
    ),
    format("hours", "hours such as `09:30-16:00`", parses::<Hours>),
    format(
        "weekdays",
        "days of the week such as `Mon-Fri`",
        parses::<Weekdays>,
    ),
    format(
        "sshKey",
        "a public key such as `ssh-ed25519 AAAA…`",
        parses::<SshKey>,
    ),
    format(
        "cidr",
        "an address range such as `203.0.113.0/24`",
        parses::<Cidr>,
    ),
    format(
        "gateway",
        "a Gateway such as `gateway-system/public`",
        parses::<GatewayName>,
    ),
    format(
        "host-name",
        "a host name such as `signals.example.com`",
        parses::<HostName>,
    ),
    format(
        "header-name",
        "the name of a header such as `X-Desk`",
        parses::<HeaderName>,
    ),
    format("venue", "a venue such as `crypto:binance`", parses::<Venue>),
    format(
        "peer",
        "another side such as `venue:crypto:binance`",
        parses::<PeerRef>,
    ),
    format(
        "container-path",
        "a path such as `/app/live.yaml`",
        parses::<ContainerPath>,
    ),
    format(
        "object-name",
        "the name of an object such as `binance-read`",
        parses::<ObjectName>,
    ),
    format(
        "env-name",
        "the name of an environment variable",
        parses::<EnvName>,
    ),
    format(
        "calendar",
        "a calendar such as `XNYS`",
        parses::<CalendarName>,
    ),
    format(
        "window",
        "a window such as `closed(XNYS)`",
        parses::<WindowExpr>,
    ),
    format(
        "edge",
        "a session's edge such as `close(XNYS)+30m`",
        parses::<EdgeExpr>,
    ),
    format(
        "commit-url",
        "an address such as `https://git.example.com/desk/fleet/commit/{commit}`",
        parses::<CommitUrl>,
    ),
    format(
        "recipient",
        "an address, `desk`, or a role such as `role:risk`",
        parses::<Recipient>,
    ),
    format("digest", "a digest such as `sha256:…`", parses::<Digest>),
    format("name-FleetName", NAME, parses::<FleetName>),
    format("name-ClusterName", NAME, parses::<ClusterName>),
    format("name-DeskName", NAME, parses::<DeskName>),
    format("name-AccountName", NAME, parses::<AccountName>),
    format("name-EngineName", NAME, parses::<EngineName>),
    format("name-StrategyName", NAME, parses::<StrategyName>),
    format("name-RoleName", NAME, parses::<RoleName>),
    format("name-VolumeName", NAME, parses::<VolumeName>),
    format("name-PortName", NAME, parses::<PortName>),
    format("name-NamespaceName", NAME, parses::<NamespaceName>),
];

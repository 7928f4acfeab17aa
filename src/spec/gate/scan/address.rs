//! Where the report of an image is asked for.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::digest::Digest;
use crate::spec::metric::{HttpUrl, ParseUrlError};
use crate::spec::text::{text_type, written_as_displayed};

/// What stands for an image's digest.
const DIGEST: &str = "{{digest}}";

/// An address with `{{digest}}` in it, behind the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ReportUrl(String);

text_type!(
    ReportUrl,
    "report-url",
    "An address such as `https://scans.example.com/{{digest}}.json`, where `{{digest}}` stands for the 64 hex digits of an image's digest."
);
written_as_displayed!(ReportUrl);

/// Why a text is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseReportUrlError {
    /// No image is named in it.
    #[error(
        "this address gives the same report for every image: write `{{{{digest}}}}` where the digest of an image belongs"
    )]
    NoDigest,
    /// Something else is to stand for something.
    #[error("only `{{{{digest}}}}` stands for something in this address")]
    Unknown,
    /// The digest would decide who is asked.
    #[error("`{{{{digest}}}}` cannot be part of the host: put it behind the host's `/`")]
    Host,
    /// It is no address at all.
    #[error(transparent)]
    Address(#[from] ParseUrlError),
}

impl ReportUrl {
    /// The address of an image's report.
    pub fn of(&self, digest: &Digest) -> Result<HttpUrl, ParseUrlError> {
        self.0.replace(DIGEST, &digest.hex()).parse()
    }

    /// The host that is asked.
    pub fn host(&self) -> String {
        let url: Result<HttpUrl, _> = self.0.replace(DIGEST, "0").parse();
        url.map(|url| url.host()).unwrap_or_default()
    }
}

impl FromStr for ReportUrl {
    type Err = ParseReportUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (before, _) = text
            .split_once(DIGEST)
            .ok_or(ParseReportUrlError::NoDigest)?;
        let (_, host) = before.split_once("://").unwrap_or_default();
        if !host.contains(['/', '?']) {
            return Err(ParseReportUrlError::Host);
        }
        let filled = text.replace(DIGEST, "0");
        if filled.contains("{{") {
            return Err(ParseReportUrlError::Unknown);
        }
        let _: HttpUrl = filled.parse()?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ReportUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_stands_behind_the_host() {
        let url: ReportUrl = "https://scans.example.com/{{digest}}.json".parse().unwrap();
        let digest = Digest::of("image");
        let filled = url.of(&digest).unwrap();
        let expected = format!("https://scans.example.com/{}.json", digest.hex());
        assert_eq!(filled.as_str(), expected);
        assert_eq!(url.host(), "scans.example.com");
    }

    #[test]
    fn what_names_no_image_or_decides_who_is_asked_is_refused() {
        for (text, why) in [
            ("https://scans.example.com/latest", "for every image"),
            ("https://{{digest}}.example.com/", "part of the host"),
            ("https://scans.example.com{{digest}}", "part of the host"),
            ("scans/{{digest}}", "part of the host"),
            ("ftp://scans/{{digest}}", "is not an address"),
            ("https://a:b@scans/{{digest}}", "credential"),
            ("https://scans/{{digest}}/{{track}}", "only `{{digest}}`"),
        ] {
            let told = text.parse::<ReportUrl>().unwrap_err().to_string();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}

//! A person's yes as a signed Git tag, for who has no account in the cluster.
//!
//! An annotated tag `tidegate/approve/<strategy>/<digits of the behaviour>`, signed with an SSH key. Its
//! name and its message are under the signature, so neither can be another's; who its key is, and
//! whether it counts, is for whoever counts. Where the tag is gone, so is the yes.

use jiff::{SignedDuration, Timestamp};

use crate::release::CountedApproval;
use crate::signature::{self, Fingerprint};
use crate::spec::measure::Duration;

/// The names of such tags begin so.
pub const PREFIX: &str = "tidegate/approve/";

/// Fewer digits name no behaviour and no plan.
const FEWEST_DIGITS: usize = 10;

/// The line with which a signature begins.
const SIGNATURE: &str = "-----BEGIN SSH SIGNATURE-----";

/// A tag, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The id of the tag object.
    pub id: String,
    /// The strategy.
    pub strategy: String,
    /// The first digits of the behaviour, without `sha256:`.
    pub behaviour: String,
    /// What it says, or why it says nothing.
    pub said: Result<Said, String>,
}

/// What a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// When, by the clock of who made it.
    pub at: Timestamp,
    /// With which key it is signed.
    pub key: Fingerprint,
    /// As what it is approved.
    pub role: String,
    /// The first digits of the plan.
    pub plan: String,
    /// How long it counts at most, from when it was made.
    pub expires: Option<SignedDuration>,
}

/// The name of the tag that says yes to a behaviour.
pub fn name(strategy: &str, behaviour: &str) -> String {
    format!("{PREFIX}{strategy}/{}", crate::digest::short(behaviour))
}

impl Tagged {
    /// A tag of a name: its id, and the bytes of the tag object, if it is one. `None` for a name that
    /// is no approval's.
    pub fn of(name: &str, id: String, content: Option<&[u8]>) -> Option<Self> {
        let (strategy, rest) = name.strip_prefix(PREFIX)?.split_once('/')?;
        let digits = rest.split('/').next()?;
        if !is_digits(digits) {
            return None;
        }
        let said = content.ok_or_else(|| "is no annotated tag".to_owned());
        Some(Self {
            name: name.to_owned(),
            id,
            strategy: strategy.to_owned(),
            behaviour: digits.to_owned(),
            said: said.and_then(|content| said_in(name, content)),
        })
    }

    /// What a record keeps of it once it counts as this person's for a behaviour.
    pub fn counted(&self, person: &str, behaviour: &str) -> Option<CountedApproval> {
        let said = self.said.as_ref().ok()?;
        Some(CountedApproval {
            uid: self.id.clone(),
            behaviour: behaviour.to_owned(),
            person: person.to_owned(),
            by: said.key.to_string(),
            said_as: format!("role {}", said.role),
            reason: Some(format!("signed tag `{}`", self.name)),
        })
    }

    /// Whether it is for a behaviour.
    pub fn is_of(&self, behaviour: &str) -> bool {
        behaviour
            .trim_start_matches("sha256:")
            .starts_with(&self.behaviour)
    }
}

fn is_digits(text: &str) -> bool {
    let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    text.len() >= FEWEST_DIGITS && text.bytes().all(is_digit)
}

fn said_in(name: &str, content: &[u8]) -> Result<Said, String> {
    let text = std::str::from_utf8(content).map_err(|_| "is no text".to_owned())?;
    let at = signature_at(text).ok_or_else(|| "is not signed with an SSH key".to_owned())?;
    let (signed, armored) = text.split_at(at);
    let key = signature::signed_by(armored, signature::GIT, signed.as_bytes())
        .map_err(|why| format!("cannot be trusted: {why}"))?;
    let (header, message) = signed.split_once("\n\n").unwrap_or((signed, ""));
    let field = |word: &str| {
        let mut lines = header.lines();
        lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
    };
    // Nobody passes one off as another by pushing it under a name of their own.
    if field("tag") != Some(name) {
        return Err("was made under another name".to_owned());
    }
    let at = field("tagger").and_then(when);
    let at = at.ok_or_else(|| "does not say when it was made".to_owned())?;
    let line = |word: &str| {
        let mut lines = message.lines();
        let found = lines.find_map(|line| line.trim().strip_prefix(word)?.strip_prefix(':'));
        found.map(str::trim).filter(|it| !it.is_empty())
    };
    let role = line("role").ok_or_else(|| "has no line `role: …`".to_owned())?;
    let plan = line("plan").map(|it| it.trim_start_matches("sha256:"));
    let plan = plan
        .filter(|it| is_digits(it))
        .ok_or_else(|| "has no line `plan: …` with ten digits or more".to_owned())?;
    let expires = line("expires").map(span).transpose()?;
    Ok(Said {
        at,
        key,
        role: role.to_owned(),
        plan: plan.to_owned(),
        expires,
    })
}

/// Where the last line begins that a signature begins with, as Git looks for it.
fn signature_at(text: &str) -> Option<usize> {
    let found = text.rmatch_indices(SIGNATURE);
    let mut starts = found.map(|(at, _)| at);
    starts.find(|at| text.get(..*at).is_some_and(|it| it.ends_with('\n')))
}

/// When somebody did something, at the end of a line of Git's.
fn when(tagger: &str) -> Option<Timestamp> {
    let (_, time) = tagger.rsplit_once("> ")?;
    let seconds = time.split(' ').next()?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

fn span(text: &str) -> Result<SignedDuration, String> {
    let span: Duration = text
        .parse()
        .map_err(|_| format!("says `expires: {text}`, and not how long, such as `12h`"))?;
    Ok(SignedDuration::from_secs(i64::from(span.seconds())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Signer;

    const NAME: &str = "tidegate/approve/tern/0123456789/carla";
    const MESSAGE: &str = "Looked at it\n\nrole: risk\nplan: abcdef0123\nexpires: 12h\n";

    fn signer() -> Signer {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
        let key = ssh_key::PrivateKey::from(pair);
        let text = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
        Signer::from_openssh(&text).unwrap()
    }

    fn content(name: &str, message: &str) -> String {
        format!(
            "object 1111111111111111111111111111111111111111\ntype commit\ntag {name}\n\
             tagger Carla <carla@example.com> 1795000000 +0100\n\n{message}"
        )
    }

    fn signed(content: &str) -> String {
        let signature = signer().sign(signature::GIT, content.as_bytes());
        let signature = signature.unwrap();
        format!("{content}{signature}")
    }

    fn said(name: &str, content: &str) -> Result<Said, String> {
        let tagged = Tagged::of(name, "id".to_owned(), Some(content.as_bytes()));
        tagged.unwrap().said
    }

    fn check(message: &str, why: &str) {
        let told = said(NAME, &signed(&content(NAME, message))).unwrap_err();
        assert!(told.contains(why), "{told}");
    }

    #[test]
    fn a_signed_tag_says_as_what_for_which_plan_and_how_long() {
        let said = said(NAME, &signed(&content(NAME, MESSAGE))).unwrap();
        assert_eq!(said.at.as_second(), 1_795_000_000);
        assert_eq!(said.key, signer().public_key().fingerprint());
        assert_eq!(
            (said.role.as_str(), said.plan.as_str()),
            ("risk", "abcdef0123")
        );
        assert_eq!(said.expires, Some(SignedDuration::from_hours(12)));
    }

    #[test]
    fn only_names_of_approvals_are_looked_at() {
        for name in [
            "v1.0",
            "tidegate/approve/tern",
            "tidegate/approve/tern/012345678",
            "tidegate/approve/tern/UPPERCASE0",
        ] {
            assert!(Tagged::of(name, "id".to_owned(), None).is_none(), "{name}");
        }
        let tagged = Tagged::of(NAME, "id".to_owned(), None).unwrap();
        assert_eq!(tagged.said, Err("is no annotated tag".to_owned()));
        assert!(tagged.is_of("sha256:0123456789abcdef") && !tagged.is_of("sha256:0123456788"));
        assert_eq!(
            name("tern", "sha256:0123456789abcdef"),
            "tidegate/approve/tern/0123456789"
        );
    }

    #[test]
    fn what_is_not_signed_or_was_changed_says_nothing() {
        let plain = said(NAME, &content(NAME, MESSAGE)).unwrap_err();
        assert_eq!(plain, "is not signed with an SSH key");
        let forged = signed(&content(NAME, MESSAGE)).replace("role: risk", "role: head");
        assert!(
            said(NAME, &forged)
                .unwrap_err()
                .contains("not of this content")
        );
        let other = signed(&content("tidegate/approve/gull/0123456789", MESSAGE));
        assert_eq!(
            said(NAME, &other),
            Err("was made under another name".to_owned())
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        check("plan: abcdef0123\n", "no line `role: …`");
        check("role: risk\n", "no line `plan: …`");
        check("role: risk\nplan: abc\n", "no line `plan: …`");
        check(
            "role: risk\nplan: abcdef0123\nexpires: soon\n",
            "not how long",
        );
    }
}

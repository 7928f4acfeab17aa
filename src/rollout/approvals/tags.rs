//! Whose yes a signed tag is.

use jiff::{SignedDuration, Timestamp};

use super::Assembly;
use crate::approval::Tagged;
use crate::approval::tag::{self, Said};
use crate::people::Identity;
use crate::spec::gate::{ApproveGate, Approver};

/// How far the clock of whoever makes a tag may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

impl Assembly<'_> {
    /// The tag that would say yes to what is asked; `None` where nobody who could has a key.
    pub(super) fn tag(&self, asked: &ApproveGate) -> Option<String> {
        let Approver::Role(role) = &asked.by else {
            return None;
        };
        let mut people = self.authority.people.with(role, self.desk);
        let has_key = people.any(|person| !person.keys.is_empty());
        has_key.then(|| tag::name(&self.strategy, &self.behaviour))
    }

    /// Who signed a tag, and until when it counts. `Err` says why it does not, if that is worth
    /// telling.
    pub(super) fn signer(
        &self,
        tagged: &Tagged,
        asked: &ApproveGate,
    ) -> Result<(&str, Timestamp), Option<String>> {
        let no = |why: String| Err(Some(why));
        if !tagged.is_of(&self.behaviour) {
            // Tags stay where they are once what they were for is done with.
            return Err(None);
        }
        let said = tagged.said.as_ref().map_err(|why| Some(why.clone()))?;
        match &asked.by {
            Approver::Role(role) if said.role == role.as_str() => {}
            Approver::Role(_) | Approver::Group(_) => return Err(None),
        }
        let until = self.is_of_now(tagged, said, asked)?;
        let key = Identity::Key(said.key.to_string());
        let Some(person) = self.authority.people.who(&key) else {
            return no(format!(
                "does not count: {key} is nobody's of `people` in what was promoted last"
            ));
        };
        self.counted(person, asked)?;
        Ok((person.name.as_str(), until))
    }

    /// Until when a tag counts, if it is for this change as it is now.
    fn is_of_now(
        &self,
        tagged: &Tagged,
        said: &Said,
        asked: &ApproveGate,
    ) -> Result<Timestamp, Option<String>> {
        let no = |why: &str| Err(Some(why.to_owned()));
        if !self
            .plan
            .trim_start_matches("sha256:")
            .starts_with(&said.plan)
        {
            return no("is for other stages, gates or people than it comes with now");
        }
        let latest = self.now.saturating_add(AHEAD).unwrap_or(self.now);
        if said.at > latest {
            return Err(Some(format!("is dated {}, which is yet to come", said.at)));
        }
        let most = SignedDuration::from_secs(i64::from(asked.expires.seconds()));
        let span = said.expires.map_or(most, |asked| asked.min(most));
        let until = said.at.saturating_add(span).unwrap_or(said.at);
        if until <= self.now {
            return Err(Some(format!("expired at {until}")));
        }
        if self.record.withdrawn.contains(&tagged.id) {
            return no("is used up: what it was for failed since");
        }
        Ok(until)
    }
}

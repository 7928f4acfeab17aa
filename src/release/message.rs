//! A notice as it is told to people: of whom, what happened, and what to do.

use serde::Serialize;

use super::{Notice, ReleaseSpec};

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// What tells it from every other one.
    pub id: String,
    /// When it happened.
    pub at: String,
    /// The fleet.
    pub fleet: String,
    /// The cluster.
    pub cluster: String,
    /// The desk.
    pub desk: String,
    /// The strategy; absent for the desk's own objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// What kind of thing it is.
    pub kind: &'static str,
    /// What happened.
    pub what: String,
    /// The commands that a person may want to use now.
    pub commands: Vec<String>,
    /// Where the change can be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Message {
    /// The message of a notice.
    pub fn of(spec: &ReleaseSpec, notice: &Notice, link: Option<String>) -> Self {
        let commands = match &spec.strategy {
            Some(strategy) => notice.commands.iter().map(|it| command(it, strategy)),
            None => return Self::plain(spec, notice, link, Vec::new()),
        };
        Self::plain(spec, notice, link, commands.collect())
    }

    fn plain(
        spec: &ReleaseSpec,
        notice: &Notice,
        link: Option<String>,
        commands: Vec<String>,
    ) -> Self {
        Self {
            id: notice.id.clone(),
            at: notice.at.to_string(),
            fleet: spec.fleet.clone(),
            cluster: spec.cluster.clone(),
            desk: spec.desk.clone(),
            strategy: spec.strategy.clone(),
            kind: notice.kind.as_str(),
            what: notice.what.clone(),
            commands,
            link,
        }
    }

    /// In one line: of whom, and what.
    pub fn title(&self) -> String {
        let Self { desk, cluster, .. } = self;
        match &self.strategy {
            Some(strategy) => format!("{strategy} ({desk}, {cluster}): {}", self.what),
            None => format!("desk {desk} ({cluster}): {}", self.what),
        }
    }

    /// In full, line by line.
    pub fn text(&self) -> String {
        let mut text = self.title();
        for command in &self.commands {
            text.push_str("\n    ");
            text.push_str(command);
        }
        if let Some(link) = &self.link {
            text.push_str("\n    ");
            text.push_str(link);
        }
        text
    }
}

/// A command line; what follows the first word of a subcommand comes before the strategy.
fn command(subcommand: &str, strategy: &str) -> String {
    format!("tidegate {subcommand} {strategy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Happening;

    #[test]
    fn a_message_says_of_whom_what_and_what_to_do() {
        let spec = ReleaseSpec {
            fleet: "example".to_owned(),
            cluster: "local".to_owned(),
            desk: "rates".to_owned(),
            strategy: Some("tern".to_owned()),
            namespace: "desk-rates".to_owned(),
            owner: "0123456789".to_owned(),
        };
        let notice = Notice {
            id: "89abcdef01".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            kind: Happening::Asked,
            what: "it waits for a person, who promotes the stage".to_owned(),
            commands: vec!["promote".to_owned(), "abort".to_owned()],
        };
        let link = Some("https://git.example.com/commit/c0ffee".to_owned());
        let message = Message::of(&spec, &notice, link);
        assert_eq!(
            message.text(),
            "tern (rates, local): it waits for a person, who promotes the stage\n    \
             tidegate promote tern\n    tidegate abort tern\n    \
             https://git.example.com/commit/c0ffee"
        );
    }
}

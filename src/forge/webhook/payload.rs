//! What a verified request says.

use http::HeaderMap;
use serde::Deserialize;

use super::{Error, Event, Push, Sender};

/// Reads a verified request. Fields that are not needed are not looked at.
pub(super) fn read(sender: Sender, headers: &HeaderMap, body: &[u8]) -> Result<Event, Error> {
    let name = event_name(sender, headers);
    match (sender, name.as_str()) {
        (Sender::GitHub, "ping") => Ok(Event::Ping),
        (Sender::GitHub | Sender::Gitea, "push") => forge_push(sender, body),
        (Sender::GitLab, "Push Hook" | "Tag Push Hook") => gitlab_push(body),
        (Sender::Generic, _) => generic_push(body),
        (Sender::GitHub | Sender::Gitea | Sender::GitLab, _) => Ok(Event::Other { name }),
    }
}

fn event_name(sender: Sender, headers: &HeaderMap) -> String {
    let names: &[&str] = match sender {
        Sender::GitHub => &["X-GitHub-Event"],
        Sender::Gitea => &["X-Gitea-Event", "X-Forgejo-Event"],
        Sender::GitLab => &["X-Gitlab-Event"],
        Sender::Generic => &[],
    };
    let value = names.iter().find_map(|name| headers.get(*name));
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// A push of GitHub, Gitea and Forgejo.
#[derive(Deserialize)]
struct ForgePush {
    r#ref: String,
    after: Option<String>,
    repository: ForgeRepository,
}

#[derive(Deserialize)]
struct ForgeRepository {
    #[serde(rename = "clone_url")]
    http: Option<String>,
    #[serde(rename = "ssh_url")]
    ssh: Option<String>,
    #[serde(rename = "html_url")]
    web: Option<String>,
}

fn forge_push(sender: Sender, body: &[u8]) -> Result<Event, Error> {
    let push: ForgePush = json(sender, body)?;
    let ForgeRepository { http, ssh, web } = push.repository;
    Ok(Event::Push(Push {
        repositories: [http, ssh, web].into_iter().flatten().collect(),
        reference: push.r#ref,
        commit: existing(push.after),
    }))
}

#[derive(Deserialize)]
struct GitLabPush {
    r#ref: String,
    after: Option<String>,
    project: GitLabProject,
}

#[derive(Deserialize)]
struct GitLabProject {
    #[serde(rename = "git_http_url")]
    http: Option<String>,
    #[serde(rename = "git_ssh_url")]
    ssh: Option<String>,
    #[serde(rename = "web_url")]
    web: Option<String>,
}

fn gitlab_push(body: &[u8]) -> Result<Event, Error> {
    let push: GitLabPush = json(Sender::GitLab, body)?;
    let GitLabProject { http, ssh, web } = push.project;
    Ok(Event::Push(Push {
        repositories: [http, ssh, web].into_iter().flatten().collect(),
        reference: push.r#ref,
        commit: existing(push.after),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GenericPush {
    repository: String,
    r#ref: String,
}

fn generic_push(body: &[u8]) -> Result<Event, Error> {
    let push: GenericPush = json(Sender::Generic, body)?;
    Ok(Event::Push(Push {
        repositories: vec![push.repository],
        reference: push.r#ref,
        commit: None,
    }))
}

fn json<'de, T: Deserialize<'de>>(sender: Sender, body: &'de [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|source| Error::Malformed { sender, source })
}

/// Forges write a deleted reference's commit as zeros.
fn existing(commit: Option<String>) -> Option<String> {
    commit.filter(|id| id.bytes().any(|byte| byte != b'0'))
}

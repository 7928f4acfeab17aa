//! The comment script of `deploy/ci/`, against a recorder of the forges' comment APIs.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::extract::{Path as UrlPath, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, patch, put};
use axum::{Json, Router};
use serde_json::{Value, json};

/// A forge with one pull request: its comments, and every write it saw.
#[derive(Default)]
struct Forge {
    comments: Vec<(u64, String)>,
    writes: Vec<&'static str>,
    tokens: Vec<String>,
    read_only: bool,
}

type Shared = Arc<Mutex<Forge>>;

#[derive(serde::Deserialize)]
struct Paging {
    page: usize,
    per_page: usize,
}

async fn list(
    State(forge): State<Shared>,
    headers: HeaderMap,
    Query(paging): Query<Paging>,
) -> Json<Value> {
    let mut forge = forge.lock().unwrap();
    let token = headers
        .get("authorization")
        .or(headers.get("private-token"))
        .unwrap();
    forge.tokens.push(token.to_str().unwrap().to_owned());
    let comments: Vec<Value> = forge
        .comments
        .iter()
        .skip((paging.page - 1) * paging.per_page)
        .take(paging.per_page)
        .map(|(id, body)| json!({ "id": id, "body": body }))
        .collect();
    Json(Value::Array(comments))
}

async fn add(State(forge): State<Shared>, Json(body): Json<Value>) -> StatusCode {
    let mut forge = forge.lock().unwrap();
    if forge.read_only {
        return StatusCode::FORBIDDEN;
    }
    let id = forge.comments.len() as u64 + 1;
    forge
        .comments
        .push((id, body["body"].as_str().unwrap().to_owned()));
    forge.writes.push("add");
    StatusCode::CREATED
}

fn edit(forge: &Shared, id: u64, body: &Value) -> StatusCode {
    let mut forge = forge.lock().unwrap();
    let text = body["body"].as_str().unwrap().to_owned();
    forge
        .comments
        .iter_mut()
        .find(|(known, _)| *known == id)
        .unwrap()
        .1 = text;
    forge.writes.push("edit");
    StatusCode::OK
}

async fn edit_on_github(
    State(forge): State<Shared>,
    UrlPath(id): UrlPath<u64>,
    Json(body): Json<Value>,
) -> StatusCode {
    edit(&forge, id, &body)
}

async fn edit_on_gitlab(
    State(forge): State<Shared>,
    UrlPath(id): UrlPath<u64>,
    Json(body): Json<Value>,
) -> StatusCode {
    edit(&forge, id, &body)
}

async fn start(forge: &Shared) -> String {
    let router = Router::new()
        .route("/repos/desk/fleet/issues/7/comments", get(list).post(add))
        .route(
            "/repos/desk/fleet/issues/comments/{id}",
            patch(edit_on_github),
        )
        .route("/projects/42/merge_requests/7/notes", get(list).post(add))
        .route(
            "/projects/42/merge_requests/7/notes/{id}",
            put(edit_on_gitlab),
        )
        .with_state(Arc::clone(forge));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn post(file: &Path, env: &[(&str, &str)]) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/ci/comment.sh");
    let mut command = Command::new(script);
    command
        .arg(file)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap());
    command.envs(env.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn preview(folder: &tempfile::TempDir, text: &str) -> std::path::PathBuf {
    let file = folder.path().join("preview.md");
    std::fs::write(
        &file,
        format!("<!-- tidegate:preview:v1 base=a head=b -->\n{text}\n"),
    )
    .unwrap();
    file
}

async fn posts_once_then_edits(env: impl Fn(&str) -> Vec<(&'static str, String)>) {
    let forge = Shared::default();
    // A full page of other people's comments comes first.
    forge.lock().unwrap().comments = (1..=100).map(|id| (id, "looks good".to_owned())).collect();
    let url = start(&forge).await;
    let env = env(&url);
    let env: Vec<(&str, &str)> = env
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    for text in ["one \"quoted\" `line`", "two"] {
        let output = post(&preview(&folder, text), &env).await;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let forge = forge.lock().unwrap();
    assert_eq!(forge.writes, ["add", "edit"]);
    assert_eq!(forge.comments.len(), 101);
    assert_eq!(
        forge.comments[100].1,
        "<!-- tidegate:preview:v1 base=a head=b -->\ntwo\n"
    );
    assert!(forge.tokens.iter().all(|token| token.ends_with("s3cret")));
}

#[tokio::test]
async fn on_github_the_second_run_edits_the_first_comment() {
    posts_once_then_edits(|url| {
        vec![
            ("GITHUB_TOKEN", "s3cret".to_owned()),
            ("GITHUB_REPOSITORY", "desk/fleet".to_owned()),
            ("PULL_REQUEST", "7".to_owned()),
            ("GITHUB_API_URL", url.to_owned()),
        ]
    })
    .await;
}

#[tokio::test]
async fn on_gitlab_the_second_run_edits_the_first_note() {
    posts_once_then_edits(|url| {
        vec![
            ("GITLAB_TOKEN", "s3cret".to_owned()),
            ("CI_API_V4_URL", url.to_owned()),
            ("CI_PROJECT_ID", "42".to_owned()),
            ("CI_MERGE_REQUEST_IID", "7".to_owned()),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_fork_leaves_the_preview_in_the_job_summary() {
    let forge = Shared::default();
    forge.lock().unwrap().read_only = true;
    let url = start(&forge).await;
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let env = [
        ("GITHUB_TOKEN", "s3cret"),
        ("GITHUB_REPOSITORY", "desk/fleet"),
        ("PULL_REQUEST", "7"),
        ("GITHUB_API_URL", url.as_str()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    let output = post(&preview(&folder, "kept"), &env).await;
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("may not comment"));
    assert!(std::fs::read_to_string(summary).unwrap().contains("kept"));
}

#[tokio::test]
async fn a_file_that_is_no_preview_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.md");
    std::fs::write(&file, "hello\n").unwrap();
    let output = post(&file, &[("GITHUB_TOKEN", "s3cret")]).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("make it with 'tidegate preview'"));
}

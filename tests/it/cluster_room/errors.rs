//! What a person is told when the API server is down, hangs, forbids, throttles or is not there.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tidegate::cluster::{Client, ConnectError, Options, connect, read, releases};
use tidegate::object::{Object, ObjectId};

use super::{client, lamp};
use crate::cluster::Cluster;
use crate::proxy::{Fault, Match, Proxy};

fn of_lamp(namespace: &str) -> ObjectId {
    lamp(namespace, "lamp", "anna", &json!({})).id()
}

async fn told(client: &Client, namespace: &str) -> String {
    read(client, "v1", &of_lamp(namespace))
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn an_api_server_that_is_down_is_named() {
    // A port that was free a moment ago, and on which nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let file = kubeconfig(&json!({"server": server}));
    let client = client(file.path()).await;
    assert_eq!(
        told(&client, "hall").await,
        format!(
            "read ConfigMap hall/lamp: the API server at `{server}` cannot be reached (Connection refused (os error 111)); check that it runs, and that the context and the network are the right ones"
        )
    );
}

#[tokio::test]
async fn an_api_server_that_hangs_is_given_up_at_the_deadline() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    proxy.inject(Match::all().path("/configmaps"), Fault::Hang);
    let deadline = Duration::from_millis(300);
    let client = client(&proxy.kubeconfig()).await.with_deadline(deadline);
    assert_eq!(
        told(&client, "hall").await,
        format!(
            "read ConfigMap hall/lamp: the API server at `{}` gave no answer within 300 ms; it, or an admission webhook, hangs",
            client.server()
        )
    );
}

#[tokio::test]
async fn an_api_server_that_throttles_says_when_to_come_back() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    proxy.inject(Match::all().path("/configmaps"), Fault::Answer(429));
    let client = client(&proxy.kubeconfig()).await;
    let error = read(&client, "v1", &of_lamp("hall")).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert_eq!(
        error.to_string(),
        "read ConfigMap hall/lamp: the API server has too much to do and asks to come back in 1 second"
    );
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_with_the_command_that_checks_it() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("denied").await;
    let token = cluster.token(&namespace, "default").await;
    let client = client(&cluster.kubeconfig_with_token(&token)).await;
    assert_eq!(
        told(&client, &namespace).await,
        format!(
            "read ConfigMap {namespace}/lamp: `system:serviceaccount:{namespace}:default` may not list `configmaps` in namespace `{namespace}`; grant it, then check with `kubectl auth can-i list configmaps --namespace {namespace} --as system:serviceaccount:{namespace}:default`"
        )
    );
}

#[tokio::test]
async fn credentials_that_are_not_accepted_are_told() {
    let cluster = Cluster::shared();
    let client = client(&cluster.kubeconfig_with_token("nobody")).await;
    assert_eq!(
        told(&client, "hall").await,
        "read ConfigMap hall/lamp: the API server does not accept the credentials; renew them, or choose others with `--kubeconfig` and `--context`"
    );
}

#[tokio::test]
async fn definitions_that_are_not_installed_are_named() {
    let cluster = Cluster::private(&crate::cluster::Options::default());
    let client = client(cluster.kubeconfig()).await;
    let error = releases::list(&client, "hall").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "list the Releases of `hall`: the API server does not know `releases.tidegate.dev`; install Tidegate's custom resource definitions, or use a newer Kubernetes"
    );
}

#[tokio::test]
async fn an_answer_of_something_else_is_not_taken_for_the_api_servers() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let page = axum::Router::new().fallback(async || "<html>log in</html>");
    let serve = tokio::spawn(async move { axum::serve(listener, page).await });
    let file = kubeconfig(&json!({"server": server}));
    let text = told(&client(file.path()).await, "hall").await;
    assert!(
        text.starts_with(
            "read ConfigMap hall/lamp: the answer is not one of a Kubernetes API server ("
        ) && text.ends_with("; check the address and any proxy in between"),
        "{text}"
    );
    serve.abort();
}

#[tokio::test]
async fn an_answer_without_a_list_is_not_taken_for_an_object_that_is_not_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let page = axum::Router::new().fallback(async || "{\"ok\": true}");
    let serve = tokio::spawn(async move { axum::serve(listener, page).await });
    let file = kubeconfig(&json!({"server": server}));
    assert_eq!(
        told(&client(file.path()).await, "hall").await,
        "read ConfigMap hall/lamp: the answer is not one of a Kubernetes API server (it holds no list); check the address and any proxy in between"
    );
    serve.abort();
}

#[tokio::test]
async fn a_kind_that_is_not_ours_is_not_asked_for() {
    let cluster = Cluster::shared();
    let client = client(cluster.kubeconfig()).await;
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}});
    let error = read(&client, "v1", &Object::new(node).unwrap().id())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "read Node n: Tidegate does not write objects of kind `Node`"
    );
}

fn kubeconfig(cluster: &serde_json::Value) -> tempfile::NamedTempFile {
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [],
        "contexts": [
            {"name": "here", "context": {"cluster": "here", "user": ""}},
            {"name": "there", "context": {"cluster": "there", "user": ""}},
        ],
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text.to_string()).unwrap();
    file
}

async fn refused(options: Options) -> ConnectError {
    let Err(error) = connect(&options).await else {
        panic!("it connects")
    };
    error
}

#[tokio::test]
async fn a_kubeconfig_that_is_not_there_is_named() {
    let path = PathBuf::from("/nowhere/config");
    let options = Options {
        kubeconfig: Some(path),
        ..Options::default()
    };
    assert_eq!(
        refused(options).await.to_string(),
        "use the kubeconfig `/nowhere/config`: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_read_does_not_show_what_is_in_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "users:\n- token: hunter2\n bad: [").unwrap();
    let options = Options {
        kubeconfig: Some(file.path().to_owned()),
        ..Options::default()
    };
    assert_eq!(
        refused(options).await.to_string(),
        format!(
            "use the kubeconfig `{}`: it is not valid YAML, or not a kubeconfig",
            file.path().display()
        )
    );
}

#[tokio::test]
async fn a_context_that_is_not_there_is_told_with_those_that_are() {
    let file = kubeconfig(&json!({"server": "http://127.0.0.1:1"}));
    let of = |context: &str| Options {
        kubeconfig: Some(file.path().to_owned()),
        context: Some(context.to_owned()),
        ..Options::default()
    };
    assert_eq!(
        refused(of("nowhere")).await.to_string(),
        "find context `nowhere`; there are `here`, `there`"
    );
    assert_eq!(
        refused(of("there")).await.to_string(),
        format!(
            "use the kubeconfig `{}`: failed to load the cluster of context: there",
            file.path().display()
        )
    );
}

/// What `tidegate status` says of a server while `HTTPS_PROXY` is set.
fn behind_a_proxy(cluster: &serde_json::Value, exempt: &str) -> String {
    let file = kubeconfig(cluster);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(["status", "--kubeconfig"])
        .arg(file.path())
        .env("HTTPS_PROXY", "http://anna:hunter2@proxy.example.com:3128")
        .env("NO_PROXY", exempt)
        .env_remove("https_proxy")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_proxy_of_the_environment_is_not_for_this_machine() {
    for (server, exempt) in [
        ("http://127.0.0.1:1", ""),
        ("http://localhost:1", "example.com"),
        ("http://[::1]:1", ""),
        // An address of this machine that is no loopback address by its name.
        ("http://0.0.0.0:1", "0.0.0.0/8"),
    ] {
        let told = behind_a_proxy(&json!({"server": server}), exempt);
        assert!(
            told.contains(&format!("the API server at `{server}` cannot be reached")),
            "{told}"
        );
    }
}

#[test]
fn a_proxy_before_any_other_server_is_told_with_a_remedy() {
    let server = json!({"server": "https://10.255.255.1:6443"});
    let told = behind_a_proxy(&server, "10.0.0.0/16");
    assert!(
        told.contains(
            "reach `https://10.255.255.1:6443` through the proxy `proxy.example.com`: Tidegate talks to API servers without one; unset `HTTPS_PROXY`, or add the server to `NO_PROXY`"
        ),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");

    let stated = json!({
        "server": "http://127.0.0.1:1",
        "proxy-url": "http://anna:hunter2@127.0.0.1:3128",
    });
    let told = behind_a_proxy(&stated, "*");
    assert!(
        told.contains(
            "reach `http://127.0.0.1:1` through the proxy `127.0.0.1`: Tidegate talks to API servers without one; remove `proxy-url` from the kubeconfig"
        ),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
}

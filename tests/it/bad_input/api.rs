//! An API server that is not there, says no, is contested or takes its time, and objects that are
//! not Tidegate's: each unit says what it waits for and what to do, and the others go on.

use std::path::Path;

use http::Method;
use kube::config::Kubeconfig;
use tempfile::TempDir;

use super::fleet::{run, tidegate, write};
use crate::cluster::{Cluster, Options};
use crate::daemon;
use crate::fleet::{BASE, DESK, ROOT, service};
use crate::gitserver::closed_port;
use crate::proxy::{Fault, Match, Proxy, Seen};

/// How a command with a kubeconfig ends, and what it says.
fn speak(command: &[&str], kubeconfig: &Path) -> (i32, String, String) {
    let kubeconfig = kubeconfig.to_str().expect("temporary paths are UTF-8");
    run(tidegate(command).args(["--kubeconfig", kubeconfig]))
}

/// A fleet of two desks with a service each, and these services in the desk `rates`.
fn fleet(more: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let put = |path: &str, text: &str| write(&folder.path().join(path), text.as_bytes());
    for (path, text) in BASE {
        put(path, text);
    }
    put("desks/metals/desk.yaml", DESK);
    put("desks/metals/coot.yaml", &service("coot", 1, 'c'));
    for name in ["gull"].iter().chain(more) {
        put(&format!("desks/rates/{name}.yaml"), &service(name, 1, 'a'));
    }
    folder
}

fn apply(folder: &TempDir, kubeconfig: &Path, timeout: &str) -> (i32, String, String) {
    let dir = folder.path().to_str().expect("temporary paths are UTF-8");
    speak(&["apply", dir, "--timeout", timeout], kubeconfig)
}

#[test]
fn an_api_server_that_is_down_is_named() {
    let server = format!("http://127.0.0.1:{}", closed_port());
    let folder = fleet(&[]);
    let kubeconfig = folder.path().join("kubeconfig");
    let text = format!(
        "clusters: [{{name: a, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: a, context: {{cluster: a}}}}]\ncurrent-context: a\n"
    );
    write(&kubeconfig, text.as_bytes());
    let why = "read Lease tidegate-system/tidegate: the API server at `SERVER` cannot be reached (Connection refused (os error 111)); check that it runs, and that the context and the network are the right ones\n";
    for (said, message) in [
        (
            apply(&folder, &kubeconfig, "5s"),
            format!("error: failed to {why}"),
        ),
        (
            speak(&["status"], &kubeconfig),
            format!("error: failed to {why}"),
        ),
    ] {
        let (exit, stdout, stderr) = said;
        assert_eq!((exit, stdout.as_str()), (3, ""));
        assert_eq!(stderr.replace(&server, "SERVER"), message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_and_a_bad_token_are_told_apart() {
    let cluster = Cluster::shared();
    let namespace = cluster.namespace("intern").await;
    let token = cluster.token(&namespace, "default").await;
    let folder = fleet(&[]);
    for (token, message) in [
        (
            token.as_str(),
            "error: failed to read Lease tidegate-system/tidegate: `INTERN` may not get `leases.coordination.k8s.io` in namespace `tidegate-system`; grant it, then check with `kubectl auth can-i get leases.coordination.k8s.io --namespace tidegate-system --as INTERN`\n",
        ),
        (
            "of-yesterday",
            "error: failed to read Lease tidegate-system/tidegate: the API server does not accept the credentials; renew them, or choose others with `--kubeconfig` and `--context`\n",
        ),
    ] {
        let (exit, stdout, stderr) = apply(&folder, &cluster.kubeconfig_with_token(token), "5s");
        let intern = format!("system:serviceaccount:{namespace}:default");
        assert_eq!((exit, stdout.as_str()), (3, ""));
        assert_eq!(stderr.replace(&intern, "INTERN"), message);
    }
}

#[test]
fn an_api_server_that_hangs_is_not_waited_for_for_ever() {
    let cluster = Cluster::shared();
    let proxy = Proxy::before(&cluster);
    proxy.inject(Match::all().path("/leases/"), Fault::Hang);
    let kubeconfig = proxy.kubeconfig();
    let command = ["status", "--request-timeout", "2s"];
    let (exit, stdout, stderr) = speak(&command, &kubeconfig);
    let config = Kubeconfig::read_from(&kubeconfig).expect("a kubeconfig");
    let cluster = config.clusters.into_iter().next().and_then(|it| it.cluster);
    let server = cluster.and_then(|it| it.server).expect("a server");
    assert_eq!((exit, stdout.as_str()), (3, ""));
    assert_eq!(
        stderr.replace(&server, "SERVER"),
        "error: failed to read Lease tidegate-system/tidegate: the API server at `SERVER` gave no answer within 2 seconds; it, or an admission webhook, hangs\n"
    );
}

/// What every unit says while it is held up, all at once; the desk `rates` and `gull` are ready.
const HELD_UP: &str = "\
2 of 9 ready
  coot (Waiting): waits for namespace `metals`, which is being deleted, until desk `metals` is ready
  desk.metals (Waiting): waits for Namespace metals, which is being deleted, until it is gone (`kubectl describe namespace metals` says what holds it); Tidegate then makes it anew
  kite (Failed): cannot write ServiceAccount rates/kite: each time, somebody else changes it first; `kubectl get serviceaccount kite --namespace rates --output yaml --show-managed-fields` tells who, and it is tried again
  lark (Progressing): tries again to create ServiceAccount rates/lark: the API server asks to slow down
  ruff (Failed): cannot create NetworkPolicy rates/ruff: the API server refuses it: injected Forbidden; grant Tidegate this permission, or change the object
  swift (Waiting): waits for ServiceAccount rates/swift, which exists and is not this unit's: nobody knows who made it, until it is deleted or renamed, or the strategy gets another name; Tidegate takes nothing over that it did not make
  wren (Progressing): waits for the API server's answer to create ServiceAccount rates/wren
";

#[test]
fn what_passes_is_waited_for_and_what_does_not_is_told_unit_by_unit() {
    let cluster = Cluster::private(&Options::default());
    daemon::install(&cluster);
    let proxy = Proxy::before(&cluster);

    let conflicts = Match::writes().path("/serviceaccounts/gull").first(1);
    proxy.inject(conflicts, Fault::Answer(409));
    let throttled = Match::writes().path("/deployments/gull").first(2);
    proxy.inject(throttled, Fault::Answer(429));
    let (exit, stdout, stderr) = apply(&fleet(&[]), &proxy.kubeconfig(), "120s");
    assert_eq!((exit, stdout.as_str()), (0, "4 of 4 ready\n"), "{stderr}");
    assert_eq!(refused(&proxy, "/serviceaccounts/gull"), 1);
    assert_eq!(refused(&proxy, "/deployments/gull"), 2);

    refuses_another_fleet(&proxy);

    let kubectl = |args: &[&str]| daemon::run(&mut cluster.kubectl(args.iter().copied()));
    kubectl(&["-n", "rates", "create", "serviceaccount", "swift"]);
    kubectl(&["-n", "metals", "create", "configmap", "hold"]);
    let hold = r#"{"metadata": {"finalizers": ["example.com/hold"]}}"#;
    kubectl(&["-n", "metals", "patch", "configmap", "hold", "-p", hold]);
    kubectl(&["delete", "namespace", "metals", "--wait=false"]);
    for (path, fault) in [
        ("/serviceaccounts/kite", Fault::Answer(409)),
        ("/serviceaccounts/lark", Fault::Answer(429)),
        ("/networkpolicies/ruff", Fault::Answer(403)),
        ("/serviceaccounts/wren", Fault::Hang),
    ] {
        proxy.inject(Match::writes().path(path), fault);
    }
    let spoilt = fleet(&["kite", "lark", "ruff", "swift", "wren"]);
    let (exit, stdout, stderr) = apply(&spoilt, &proxy.kubeconfig(), "30s");
    assert_eq!((exit, stdout.as_str()), (5, HELD_UP), "{stderr}");
    let deletes =
        |seen: &Seen| seen.method == Method::DELETE && !seen.path.contains(daemon::NAMESPACE);
    let deleted: Vec<Seen> = proxy.seen().into_iter().filter(deletes).collect();
    assert!(deleted.is_empty(), "{deleted:?}");
}

/// A fleet of another name is not applied where `harbour` runs, and nothing is retired for it.
fn refuses_another_fleet(proxy: &Proxy<'_>) {
    let folder = fleet(&[]);
    let root = ROOT.replace("harbour", "marina");
    write(&folder.path().join("tidegate.yaml"), root.as_bytes());
    let before = proxy.seen().len();
    let (exit, stdout, stderr) = apply(&folder, &proxy.kubeconfig(), "60s");
    assert_eq!((exit, stdout.as_str()), (3, ""));
    assert_eq!(
        stderr,
        "error: failed to apply the fleet `marina` as cluster `east`: `tidegate-system` has records of the fleet `harbour` as cluster `east`, whose units must not be retired by another; follow the repository of that fleet, talk to the cluster that is meant, or put the name back\n"
    );
    let seen = proxy.seen();
    let mut writes = seen.iter().skip(before).filter(|seen| seen.is_write());
    assert!(writes.all(|seen| seen.path.contains("/leases")), "{seen:?}");
}

/// How many writes the proxy answered itself.
fn refused(proxy: &Proxy<'_>, path: &str) -> usize {
    let seen = proxy.seen();
    let refused =
        |seen: &&Seen| seen.is_write() && seen.path.contains(path) && seen.status.is_none();
    seen.iter().filter(refused).count()
}

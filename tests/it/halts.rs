//! Stopping on the real control plane, as distinct users with distinct rights: what takes effect, what
//! holds, and who may lift it.

mod policy;
mod story;
mod without;

use std::path::PathBuf;
use std::process::Output;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding, RoleRef, Subject};
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use tidegate::halt::{Halt, HaltSpec, Reach};

use crate::cluster::{Cluster, kubeconfig, wait};
use crate::daemon::tidegate;
use crate::fleet::RATES;

/// Somebody with an account of their own.
struct User {
    /// As whom the API server knows them.
    name: String,
    config: PathBuf,
    client: kube::Client,
}

/// Where a role is given.
#[derive(Clone, Copy)]
enum Where<'a> {
    In(&'a str),
    Everywhere,
}

impl User {
    /// A user whose account is in a namespace, with these roles.
    async fn new(cluster: &Cluster, home: &str, name: &str, roles: &[(&str, Where<'_>)]) -> Self {
        let admin = cluster.client().await;
        let params = PostParams::default();
        let account = ServiceAccount {
            metadata: named(name),
            ..ServiceAccount::default()
        };
        let accounts = Api::namespaced(admin.clone(), home);
        accounts
            .create(&params, &account)
            .await
            .expect("an account");
        let subjects = Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: name.to_owned(),
            namespace: Some(home.to_owned()),
            ..Subject::default()
        }]);
        for (role, place) in roles {
            let role_ref = RoleRef {
                api_group: "rbac.authorization.k8s.io".to_owned(),
                kind: "ClusterRole".to_owned(),
                name: (*role).to_owned(),
            };
            let metadata = named(&format!("{home}-{name}-{role}"));
            match place {
                Where::In(namespace) => {
                    let binding = RoleBinding {
                        metadata,
                        role_ref,
                        subjects: subjects.clone(),
                    };
                    let bindings = Api::namespaced(admin.clone(), namespace);
                    bindings.create(&params, &binding).await.expect("a binding");
                }
                Where::Everywhere => {
                    let binding = ClusterRoleBinding {
                        metadata,
                        role_ref,
                        subjects: subjects.clone(),
                    };
                    let bindings = Api::all(admin.clone());
                    bindings.create(&params, &binding).await.expect("a binding");
                }
            }
        }
        let token = cluster.token(home, name).await;
        let config = cluster.kubeconfig_with_token(&token);
        Self {
            name: format!("system:serviceaccount:{home}:{name}"),
            client: kubeconfig::client(&config, "tests").await,
            config,
        }
    }

    /// What `tidegate` does in their name.
    async fn run(&self, cluster: &Cluster, args: &[&str]) -> (i32, String) {
        let mut command = tidegate(cluster, args.iter().copied());
        command.env("KUBECONFIG", &self.config);
        said(&command.output().await.expect("tidegate runs"))
    }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    }
}

fn said(output: &Output) -> (i32, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
    (output.status.code().expect("it ended by itself"), all)
}

/// A Halt that says so.
fn halt(scope: Reach, by: &str) -> Halt {
    let spec = HaltSpec {
        scope,
        reason: "fills look wrong".to_owned(),
        by: by.to_owned(),
        drill: false,
        restores: None,
    };
    let mut halt = Halt::new("", spec);
    halt.metadata.name = None;
    halt.metadata.generate_name = Some("halt-".to_owned());
    halt
}

/// The images of the pods of a strategy that are not on their way out.
async fn images(cluster: &Cluster, strategy: &str) -> Vec<String> {
    let pods: Api<Pod> = Api::namespaced(cluster.client().await, RATES);
    let params = ListParams::default().labels(&format!("tidegate.dev/strategy={strategy}"));
    let mut pods = pods.list(&params).await.expect("pods").items;
    pods.retain(|pod| pod.metadata.deletion_timestamp.is_none());
    let containers = pods
        .iter()
        .flat_map(|pod| pod.spec.iter().flat_map(|it| &it.containers));
    let mut images: Vec<String> = containers.filter_map(|it| it.image.clone()).collect();
    images.sort();
    images
}

/// Waits until an algo has so many pods asked for, and none other is there.
async fn until_algo_has(cluster: &Cluster, name: &str, replicas: i32) {
    let sets: Api<StatefulSet> = Api::namespaced(cluster.client().await, RATES);
    let what = format!("has {replicas} pods");
    wait::until(&sets, name, &what, |set| {
        let asked = set.and_then(|it| it.spec.as_ref()?.replicas);
        let counted = set.and_then(|it| it.status.as_ref()).map(|it| it.replicas);
        asked == Some(replicas) && counted == Some(replicas)
    })
    .await;
}

/// Scales an algo as somebody who may do everything.
fn scale(cluster: &Cluster, name: &str, replicas: u32) {
    let replicas = format!("--replicas={replicas}");
    let args = [
        "--namespace",
        RATES,
        "scale",
        "statefulset",
        name,
        &replicas,
    ];
    crate::daemon::run(&mut cluster.kubectl(args));
}

/// How many pods the Deployments of a strategy ask for, all together.
async fn asked_of_deployments(cluster: &Cluster, strategy: &str) -> i32 {
    let deployments: Api<Deployment> = Api::namespaced(cluster.client().await, RATES);
    let params = ListParams::default().labels(&format!("tidegate.dev/strategy={strategy}"));
    let found = deployments.list(&params).await.expect("deployments").items;
    let asked = found.iter().filter_map(|it| it.spec.as_ref()?.replicas);
    asked.sum()
}

//! How to start the daemon, read from `deploy/install/deployment.yaml`.

use std::path::{Path, PathBuf};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize as _;
use serde_json::Value;

/// What the Deployment says.
pub(super) struct Manual {
    container: Container,
    config: ConfigMap,
    /// The account it runs as.
    pub(super) service_account: String,
    /// The path of the liveness probe.
    pub(super) liveness: String,
    /// The path of the readiness probe.
    pub(super) readiness: String,
}

impl Manual {
    /// Reads the Deployment and the ConfigMap that it takes its environment from.
    pub(super) fn of_deployment() -> Self {
        let deployment: Deployment = document("Deployment");
        let template = deployment.spec.expect("a spec").template;
        let pod = template.spec.expect("a pod");
        let container = pod.containers.into_iter().next().expect("a container");
        let path = |probe: &Option<Probe>| path(&container, probe.as_ref());
        assert_eq!(
            path(&container.startup_probe),
            path(&container.liveness_probe)
        );
        Self {
            liveness: path(&container.liveness_probe),
            readiness: path(&container.readiness_probe),
            service_account: pod.service_account_name.expect("a service account"),
            config: document("ConfigMap"),
            container,
        }
    }

    /// The arguments, with what is mounted in `folder`, and listening on a free port.
    pub(super) fn args(&self, folder: &Path) -> Vec<String> {
        let args = self.container.args.iter().flatten();
        args.map(|arg| self.arg(arg, folder)).collect()
    }

    fn arg(&self, arg: &str, folder: &Path) -> String {
        let Some((flag, value)) = arg.split_once('=') else {
            return arg.to_owned();
        };
        if flag == "--listen" {
            let ports = self.container.ports.iter().flatten();
            let ports: Vec<String> = ports.map(|p| format!(":{}", p.container_port)).collect();
            assert!(ports.iter().any(|port| value.ends_with(port)), "{arg}");
            return format!("{flag}=127.0.0.1:0");
        }
        if !value.starts_with('/') {
            return arg.to_owned();
        }
        let path = self.mounted(value, folder);
        std::fs::create_dir_all(path.parent().expect("a mount is in a folder")).expect("a folder");
        format!("{flag}={}", path.display())
    }

    /// Where a path of the container is in `folder`; every path in use must be a mount.
    fn mounted(&self, path: &str, folder: &Path) -> PathBuf {
        let mounts = self.container.volume_mounts.iter().flatten();
        let is_mounted = |mount: &str| path == mount || path.starts_with(&format!("{mount}/"));
        let found = mounts.map(|m| &m.mount_path).any(|mount| is_mounted(mount));
        assert!(found, "`{path}` is no mount of the Deployment's");
        folder.join(path.trim_start_matches('/'))
    }

    /// Writes what a Secret holds where an argument says that it is mounted.
    pub(super) fn mount(&self, flag: &str, key: &str, folder: &Path, content: &str) {
        let args = self.container.args.iter().flatten();
        let mut paths = args.filter_map(|arg| arg.strip_prefix(flag));
        let mounted = self.mounted(paths.next().expect("the argument is there"), folder);
        let file = if key.is_empty() {
            mounted
        } else {
            mounted.join(key)
        };
        std::fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder");
        std::fs::write(file, content).expect("a file");
    }

    /// The environment, as the kubelet would make it of the ConfigMap and the pod's fields.
    pub(super) fn env(&self, namespace: &str, pod: &str) -> Vec<(String, String)> {
        let sources = self.container.env_from.iter().flatten();
        for source in sources {
            let name = source.config_map_ref.as_ref().map(|it| it.name.clone());
            assert_eq!(name, self.config.metadata.name);
        }
        let shared = self.config.data.clone().unwrap_or_default();
        let own = self.container.env.iter().flatten().map(|variable| {
            let source = variable.value_from.as_ref();
            let field = source.and_then(|it| Some(it.field_ref.as_ref()?.field_path.as_str()));
            let value = match field {
                Some("metadata.namespace") => namespace,
                Some("metadata.name") => pod,
                other => panic!("`{}` comes from {other:?}", variable.name),
            };
            (variable.name.clone(), value.to_owned())
        });
        shared.into_iter().chain(own).collect()
    }
}

/// The path of a probe, whose port must be one of the container's.
fn path(container: &Container, probe: Option<&Probe>) -> String {
    let get = probe
        .and_then(|probe| probe.http_get.as_ref())
        .expect("a probe");
    let IntOrString::String(port) = &get.port else {
        panic!("probes name their port")
    };
    let mut ports = container.ports.iter().flatten();
    assert!(ports.any(|it| it.name.as_ref() == Some(port)), "{port}");
    get.path.clone().expect("a path")
}

/// The one document of a kind.
fn document<T: serde::de::DeserializeOwned>(kind: &str) -> T {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/install/deployment.yaml");
    let text = std::fs::read_to_string(file).expect("the Deployment is readable");
    let documents = serde_yaml::Deserializer::from_str(&text);
    let mut values = documents.map(|it| Value::deserialize(it).expect("YAML"));
    let found = values.find(|value| value.get("kind").and_then(Value::as_str) == Some(kind));
    serde_json::from_value(found.expect("the kind is there")).expect("the kind's fields")
}

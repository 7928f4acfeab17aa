//! What a strategy keeps on disk, and whether its mounts leave each other room.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, unknown};
use super::{Class, SecretTarget, StateVolume, StorageClass, Strategy};
use crate::spec::strategy::Replicas;

/// Every volume.
pub(super) fn settle(case: &mut Case) -> Vec<StateVolume> {
    let mut names = BTreeSet::new();
    let mut volumes = Vec::new();
    for (index, spec) in case.spec.state.clone().into_iter().enumerate() {
        let pointer = format!("/state/{index}");
        if !names.insert(spec.name.clone()) {
            case.error(
                "duplicate-name",
                &format!("{pointer}/name"),
                format!("there are two volumes `{}`", spec.name),
                "rename one of them",
            );
        }
        if spec.size.nanos() == 0 {
            case.error(
                "invalid-value",
                &format!("{pointer}/size"),
                "a volume of no size holds nothing",
                "write a size such as `10Gi`",
            );
        }
        let class = spec
            .class
            .and_then(|class| storage_class(case, &format!("{pointer}/class"), &class));
        if let (true, Some(class)) = (has_many_pods(case), class.as_ref().filter(|it| it.csi)) {
            case.error(
                "state-of-one-pod",
                &pointer,
                format!("class `{}` gives a volume to one pod, so that no second one starts", class.name),
                "use one replica, or a storage class that is not `csi`, whose volumes the pods of one node share",
            );
        }
        volumes.push(StateVolume {
            name: spec.name.to_string(),
            mount_path: spec.mount_path.to_string(),
            size: spec.size,
            class,
        });
    }
    volumes
}

/// Whether it is a service that may have more than one pod at a time.
fn has_many_pods(case: &Case) -> bool {
    let most = match case.spec.replicas {
        Some(Replicas::Fixed(count)) => count,
        Some(Replicas::Range { max, .. }) => max,
        None => 1,
    };
    case.spec.class == Class::Service && most > 1
}

fn storage_class(case: &mut Case, pointer: &str, name: &str) -> Option<StorageClass> {
    let cluster = case.cluster;
    if let Some(class) = cluster.storage_classes.get(name) {
        return Some(StorageClass {
            name: class.name.to_string(),
            csi: class.csi,
        });
    }
    let finding = unknown(
        "unknown-storage-class",
        case.span(pointer),
        "storage class",
        name,
        cluster.storage_classes.keys().map(String::as_str),
        &format!(
            "add it to `storageClasses` of cluster `{}` in `tidegate.yaml`",
            cluster.name
        ),
    );
    case.findings.push(finding);
    None
}

/// Tells when two things are mounted at one path: Kubernetes would refuse the pod.
pub(super) fn check_mounts(case: &mut Case, strategy: &Strategy) {
    let state = strategy.state.iter().enumerate();
    let config = strategy.config.iter().enumerate();
    let models = strategy.models.iter().enumerate();
    let secrets = strategy.secrets.iter().enumerate();
    let mounts = state
        .map(|(index, it)| (it.mount_path.clone(), format!("/state/{index}")))
        .chain(config.map(|(index, it)| (it.path.clone(), format!("/config/{index}"))))
        .chain(models.map(|(index, it)| (it.mount_path.clone(), format!("/models/{index}"))))
        .chain(secrets.filter_map(|(index, it)| match &it.target {
            SecretTarget::File(path) => Some((path.clone(), format!("/secrets/{index}"))),
            SecretTarget::Env(_) => None,
        }));
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for (path, pointer) in mounts {
        if let Some(first) = taken.insert(path.clone(), pointer.clone()) {
            let label = case.span(&first);
            case.error(
                "mount-conflict",
                &pointer,
                format!("two things are mounted at `{path}`"),
                "move one of them",
            );
            if let Some(finding) = case.findings.pop() {
                case.findings
                    .push(finding.with_label(label, "the other one"));
            }
        }
    }
}

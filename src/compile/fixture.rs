//! A small fleet, put together by hand.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::digest::Digest;
use crate::resolve::{
    Class, Cluster, ConfigFile, Desk, Engine, Fleet, Holding, Image, JobShape, Mode, Network,
    Placement, Port, Probes, Quantity, Resources, Schedule, StateVolume, StorageClass, Strategy,
};
use crate::source::RepoPath;

/// A fleet of these strategies, all on one desk.
pub(super) fn fleet(strategies: impl IntoIterator<Item = Strategy>) -> Fleet {
    let desk = desk();
    Fleet {
        name: "harbour".parse().unwrap(),
        edition: "2026".to_owned(),
        cluster: Cluster {
            name: "east".parse().unwrap(),
            region: None,
            storage: BTreeMap::new(),
            monitoring_namespace: "watchtower".to_owned(),
            dns_namespace: "kube-system".to_owned(),
        },
        desks: [(desk.name.clone(), desk)].into(),
        strategies: strategies
            .into_iter()
            .map(|strategy| (strategy.name.clone(), strategy))
            .collect(),
        broken: BTreeMap::new(),
        consents: Vec::new(),
        deletion_cap: 10,
    }
}

/// A desk with everything.
pub(super) fn desk() -> Desk {
    Desk {
        name: "rates".parse().unwrap(),
        namespace: "desk-rates".to_owned(),
        email: "rates@example.com".to_owned(),
        viewers: vec!["rates-viewers".to_owned(), "audit".to_owned()],
        operators: vec!["rates-operators".to_owned()],
        quota: [
            ("limits.cpu", "20"),
            ("limits.memory", "64Gi"),
            ("requests.cpu", "20"),
            ("requests.memory", "64Gi"),
        ]
        .map(|(name, amount)| (name.to_owned(), quantity(amount)))
        .into(),
        span: span(),
    }
}

/// An algo that uses little of what it could.
pub(super) fn algo() -> Strategy {
    Strategy {
        mode: Some(Mode::Paper),
        account: Some(Holding {
            account: "paper-one".parse().unwrap(),
            venue: "crypto:binance".to_owned(),
            exclusive: vec!["paper-one".to_owned()],
        }),
        config: vec![config("/app/quoter.yaml")],
        state: vec![state("data")],
        on_stop: Some("cancel".to_owned()),
        ..strategy("quoter", Class::Algo)
    }
}

/// A service with a port and three pods.
pub(super) fn service() -> Strategy {
    Strategy {
        ports: vec![port("http", 8080)],
        replicas: 3,
        ..strategy("signals", Class::Service)
    }
}

/// A job that runs every working day.
pub(super) fn cron_job() -> Strategy {
    Strategy {
        schedule: Some(Schedule {
            cron: "0 2 * * 1-5".to_owned(),
            time_zone: "America/New_York".to_owned(),
        }),
        ..job()
    }
}

/// A job that runs once.
pub(super) fn job() -> Strategy {
    Strategy {
        job: JobShape {
            completions: Some(40),
            parallelism: 8,
            retries: 2,
            ignore_preemption: true,
            deadline_seconds: Some(3600),
        },
        ..strategy("sweep", Class::Job)
    }
}

/// A strategy with nothing that it need not have.
pub(super) fn strategy(name: &str, class: Class) -> Strategy {
    Strategy {
        name: name.parse().unwrap(),
        desk: "rates".parse().unwrap(),
        class,
        mode: None,
        engine: engine(),
        image: image("registry.example.com/rates/program", "1.4.2"),
        command: vec!["/app/run".to_owned()],
        args: Vec::new(),
        env: BTreeMap::new(),
        secrets: Vec::new(),
        config: Vec::new(),
        models: Vec::new(),
        account: None,
        resources: Resources {
            cpu: quantity("500m"),
            memory: quantity("512Mi"),
            ephemeral_storage: quantity("1Gi"),
        },
        state: Vec::new(),
        placement: Placement::default(),
        network: Network::default(),
        ports: Vec::new(),
        probes: Probes::default(),
        metrics: None,
        replicas: 1,
        schedule: None,
        job: JobShape::default(),
        after: Vec::new(),
        renamed_from: None,
        on_stop: None,
        deferred: BTreeMap::new(),
        origins: BTreeMap::new(),
        span: span(),
    }
}

/// An engine without waivers.
pub(super) fn engine() -> Engine {
    Engine {
        name: "plain".parse().unwrap(),
        digest: Digest::of("plain"),
        uid: 10001,
        gid: 10002,
        writable: vec!["/app/logs/".to_owned()],
        writable_root: false,
        grace_seconds: 45,
        pre_stop: None,
        waivers: BTreeMap::new(),
    }
}

/// A pinned image.
pub(super) fn image(repository: &str, tag: &str) -> Image {
    Image {
        repository: repository.to_owned(),
        tag: Some(tag.to_owned()),
        digest: Some(Digest::of(tag)),
    }
}

/// A configuration file at a path.
pub(super) fn config(path: &str) -> ConfigFile {
    ConfigFile {
        path: path.to_owned(),
        text: "spread: 5\n".to_owned(),
        source: RepoPath::from("rates/quoter.yaml"),
        writable: false,
    }
}

/// Ten gibibytes under `/app`, on a class that a CSI driver serves.
pub(super) fn state(name: &str) -> StateVolume {
    StateVolume {
        name: name.to_owned(),
        mount_path: format!("/app/{name}"),
        size: quantity("10Gi"),
        class: Some(StorageClass {
            name: "fast".to_owned(),
            csi: true,
        }),
    }
}

/// A port.
pub(super) fn port(name: &str, port: u16) -> Port {
    Port {
        name: name.to_owned(),
        port,
    }
}

/// A quantity that is already canonical.
pub(super) fn quantity(text: &str) -> Quantity {
    Quantity(text.to_owned())
}

fn span() -> Span {
    Span::start_of(RepoPath::from("rates.yaml"))
}

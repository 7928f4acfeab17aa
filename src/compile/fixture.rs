//! A small fleet, put together by hand.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::digest::Digest;
use crate::resolve::rollout::Rollout;
use crate::resolve::run::Schedule;
use crate::resolve::{
    Capacity, Class, Cluster, ConfigFile, Desk, Egress, Engine, Fleet, Holding, Image, Ingress,
    JobShape, KeyScope, MetricsEndpoint, Mode, Model, Network, Peer, Placement, Port, Probe,
    ProbeAction, Probes, Quantity, Resources, SecretTarget, SecretUse, StateVolume, StorageClass,
    Strategy, When,
};
use crate::source::RepoPath;

/// A fleet of these strategies, all on one desk.
pub(crate) fn fleet(strategies: impl IntoIterator<Item = Strategy>) -> Fleet {
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
        notifiers: BTreeMap::new(),
        commit_url: None,
        ledger: None,
        freezes: Vec::new(),
        consents: Vec::new(),
        calendars: crate::calendar::Tables::built_in(),
        people: crate::people::People::default(),
        deletion_cap: 10,
    }
}

/// A desk with everything.
pub(crate) fn desk() -> Desk {
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
        authority: None,
        span: span(),
    }
}

/// An algo that uses little of what it could.
pub(crate) fn algo() -> Strategy {
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
pub(crate) fn service() -> Strategy {
    Strategy {
        ports: vec![port("http", 8080)],
        replicas: 3,
        ..strategy("signals", Class::Service)
    }
}

/// A job that runs every working day.
pub(crate) fn cron_job() -> Strategy {
    Strategy {
        run: Some(When::Cron(Schedule {
            cron: "0 2 * * 1-5".to_owned(),
            time_zone: "America/New_York".to_owned(),
        })),
        ..job()
    }
}

/// A job that runs once.
pub(crate) fn job() -> Strategy {
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

/// An algo that uses everything that a strategy can.
pub(crate) fn everything() -> Strategy {
    let mut file = config("/app/logs/deep/rewritten.json");
    file.writable = true;
    let mut alone = config("/etc/program/alone.ini");
    alone.writable = true;
    Strategy {
        engine: Engine {
            pre_stop: Some(vec!["kill".to_owned(), "-INT".to_owned(), "1".to_owned()]),
            ..engine()
        },
        args: vec!["--quiet".to_owned()],
        env: [("EMPTY", ""), ("ZONE", "yes")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        secrets: secrets(),
        config: vec![config("/app/quoter.yaml"), file, alone],
        models: vec![model()],
        state: vec![state("data"), state_without_class("journal")],
        placement: placement(),
        network: network(),
        ports: vec![port("metrics", 9090), port("api", 8080)],
        probes: probes(),
        metrics: Some(MetricsEndpoint {
            port: "metrics".to_owned(),
            path: "/metrics".to_owned(),
        }),
        after: vec!["signals".parse().unwrap()],
        renamed_from: Some("old-quoter".parse().unwrap()),
        deferred: [(
            "limits".to_owned(),
            serde_json::json!({"maxDailyLoss": "15k USDT"}),
        )]
        .into(),
        ..algo()
    }
}

fn secrets() -> Vec<SecretUse> {
    let secret = |secret: &str, key: Option<&str>, target, scope| SecretUse {
        secret: secret.to_owned(),
        key: key.map(str::to_owned),
        target,
        scope,
    };
    let file = |path: &str| SecretTarget::File(path.to_owned());
    let read = Some(KeyScope::Read);
    vec![
        secret("venue", Some("api-key"), file("/run/secrets/key"), read),
        secret("venue", Some("api-sign"), file("/run/secrets/sign"), read),
        secret("licence.v2", None, file("/run/licence/"), None),
        secret(
            "mail",
            Some("pass"),
            SecretTarget::Env("MAIL_PASS".to_owned()),
            None,
        ),
    ]
}

fn model() -> Model {
    let mut reference = image("registry.example.com/models/spread", "7");
    reference.tag = None;
    Model {
        name: "spread".to_owned(),
        reference,
        mount_path: "/models".to_owned(),
        freshness: [("maxAge".to_owned(), serde_json::json!("7d"))].into(),
    }
}

fn placement() -> Placement {
    let labels = |key: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        BTreeMap::from([(key.to_owned(), values)])
    };
    Placement {
        require: labels("topology.kubernetes.io/zone", &["b", "a"]),
        prefer: labels("example.com/rack", &["near"]),
        apart_from: vec!["signals".parse().unwrap(), "ghost".parse().unwrap()],
        capacity: Capacity::Spot,
    }
}

fn network() -> Network {
    let venue = |name: &str, cidrs: &[&str], except: &[&str]| Peer::Cidrs {
        name: name.to_owned(),
        cidrs: cidrs.iter().map(|it| (*it).to_owned()).collect(),
        except: except.iter().map(|it| (*it).to_owned()).collect(),
    };
    let signals = Peer::Strategy {
        name: "signals".parse().unwrap(),
        namespace: "desk-rates".to_owned(),
    };
    let anywhere = venue(
        "venue:any",
        &["::/0", "0.0.0.0/0"],
        &["10.0.0.0/8", "fc00::/7"],
    );
    let nowhere = venue("venue:none", &[], &[]);
    let risk = Peer::Namespace("risk".to_owned());
    let to = |to: Peer, port| Egress { to, port };
    Network {
        egress: vec![
            to(signals.clone(), 8080),
            to(anywhere, 443),
            to(nowhere, 443),
            to(risk, 5432),
        ],
        ingress: vec![Ingress {
            from: signals,
            port: 8080,
        }],
    }
}

fn probes() -> Probes {
    let probe = |action| {
        Some(Probe {
            action,
            period_seconds: 10,
            timeout_seconds: 3,
            failure_threshold: 6,
        })
    };
    Probes {
        startup: probe(ProbeAction::Exec(vec!["/app/started".to_owned()])),
        liveness: probe(ProbeAction::Tcp {
            port: "api".to_owned(),
        }),
        readiness: probe(ProbeAction::Http {
            path: "/ready".to_owned(),
            port: "api".to_owned(),
        }),
    }
}

/// A strategy with nothing that it need not have.
pub(crate) fn strategy(name: &str, class: Class) -> Strategy {
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
        scale: None,
        rollout: Rollout::of(class),
        run: None,
        job: JobShape::default(),
        after: Vec::new(),
        requires: Vec::new(),
        authority: None,
        renamed_from: None,
        on_stop: None,
        deferred: BTreeMap::new(),
        origins: BTreeMap::new(),
        span: span(),
    }
}

/// An engine without waivers.
pub(crate) fn engine() -> Engine {
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
pub(crate) fn image(repository: &str, tag: &str) -> Image {
    Image {
        repository: repository.to_owned(),
        tag: Some(tag.to_owned()),
        digest: Some(Digest::of(tag)),
    }
}

/// A configuration file at a path.
pub(crate) fn config(path: &str) -> ConfigFile {
    ConfigFile {
        path: path.to_owned(),
        text: "spread: 5\n".to_owned(),
        source: RepoPath::from("rates/quoter.yaml"),
        writable: false,
    }
}

/// Ten gibibytes under `/app`, on a class that a CSI driver serves.
pub(crate) fn state(name: &str) -> StateVolume {
    StateVolume {
        name: name.to_owned(),
        mount_path: format!("/app/{name}"),
        size: quantity("10Gi"),
        class: Some(StorageClass {
            name: "ssd".to_owned(),
            csi: true,
        }),
    }
}

fn state_without_class(name: &str) -> StateVolume {
    StateVolume {
        class: None,
        ..state(name)
    }
}

/// A port.
pub(crate) fn port(name: &str, port: u16) -> Port {
    Port {
        name: name.to_owned(),
        port,
    }
}

/// A quantity that is already canonical.
pub(crate) fn quantity(text: &str) -> Quantity {
    Quantity(text.to_owned())
}

fn span() -> Span {
    Span::start_of(RepoPath::from("rates.yaml"))
}

//! The files of a fleet, as text.

use std::fmt::Write as _;

use super::{Form, Role, Site, Tree, Version};

const ROOT: &str = "\
kind: Fleet
metadata: {name: harbour}
spec:
  edition: 2026-11
  clusters:
  - name: east
    region: ap-northeast-1
    storageClasses: {ssd: {name: ssd, csi: true}}
  venues: {'crypto:binance': {cidrs: [203.0.113.0/24], regions: [ap-northeast-1]}}
";

const METRICS: &str = "  \
  metrics:
    rejects:
      prometheus:
        address: ADDRESS
        query: '{{behaviour}}'
";

const PEOPLE: &str = "  \
  people:
  - {name: ann, kubernetes: [ann, ann-ops], emails: [ann@example.com], roles: [risk]}
  - {name: bob, kubernetes: [bob], emails: [bob@example.com], roles: [risk]}
  - {name: cy, kubernetes: [cy], emails: [cy@example.com], roles: [risk]}
  - {name: eve, kubernetes: [eve], emails: [eve@example.com], roles: [risk]}
  - {name: dee, kubernetes: [dee], emails: [dee@example.com]}
";

const FREEZES: &str = "  freezes: [{reason: quarter end}]\n";

const DESK: &str = "\
kind: Desk
spec: {email: rates@example.com}
";

const ACCOUNT: &str = "\
kind: Account
spec:
  venue: crypto:binance
  currency: USDT
  exclusive: account
  desks: [rates]
  keys:
  - {secret: trade, scope: trade, modes: [live]}
";

const PORTS: &str = "  ports: [{name: http, port: 8080}]\n";

const PRICER: &str = "  \
  rollout:
    bootstrap: direct
    canary:
    - {weight: 25%, for: 1m, gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    - {weight: 50%, gates: [{health: {}}, {freeze: {}}]}
    watch: {for: 1m}
";

const ROUTER: &str = "  \
  scale: [{cpu: 70%}]
  rollout:
    bootstrap: direct
    route: {gateway: edge/public, port: http}
    canary:
    - {weight: 10%, gates: [{metric: rejects, max: 1, minSamples: 2, interval: 20s, timeout: 10m}]}
    - {weight: 50%, gates: [{pause: {}}]}
    onFailure: halt
";

const SCREEN: &str = "  \
  rollout:
    blueGreen: {for: 1m, gates: [{pause: {}}, {health: {}}]}
    watch: {gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    onNewRevision: queue
    rollbackWindow: {revisions: 3}
";

const KEEPER: &str = "  \
  rollout:
    bootstrap: direct
    standbyFirst: {gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    onFailure: hold
";

const WARDEN: &str = "  \
  rollout:
    bootstrap: direct
    approve: [{role: risk}]
    canary:
    - {weight: 50%, for: 1m, gates: [{approve: {role: risk, quorum: 2}}]}
    watch: {gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
";

const TRADER: &str = "  \
  rollout: {approve: [{role: risk}]}
";

const STORE: &str = "  \
  rollout:
    bootstrap: direct
    rolling:
    - {pods: 1, for: 1m, gates: [{metric: rejects, max: 1, minSamples: 1, interval: 20s, timeout: 10m}]}
    onNewRevision: reject
";

/// Every file that a tree has, by path.
pub(crate) fn of(tree: &Tree, site: &Site) -> Vec<(String, String)> {
    let freezes = if tree.frozen { FREEZES } else { "" };
    let metrics = METRICS.replace("ADDRESS", &site.prometheus);
    let root = ROOT.replace("harbour", &site.fleet);
    let account = ACCOUNT.replace("rates", &site.desk);
    let of_desk = |name: &str| format!("desks/{}/{name}", site.desk);
    let mut texts = vec![
        (
            "tidegate.yaml".to_owned(),
            format!("{root}{metrics}{PEOPLE}{freezes}"),
        ),
        (of_desk("desk.yaml"), DESK.to_owned()),
        ("accounts/one.yaml".to_owned(), account.clone()),
        ("accounts/two.yaml".to_owned(), account),
        (of_desk("0.cfg"), "spread: 5\n".to_owned()),
        (of_desk("1.cfg"), "spread: 6\n".to_owned()),
    ];
    for (role, form) in &tree.slots {
        texts.extend(file(*role, *form, tree, site));
    }
    if site.is_brisk {
        for (_, text) in &mut texts {
            *text = text
                .replace("for: 1m", "for: 1s")
                .replace("interval: 20s", "interval: 1s");
        }
    }
    texts
}

fn file(role: Role, form: Form, tree: &Tree, site: &Site) -> Option<(String, String)> {
    let version = form.version()?;
    let name = role.name(version.renamed);
    let mut text = text(role, version, tree);
    if matches!(form, Form::Broken(_)) {
        text.push_str("  unheardOf: true\n");
    }
    Some((format!("desks/{}/{name}.yaml", site.desk), text))
}

fn text(role: Role, version: Version, tree: &Tree) -> String {
    let digit = if version.code & 1 == 0 { "a" } else { "b" };
    let image = format!(
        "registry.example.com/rates/{role}@sha256:{}",
        digit.repeat(64)
    );
    let config = (version.code >> 1) & 1;
    let mut text = format!(
        "\
kind: Strategy
metadata: {{name: {}}}
spec:
  image: {image}
  command: [/run]
  resources: {{cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi}}
  config: [{{path: /app/one.yaml, from: {config}.cfg}}]
",
        role.name(version.renamed)
    );
    if version.renamed {
        let _ = writeln!(text, "  renamedFrom: {}", role.name(false));
    }
    text.push_str(&class(role, version, tree));
    text
}

fn class(role: Role, version: Version, tree: &Tree) -> String {
    let size = if version.grown { "2Gi" } else { "1Gi" };
    let state = format!("  state: [{{name: data, mountPath: /data, size: {size}, class: ssd}}]\n");
    let pods = if version.grown { 3 } else { 2 };
    let service = format!("  class: service\n  replicas: {pods}\n");
    let is_second = role.account() == "two";
    let account = if is_second == version.swapped {
        "one"
    } else {
        "two"
    };
    let algo = format!("  class: algo\n  mode: paper\n  onStop: cancel\n  account: {account}\n");
    match role {
        Role::Quoter | Role::Signals if version.reclassed == (role == Role::Signals) => {
            format!("{algo}{state}")
        }
        Role::Quoter | Role::Signals => service,
        Role::Hedger => format!("{algo}{state}"),
        Role::Trader => format!("{algo}{state}{TRADER}"),
        Role::Warden => format!("{service}{WARDEN}"),
        Role::Gate => format!("  class: gateway\n{state}"),
        Role::Store => format!("{service}{state}{STORE}"),
        Role::Pricer => format!(
            "{}{PORTS}{PRICER}",
            service.replace('3', "4").replace('2', "3")
        ),
        Role::Router => {
            format!("  class: service\n  replicas: {{min: 2, max: 4}}\n{PORTS}{ROUTER}")
        }
        Role::Screen => format!("{service}{PORTS}{SCREEN}"),
        Role::Keeper => format!("{service}{PORTS}{KEEPER}"),
        Role::Last => match tree.form(Role::Quoter).version() {
            Some(quoter) => format!(
                "{service}  after: [{}]\n",
                Role::Quoter.name(quoter.renamed)
            ),
            None => service,
        },
        Role::Sweep => "  class: job\n".to_owned(),
        Role::Nightly => "  class: job\n  run: {cron: '0 2 * * *', timeZone: Etc/UTC}\n".to_owned(),
    }
}

//! The fleet of these tests, in which every name carries a token, so that many live side by side.

use crate::gitserver::Repo;

/// What happens to a fleet, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Story {
    /// A desk with an algo and a service appears.
    Create,
    /// The algo gets another image and configuration: 1 → 0 → 1.
    Change,
    /// The algo is renamed, and keeps its claim.
    Rename,
    /// The algo is removed. The service stays: a fleet without a strategy left is not pruned.
    Prune,
}

impl Story {
    pub(super) const ALL: [Self; 4] = [Self::Create, Self::Change, Self::Rename, Self::Prune];

    /// Pushes what the story is about, and returns the commit.
    pub(super) fn push(self, repo: &Repo, token: &str) -> String {
        let (algo, bot) = (path(token, "algo"), path(token, "bot"));
        match self {
            Self::Create => {
                repo.write("tidegate.yaml", root(token));
                repo.write(format!("desks/{token}/desk.yaml"), DESK);
                repo.write(format!("accounts/{token}.yaml"), account(token));
                repo.write(format!("desks/{token}/algo.cfg"), "first");
                repo.write(&algo, strategy(token, "algo", 'a', ""));
                repo.write(path(token, "svc"), service(token));
            }
            Self::Change => {
                repo.write(format!("desks/{token}/algo.cfg"), "second");
                repo.write(&algo, strategy(token, "algo", 'b', ""));
            }
            Self::Rename => {
                repo.git(&["rm", "--quiet", &algo]);
                let renamed = format!("  renamedFrom: algo-{token}\n");
                repo.write(&bot, strategy(token, "bot", 'b', &renamed));
            }
            Self::Prune => {
                repo.git(&["rm", "--quiet", &bot]);
            }
        }
        repo.push(&[], &format!("{self:?}"))
    }
}

/// The namespace of the fleet's only desk.
pub(super) fn desk(token: &str) -> String {
    format!("desk-{token}")
}

/// The namespace of the daemon's records.
pub(crate) fn records(token: &str) -> String {
    format!("records-{token}")
}

/// Each is a fleet of its own: what carries the owner labels of one's fleet, and is in no record of
/// its, is taken for what an earlier install of it left.
fn root(token: &str) -> String {
    format!(
        "\
kind: Fleet
metadata: {{name: fleet-{token}}}
spec:
  edition: 2026-11
  clusters:
  - name: east
    region: ap-northeast-1
    storageClasses: {{ssd: {{name: ssd, csi: true}}}}
  venues: {{'crypto:binance': {{cidrs: [203.0.113.0/24], regions: [ap-northeast-1]}}}}
  deletionCap: 50
"
    )
}

const DESK: &str = "\
kind: Desk
spec: {email: rates@example.com}
";

fn path(token: &str, name: &str) -> String {
    format!("desks/{token}/{name}-{token}.yaml")
}

fn account(token: &str) -> String {
    format!(
        "\
kind: Account
spec:
  venue: crypto:binance
  currency: USDT
  exclusive: account
  desks: [{token}]
  keys:
  - {{secret: trade, scope: trade, modes: [live]}}
"
    )
}

fn image(digit: char) -> String {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    format!("registry.example.com/rates/one@sha256:{digest}")
}

fn strategy(token: &str, name: &str, digit: char, more: &str) -> String {
    let image = image(digit);
    format!(
        "\
kind: Strategy
metadata: {{name: {name}-{token}}}
spec:
  class: algo
  mode: paper
  image: {image}
  command: [/algo]
  account: {token}
  onStop: cancel
  resources: {{cpu: 10m, memory: 16Mi, ephemeralStorage: 16Mi}}
  config:
  - {{path: /etc/algo/algo.cfg, from: algo.cfg}}
  state:
  - {{name: data, mountPath: /data, size: 1Gi, class: ssd}}
{more}"
    )
}

fn service(token: &str) -> String {
    let image = image('c');
    format!(
        "\
kind: Strategy
metadata: {{name: svc-{token}}}
spec:
  class: service
  image: {image}
  command: [/svc]
  replicas: 1
  resources: {{cpu: 10m, memory: 16Mi, ephemeralStorage: 16Mi}}
"
    )
}

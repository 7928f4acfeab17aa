//! Small fleets as text, and the example fleet, ready to be pushed.

use std::path::Path;

use tempfile::TempDir;

use crate::gitserver::Repo;

/// The namespace of the desk `rates`.
pub(crate) const RATES: &str = "rates";

/// `tidegate.yaml` with one cluster, `east`, whose storage class is one of the test cluster's.
pub(crate) const ROOT: &str = "\
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

/// The desk `rates`.
pub(crate) const DESK: &str = "\
kind: Desk
spec: {email: rates@example.com}
";

/// An account of the desk `rates` that is held as a whole.
pub(crate) const ACCOUNT: &str = "\
kind: Account
spec:
  venue: crypto:binance
  currency: USDT
  exclusive: account
  desks: [rates]
  keys:
  - {secret: trade, scope: trade, modes: [live]}
";

/// What every small fleet has: the root, the desk `rates`, and the accounts `one` and `two`.
pub(crate) const BASE: [(&str, &str); 4] = [
    ("tidegate.yaml", ROOT),
    ("desks/rates/desk.yaml", DESK),
    ("accounts/one.yaml", ACCOUNT),
    ("accounts/two.yaml", ACCOUNT),
];

/// An image, whose digest is made of one hex digit.
pub(crate) fn image(name: &str, digit: char) -> String {
    let digest: String = std::iter::repeat_n(digit, 64).collect();
    format!("registry.example.com/rates/{name}@sha256:{digest}")
}

/// An algo that takes a whole account and keeps a claim `data`. Another digit is another image.
pub(crate) fn algo(name: &str, account: &str, digit: char) -> String {
    let image = image(name, digit);
    format!(
        "\
kind: Strategy
metadata: {{name: {name}}}
spec:
  class: algo
  mode: paper
  image: {image}
  command: [/{name}]
  account: {account}
  onStop: cancel
  resources: {{cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi}}
  state:
  - {{name: data, mountPath: /data, size: 1Gi, class: ssd}}
"
    )
}

/// A service with so many pods. Another digit is another image.
pub(crate) fn service(name: &str, replicas: u32, digit: char) -> String {
    let image = image(name, digit);
    format!(
        "\
kind: Strategy
metadata: {{name: {name}}}
spec:
  class: service
  image: {image}
  command: [/{name}]
  replicas: {replicas}
  resources: {{cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi}}
"
    )
}

/// Where a strategy of the desk `rates` stands.
pub(crate) fn path(name: &str) -> String {
    format!("desks/rates/{name}.yaml")
}

/// An empty bare repository in a folder of its own.
pub(crate) fn repo() -> (TempDir, Repo) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repo = Repo::init(&folder.path().join("fleet.git"));
    (folder, repo)
}

/// Pushes the base and these strategies of the desk `rates`. Returns the commit.
pub(crate) fn push(repo: &Repo, strategies: &[(&str, String)]) -> String {
    for (file, text) in BASE {
        repo.write(file, text);
    }
    for (name, text) in strategies {
        repo.write(path(name), text);
    }
    repo.push(&[], "A fleet")
}

/// Deletes files and pushes that. Returns the commit.
pub(crate) fn remove(repo: &Repo, files: &[&str]) -> String {
    for file in files {
        repo.git(&["rm", "--quiet", "-r", file]);
    }
    repo.push(&[], "Remove files")
}

/// Pushes the example fleet. Returns the commit.
pub(crate) fn push_example(repo: &Repo) -> String {
    copy_example(repo.clone_dir());
    repo.push(&[], "The example fleet")
}

/// Copies the example fleet, but for what its changes wait for: hours and people have stories of
/// their own.
pub(crate) fn copy_example(to: &Path) {
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("example-repo"),
        to,
    );
    for (file, waits) in [
        (
            "desks/us-eq/statarb-us.yaml",
            "    window: 'closed(XNYS)'\n    approve: [{role: risk}]\n",
        ),
        (
            "desks/research/regime-signals.yaml",
            "    window: 'closed(XNYS)'\n",
        ),
        (
            "desks/research/regime-signals.yaml",
            ", {approve: {role: risk}}",
        ),
    ] {
        let file = to.join(file);
        let text = std::fs::read_to_string(&file).expect("the example has the file");
        assert!(text.contains(waits), "{} has no `{waits}`", file.display());
        std::fs::write(&file, text.replace(waits, "")).expect("a file");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

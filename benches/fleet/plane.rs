//! The control plane of the tests, for one measurement.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Outcome;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A running control plane; it ends with this.
pub(crate) struct Plane {
    supervisor: Child,
    binary: PathBuf,
    folder: PathBuf,
}

impl Plane {
    /// Starts one with its data in a folder.
    pub(crate) fn start(folder: PathBuf) -> Outcome<Self> {
        let build = Command::new(Path::new(ROOT).join("tests/controlplane/build.sh")).output()?;
        let binary = Path::new(String::from_utf8(build.stdout)?.trim()).join("controlplane");
        let mut supervisor = Command::new(&binary)
            .args(["up", "--until-stdin-closes", "--remove", "--data-dir"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = supervisor
            .stdout
            .take()
            .ok_or("the supervisor has no output")?;
        let ready = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .any(|line| line.starts_with("READY"));
        let plane = Self {
            supervisor,
            binary,
            folder,
        };
        if !ready {
            return Err("the control plane did not start".into());
        }
        for file in [
            "crds/releases",
            "crds/approvals",
            "crds/intents",
            "crds/overrides",
            "crds/halts",
            "crds/unhalts",
            "install/namespace",
            "install/rbac",
            "install/desk-roles",
        ] {
            plane.kubectl(&[
                "apply",
                "--server-side",
                "-f",
                &format!("{ROOT}/deploy/{file}.yaml"),
            ])?;
        }
        Ok(plane)
    }

    /// The kubeconfig of an administrator.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// The lines of the audit log so far, as JSON.
    pub(crate) fn audit(&self) -> Outcome<Vec<serde_json::Value>> {
        let text = std::fs::read_to_string(self.folder.join("logs/audit.log"))?;
        Ok(text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect())
    }

    fn kubectl(&self, arguments: &[&str]) -> Outcome<()> {
        let mut command = Command::new(&self.binary);
        command
            .arg("kubectl")
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(arguments);
        let status = command.stdout(Stdio::null()).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("kubectl {arguments:?}: {status}").into())
        }
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

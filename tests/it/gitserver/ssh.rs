//! OpenSSH's server, one process per connection.

use std::fs;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::Listener;

/// An SSH server that lets one key in, as the user who runs the test.
pub(crate) struct SshServer {
    folder: TempDir,
    listener: Listener,
}

impl SshServer {
    pub(crate) fn start() -> Self {
        let sshd = sshd();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().to_owned();
        keygen(&root.join("host"), "");
        keygen(&root.join("user"), "");
        fs::copy(root.join("user.pub"), root.join("authorized_keys")).expect("a copy");
        fs::write(root.join("config"), config(&root)).expect("a file");
        // As root, sshd wants this folder, which the system makes when it starts the service.
        let _ = fs::create_dir_all("/run/sshd");
        let listener = Listener::start(move |stream| serve(&sshd, &root, stream));
        Self { folder, listener }
    }

    /// The address of a repository on this machine.
    pub(crate) fn url(&self, repository: &Path) -> String {
        format!(
            "ssh://{}@127.0.0.1:{}{}",
            user(),
            self.listener.port(),
            repository.display()
        )
    }

    /// The private key that is let in.
    pub(crate) fn user_key(&self) -> String {
        fs::read_to_string(self.folder.path().join("user")).expect("a key")
    }

    /// A private key that is not let in, encrypted when there is a passphrase.
    pub(crate) fn other_key(&self, name: &str, passphrase: &str) -> String {
        let path = self.folder.path().join(name);
        keygen(&path, passphrase);
        fs::read_to_string(path).expect("a key")
    }

    /// Lets a key in that [`other_key`](Self::other_key) made.
    pub(crate) fn let_in(&self, name: &str) {
        let public = self.folder.path().join(format!("{name}.pub"));
        fs::copy(public, self.folder.path().join("authorized_keys")).expect("a copy");
    }

    /// The line of `known_hosts` that is right.
    pub(crate) fn known_hosts(&self) -> String {
        self.known_hosts_of("host")
    }

    /// The line of `known_hosts` with another key of the folder.
    pub(crate) fn known_hosts_of(&self, name: &str) -> String {
        let public = fs::read_to_string(self.folder.path().join(format!("{name}.pub")))
            .expect("a public key");
        let words: Vec<&str> = public.split_whitespace().take(2).collect();
        format!("[127.0.0.1]:{} {}", self.listener.port(), words.join(" "))
    }

    /// The fingerprint of the host's key, as OpenSSH prints it.
    pub(crate) fn fingerprint(&self) -> String {
        let output = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.folder.path().join("host.pub"))
            .output()
            .expect("ssh-keygen is installed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace()
            .nth(1)
            .expect("a fingerprint")
            .to_owned()
    }
}

fn sshd() -> PathBuf {
    let known = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"];
    known
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect("sshd is missing; `apt-get install --yes openssh-server` installs it")
}

fn config(root: &Path) -> String {
    let root = root.display();
    format!(
        "HostKey {root}/host\nAuthorizedKeysFile {root}/authorized_keys\nStrictModes no\n\
         UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PidFile none\nUseDNS no\nSetEnv GIT_CONFIG_GLOBAL=/dev/null\n"
    )
}

fn keygen(path: &Path, passphrase: &str) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen is missing; `apt-get install --yes openssh-client` installs it");
    assert!(status.success());
}

fn serve(sshd: &Path, root: &Path, stream: TcpStream) {
    let output = stream.try_clone().expect("a socket can be cloned");
    let child = Command::new(sshd)
        .arg("-i")
        .arg("-e")
        .arg("-f")
        .arg(root.join("config"))
        .stdin(Stdio::from(OwnedFd::from(stream)))
        .stdout(Stdio::from(OwnedFd::from(output)))
        .stderr(Stdio::null())
        .spawn();
    if let Ok(mut child) = child {
        let _ = child.wait();
    }
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().expect("id exists");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

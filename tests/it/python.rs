//! Python for tests that agree with somebody else's library: a virtual environment of pinned
//! packages, made once and kept in the cache beside the control plane.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tidegate::digest::Digest;

/// Runs a script of `tests/` with what a requirements file of `tests/` pins, hands it the input,
/// and gives back what it prints.
pub(crate) fn run(requirements: &str, script: &str, input: &str) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let python = environment(&tests.join(requirements));
    let mut child = Command::new(python)
        .arg(tests.join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    let input = input.to_owned();
    // It may print before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{script}: {}", output.status);
    writer
        .join()
        .expect("no panic")
        .expect("it reads everything");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// Starts a script that goes on until it is killed; what it prints is to be read.
pub(crate) fn start(requirements: &str, script: &str) -> Child {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let python = environment(&tests.join(requirements));
    let mut command = Command::new(python);
    command.arg(tests.join(script)).stdout(Stdio::piped());
    command.spawn().expect("Python starts")
}

/// The interpreter of the environment with these requirements.
fn environment(requirements: &Path) -> PathBuf {
    let text = fs::read_to_string(requirements).expect("the requirements are there");
    let cache = cache().join(Digest::of(&text).short());
    let python = cache.join("bin/python");
    fs::create_dir_all(cache.parent().expect("it is in a folder")).expect("a cache");
    let lock = File::create(cache.with_extension("lock")).expect("a lock");
    lock.lock().expect("nobody else makes it");
    if cache.join("made").exists() {
        return python;
    }
    // What was begun and not ended is begun again.
    let _ = fs::remove_dir_all(&cache);
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&cache));
    let install = ["-m", "pip", "install", "--quiet", "--requirement"];
    succeed(Command::new(&python).args(install).arg(requirements));
    fs::write(cache.join("made"), "").expect("a cache");
    python
}

fn cache() -> PathBuf {
    let own = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").expect("there is a home")).join(".cache");
    own.unwrap_or_else(home).join("tidegate/python")
}

fn succeed(command: &mut Command) {
    let status = command.status().expect("python3 starts");
    assert!(status.success(), "{command:?}: {status}");
}

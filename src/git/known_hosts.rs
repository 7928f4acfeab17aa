//! OpenSSH's `known_hosts`: which host has which key.

use sha2::{Digest as _, Sha256};

use super::base64;

/// The lines of a `known_hosts` file.
#[derive(Debug, Clone, Default)]
pub struct KnownHosts {
    lines: Vec<Line>,
    /// Whether there are lines whose host is hashed, which are not understood.
    hashed: bool,
}

#[derive(Debug, Clone)]
struct Line {
    revoked: bool,
    patterns: Vec<String>,
    kind: String,
    key: String,
}

/// The key that a host shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    kind: String,
    key: String,
    fingerprint: String,
}

/// What `known_hosts` says about a host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Known,
    Revoked,
    /// The host is known by another key of this kind.
    Changed,
    /// The host is not known by a key of this kind; these kinds are known.
    Unknown {
        kinds: Vec<String>,
    },
}

impl KnownHosts {
    /// Reads lines as OpenSSH writes them. What is not understood is no proof of any host.
    pub fn parse(text: &str) -> Self {
        let mut hosts = Self::default();
        for line in text.lines().map(str::trim) {
            if line.starts_with("|1|") {
                hosts.hashed = true;
            } else {
                hosts.lines.extend(parse_line(line));
            }
        }
        hosts
    }

    /// Whether there are lines that are not understood because their host is hashed.
    pub(super) fn has_hashed_lines(&self) -> bool {
        self.hashed
    }

    pub(super) fn check(&self, host: &str, port: u16, key: &HostKey) -> Verdict {
        let name = host_name(host, port);
        let of_host: Vec<&Line> = self.lines.iter().filter(|line| line.names(&name)).collect();
        let revoked = |line: &Line| line.revoked && line.key == key.key;
        if self.lines.iter().any(revoked) {
            return Verdict::Revoked;
        }
        if of_host.iter().any(|line| line.key == key.key) {
            return Verdict::Known;
        }
        if of_host.iter().any(|line| line.kind == key.kind) {
            return Verdict::Changed;
        }
        let mut kinds: Vec<String> = of_host.iter().map(|line| line.kind.clone()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        Verdict::Unknown { kinds }
    }
}

fn parse_line(line: &str) -> Option<Line> {
    let mut words = line.split_whitespace().peekable();
    let revoked = match words.peek().copied() {
        Some("@revoked") => {
            words.next();
            true
        }
        // Host certificates are not checked, and a comment proves nothing.
        Some(word) if word.starts_with(['@', '#']) => return None,
        _ => false,
    };
    let (hosts, kind, key) = (words.next()?, words.next()?, words.next()?);
    Some(Line {
        revoked,
        patterns: hosts.split(',').map(str::to_ascii_lowercase).collect(),
        kind: kind.to_owned(),
        key: key.to_owned(),
    })
}

impl Line {
    fn names(&self, host: &str) -> bool {
        let denied = |pattern: &String| pattern.strip_prefix('!').is_some_and(|p| fits(p, host));
        !self.revoked
            && !self.patterns.iter().any(denied)
            && self.patterns.iter().any(|pattern| fits(pattern, host))
    }
}

/// Whether a pattern with `*` and `?` fits a name.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut reading) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while reading < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, reading));
                at += 1;
            }
            Some(byte) if *byte == b'?' || name.get(reading) == Some(byte) => {
                at += 1;
                reading += 1;
            }
            _ => {
                let Some((after, from)) = retry else {
                    return false;
                };
                retry = Some((after, from + 1));
                at = after;
                reading = from + 1;
            }
        }
    }
    pattern
        .get(at..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// A host as `known_hosts` names it: its port stands there unless it is 22.
fn host_name(host: &str, port: u16) -> String {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if port == 22 {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

impl HostKey {
    /// Reads a key as it goes over the wire. `None` when it does not say what kind it is.
    pub(super) fn from_wire(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let kind = str::from_utf8(rest.get(..length)?).ok()?;
        let printable = kind.chars().all(|c| c.is_ascii_graphic());
        (printable && !kind.is_empty()).then(|| Self {
            kind: kind.to_owned(),
            key: base64::encode(bytes),
            fingerprint: format!("SHA256:{}", base64::encode_unpadded(&Sha256::digest(bytes))),
        })
    }

    /// The fingerprint, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The line of `known_hosts` that would make the host known by this key.
    pub fn line(&self, host: &str, port: u16) -> String {
        format!("{} {} {}", host_name(host, port), self.kind, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str, seed: u8) -> HostKey {
        let mut wire = u32::try_from(kind.len()).unwrap().to_be_bytes().to_vec();
        wire.extend(kind.as_bytes());
        wire.extend([seed; 32]);
        HostKey::from_wire(&wire).unwrap()
    }

    fn check(text: &str, host: &str, port: u16, key: &HostKey) -> Verdict {
        KnownHosts::parse(text).check(host, port, key)
    }

    #[test]
    fn the_line_to_add_makes_the_host_known() {
        let ours = key("ssh-ed25519", 1);
        for port in [22, 2222] {
            let line = ours.line("Git.example.com", port);
            assert_eq!(check(&line, "git.example.com", port, &ours), Verdict::Known);
        }
        assert!(
            ours.line("h", 2222)
                .starts_with("[h]:2222 ssh-ed25519 AAAA")
        );
    }

    #[test]
    fn a_key_of_another_port_or_host_proves_nothing() {
        let ours = key("ssh-ed25519", 1);
        let nobody = Verdict::Unknown { kinds: vec![] };
        let line = ours.line("git.example.com", 22);
        assert_eq!(check(&line, "git.example.com", 2222, &ours), nobody);
        assert_eq!(check(&line, "evil.example.com", 22, &ours), nobody);
        assert_eq!(check("", "git.example.com", 22, &ours), nobody);
    }

    #[test]
    fn another_key_of_the_kind_is_a_change_and_of_another_kind_is_not() {
        let (ours, theirs) = (key("ssh-ed25519", 1), key("ssh-ed25519", 2));
        let line = ours.line("h", 22);
        assert_eq!(check(&line, "h", 22, &theirs), Verdict::Changed);
        assert_eq!(
            check(&line, "h", 22, &key("ssh-rsa", 1)),
            Verdict::Unknown {
                kinds: vec!["ssh-ed25519".to_owned()]
            }
        );
    }

    #[test]
    fn revoked_keys_and_denied_hosts_are_refused() {
        let ours = key("ssh-ed25519", 1);
        let known = ours.line("*.example.com,!evil.example.com", 22);
        assert_eq!(check(&known, "git.example.com", 22, &ours), Verdict::Known);
        assert_eq!(
            check(&known, "evil.example.com", 22, &ours),
            Verdict::Unknown { kinds: vec![] }
        );
        let revoked = format!("{known}\n@revoked * ssh-ed25519 {}", ours.key);
        assert_eq!(
            check(&revoked, "git.example.com", 22, &ours),
            Verdict::Revoked
        );
    }

    #[test]
    fn comments_certificates_and_hashed_hosts_prove_nothing() {
        let ours = key("ssh-ed25519", 1);
        let rest = format!("ssh-ed25519 {}", ours.key);
        let hosts = KnownHosts::parse(&format!(
            "# h {rest}\n@cert-authority h {rest}\n|1|c2FsdA==|aGFzaA== {rest}\nh ssh-ed25519\n"
        ));
        assert_eq!(
            hosts.check("h", 22, &ours),
            Verdict::Unknown { kinds: vec![] }
        );
        assert!(hosts.has_hashed_lines());
    }

    #[test]
    fn wildcards_fit_as_in_ssh() {
        for (pattern, name, expect) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("?b", "ab", true),
            ("?b", "b", false),
            ("*a*b", "xaxb", true),
            ("a", "ab", false),
        ] {
            assert_eq!(fits(pattern, name), expect, "{pattern} {name}");
        }
    }

    #[test]
    fn a_crooked_wire_key_is_no_key() {
        assert_eq!(HostKey::from_wire(&[]), None);
        assert_eq!(HostKey::from_wire(&[255, 255, 255, 255, 1]), None);
        assert_eq!(HostKey::from_wire(&[0, 0, 0, 2, b'\n', b'a']), None);
    }
}

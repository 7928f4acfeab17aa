use super::*;

const MESSAGE: &[u8] = b"tree 1\n\nmessage\n";

/// Made once by `ssh-keygen -Y sign -n git` of OpenSSH 9, as are the others.
const ED25519: (&str, &str, &str) = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIp/BonbF1I/vQjz3auv2LXIwa8Sk1N5mHR9YObuDSBo desk@example.com",
    "SHA256:4kgDCXhbjbTOb0zBvFISXbjXw0VueD2JYoAeRZpXumE",
    "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgin8GidsXUj+9CPPdq6/YtcjBrx
KTU3mYdH1g5u4NIGgAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
AAAAQNt5AvvZFsV+DaNNrgyl6V/FdA8mrqM5RHwzlCdSMaExizomfX6gS9hzl4fYw+jAm7
3SHITbbnjm5JU0q/fODQc=
-----END SSH SIGNATURE-----
",
);
const P256: (&str, &str, &str) = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJKhaw1sNKU5ipXfpFHcRst3nuk1pOr+7R6i7//b26TEIgmxWDIR5dUOQ0Ua1nvjYbijcDJeu73vtG81hUuHsgE= ec@example.com",
    "SHA256:tzITOhQcS5HA2qrmJ7jvqpw/NY4TLWa7qvduIAqwTTw",
    "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE
EEkqFrDWw0pTmKld+kUdxGy3ee6TWk6v7tHqLv/9vbpMQiCbFYMhHl1Q5DRRrWe+NhuKNw
Ml67ve+0bzWFS4eyAQAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGQAAAATZWNkc2Etc2hhMi
1uaXN0cDI1NgAAAEkAAAAgIXDRCucxMWEVWK9pMRQS8uk0MaO3egL0gys8UrX7c0IAAAAh
AKpbUnAfhJQuZr2ca6G2AuxfoBih27Jd0qCvoauozMG/
-----END SSH SIGNATURE-----
",
);
const RSA: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAZcAAAAHc3NoLXJzYQAAAAMBAAEAAAGBAI/IB617iasVGVdSUFiQxG
mc6DJcg7Fobqxuqnhzb0/xNvavyH1MSzmg2w1FjOHHjF9e8/piUnsXUIp9NB96YrX6Fcgu
LJViRZKScDeYinbpKUXbv4nIvGViMG2Z2wGP5VQi4UXniVi2638mmUnbG/mgVLucf0fFmS
YVl9gclWMCC+7WekgrWu3daI38Y4p7gfqY3S+W0olcQisPHOL0T5vznZNfVC1tCaku5dpE
IYMFdYTcYPfLSTnQqvlz8OeyB0jUijfdNWtH81IQGtvKABaYxTgWB29n4sREjIVQBX2fdD
wMROwugagIG93GNNprgiXSa9PeNPJVK3F79kiKhzDuHMD3D/Rw7DMeSPXvZ1bqz9Y2HvOf
uFR2gD6S1K/4lwsLM1yfamMwxhAAhrecXslHCFjkcl/VTXjOe7xeijx3N7hro+P4w2ywrl
f9/nJxcVkUaTcUfBxJsZRWryJUW2MfKTAuuufRgUtHSt+MSihhz1gZ0weFbJgtep0CFS9D
4QAAAANnaXQAAAAAAAAABnNoYTUxMgAAAZQAAAAMcnNhLXNoYTItNTEyAAABgI5powz07z
U01YlRYbudGjPI+aRQlBKOt4SD4ldJUV3w44ntmhKStH2R2SW/9UsAT/pry9B6zJa0mvkM
BJAgCI0rzLT3+ObhcmNK3we0/GmALkYUVbFGxWQycKuae9oaEXDwh7rtCiA6eaeACgIHYa
ERxPQVwmjy8OgautK7EvKBsk89Bq4KeSww0rSfCZDbfqSQPM9L41RgpJW7gJsphx1WuyLH
9IoIygvQ+IFfNibC1H7Ag6ViFlkWuBokBKubp/+nBX5zmtzfsqQLEPntg2KPyTwidPm8fA
H9qlki+GtIgkQnU1Cyw302h9sgZFi2RjIOHeuDd2vy43paPnny8OYc3ttDD3FLfDdtlMd/
JZc9R7UdGIhAo591ZVYxfzHNYTQWc5nslHir37tIoLFub+vZssUlxfNKG9u/vH7VX+KTTm
HqwLsBAvgdlh2IZBpUxeYu+w5Ax76a4cVVCFERoI1VGFBOnGJqjMXRKdQks/n9aEIeCXen
gJIZ03IoNe8jnA==
-----END SSH SIGNATURE-----
";

/// A key that is the same every time.
fn signer(seed: u8) -> Signer {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
    let key = ssh_key::PrivateKey::from(pair);
    let text = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
    Signer::from_openssh(&text).unwrap()
}

#[test]
fn what_ssh_keygen_signed_is_known_by_the_fingerprint_that_it_prints() {
    for (key, fingerprint, signature) in [ED25519, P256] {
        let key: PublicKey = key.parse().unwrap();
        assert_eq!(key.fingerprint().as_str(), fingerprint);
        assert_eq!(fingerprint.parse(), Ok(key.fingerprint()));
        assert_eq!(signed_by(signature, GIT, MESSAGE), Ok(key.fingerprint()));
    }
}

#[test]
fn a_signature_is_of_one_message_for_one_purpose() {
    let (_, _, signature) = ED25519;
    assert_eq!(signed_by(signature, GIT, b"other"), Err(Invalid::Mismatch));
    assert_eq!(
        signed_by(signature, "file", MESSAGE),
        Err(Invalid::Mismatch)
    );
}

#[test]
fn what_cannot_be_verified_is_told() {
    let pgp = "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n";
    assert_eq!(signed_by(pgp, GIT, MESSAGE), Err(Invalid::NotSsh));
    let cut = &ED25519.2[..60];
    assert_eq!(signed_by(cut, GIT, MESSAGE), Err(Invalid::Malformed));
}

#[test]
fn what_an_rsa_key_signed_is_verified_for_its_purpose_only() {
    let signed = signed_by(RSA, GIT, MESSAGE).unwrap();
    let fingerprint = "SHA256:aQvOrRru7PLQTD4DJDklzvcCCE5VpO6X3C6mlA9Bun8";
    assert_eq!(signed.as_str(), fingerprint);
    assert_eq!(signed_by(RSA, "file", MESSAGE), Err(Invalid::Mismatch));
    assert_eq!(signed_by(RSA, GIT, b"another"), Err(Invalid::Mismatch));
}

#[test]
fn what_is_signed_here_is_verified_here_and_a_forged_byte_is_not() {
    let signer = signer(7);
    let armored = signer.sign(GIT, MESSAGE).unwrap();
    let fingerprint = signer.public_key().fingerprint();
    assert_eq!(signed_by(&armored, GIT, MESSAGE), Ok(fingerprint));
    let public: PublicKey = signer.public_key().to_string().parse().unwrap();
    assert_eq!(public, signer.public_key());
    for at in 0..MESSAGE.len() {
        let mut forged = MESSAGE.to_vec();
        forged[at] ^= 1;
        assert_eq!(signed_by(&armored, GIT, &forged), Err(Invalid::Mismatch));
    }
}

#[test]
fn a_key_that_cannot_sign_is_refused_and_none_is_printed() {
    let refused = Signer::from_openssh("no key").unwrap_err();
    assert_eq!(refused, UnusableKey::Malformed);
    let printed = format!("{:?}", signer(7));
    let fingerprint = signer(7).public_key().fingerprint();
    assert_eq!(printed, format!("Signer({fingerprint})"));
}

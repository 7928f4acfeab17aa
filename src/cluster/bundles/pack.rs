//! One ConfigMap full of bundles, and the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use k8s_openapi::ByteString;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use crate::compile::Bundle;
use crate::digest::Digest;
use crate::object::Object;

/// Tells packs from other ConfigMaps; its value is the first 40 digits of the pack's digest.
pub(super) const LABEL: &str = "tidegate.dev/bundles";

/// The full digest of what a pack holds.
const DIGEST: &str = "tidegate.dev/bundles";

/// The most that goes into one pack. A ConfigMap may hold 1 MiB, and base64 makes thirds of
/// quarters only on the wire.
const ROOM: usize = 800 * 1024;

/// A bundle that unpacks to more than this is not one.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A part of a bundle, as its key in a ConfigMap names it: `64 hex digits.number.of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) digest: Digest,
    number: usize,
    of: usize,
}

impl Part {
    pub(super) fn parse(key: &str) -> Option<Self> {
        let mut fields = key.split('.');
        let digest = format!("sha256:{}", fields.next()?).parse().ok()?;
        let (number, of) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (fields.next().is_none() && number < of).then_some(Self { digest, number, of })
    }

    fn key(&self) -> String {
        format!("{}.{}.{}", self.digest.hex(), self.number, self.of)
    }
}

/// What goes into one ConfigMap.
#[derive(Debug, Default)]
pub(super) struct Pack {
    parts: BTreeMap<Part, Vec<u8>>,
}

impl Pack {
    /// Fills packs with parts, in their order.
    pub(super) fn all(parts: BTreeMap<Part, Vec<u8>>) -> Vec<Self> {
        let mut packs: Vec<Self> = Vec::new();
        for (part, bytes) in parts {
            match packs.last_mut() {
                Some(last) if last.size() + bytes.len() <= ROOM => {
                    last.parts.insert(part, bytes);
                }
                _ => packs.push(Self {
                    parts: BTreeMap::from([(part, bytes)]),
                }),
            }
        }
        packs
    }

    fn size(&self) -> usize {
        self.parts.values().map(Vec::len).sum()
    }

    fn digest(&self) -> Digest {
        let keys = self.parts.keys().map(Part::key);
        Digest::of_parts(
            keys.zip(self.parts.values())
                .flat_map(|(key, bytes)| [key.into_bytes(), bytes.clone()]),
        )
    }

    pub(super) fn name(&self) -> String {
        format!("bundles-{}", self.digest().short())
    }

    pub(super) fn digests(&self) -> BTreeSet<Digest> {
        self.parts.keys().map(|part| part.digest).collect()
    }

    pub(super) fn config_map(&self) -> Value {
        let digest = self.digest();
        let label: String = digest.hex().chars().take(40).collect();
        let data: Map<_, _> = self
            .parts
            .iter()
            .map(|(part, bytes)| (part.key(), encode(bytes)))
            .collect();
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name(),
                "labels": {LABEL: label},
                "annotations": {DIGEST: digest.to_string()},
            },
            "immutable": true,
            "binaryData": data,
        })
    }

    /// Whether this is what a ConfigMap holds.
    pub(super) fn is(&self, object: &Object) -> bool {
        object.value().get("binaryData") == self.config_map().get("binaryData")
    }
}

/// Why a pack does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("a part of it is missing")]
    Incomplete,
    #[error("it cannot be unpacked")]
    Packed,
    #[error("what is stored is not a bundle that this Tidegate can read ({0})")]
    Form(serde_json::Error),
    #[error("what is stored under it is another bundle")]
    Other,
}

/// The parts of a bundle in a pack.
pub(super) fn parts(object: &Object, digest: Digest) -> Result<BTreeMap<Part, Vec<u8>>, Broken> {
    let data = object.value().get("binaryData").and_then(Value::as_object);
    let mut parts = BTreeMap::new();
    for (key, value) in data.into_iter().flatten() {
        if let Some(part) = Part::parse(key).filter(|part| part.digest == digest) {
            parts.insert(part, decode(value).ok_or(Broken::Packed)?);
        }
    }
    Ok(parts)
}

/// Puts the parts of a bundle together, and checks that it is the one they were stored as.
pub(super) fn join(parts: &BTreeMap<Part, Vec<u8>>, digest: Digest) -> Result<Bundle, Broken> {
    let of = parts.keys().next().map_or(0, |part| part.of);
    if parts.len() != of {
        return Err(Broken::Incomplete);
    }
    let packed: Vec<u8> = parts.values().flatten().copied().collect();
    let mut json = Vec::new();
    GzDecoder::new(packed.as_slice())
        .take(LONGEST)
        .read_to_end(&mut json)
        .map_err(|_| Broken::Packed)?;
    let bundle: Bundle = serde_json::from_slice(&json).map_err(Broken::Form)?;
    if bundle.bundle == digest {
        Ok(bundle)
    } else {
        Err(Broken::Other)
    }
}

/// The parts of a bundle. Packing a large one takes long, so it does not hold up anything else.
pub(super) async fn cut(bundle: &Bundle) -> Vec<(Part, Vec<u8>)> {
    let digest = bundle.bundle;
    let json = serde_json::to_vec(bundle).expect("a bundle can be written as JSON");
    let packing = spawn_blocking(move || gzip(&json));
    let packed = packing.await.expect("packing does not panic");
    let of = packed.chunks(ROOM).count();
    let parts = packed.chunks(ROOM).enumerate().map(|(number, bytes)| {
        let part = Part { digest, number, of };
        (part, bytes.to_vec())
    });
    parts.collect()
}

/// The same bundle gives the same bytes: no time and no name in the header. Its end holds a
/// checksum, which unpacking verifies.
fn gzip(json: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(json)
        .and_then(|()| encoder.finish())
        .expect("memory can be written to")
}

fn encode(bytes: &[u8]) -> Value {
    serde_json::to_value(ByteString(bytes.to_vec())).expect("bytes can be written as base64")
}

fn decode(value: &Value) -> Option<Vec<u8>> {
    let ByteString(bytes) = serde_json::from_value(value.clone()).ok()?;
    Some(bytes)
}

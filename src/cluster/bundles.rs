//! Bundles, kept in the cluster: the stable one must be renderable without its commit.
//!
//! A pack is an immutable ConfigMap that holds bundles, each deflated under its full digest. The
//! bundles of one push go into as few packs as they fit in, so that a thousand strategies cost a
//! few writes and not a thousand. A bundle that does not fit in one pack is cut into parts. The
//! same bundles make the same packs, to the byte, so storing twice is storing once.

mod pack;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use http::Method;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::compile::Bundle;
use crate::digest::Digest;
use crate::object::{Object, ObjectId};

use super::Client;
use super::client::{Body, Call};
use super::error::{Attempt, Error, Fault};
use super::resource::{CONFIG_MAP, escaped};
use super::writer::Writer;

use pack::{Broken, LABEL, Pack, Part};

/// Packs on a page of a list: each may hold most of a megabyte.
const PAGE: u32 = 4;

/// A pack of which less than one in so many bundles is needed is worth packing anew.
const SPARSE: usize = 4;

/// Why a bundle cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It was never stored, or is no longer.
    #[error("find bundle `{0}` in the cluster: it is not there; push its commit again")]
    Missing(Digest),
    /// What is stored under its digest is not it.
    #[error("read bundle `{digest}`: {why}; delete the ConfigMap and push its commit again")]
    Broken {
        /// The digest asked for.
        digest: Digest,
        /// What is wrong.
        why: String,
    },
    /// The API server did not give it.
    #[error(transparent)]
    Api(#[from] Error),
}

/// Where each stored bundle is.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    namespace: String,
    /// Pack → the digests of which it holds all or a part.
    packs: BTreeMap<String, BTreeSet<Digest>>,
}

impl Shelf {
    /// Looks through the packs of a namespace.
    pub async fn open(client: &Client, namespace: &str) -> Result<Self, Error> {
        let mut packs = BTreeMap::new();
        let mut next = String::new();
        loop {
            let list = page(client, namespace, &next).await?;
            for item in list.items {
                let keys = item.keys.iter();
                let digests = keys
                    .filter_map(|key| Some(Part::parse(key)?.digest))
                    .collect();
                packs.insert(item.metadata.name, digests);
            }
            match list.metadata.next.filter(|next| !next.is_empty()) {
                Some(more) => next = more,
                None => break,
            }
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            packs,
        })
    }

    /// The bundles that are stored.
    pub fn digests(&self) -> BTreeSet<Digest> {
        self.packs.values().flatten().copied().collect()
    }

    /// Stores bundles; those that are stored already cost nothing.
    pub async fn store(&mut self, writer: &Writer, bundles: &[&Bundle]) -> Result<(), Error> {
        let stored = self.digests();
        let missing = bundles
            .iter()
            .filter(|bundle| !stored.contains(&bundle.bundle));
        self.put(writer, missing.copied()).await
    }

    async fn put<'a>(
        &mut self,
        writer: &Writer,
        bundles: impl Iterator<Item = &'a Bundle>,
    ) -> Result<(), Error> {
        let mut parts = BTreeMap::new();
        for bundle in bundles {
            parts.extend(pack::cut(bundle).await);
        }
        for pack in Pack::all(parts) {
            match create(writer, &self.namespace, &pack).await {
                Ok(()) => {}
                Err(error) if *error.fault() == Fault::AlreadyExists => {
                    self.confirm(writer.client(), &pack, error).await?;
                }
                Err(error) => return Err(error),
            }
            self.packs.insert(pack.name(), pack.digests());
        }
        Ok(())
    }

    /// Reads a bundle, and makes sure that it is the one.
    pub async fn load(&self, client: &Client, digest: Digest) -> Result<Bundle, LoadError> {
        let holders = self
            .packs
            .iter()
            .filter(|(_, digests)| digests.contains(&digest));
        let mut parts = BTreeMap::new();
        for (name, _) in holders {
            if let Some(object) = read(client, &self.namespace, name).await? {
                parts.extend(pack::parts(&object, digest).map_err(|why| broken(digest, &why))?);
            }
        }
        if parts.is_empty() {
            return Err(LoadError::Missing(digest));
        }
        pack::join(&parts, digest).map_err(|why| broken(digest, &why))
    }

    /// Drops what is not needed: packs that hold nothing needed, and, once what they do hold was
    /// stored anew, packs that hold little. A pack that cannot be read stays.
    pub async fn retain(
        &mut self,
        writer: &Writer,
        needed: &BTreeSet<Digest>,
    ) -> Result<(), Error> {
        let mut idle = Vec::new();
        let mut moved = BTreeMap::new();
        for (name, digests) in &self.packs {
            let kept = digests & needed;
            if !kept.is_empty() && kept.len() * SPARSE >= digests.len() {
                continue;
            }
            if let Some(bundles) = self.load_all(writer.client(), &kept).await? {
                moved.extend(bundles);
                idle.push(name.clone());
            }
        }
        self.put(writer, moved.values()).await?;
        for name in idle {
            remove(writer, &self.namespace, &name).await?;
            self.packs.remove(&name);
        }
        Ok(())
    }

    /// Reads bundles; `None` if one of them cannot be had.
    async fn load_all(
        &self,
        client: &Client,
        digests: &BTreeSet<Digest>,
    ) -> Result<Option<BTreeMap<Digest, Bundle>>, Error> {
        let mut bundles = BTreeMap::new();
        for digest in digests {
            match self.load(client, *digest).await {
                Ok(bundle) => {
                    bundles.insert(*digest, bundle);
                }
                Err(LoadError::Api(error)) => return Err(error),
                Err(error @ (LoadError::Missing(_) | LoadError::Broken { .. })) => {
                    tracing::warn!(%error, "a bundle stays where it is");
                    return Ok(None);
                }
            }
        }
        Ok(Some(bundles))
    }

    /// A pack of that name is there: it must be this one.
    async fn confirm(&self, client: &Client, pack: &Pack, error: Error) -> Result<(), Error> {
        let found = read(client, &self.namespace, &pack.name()).await?;
        if found.is_some_and(|object| pack.is(&object)) {
            Ok(())
        } else {
            Err(error)
        }
    }
}

fn broken(digest: Digest, why: &Broken) -> LoadError {
    let why = why.to_string();
    LoadError::Broken { digest, why }
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    metadata: ItemMeta,
    #[serde(rename = "binaryData", default, deserialize_with = "keys")]
    keys: BTreeSet<String>,
}

#[derive(Deserialize)]
struct ItemMeta {
    name: String,
}

/// Reads only the keys: what is under them may be large.
fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = BTreeSet<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the data of a ConfigMap")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut keys = BTreeSet::new();
            while let Some((key, IgnoredAny)) = map.next_entry()? {
                keys.insert(key);
            }
            Ok(keys)
        }
    }
    deserializer.deserialize_map(Keys)
}

async fn page(client: &Client, namespace: &str, next: &str) -> Result<List, Error> {
    let attempt = Attempt::to("list", format_args!("the bundles in `{namespace}`"));
    let collection = CONFIG_MAP.collection(Some(namespace));
    let label = escaped(LABEL);
    let next = escaped(next);
    let target = format!("{collection}?limit={PAGE}&labelSelector={label}&continue={next}");
    client
        .call(call(attempt, Method::GET, target, Body::None))
        .await?
        .parse()
}

async fn create(writer: &Writer, namespace: &str, pack: &Pack) -> Result<(), Error> {
    let attempt = Attempt::to("store", id(namespace, &pack.name()));
    let target = CONFIG_MAP.collection(Some(namespace));
    let body = Body::Json(pack.config_map().to_string().into_bytes());
    writer
        .call(call(attempt, Method::POST, target, body))
        .await
        .map(|_| ())
}

async fn read(client: &Client, namespace: &str, name: &str) -> Result<Option<Object>, Error> {
    super::read::read(client, "v1", &id(namespace, name)).await
}

async fn remove(writer: &Writer, namespace: &str, name: &str) -> Result<(), Error> {
    let id = id(namespace, name);
    let Some(found) = super::read::read(writer.client(), "v1", &id).await? else {
        return Ok(());
    };
    let preconditions = serde_json::json!({"uid": found.uid()});
    writer
        .delete(&CONFIG_MAP, "v1", &id, preconditions)
        .await
        .map(|_| ())
}

fn id(namespace: &str, name: &str) -> ObjectId {
    ObjectId {
        group: String::new(),
        kind: CONFIG_MAP.kind.to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

fn call(attempt: Attempt, method: Method, target: String, body: Body) -> Call {
    Call {
        attempt,
        resource: &CONFIG_MAP,
        method,
        target,
        body,
    }
}

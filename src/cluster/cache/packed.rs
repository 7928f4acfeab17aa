//! Objects as deflated bytes.
//!
//! A thousand strategies are some thirteen thousand objects, many of them alike. Nothing is left
//! out of them: a patch of `managedFields` replaces them all, so all have to be known.

use std::sync::Arc;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use serde_json::{Map, Value};

use crate::object::Object;

/// An object as bytes. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    bytes: Arc<[u8]>,
    /// The length of its JSON.
    length: u32,
}

/// Packs one object after the other, in the same buffers.
pub(super) struct Packer {
    compress: Compress,
    json: Vec<u8>,
    packed: Vec<u8>,
}

impl Packed {
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

impl Packer {
    pub(super) fn new() -> Self {
        Self {
            compress: Compress::new(Compression::fast(), false),
            json: Vec::new(),
            packed: Vec::new(),
        }
    }

    pub(super) fn pack(&mut self, tree: &Value) -> Packed {
        self.json.clear();
        serde_json::to_writer(&mut self.json, tree).expect("a JSON tree can be written to memory");
        self.packed.clear();
        // Deflate never grows its input by more than a few bytes a block.
        self.packed.reserve(self.json.len() + 128);
        self.compress.reset();
        let status =
            self.compress
                .compress_vec(&self.json, &mut self.packed, FlushCompress::Finish);
        debug_assert_eq!(status.ok(), Some(Status::StreamEnd));
        Packed {
            bytes: self.packed.as_slice().into(),
            length: u32::try_from(self.json.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Unpacks objects one after the other, when they are asked for.
pub(super) fn unpack_all(
    entries: impl IntoIterator<Item = Packed>,
) -> impl Iterator<Item = Object> {
    let mut decompress = Decompress::new(false);
    entries.into_iter().filter_map(move |packed| {
        decompress.reset(false);
        let length = usize::try_from(packed.length).unwrap_or_default();
        // One byte more than needed, or the end of the stream is not seen.
        let mut json = Vec::with_capacity(length + 1);
        decompress
            .decompress_vec(&packed.bytes, &mut json, FlushDecompress::Finish)
            .ok()?;
        Object::new(serde_json::from_slice(&json).ok()?)
    })
}

/// An item of a list, with the type that lists leave out of their items.
pub(super) fn typed(tree: Value, api_version: &str, kind: &str) -> Value {
    let Value::Object(fields) = tree else {
        return tree;
    };
    if fields.contains_key("kind") {
        return Value::Object(fields);
    }
    let mut whole = Map::new();
    whole.insert("apiVersion".to_owned(), api_version.into());
    whole.insert("kind".to_owned(), kind.into());
    whole.extend(fields);
    Value::Object(whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        let mut packer = Packer::new();
        let trees: Vec<_> = ["", "oil", &"wick ".repeat(5000)]
            .iter()
            .map(|text| {
                json!({"apiVersion": "v1", "kind": "Lamp", "metadata": {"name": "a"}, "text": text})
            })
            .collect();
        let packed: Vec<_> = trees.iter().map(|tree| packer.pack(tree)).collect();
        let unpacked: Vec<_> = unpack_all(packed).map(Object::into_value).collect();
        assert_eq!(unpacked, trees);
    }
}

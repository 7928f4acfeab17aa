//! What every document has around its own content.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The only version of the document kinds so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first one.
    #[serde(rename = "tidegate.dev/v1alpha1")]
    V1Alpha1,
}

/// A document: its kind `K`, the type of its name `N`, its content `S`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document<K, N, S> {
    /// The version of this form; it may be left out.
    pub api_version: Option<ApiVersion>,
    /// What it describes.
    pub kind: K,
    /// Who it is.
    pub metadata: Option<Metadata<N>>,
    /// What it says.
    pub spec: S,
}

/// Who a document is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata<N> {
    /// The name; without it the file's name counts, or for a desk its folder's.
    pub name: Option<N>,
}

/// A block whose insides are accepted as written: they are digested, and told as `not-enforced`
/// until something enforces them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Opaque(pub Map<String, Value>);

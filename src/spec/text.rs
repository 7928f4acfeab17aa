//! What every text with rules of its own has in common: it is parsed once, where it enters, and
//! its JSON Schema names the rule as a `format`.

/// Gives a type that is parsed from text its schema and its way through serde.
macro_rules! text_type {
    ($name:ident, $format:literal, $description:literal) => {
        impl TryFrom<String> for $name {
            type Error = <Self as std::str::FromStr>::Err;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "format": $format,
                    "description": $description,
                })
            }
        }
    };
}

/// Gives a type that is displayed as it is written its way out through serde.
macro_rules! written_as_displayed {
    ($($name:ident),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

pub(super) use {text_type, written_as_displayed};

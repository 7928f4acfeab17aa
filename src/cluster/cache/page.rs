//! A page of a list, read item by item: never the whole page as one tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What a page says about the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The state of the whole list.
    pub(super) version: String,
    /// Where the next page goes on; empty on the last.
    pub(super) next: String,
}

/// Reads a page, giving each item to `take`.
pub(super) fn read(body: &[u8], take: &mut dyn FnMut(Value)) -> Result<Page, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let page = List { take }.deserialize(&mut json)?;
    json.end()?;
    Ok(page)
}

struct List<'a> {
    take: &'a mut dyn FnMut(Value),
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Page;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
        let mut page = Page::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => page = metadata(&map.next_value()?),
                "items" => map.next_value_seed(Items { take: self.take })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(page)
    }
}

fn metadata(tree: &Value) -> Page {
    let text = |key| {
        let text = tree.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Page {
        version: text("resourceVersion"),
        next: text("continue"),
    }
}

struct Items<'a> {
    take: &'a mut dyn FnMut(Value),
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // An empty list of custom resources may come as null.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the items of a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element()? {
            (self.take)(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_the_way_on_are_read_in_any_order() {
        let body = br#"{"kind":"LampList","items":[{"a":1},{"a":2}],
            "metadata":{"continue":"abc","resourceVersion":"7","remainingItemCount":3}}"#;
        let mut items = Vec::new();
        let page = read(body, &mut |item| items.push(item.to_string())).unwrap();
        assert_eq!(items, [r#"{"a":1}"#, r#"{"a":2}"#]);
        assert_eq!((page.version.as_str(), page.next.as_str()), ("7", "abc"));
    }

    #[test]
    fn a_list_may_have_no_items() {
        let body = br#"{"metadata":{"resourceVersion":"7"},"items":null}"#;
        let page = read(body, &mut |_| panic!("no item")).unwrap();
        assert_eq!(page.next, "");
    }
}

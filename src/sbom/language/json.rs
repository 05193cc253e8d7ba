//! JSON of others, of which only some text matters: read as a stream, so that what is passed over takes no memory.

use std::fmt;
use std::io::{self, BufReader, Read, SeekFrom};

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::{Evidence, Unreadable};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a document of at most `limit` bytes.
///
/// # Errors
/// When it is larger, or not such a document.
pub(super) fn read<T: DeserializeOwned>(evidence: &mut Evidence<'_>, limit: u64) -> Result<T, Unreadable> {
    if evidence.size > limit {
        return Err(Unreadable::new(format!("is larger than {} MiB", limit >> 20)));
    }
    let mut start = Vec::new();
    (&mut *evidence.content).take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut start)?;
    if start != BYTE_ORDER_MARK {
        evidence.content.seek(SeekFrom::Start(0))?;
    }
    let content = BufReader::new((&mut *evidence.content).take(limit));
    serde_json::from_reader(content).map_err(|error| match error.io_error_kind() {
        Some(kind) => Unreadable::from(io::Error::new(kind, error)),
        None => Unreadable::new(format!("is no such JSON: {error}")),
    })
}

/// A value where text is expected and anything may stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Value {
    /// Text.
    Text(String),
    /// Text in a list, or under `type` or `name` in objects.
    Texts(Vec<String>),
    /// Anything else.
    #[default]
    Other,
}

impl Value {
    /// Returns the text, if it is some.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Returns all texts.
    pub(super) fn into_texts(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::Texts(texts) => texts,
            Self::Other => Vec::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(value) = sequence.next_element::<Value>()? {
            texts.append(&mut value.into_texts());
        }
        Ok(Value::Texts(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == "type" || key == "name" {
                texts.extend(map.next_value::<Value>()?.into_text());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        // An object with both says the same twice.
        texts.truncate(1);
        Ok(Value::Texts(texts))
    }
}

/// A list that is read item by item; what is more than the most there may be is an error.
#[derive(Debug)]
pub(super) struct Items<T>(pub(super) Vec<T>);

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// More packages no file of this kind has.
pub(super) const MAX_ITEMS: usize = 100_000;

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of packages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Items<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = sequence.next_element()? {
                    if items.len() == MAX_ITEMS {
                        return Err(serde::de::Error::custom("too many packages"));
                    }
                    items.push(item);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(List(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_wherever_they_stand() {
        let table: &[(&str, &[&str])] = &[
            (r#""MIT""#, &["MIT"]),
            (r#"["MIT", 1, {"x": [{}], "type": "ISC", "name": "same"}, null]"#, &["MIT", "ISC"]),
            (r#"{"type": "MIT", "url": "u"}"#, &["MIT"]),
            ("3.5", &[]),
            ("-1", &[]),
            ("null", &[]),
            ("{}", &[]),
        ];
        for (text, wanted) in table {
            let value: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(value.into_texts(), *wanted, "{text}");
        }
    }
}

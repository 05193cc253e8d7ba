//! JSON read so that no two readers can see two things in it.
//!
//! Go's decoder takes the last of two members of one name and names in any case; `serde_json` takes the last as well. What is signed must
//! mean one thing: no name twice at any depth, names in exact case, one value and nothing behind it, UTF-8 without a byte order mark.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::splice::Members;

/// Text that is not the JSON that was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no UTF-8.
    #[error("it is not UTF-8")]
    Utf8,
    /// It begins with a byte order mark.
    #[error("it begins with a byte order mark")]
    Mark,
    /// It is no JSON, has something behind its value, or a name twice.
    #[error("it is not strict JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A member stands there that has no place there.
    #[error("it has an unknown member {0:?}")]
    Unknown(String),
    /// A member is missing.
    #[error("it has no {0:?}")]
    Missing(&'static str),
    /// A member is not of its type.
    #[error("its {0:?} is not of the right type")]
    Type(&'static str),
}

crate::class::classified!(Error => Failed);

/// Checks that `text` is one JSON value without a name that stands twice in an object, at any depth.
///
/// # Errors
/// When it is not.
pub fn check(text: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(text).map_err(|_| Error::Utf8)?;
    if text.starts_with('\u{feff}') {
        return Err(Error::Mark);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Once.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(text)
}

/// Parses a checked object whose members are all among `known`.
///
/// # Errors
/// When it is none, or has other members.
pub fn object(text: &[u8], known: &[&str]) -> Result<Members, Error> {
    let members = loose_object(text)?;
    only(&members, known)?;
    Ok(members)
}

/// Parses a checked object that may have members of any name.
///
/// # Errors
/// When it is none.
pub fn loose_object(text: &[u8]) -> Result<Members, Error> {
    Ok(Members::parse(check(text)?.as_bytes())?)
}

/// Checks that every member is among `known`.
///
/// # Errors
/// When one is not.
pub fn only(members: &Members, known: &[&str]) -> Result<(), Error> {
    match members.names().find(|name| !known.contains(name)) {
        Some(name) => Err(Error::Unknown(name.chars().take(64).collect())),
        None => Ok(()),
    }
}

/// Returns a member that is an object; nothing for `null` and absence.
///
/// # Errors
/// When it is something else.
pub fn member(members: &Members, name: &'static str) -> Result<Option<Members>, Error> {
    members.decode(name).map_err(|_| Error::Type(name))
}

/// Returns a member that must be an object, with members among `known` only.
///
/// # Errors
/// When it is missing or something else.
pub fn required(members: &Members, name: &'static str, known: &[&str]) -> Result<Members, Error> {
    let found = member(members, name)?.ok_or(Error::Missing(name))?;
    only(&found, known)?;
    Ok(found)
}

/// Returns a member that is text; nothing for `null` and absence.
///
/// # Errors
/// When it is something else.
pub fn text(members: &Members, name: &'static str) -> Result<Option<String>, Error> {
    members.decode(name).map_err(|_| Error::Type(name))
}

/// Returns a member that must be text.
///
/// # Errors
/// When it is missing or something else.
pub fn required_text(members: &Members, name: &'static str) -> Result<String, Error> {
    text(members, name)?.ok_or(Error::Missing(name))
}

/// Returns the items of a member that is a list; none for `null` and absence.
///
/// # Errors
/// When it is something else.
pub fn list(members: &Members, name: &'static str) -> Result<Vec<Box<RawValue>>, Error> {
    Ok(members.decode(name).map_err(|_| Error::Type(name))?.unwrap_or_default())
}

/// Writes JSON as Go's encoder does, which writes `<`, `>` and `&` as escapes.
pub(super) fn escape_for_go(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Reads any value and keeps nothing of it.
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Once)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value_seed(Once)?;
            if let Some(twice) = seen.replace(name) {
                let twice: String = twice.chars().take(64).collect();
                return Err(de::Error::custom(format!("the member {twice:?} stands twice")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_meaning() {
        for good in ["{}", " {\"a\":[1,2.5,-3,null,true,{\"a\":\"a\"}],\"b\":{\"a\":1}}\n", "[]", "\"x\"", "0"] {
            assert!(check(good.as_bytes()).is_ok(), "{good}");
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for bad in [
            "",
            "{",
            "{} {}",
            "{}x",
            "\u{feff}{}",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":{"y":[{"a":1,"b":2,"a":3}]}}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"\n\"}",
            "{'a':1}",
            "{\"a\":1,}",
            "// x\n{}",
            "NaN",
            "1e999",
            "01",
            &deep,
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(matches!(check(b"{\"a\":\"\xff\"}"), Err(Error::Utf8)));
        assert!(matches!(check("\u{feff}{}".as_bytes()), Err(Error::Mark)));
    }

    #[test]
    fn members_by_exact_name() {
        assert!(object(br#"{"a":1,"b":2}"#, &["a", "b"]).is_ok());
        assert!(matches!(object(br#"{"A":1}"#, &["a"]), Err(Error::Unknown(name)) if name == "A"));
        assert!(object(b"[]", &[]).is_err());
        let members = loose_object(br#"{"t":"x","n":null,"o":{"p":1},"l":[1]}"#).expect("an object");
        assert_eq!(text(&members, "t").expect("text").as_deref(), Some("x"));
        assert_eq!(text(&members, "n").expect("null"), None);
        assert!(matches!(text(&members, "o"), Err(Error::Type("o"))));
        assert!(matches!(required_text(&members, "n"), Err(Error::Missing("n"))));
        assert!(matches!(required(&members, "o", &["q"]), Err(Error::Unknown(_))));
        assert!(required(&members, "o", &["p"]).is_ok() && member(&members, "l").is_err());
        assert_eq!(list(&members, "l").expect("a list").len(), 1);
        assert!(list(&members, "t").is_err());
    }

    #[test]
    fn escapes_of_go() {
        assert_eq!(escape_for_go("\"a<b>&\u{2028}ü\""), "\"a\\u003cb\\u003e\\u0026\\u2028ü\"");
    }
}

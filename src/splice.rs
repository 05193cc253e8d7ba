//! JSON objects edited without rewriting what is not edited.
//!
//! Other tools' documents keep every byte of their unknown fields, number forms and member order, because members are kept as text.

use std::fmt;

use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::value::{RawValue, to_raw_value};

/// The members of a JSON object, in their order, each value as its text.
#[derive(Clone, Debug, Default)]
pub struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Parses an object.
    ///
    /// # Errors
    /// When `text` is no JSON object, or names a member twice: readers differ in which of the two they take.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// Returns the text of a member.
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(each, _)| each == name).map(|(_, value)| &**value)
    }

    /// Says whether a member is there and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.get() != "null")
    }

    /// Returns the names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Returns names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// Decodes a member; `null` and absence are nothing.
    ///
    /// # Errors
    /// When the member is there but is no `T`.
    pub fn decode<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, serde_json::Error> {
        match self.get(name) {
            Some(value) => serde_json::from_str(value.get()),
            None => Ok(None),
        }
    }

    /// Sets a member, in its place if it is there, else at the end.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON.
    pub fn set(&mut self, name: &str, value: &impl Serialize) -> Result<(), serde_json::Error> {
        let value = to_raw_value(value)?;
        match self.0.iter_mut().find(|(each, _)| each == name) {
            Some(member) => member.1 = value,
            None => self.0.push((name.into(), value)),
        }
        Ok(())
    }

    /// Removes a member, and says whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(each, _)| each != name);
        self.0.len() < before
    }

    /// Returns the object as compact JSON; untouched members keep their text.
    pub fn to_vec(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text members are always writable")
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if !seen.insert(name.clone()) {
                return Err(de::Error::custom(format!("the member {name:?} stands twice")));
            }
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untouched_members_keep_their_text() {
        let text = br#"{"b":1.50e3,"a":[ 1, 2 ],"c":null}"#;
        let mut members = Members::parse(text).expect("an object");
        assert!(members.has("a") && !members.has("c") && !members.has("d"));
        members.set("a", &[3]).expect("writes");
        members.set("d", &"x").expect("writes");
        assert!(members.remove("c") && !members.remove("c"));
        assert_eq!(members.to_vec(), br#"{"b":1.50e3,"a":[3],"d":"x"}"#);
    }

    #[test]
    fn refusals() {
        for bad in ["", "[]", "{", r#"{"a":1,"a":2}"#, "{} {}"] {
            assert!(Members::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

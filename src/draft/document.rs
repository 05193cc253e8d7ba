//! A JSON object being edited: what is set to what it is already stays as it is, to the byte.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::splice::Members;

/// An object that knows whether it has changed.
pub(super) struct Document<'a> {
    raw: &'a [u8],
    members: Members,
    changed: bool,
}

impl<'a> Document<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Result<Self, serde_json::Error> {
        Ok(Self { raw, members: Members::parse(raw)?, changed: false })
    }

    pub(super) fn get(&self, name: &str) -> Option<&RawValue> {
        self.members.get(name)
    }

    pub(super) fn decode<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, serde_json::Error> {
        self.members.decode(name)
    }

    /// Sets a member, unless it has that value.
    pub(super) fn set(&mut self, name: &str, value: &impl Serialize) -> Result<(), serde_json::Error> {
        let wanted = serde_json::to_value(value)?;
        let now: Option<Value> = self.members.get(name).map(|now| serde_json::from_str(now.get())).transpose()?;
        if now.as_ref() != Some(&wanted) {
            self.members.set(name, value)?;
            self.changed = true;
        }
        Ok(())
    }

    /// Sets a member to text that is JSON.
    pub(super) fn set_raw(&mut self, name: &str, text: &RawValue) -> Result<(), serde_json::Error> {
        if self.members.get(name).is_none_or(|now| now.get() != text.get()) {
            self.members.set(name, &text)?;
            self.changed = true;
        }
        Ok(())
    }

    /// Removes a member; one that is `null` counts as absent and stays.
    pub(super) fn remove(&mut self, name: &str) {
        if self.members.has(name) {
            self.changed |= self.members.remove(name);
        }
    }

    /// Removes a member, whatever it is.
    pub(super) fn delete(&mut self, name: &str) {
        self.changed |= self.members.remove(name);
    }

    /// Sets a member, or removes it when nothing is in it.
    pub(super) fn set_or_remove(
        &mut self,
        name: &str,
        value: &impl Serialize,
        empty: bool,
    ) -> Result<(), serde_json::Error> {
        if empty {
            self.remove(name);
            return Ok(());
        }
        self.set(name, value)
    }

    /// Returns the text: as it came, if nothing changed.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        if self.changed { self.members.to_vec() } else { self.raw.to_vec() }
    }
}

//! Keys of objects.

use std::fmt;
use std::str::FromStr;

/// An object's name: components joined by `/`, none of them empty, `.` or `..`, none with a NUL, a backslash or a line break. The root
/// prefix is the empty key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Returns the empty key, the prefix of all.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether this is the empty key.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns this key with a component or more behind it.
    ///
    /// # Errors
    /// When `rest` is no key.
    pub fn join(&self, rest: &str) -> Result<Self, InvalidKey> {
        let rest: Key = rest.parse()?;
        Ok(if self.is_root() { rest } else { Self(format!("{self}/{rest}")) })
    }

    /// Returns the last component.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the key that this one is directly below, the root for a single component.
    pub fn parent(&self) -> Self {
        Self(self.0.rsplit_once('/').map_or_else(String::new, |(parent, _)| parent.into()))
    }

    /// Returns what follows `prefix/`, or nothing for a key that is not below it.
    pub fn below(&self, prefix: &Key) -> Option<&str> {
        if prefix.is_root() {
            return Some(&self.0);
        }
        self.0.strip_prefix(prefix.as_str())?.strip_prefix('/')
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let component = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\', '\n', '\r']) && part.len() <= 255
        };
        if text.split('/').all(component) { Ok(Self(text.into())) } else { Err(InvalidKey { text: text.into() }) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no valid object name")]
pub struct InvalidKey {
    text: String,
}

crate::class::classified!(InvalidKey => Failed);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_ones_exist() {
        let blobs: Key = "blobs/sha256".parse().expect("a key");
        assert_eq!(blobs.join("ab").expect("a key").as_str(), "blobs/sha256/ab");
        assert_eq!(Key::root().join("ab").expect("a key").as_str(), "ab");
        assert_eq!(blobs.name(), "sha256");
        assert_eq!(blobs.parent().as_str(), "blobs");
        assert!(blobs.parent().parent().is_root());
        assert_eq!(blobs.below(&"blobs".parse().expect("a key")), Some("sha256"));
        assert_eq!(blobs.below(&"blob".parse().expect("a key")), None);
        for bad in ["", "/", "a/", "/a", "a//b", "..", "a/../b", ".", "a\0", "a\\b", "a\nb"] {
            assert!(bad.parse::<Key>().is_err(), "{bad:?}");
        }
    }
}

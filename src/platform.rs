//! Platforms (`os/architecture[/variant]`) and how an image for one is chosen.
//!
//! image-spec, "platform": <https://github.com/opencontainers/image-spec/blob/main/image-index.md>. Variants are matched the way
//! containers/image does it: `linux/arm64` finds an entry with variant v8 and the reverse, and an arm variant accepts lower ones.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::descriptor::{Descriptor, null_as_default};

/// What an image runs on. Every field of the wire format survives a round trip, known or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// The CPU architecture in Go's words: `amd64`, `arm64`, `arm`, …
    #[serde(default)]
    pub architecture: String,
    /// The operating system in Go's words: `linux`, `windows`, …
    #[serde(default)]
    pub os: String,
    /// The version of the operating system; Windows images have one.
    #[serde(default, rename = "os.version", skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    /// Required features of the operating system.
    #[serde(
        default,
        rename = "os.features",
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub os_features: Vec<String>,
    /// The CPU variant: `v7`, `v8`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// Fields this crate does not know.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl Platform {
    /// Makes a platform without a variant.
    pub fn new(os: &str, architecture: &str) -> Self {
        Self { architecture: architecture.into(), os: os.into(), ..Self::default() }
    }

    /// Returns the platform this program was built for; its operating system is linux where that is how images are run (macOS, Windows).
    pub fn host() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "x86" => "386",
            "aarch64" => "arm64",
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            "loongarch64" => "loong64",
            "mips64" if cfg!(target_endian = "little") => "mips64le",
            other => other,
        };
        let os = match std::env::consts::OS {
            "macos" | "windows" => "linux",
            other => other,
        };
        Self::new(os, architecture)
    }

    /// Says whether this is the `unknown/unknown` of BuildKit's attestations.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }

    /// Says whether an image for `offered` serves who asked for this platform.
    pub fn accepts(&self, offered: &Platform) -> bool {
        self.rank(offered).is_some()
    }

    /// Returns how good `offered` is, 0 the best, or nothing when it does not fit.
    fn rank(&self, offered: &Platform) -> Option<usize> {
        if self.os != offered.os || self.architecture != offered.architecture {
            return None;
        }
        if !self.os_version.is_empty() && !is_version_of(&self.os_version, &offered.os_version) {
            return None;
        }
        self.acceptable_variants().iter().position(|variant| *variant == offered.variant)
    }

    fn acceptable_variants(&self) -> Vec<&str> {
        match (self.architecture.as_str(), self.variant.as_str()) {
            ("arm64", "" | "v8") => vec![&self.variant, "", "v8"],
            ("arm", "") => vec!["", "v7", "v6", "v5"],
            ("arm", "v8") => vec!["v8", "v7", "v6", "v5", ""],
            ("arm", "v7") => vec!["v7", "v6", "v5", ""],
            ("arm", "v6") => vec!["v6", "v5", ""],
            ("arm", "v5") => vec!["v5", ""],
            ("amd64", "" | "v1") => vec![&self.variant, "", "v1"],
            ("amd64", variant) => vec![variant, ""],
            (_, variant) => vec![variant],
        }
    }

    /// Returns the best of `entries` for this platform: exact variant first, then the acceptable ones; of equals, the first. Attestations
    /// are passed over.
    pub fn choose<'a>(&self, entries: impl IntoIterator<Item = &'a Descriptor>) -> Option<&'a Descriptor> {
        entries
            .into_iter()
            .filter(|entry| !entry.is_attestation())
            .filter_map(|entry| Some((self.rank(entry.platform.as_ref()?)?, entry)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, entry)| entry)
    }
}

/// `10.0.17763` is a version of `10.0.17763.1234`.
fn is_version_of(wanted: &str, offered: &str) -> bool {
    offered.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl FromStr for Platform {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (main, os_version) = match text.split_once(':') {
            Some((main, version)) => (main, version),
            None => (text, ""),
        };
        let parts: Vec<&str> = main.split('/').collect();
        let word =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if !(2..=3).contains(&parts.len()) || !parts.iter().all(word) {
            return Err(ParseError { text: text.into() });
        }
        // The names that uname and rustc use, where they have one meaning.
        // containerd's, too: <https://github.com/containerd/platforms/blob/main/database.go>
        let (architecture, variant) = match parts[1] {
            "x86_64" | "x86-64" => ("amd64", ""),
            "i386" => ("386", ""),
            "aarch64" => ("arm64", ""),
            "armhf" => ("arm", "v7"),
            "armel" => ("arm", "v6"),
            other => (other, ""),
        };
        Ok(Self {
            variant: parts.get(2).copied().unwrap_or(variant).into(),
            os_version: os_version.into(),
            ..Self::new(parts[0], architecture)
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        if !self.os_version.is_empty() {
            write!(f, ":{}", self.os_version)?;
        }
        Ok(())
    }
}

/// Text that is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid platform {text:?}: expected OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64")]
pub struct ParseError {
    text: String,
}

crate::class::classified!(ParseError => Usage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::media_type::MediaType;

    fn entry(platform: &str) -> Descriptor {
        let mut entry = Descriptor::of(MediaType::OCI_MANIFEST, platform.as_bytes());
        entry.platform = Some(platform.parse().expect(platform));
        entry
    }

    #[test]
    fn choices() {
        // wanted, offered, the index of the choice
        let table: &[(&str, &[&str], Option<usize>)] = &[
            ("linux/amd64", &["linux/arm64", "linux/amd64"], Some(1)),
            ("linux/arm64", &["linux/arm64/v8"], Some(0)),
            ("linux/arm64/v8", &["linux/arm64"], Some(0)),
            ("linux/arm64", &["linux/arm64/v8", "linux/arm64"], Some(1)),
            ("linux/arm64/v9", &["linux/arm64/v8"], None),
            ("linux/arm/v7", &["linux/arm/v6", "linux/arm/v7"], Some(1)),
            ("linux/arm/v7", &["linux/arm/v5", "linux/arm/v6"], Some(1)),
            ("linux/arm/v6", &["linux/arm/v7"], None),
            ("linux/arm", &["linux/arm/v6", "linux/arm/v7"], Some(1)),
            ("linux/amd64/v3", &["linux/amd64/v2", "linux/amd64"], Some(1)),
            ("linux/amd64", &["linux/amd64/v2"], None),
            ("linux/s390x", &["linux/amd64"], None),
            ("windows/amd64:10.0.17763", &["windows/amd64:10.0.20348.1", "windows/amd64:10.0.17763.9"], Some(1)),
            ("linux/amd64", &["linux/amd64", "linux/amd64"], Some(0)),
            ("unknown/unknown", &["unknown/unknown"], None),
        ];
        for (wanted, offered, choice) in table {
            let entries: Vec<Descriptor> = offered.iter().map(|each| entry(each)).collect();
            let wanted: Platform = wanted.parse().expect(wanted);
            let chosen = wanted.choose(&entries).map(|chosen| chosen as *const Descriptor);
            assert_eq!(chosen, choice.map(|at| &raw const entries[at]), "{wanted} of {offered:?}");
        }
    }

    #[test]
    fn text() {
        for good in ["linux/amd64", "linux/arm/v7", "windows/amd64:10.0.17763.1"] {
            assert_eq!(good.parse::<Platform>().expect(good).to_string(), good);
        }
        assert_eq!("linux/x86_64".parse::<Platform>().expect("alias").to_string(), "linux/amd64");
        for bad in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/a b"] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
        assert_eq!(Digest::of(b"").short().len(), 12);
    }
}

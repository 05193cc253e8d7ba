//! Image configurations: the raw bytes and what they say.
//!
//! image-spec, "OCI Image Configuration": <https://github.com/opencontainers/image-spec/blob/main/config.md>. Docker's has the same members
//! and more; both are kept byte for byte, for the config's digest is the image ID.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::descriptor::null_as_default;
use crate::digest::Digest;
use crate::platform::Platform;

/// The largest config that is read, in bytes.
pub const MAX_SIZE: u64 = 8 * 1024 * 1024;

/// An image configuration with its raw bytes.
#[derive(Clone, Debug)]
pub struct Config {
    raw: Arc<[u8]>,
    body: Body,
}

/// What a configuration says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// When the image was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The CPU architecture.
    #[serde(default)]
    pub architecture: String,
    /// The operating system.
    #[serde(default)]
    pub os: String,
    /// The version of the operating system.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The CPU variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What a runtime does with the image.
    #[serde(default, deserialize_with = "null_as_default")]
    pub config: Execution,
    /// The layers' uncompressed digests.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rootfs: RootFs,
    /// How the layers came about, the first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "steps")]
    pub history: Vec<History>,
}

/// What a runtime does with the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// The user, `name`, `uid`, or either with a group.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub user: String,
    /// Ports, such as `80/tcp`, as keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub exposed_ports: BTreeMap<String, Value>,
    /// Environment, `NAME=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<String>,
    /// The command's fixed beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "words")]
    pub entrypoint: Vec<String>,
    /// The command, or the entrypoint's arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "words")]
    pub cmd: Vec<String>,
    /// Mount points, as keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub volumes: BTreeMap<String, Value>,
    /// The working directory.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub working_dir: String,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// The signal that ends the container.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub stop_signal: String,
}

/// The layers' uncompressed digests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// One digest a layer, of its uncompressed content, the lowest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub diff_ids: Vec<Digest>,
}

/// One step of an image's making.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// By which command.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub created_by: String,
    /// By whom.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub author: String,
    /// A remark.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub comment: String,
    /// Whether the step made no layer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub empty_layer: bool,
}

/// Reads steps; null is one that says nothing.
fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<History>, D::Error> {
    let steps = Option::<Vec<Option<History>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(steps.into_iter().map(Option::unwrap_or_default).collect())
}

/// Reads a list of words, or one word.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        One(String),
        List(Vec<String>),
    }
    Ok(match Option::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Words::One(word)) => vec![word],
        Some(Words::List(words)) => words,
    })
}

impl Config {
    /// Parses a configuration. As Go's readers do, it takes null for a step of the history, and a byte that is no UTF-8 for U+FFFD; as Docker
    /// does, a text for a command of one word.
    ///
    /// # Errors
    /// When the bytes are no JSON object of the right form.
    pub fn parse(raw: impl Into<Arc<[u8]>>) -> Result<Self, ParseError> {
        let raw = raw.into();
        let body = serde_json::from_str(&String::from_utf8_lossy(&raw))?;
        Ok(Self { raw, body })
    }

    /// Returns the bytes as they came.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns what the configuration says.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Returns the platform that the image runs on.
    pub fn platform(&self) -> Platform {
        Platform {
            variant: self.body.variant.clone().unwrap_or_default(),
            os_version: self.body.os_version.clone().unwrap_or_default(),
            ..Platform::new(&self.body.os, &self.body.architecture)
        }
    }

    /// Pairs each step of the history with the number of the layer it made, if it made one.
    pub fn history_with_layers(&self) -> Vec<(&History, Option<usize>)> {
        let mut layer = 0;
        self.body
            .history
            .iter()
            .map(|step| {
                if step.empty_layer {
                    return (step, None);
                }
                layer += 1;
                (step, Some(layer - 1))
            })
            .collect()
    }
}

/// Bytes that are no image configuration.
#[derive(Debug, thiserror::Error)]
#[error("the config is no valid image configuration")]
pub struct ParseError(#[from] serde_json::Error);

crate::class::classified!(ParseError => Failed);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_and_minimal_ones() {
        let text = br#"{"architecture":"arm","variant":"v7","os":"linux","config":{"Env":null,"Cmd":["sh"],"Labels":{"a":"b"},"OnBuild":[]},"rootfs":{"type":"layers","diff_ids":["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]},"history":[{"created_by":"A"},{"created_by":"B","empty_layer":true}],"container_config":{}}"#;
        let config = Config::parse(&text[..]).expect("parses");
        assert_eq!(config.raw(), text);
        assert_eq!(config.platform().to_string(), "linux/arm/v7");
        assert_eq!(config.body().config.cmd, ["sh"]);
        assert_eq!(config.body().config.labels["a"], "b");
        let layers: Vec<_> = config.history_with_layers().into_iter().map(|(_, layer)| layer).collect();
        assert_eq!(layers, [Some(0), None]);
        for minimal in ["{}", r#"{"config":null,"rootfs":null,"history":null}"#] {
            assert!(Config::parse(minimal.as_bytes()).is_ok(), "{minimal}");
        }
        assert!(Config::parse(&b"[1]"[..]).is_err());
    }
}

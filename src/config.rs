//! Image configurations: the raw bytes and what they say.
//!
//! What runtimes alone need is read where it can be: a label that is a number spoils neither the layers nor the rest of the config.
//!
//! image-spec, "OCI Image Configuration": <https://github.com/opencontainers/image-spec/blob/main/config.md>. Docker's has the same members
//! and more; both are kept byte for byte, for the config's digest is the image ID.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
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
    faults: Vec<String>,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
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

/// A body whose members are not looked into where nothing but a runtime needs them.
#[derive(Deserialize)]
struct Loose {
    #[serde(default)]
    created: Value,
    #[serde(default)]
    author: Value,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default, rename = "os.version")]
    os_version: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    config: Value,
    #[serde(default, deserialize_with = "null_as_default")]
    rootfs: RootFs,
    #[serde(default)]
    history: Value,
}

impl Loose {
    fn read(self, faults: &mut Vec<String>) -> Body {
        let Self { created, author, architecture, os, os_version, variant, config, rootfs, history } = self;
        let execution = match config {
            Value::Object(mut members) => {
                members.retain(|name, value| {
                    let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
                    let fault = serde_json::from_value::<Execution>(alone).err();
                    faults.extend(fault.iter().map(|fault| format!("config.{name}: {fault}")));
                    fault.is_none()
                });
                Value::Object(members)
            }
            other => other,
        };
        Body {
            created: readable("created", created, faults),
            author: readable("author", author, faults),
            config: readable("config", execution, faults),
            history: readable("history", history, faults),
            ..Body { architecture, os, os_version, variant, rootfs, ..Body::default() }
        }
    }
}

/// Reads a member, or notes why it cannot be read.
fn readable<T: DeserializeOwned + Default>(name: &str, value: Value, faults: &mut Vec<String>) -> T {
    let read = serde_json::from_value::<Option<T>>(value);
    read.map_err(|fault| faults.push(format!("{name}: {fault}"))).ok().flatten().unwrap_or_default()
}

/// Reads words; docker takes text for a single one.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected text or a list of it")]
    enum Words {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Option::<Words>::deserialize(deserializer)? {
        Some(Words::One(word)) => vec![word],
        Some(Words::Several(words)) => words,
        None => Vec::new(),
    })
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

impl Config {
    /// Parses a configuration; what of it cannot be read and need not be is in [`Config::faults`].
    ///
    /// # Errors
    /// When the bytes are no JSON object, or its platform or layers are not of the right form.
    pub fn parse(raw: impl Into<Arc<[u8]>>) -> Result<Self, ParseError> {
        let raw = raw.into();
        if !raw.trim_ascii_start().starts_with(b"{") {
            // A list would be taken for the members in their order.
            return Err(ParseError(serde::de::Error::custom("expected a JSON object")));
        }
        let mut faults = Vec::new();
        // As Go's reader does: what is no UTF-8 in a text becomes U+FFFD. The bytes themselves stay as they are.
        let text = String::from_utf8_lossy(&raw);
        if matches!(text, Cow::Owned(_)) {
            faults.push("it is not all UTF-8".to_owned());
        }
        let body = serde_json::from_str::<Loose>(&text)?.read(&mut faults);
        Ok(Self { raw, body, faults })
    }

    /// Returns what could not be read, as `MEMBER: REASON`: it is missing from the body and still in the raw bytes.
    pub fn faults(&self) -> &[String] {
        &self.faults
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

    #[test]
    fn what_runtimes_alone_need_spoils_nothing() {
        let read = |text: &str| Config::parse(text.as_bytes()).expect(text);
        for (text, words) in
            [("\"/x -y\"", &["/x -y"][..]), ("[\"/x\",\"-y\"]", &["/x", "-y"]), ("null", &[]), ("[]", &[])]
        {
            let config = read(&format!(r#"{{"config":{{"Cmd":{text},"Entrypoint":{text}}}}}"#));
            assert_eq!(config.body().config.cmd, words, "{text}");
            assert_eq!(config.body().config.entrypoint, words, "{text}");
            assert!(config.faults().is_empty(), "{text}");
        }
        for (member, fault) in [
            (
                r#""config":{"Labels":{"a":1},"User":"u"}"#,
                "config.Labels: invalid type: integer `1`, expected a string",
            ),
            (r#""config":{"Cmd":[1],"User":"u"}"#, "config.Cmd: expected text or a list of it"),
            (r#""config":{"Env":{},"User":"u"}"#, "config.Env: invalid type: map, expected a sequence"),
            (r#""config":7"#, "config: invalid type: integer `7`"),
            (r#""history":{}"#, "history: invalid type: map"),
            (r#""created":1700000000"#, "created: invalid type: integer `1700000000`, expected a string"),
            (r#""author":[]"#, "author: invalid type: sequence"),
        ] {
            let raw = format!(r#"{{"os":"linux","architecture":"amd64",{member}}}"#);
            let config = read(&raw);
            assert_eq!((config.raw(), config.platform().to_string()), (raw.as_bytes(), "linux/amd64".into()));
            assert_eq!(config.faults().len(), 1, "{member}: {:?}", config.faults());
            assert!(config.faults()[0].starts_with(fault), "{member}: {:?}", config.faults());
            assert!(!member.contains("User") || config.body().config.user == "u", "{member}");
        }
        // What says which layers these are is needed, and one meaning is enough.
        for bad in
            [r#"{"rootfs":{"diff_ids":[1]}}"#, r#"{"os":1}"#, r#"{"rootfs":{},"rootfs":{}}"#, "hello", "[]", "\"x\""]
        {
            assert!(Config::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

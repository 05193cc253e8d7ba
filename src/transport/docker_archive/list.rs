//! `manifest.json`: which config and layers make up which images.
//!
//! moby, "image/spec" 1.2, "Combined Image JSON + Filesystem Changeset Format":
//! <https://github.com/moby/docker-image-spec/blob/main/v1.2.md>.

use serde::{Deserialize, Serialize};

use crate::descriptor::null_as_default;
use crate::digest::Digest;

/// The list's name in the archive.
pub(super) const FILE: &str = "manifest.json";

/// An image: paths in the archive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Item {
    /// The config.
    pub(super) config: String,
    /// The names; none is written as `null`, as Docker does.
    #[serde(default)]
    pub(super) repo_tags: Option<Vec<String>>,
    /// The layers, the lowest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) layers: Vec<String>,
}

impl Item {
    /// Returns the names.
    pub(super) fn names(&self) -> &[String] {
        self.repo_tags.as_deref().unwrap_or_default()
    }
}

/// Parses the list.
pub(super) fn parse(raw: &[u8]) -> Result<Vec<Item>, serde_json::Error> {
    serde_json::from_slice(raw)
}

/// Encodes the list.
pub(super) fn encode(items: &[Item]) -> Vec<u8> {
    serde_json::to_vec(items).expect("text is always writable")
}

/// Returns the path of a blob.
pub(super) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

/// Returns the digest that a path of the form `blobs/ALG/HEX` names.
pub(super) fn digest_of_path(path: &str) -> Option<Digest> {
    let (algorithm, hex) = path.strip_prefix("blobs/")?.split_once('/')?;
    format!("{algorithm}:{hex}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write() {
        let table = [
            (r#"[{"Config":"c.json","RepoTags":["a:1","b:2"],"Layers":["l.tar"]}]"#, 2, 1),
            (
                r#"[{"Config":"sha256:00","RepoTags":null,"Layers":["l.tar.gz","l.tar.gz"],"LayerSources":{"x":1}}]"#,
                0,
                2,
            ),
            (r#"[{"Layers":null,"Config":"c.json"}]"#, 0, 0),
        ];
        for (text, names, layers) in table {
            let items = parse(text.as_bytes()).expect(text);
            assert_eq!((items[0].names().len(), items[0].layers.len()), (names, layers), "{text}");
        }
        for bad in ["{}", "[{}]", "[{\"Config\":1}]", ""] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn written_as_docker_does() {
        let digest = Digest::of(b"");
        let named = Item {
            config: blob_path(&digest),
            repo_tags: Some(vec!["ex.com/a:1".into()]),
            layers: vec![blob_path(&digest)],
        };
        let unnamed = Item { config: "c".into(), ..Item::default() };
        let path = "blobs/sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            String::from_utf8(encode(&[named, unnamed])).expect("JSON"),
            format!(
                r#"[{{"Config":"{path}","RepoTags":["ex.com/a:1"],"Layers":["{path}"]}},{{"Config":"c","RepoTags":null,"Layers":[]}}]"#
            )
        );
        assert_eq!(digest_of_path(path), Some(digest));
        for other in ["x.json", "blobs/sha256/00", "blobs/md5/00", "sha256:00"] {
            assert_eq!(digest_of_path(other), None, "{other}");
        }
    }
}

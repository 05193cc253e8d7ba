//! Where things lie in the tree, and the listing's bytes.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::media_type::MediaType;
use crate::reference::Repository;
use crate::store::Key;

/// The index for subjects without referrers.
pub(super) const EMPTY_REFERRERS: &str = "_empty-referrers";
/// The folder of everything but manifests; its lock keeps prunings and writers apart.
pub(super) const V2: &str = "v2";
/// A tag's link before it gets its name. No tag begins with a dot.
pub(super) const NEW_LINK: &str = ".tag";
/// Where a tag's link is when a repository has the tag's name: no component of a repository's name and no tag begins with this character.
pub(super) const TAGS: &str = "@tags";
/// The parts of `v2/<name>/`, which are not looked into for repositories.
pub(super) const PARTS: [&str; 3] = ["blobs", "tags", "referrers"];

/// What a manifest's file is called, from which a web server tells its type. Schema 1 and the artifact manifest of OCI 1.1's release
/// candidates have none: no client needs them from here.
pub(super) const FILES: [(&str, MediaType); 4] = [
    ("m.oci-index", MediaType::OCI_INDEX),
    ("m.oci-image", MediaType::OCI_MANIFEST),
    ("m.docker-list", MediaType::DOCKER_LIST),
    ("m.docker-image", MediaType::DOCKER_MANIFEST),
];

/// What a server that can neither follow links nor list folders reads a tag's digest from.
pub(super) const DIGEST: &str = "digest";

/// Returns the second name of a manifest's file, which tells its digest to a server that can only list folders.
pub(super) fn telling(digest: &Digest, file: &str) -> String {
    format!("{digest}{}", file.trim_start_matches('m'))
}

/// The keys of one repository.
#[derive(Clone, Debug)]
pub(super) struct Names {
    repository: String,
}

impl Names {
    /// Takes a repository's name, if it is one: it becomes part of paths.
    pub(super) fn new(repository: &str) -> Option<Self> {
        let checked: Repository = format!("localhost/{repository}").parse().ok()?;
        (checked.path() == repository).then(|| Self { repository: repository.into() })
    }

    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    pub(super) fn blob(&self, digest: &Digest) -> Key {
        blob(&self.repository, digest)
    }

    pub(super) fn tags_list(&self) -> Key {
        key(&format!("v2/{}/tags/list", self.repository))
    }

    pub(super) fn blobs(&self) -> Key {
        key(&format!("v2/{}/blobs", self.repository))
    }

    pub(super) fn referrers_folder(&self) -> Key {
        key(&format!("v2/{}/referrers", self.repository))
    }

    pub(super) fn referrers(&self, subject: &Digest) -> Key {
        key(&format!("v2/{}/referrers/{subject}", self.repository))
    }

    /// Returns the folder of manifests and tags.
    pub(super) fn manifests(&self) -> Key {
        key(&format!("m/{}", self.repository))
    }

    /// Returns the folder of one manifest.
    pub(super) fn manifest(&self, digest: &Digest) -> Key {
        key(&format!("m/{}/{digest}", self.repository))
    }

    /// Returns the tags' listing as distribution-spec has it.
    pub(super) fn listing(&self, tags: &[String]) -> Vec<u8> {
        let listing = Listing { name: self.repository.clone(), tags: tags.to_vec() };
        serde_json::to_vec(&listing).expect("text is always writable")
    }
}

/// Returns the key of a blob in some repository.
pub(super) fn blob(repository: &str, digest: &Digest) -> Key {
    key(&format!("v2/{repository}/blobs/{digest}"))
}

/// Makes a key of checked parts.
pub(super) fn key(text: &str) -> Key {
    text.parse().expect("repository names, digests and fixed words make a key")
}

/// What `tags/list` says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listing {
    name: String,
    #[serde(deserialize_with = "crate::descriptor::null_as_default")]
    pub(super) tags: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_stay_in_the_tree() {
        for bad in ["", "..", "a/../b", "/a", "a/", "A", "a b", "a:b", "a@b", "a//b"] {
            assert!(Names::new(bad).is_none(), "{bad:?}");
        }
        let names = Names::new("lib/app").expect("a repository");
        assert_eq!(names.tags_list().as_str(), "v2/lib/app/tags/list");
        assert_eq!(names.listing(&["1".into(), "v".into()]), br#"{"name":"lib/app","tags":["1","v"]}"#);
    }
}

//! What manifests need: the marking half of a collection.

use std::collections::BTreeSet;

use super::{Storage, layout};
use crate::digest::{Algorithm, Digest};
use crate::manifest::Manifest;
use crate::store::Result;

/// Returns everything that a manifest's bytes name: of a manifest that is none by our rules, all that looks like a digest, for what it
/// needs must stay even though we do not understand it.
pub(super) fn references(raw: &[u8]) -> BTreeSet<Digest> {
    match Manifest::parse(raw, None) {
        Ok(manifest) => {
            let named = manifest.blobs().into_iter().chain(manifest.children());
            named.map(|descriptor| descriptor.digest.clone()).collect()
        }
        Err(_) => digests(raw),
    }
}

/// Finds everything in a text that looks like a digest.
fn digests(text: &[u8]) -> BTreeSet<Digest> {
    let text = String::from_utf8_lossy(text);
    let found = text.match_indices("sha").filter_map(|(at, _)| {
        let rest = &text[at..];
        [7 + 64, 7 + 128].into_iter().find_map(|length| rest.get(..length)?.parse::<Digest>().ok())
    });
    found.collect()
}

impl Storage {
    /// Returns the digests of all content that a manifest of any repository needs, the manifests included.
    pub(super) fn mark(&self) -> Result<BTreeSet<Digest>> {
        let mut marked = BTreeSet::new();
        let mut done = BTreeSet::new();
        let mut seconds = BTreeSet::new();
        self.walk("", &mut |name| {
            seconds.extend(self.second_digests(name)?);
            for digest in self.all_manifests(name)? {
                // Many repositories have the same manifest.
                if !done.insert(digest.clone()) {
                    continue;
                }
                let target = self.link(&layout::revision(name, &digest))?;
                for digest in [Some(digest), target].into_iter().flatten() {
                    if let Some(raw) = self.raw(&digest)? {
                        marked.extend(references(&raw));
                    }
                    marked.insert(digest);
                }
            }
            Ok(true)
        })?;
        for (second, first) in seconds {
            if marked.contains(&second) {
                marked.insert(first);
            }
        }
        Ok(marked)
    }

    /// Returns the digests by which a repository has blobs that are stored under another one, each with that one: distribution stores a
    /// blob that was pushed by its SHA-512 under its SHA-256, and links the former to the latter.
    pub(super) fn second_digests(&self, name: &str) -> Result<Vec<(Digest, Digest)>> {
        let mut found = Vec::new();
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != Algorithm::Sha256) {
            let mut digests = Vec::new();
            self.files.folders(&layout::layers(name, algorithm), |hex| {
                digests.extend(format!("{algorithm}:{hex}").parse::<Digest>().ok());
            })?;
            for second in digests {
                if let Some(first) = self.link(&layout::layer(name, &second))?.filter(|first| *first != second) {
                    found.push((second, first));
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_keeps_what_it_names() {
        let (one, other) = (Digest::of(b"1"), Algorithm::Sha512.digest(b"2"));
        let raw = format!(r#"{{"odd":"{one}","x":["{other}"],"not":"sha256:12"}}"#);
        assert_eq!(references(raw.as_bytes()), BTreeSet::from([one, other]));
    }
}

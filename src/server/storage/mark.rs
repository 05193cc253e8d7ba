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
        Err(_) => Digest::all_in(raw),
    }
}

/// What a look through all repositories finds.
#[derive(Debug, Default)]
pub(super) struct Marked {
    /// The digests of all content that a manifest of any repository needs, the manifests included.
    pub(super) digests: BTreeSet<Digest>,
    /// How many repositories there are.
    pub(super) repositories: u64,
}

impl Storage {
    /// Returns what the manifests of all repositories need, but for those that are `doomed` in their repository.
    ///
    /// # Errors
    /// When a manifest that a repository links is missing or damaged, or something else is not what the layout has there: what it may need
    /// is not known then, and nothing may be freed.
    pub(super) fn mark(&self, doomed: &BTreeSet<(String, Digest)>) -> Result<Marked> {
        let mut marked = Marked::default();
        let mut done = BTreeSet::new();
        let mut seconds = BTreeSet::new();
        self.walk_all(&mut |name| {
            let mut is_repository = false;
            let of_layout = |folder: &str| matches!(folder, "_layers" | "_manifests" | "_uploads");
            self.files.all_folders(&layout::repository(name), of_layout, |_| is_repository = true)?;
            marked.repositories += u64::from(is_repository);
            seconds.extend(self.second_digests(name)?);
            for (digest, target) in self.linked_manifests(name)? {
                if doomed.contains(&(name.to_owned(), digest.clone())) {
                    continue;
                }
                // Many repositories have the same manifest.
                if done.insert((digest.clone(), target.clone())) {
                    marked.digests.extend(references(&self.whole_manifest(name, &digest, &target)?));
                    marked.digests.extend([digest, target]);
                }
            }
            Ok(())
        })?;
        for (second, first) in seconds {
            if marked.digests.contains(&second) {
                marked.digests.insert(first);
            }
        }
        Ok(marked)
    }

    /// Returns the digests of a repository's manifests and those that they are stored under. A folder without a link is what an interrupted
    /// write or deletion leaves; a link that says nothing is damage.
    pub(super) fn linked_manifests(&self, name: &str) -> Result<Vec<(Digest, Digest)>> {
        let mut found = Vec::new();
        let revisions = format!("{}/_manifests/revisions", layout::repository(name));
        self.files.all_folders(&format!("{}/_manifests", layout::repository(name)), layout::is_visible, |_| {})?;
        self.files.all_folders(&revisions, layout::is_visible, |_| {})?;
        for algorithm in Algorithm::ALL {
            let parse = |hex: &str| format!("{algorithm}:{hex}").parse::<Digest>().ok();
            let mut digests = Vec::new();
            self.files.all_folders(
                &layout::revisions(name, algorithm),
                |hex| parse(hex).is_some(),
                |hex| digests.extend(parse(hex)),
            )?;
            for digest in digests {
                let target = self.sound_link(&layout::revision(name, &digest))?;
                found.extend(target.map(|target| (digest, target)));
            }
        }
        Ok(found)
    }

    /// Reads a link; none when there is no file, an error when the file does not hold a digest.
    pub(super) fn sound_link(&self, path: &str) -> Result<Option<Digest>> {
        let Some(content) = self.files.read(path, super::LINK_LIMIT)? else {
            return Ok(None);
        };
        match super::parse_link(&content) {
            Some(digest) => Ok(Some(digest)),
            None => self.files.odd(path, "does not hold a digest"),
        }
    }

    /// Reads a manifest that a repository links.
    ///
    /// # Errors
    /// When it is missing, or its bytes have another digest.
    pub(super) fn whole_manifest(&self, name: &str, digest: &Digest, target: &Digest) -> Result<Vec<u8>> {
        let path = layout::data(target);
        match self.files.read(&path, super::manifests::READ_LIMIT)? {
            Some(raw) if target.matches(&raw) => Ok(raw),
            Some(_) => self.files.odd(&path, &format!("is damaged: it is not the manifest {digest} of {name}")),
            None => self.files.odd(&path, &format!("is missing: repository {name} has the manifest {digest}")),
        }
    }

    /// Returns the digests by which a repository has blobs that are stored under another one, each with that one: distribution stores a
    /// blob that was pushed by its SHA-512 under its SHA-256, and links the former to the latter.
    pub(super) fn second_digests(&self, name: &str) -> Result<Vec<(Digest, Digest)>> {
        let mut found = Vec::new();
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != Algorithm::Sha256) {
            let parse = |hex: &str| format!("{algorithm}:{hex}").parse::<Digest>().ok();
            let mut digests = Vec::new();
            self.files.all_folders(
                &layout::layers(name, algorithm),
                |hex| parse(hex).is_some(),
                |hex| digests.extend(parse(hex)),
            )?;
            for second in digests {
                if let Some(first) = self.sound_link(&layout::layer(name, &second))?.filter(|first| *first != second) {
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

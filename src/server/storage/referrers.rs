//! Referrers: links from a subject to the manifests that name it, in a folder of ours beside distribution's.
//!
//! Distribution neither writes nor minds the folder. A file in it is as new as the last change of the manifests for as long as every
//! referrer has its link; when it is missing or older, another registry has written meanwhile, and all manifests are looked through.
//! What clients once listed under a referrers tag is merged in whenever it is asked for.

use std::collections::BTreeSet;

use super::{Storage, layout};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest};
use crate::manifest::{Manifest, referrers_tag};
use crate::store::Result;

impl Storage {
    /// Returns the digests of what may refer to a manifest, sorted.
    pub(in crate::server) fn referrers(&self, name: &str, subject: &Digest) -> Result<BTreeSet<Digest>> {
        let mut found = BTreeSet::new();
        if self.is_complete(name)? {
            for algorithm in Algorithm::ALL {
                let folder = format!("{}/{algorithm}", layout::referrers_of(name, subject));
                self.files.folders(&folder, |hex| {
                    found.extend(format!("{algorithm}:{hex}").parse::<Digest>().ok());
                })?;
            }
        } else {
            found.extend(self.search(name, subject)?);
        }
        found.extend(self.listed(name, subject)?);
        Ok(found)
    }

    /// Returns the descriptor of a manifest if it belongs to the repository and refers to the subject, or, where it refers to nothing, was
    /// listed as doing so.
    pub(in crate::server) fn referrer(
        &self,
        name: &str,
        subject: &Digest,
        digest: &Digest,
    ) -> Result<Option<Descriptor>> {
        let Some(served) = self.manifest(name, digest)? else {
            return Ok(None);
        };
        let Some(manifest) = self.manifest_bytes(&served)?.and_then(|raw| parse(&raw, digest)) else {
            return Ok(None);
        };
        let refers = manifest.subject().is_none_or(|named| named.digest == *subject);
        Ok(refers.then(|| Descriptor { digest: digest.clone(), ..manifest.as_referrer() }))
    }

    /// Links every referrer that has no link, in all repositories that another registry has written: until then, each request for referrers
    /// looks through all manifests of the repository.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn remember_referrers(&self) -> Result<()> {
        let mut names = Vec::new();
        self.walk("", &mut |name| {
            if !self.is_complete(name)? && self.has_manifests(name)? {
                names.push(name.to_owned());
            }
            Ok(true)
        })?;
        for name in names {
            let _shared = self.share()?;
            let _serial = self.serialize(&name)?;
            self.complete_referrers(&name)?;
        }
        Ok(())
    }

    /// Links every referrer of a repository that has none, unless that was done. Call it with the repository serialised.
    pub(in crate::server) fn complete_referrers(&self, name: &str) -> Result<()> {
        if self.is_complete(name)? {
            return Ok(());
        }
        for digest in self.all_manifests(name)? {
            if let Some(subject) = self.subject(&digest)? {
                self.write_link(&layout::referrer(name, &subject, &digest), &digest)?;
            }
        }
        self.complete(name)
    }

    /// Says whether every referrer has its link.
    pub(in crate::server) fn is_complete(&self, name: &str) -> Result<bool> {
        let Some((_, mark)) = self.files.file(&layout::referrers_mark(name))? else {
            return Ok(false);
        };
        for algorithm in Algorithm::ALL {
            let revisions = self.files.folder_stamp(&layout::revisions(name, algorithm))?;
            if revisions.is_some_and(|revisions| revisions.modified() > mark.modified()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Notes that every referrer has its link.
    pub(super) fn complete(&self, name: &str) -> Result<()> {
        let path = layout::referrers_mark(name);
        if self.files.touch(&path)? { Ok(()) } else { self.files.put(&path, b"") }
    }

    fn subject(&self, digest: &Digest) -> Result<Option<Digest>> {
        let manifest = self.raw(digest)?.and_then(|raw| parse(&raw, digest));
        Ok(manifest.and_then(|manifest| manifest.subject().map(|subject| subject.digest.clone())))
    }

    /// Looks through all manifests of a repository.
    fn search(&self, name: &str, subject: &Digest) -> Result<Vec<Digest>> {
        let mut found = Vec::new();
        for digest in self.all_manifests(name)? {
            if self.subject(&digest)?.as_ref() == Some(subject) {
                found.push(digest);
            }
        }
        Ok(found)
    }

    /// Returns what a referrers tag lists: distribution-spec, "Enabling the Referrers API".
    fn listed(&self, name: &str, subject: &Digest) -> Result<Vec<Digest>> {
        let Some(served) = self.tagged(name, &referrers_tag(subject))? else {
            return Ok(Vec::new());
        };
        let index = self.manifest_bytes(&served)?.and_then(|raw| parse(&raw, &served.digest));
        let index = index.filter(|index| index.lists_referrers_of(subject));
        Ok(index.iter().flat_map(Manifest::children).map(|child| child.digest.clone()).collect())
    }
}

fn parse(raw: &[u8], digest: &Digest) -> Option<Manifest> {
    Manifest::parse_verified(raw, None, digest).ok()
}

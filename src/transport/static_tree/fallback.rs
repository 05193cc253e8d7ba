//! A subject's referrers under its referrers tag, for servers that cannot answer `/referrers/` as clients want: those that serve files as
//! they are.
//!
//! distribution-spec, "Referrers Tag Schema":
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema>. The tag's link begins with `./`, which tells
//! it from one that somebody wrote; the listing leaves it out.

use super::{StaticTree, links};
use crate::digest::Digest;
use crate::manifest::{Manifest, referrers_tag};
use crate::transport::Result;

impl StaticTree {
    /// Has the referrers tag of a subject name its list, or removes it with the last entry. What somebody put under that tag stays. The
    /// caller holds the lock.
    pub(super) fn write_fallback(&self, subject: &Digest, list: &Manifest) -> Result<()> {
        let tag = referrers_tag(subject);
        let path = self.folder().join(&tag);
        let old = links::read_own(&path)?;
        if old.is_none() && links::is_there(&path)? {
            return Ok(());
        }
        if list.children().is_empty() {
            links::remove(&path)?;
        } else {
            self.put_files(list.digest(), "m.oci-index", list.raw())?;
            links::point_own(&self.folder(), &tag, list.digest())?;
        }
        match old {
            Some(old) if old != *list.digest() && !self.is_tagged(&old)? => self.remove_files(&old),
            _ => Ok(()),
        }
    }

    /// Returns the lists that referrers tags of our own name.
    pub(super) fn fallbacks(&self) -> Result<Vec<Digest>> {
        let mut found = Vec::new();
        for path in links::entries(&self.folder())? {
            found.extend(links::read_own(&path)?);
        }
        Ok(found)
    }

    fn is_tagged(&self, digest: &Digest) -> Result<bool> {
        for tag in self.linked()?.unwrap_or_default() {
            if links::read_tag(&self.folder(), &tag)?.as_ref() == Some(digest) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

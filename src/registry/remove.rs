//! Deleting: a manifest by its digest, or a tag alone.

use super::error::Result;
use super::remote::Remote;
use super::retry::random;
use super::scope::{Access, Scope, merge};
use super::wire::{Request, Response};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Image, Manifest};
use crate::media_type::{Format, MediaType};

impl Remote {
    /// Deletes a manifest by its digest; every tag that names it goes with it.
    ///
    /// # Errors
    /// [`Error::is_not_found`](super::Error::is_not_found) when it is not there.
    pub fn delete_manifest(&self, digest: &Digest) -> Result<()> {
        self.delete(&digest.to_string(), &[202, 200, 204])
    }

    /// Removes a tag, and leaves the manifest that it names and that manifest's other tags alone.
    ///
    /// Registries before distribution 3 delete by digest only. There the tag is moved to a manifest made for the purpose, which is then
    /// deleted by its digest, and takes the tag with it.
    ///
    /// # Errors
    /// [`Error::is_not_found`](super::Error::is_not_found) when there is no such tag. After any other failure the tag is as it was.
    pub fn delete_tag(&self, tag: &str) -> Result<()> {
        let refused = match self.delete(tag, &[202, 200, 204]) {
            Err(error) if matches!(error.status(), Some(400 | 405 | 501)) => error,
            other => return other,
        };
        let old = self.manifest(tag, None)?;
        let format = old.format().unwrap_or(Format::Docker);
        let dummy = self.dummy(format)?;
        self.put_manifest(tag, &dummy)?;
        match self.delete_manifest(dummy.digest()) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.put_manifest(tag, &old)?;
                // Why the tag itself could not be deleted says more, unless the second way failed for another reason.
                Err(if matches!(error.status(), Some(400 | 405 | 501)) { refused } else { error })
            }
        }
    }

    pub(super) fn delete(&self, reference: &str, wanted: &[u16]) -> Result<()> {
        let scope = Scope::repository(self.path(), Access::Delete);
        let needed = merge(self.scopes.iter().cloned().chain([scope]));
        let request = Request::new("DELETE", self.manifest_url(reference));
        self.session.expect(request, &needed, wanted).map(Response::discard)
    }

    /// Makes and pushes an image that nobody else has, so that deleting it deletes nothing of anybody's.
    fn dummy(&self, format: Format) -> Result<Manifest> {
        // Unique, not secret: two clients that untag at the same time must not make the same one.
        let unique = format!("{:016x}{:016x}", random(), random());
        let content = format!(r#"{{"architecture":"","os":"","config":{{"Labels":{{"untag":"{unique}"}}}}}}"#);
        let config = Descriptor::of(MediaType::OCI_CONFIG.in_format(format), content.as_bytes());
        self.put_blob(&mut Blob::from_bytes(config.clone(), content.as_bytes())?, None)?;
        let image = Image { config, layers: Vec::new(), subject: None, annotations: [].into(), artifact_type: None };
        let url = self.manifest_url("untag").to_string();
        Manifest::image(format, &image).map_err(|source| super::Error::Manifest { url, source })
    }
}

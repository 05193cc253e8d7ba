//! What only writing shows of a registry: a small image is pushed under a name that nobody has, and removed again.

use super::client::Client;
use super::error::{Error, Result};
use super::examine::{Ability, Examination, Finding, Verdict};
use super::remote::Remote;
use super::retry::random;
use super::scope::{Access, Scope, merge};
use super::upload::Mount;
use super::wire::{Request, Response};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Image, Manifest};
use crate::media_type::{Format, MediaType};
use crate::reference::Repository;
use crate::watch::Watch;

/// The statuses of what was deleted.
const DELETED: [u16; 3] = [202, 200, 204];

impl Client {
    /// Pushes a small image to a repository, removes it, and adds to `examination` what works of that and what is left.
    ///
    /// # Errors
    /// When the login may not write there, or somebody asks to stop.
    pub fn try_writing(&self, repository: &Repository, examination: &mut Examination, watch: &Watch) -> Result<()> {
        Trial::new(self.push(repository, watch))?.run(examination)
    }
}

/// What is pushed.
struct Trial {
    remote: Remote,
    tag: String,
    layer: (Descriptor, String),
    config: (Descriptor, String),
    manifest: Manifest,
}

impl Trial {
    fn new(remote: Remote) -> Result<Self> {
        // Nobody else has such a tag or such content: what is deleted is nobody else's.
        let tag = format!("stevedore-ping-{:016x}{:016x}", random(), random());
        let text = format!("{tag}\n");
        let layer = Descriptor::of(MediaType::OCI_LAYER, text.as_bytes());
        let json = format!(r#"{{"architecture":"","os":"","config":{{"Labels":{{"ping":"{tag}"}}}}}}"#);
        let config = Descriptor::of(MediaType::OCI_CONFIG, json.as_bytes());
        let image = Image {
            config: config.clone(),
            layers: vec![layer.clone()],
            subject: None,
            annotations: [].into(),
            artifact_type: None,
        };
        let url = remote.manifest_url(&tag).to_string();
        let manifest = Manifest::image(Format::Oci, &image).map_err(|source| Error::Manifest { url, source })?;
        Ok(Self { remote, tag, layer: (layer, text), config: (config, json), manifest })
    }

    fn run(&self, examination: &mut Examination) -> Result<()> {
        let mut tell = |finding| examination.findings.push(finding);
        let upload = self.remote.put_blob(&mut blob(&self.layer)?, None);
        if let Err(error) = upload {
            if matches!(error.status(), Some(401 | 403)) {
                return Err(error);
            }
            tell(Finding::of::<()>(Ability::Upload, Err(error))?);
            let untried = |ability| Finding::new(ability, Verdict::NotTested, "no blob can be uploaded");
            Ability::WRITING[1..].iter().map(|ability| untried(*ability)).for_each(tell);
            return Ok(());
        }
        tell(Finding::new(Ability::Upload, Verdict::Yes, ""));
        let mut content = blob(&self.config)?;
        let half = content.size().div_ceil(2);
        let chunked = Finding::of(Ability::ChunkedUpload, self.remote.send_pieces(&mut content, half))?;
        let is_there = chunked.verdict == Verdict::Yes;
        tell(chunked);
        tell(self.mounted()?);
        let config = if is_there { Ok(()) } else { self.remote.put_blob(&mut blob(&self.config)?, None).map(drop) };
        let push = config.and_then(|()| self.remote.put_manifest(&self.tag, &self.manifest));
        let push = Finding::of(Ability::Push, push)?;
        let is_pushed = push.verdict == Verdict::Yes;
        tell(push);
        self.remove(is_pushed, examination)
    }

    /// Asks for a blob of the repository itself, which it may have.
    fn mounted(&self) -> Result<Finding> {
        match self.remote.mount(&self.layer.0.digest, self.remote.path()) {
            Ok(Mount::Session(url)) => {
                // An upload that nobody goes on with is the registry's to forget, if it cannot be ended.
                if let Ok(response) = self.remote.session.send(Request::new("DELETE", url), &self.remote.scopes) {
                    response.discard();
                }
                Ok(Finding::new(Ability::Mount, Verdict::No, "an upload begins instead"))
            }
            Ok(Mount::Refused) => Ok(Finding::new(Ability::Mount, Verdict::No, "it is refused")),
            other => Finding::of(Ability::Mount, other),
        }
    }

    /// Deletes what was written, and notes what could not be.
    fn remove(&self, is_pushed: bool, examination: &mut Examination) -> Result<()> {
        let (mut findings, mut left) = (Vec::new(), Vec::new());
        if is_pushed {
            let tag = Finding::of(Ability::DeleteTag, self.remote.delete(&self.tag, &DELETED))?;
            let digest = self.manifest.digest();
            let manifest = match self.remote.delete(&digest.to_string(), &DELETED) {
                Err(error) if error.is_not_found() && tag.verdict == Verdict::Yes => {
                    Finding::new(Ability::DeleteManifest, Verdict::NotTested, "it went with its last tag")
                }
                other => Finding::of(Ability::DeleteManifest, other)?,
            };
            if manifest.verdict == Verdict::No {
                left.push(format!("manifest {digest}"));
                left.extend((tag.verdict == Verdict::No).then(|| format!("tag {}", self.tag)));
            }
            findings.extend([tag, manifest]);
        } else {
            let untried = |ability| Finding::new(ability, Verdict::NotTested, "no manifest can be pushed");
            findings.extend([Ability::DeleteTag, Ability::DeleteManifest].map(untried));
        }
        let mut blobs = Finding::new(Ability::DeleteBlob, Verdict::Yes, "");
        for (descriptor, _) in [&self.layer, &self.config] {
            let one = match self.delete_blob(&descriptor.digest) {
                Err(error) if error.is_not_found() => continue,
                other => Finding::of(Ability::DeleteBlob, other)?,
            };
            if one.verdict == Verdict::No {
                left.push(format!("blob {}", descriptor.digest));
                blobs = one;
            }
        }
        findings.push(blobs);
        examination.findings.extend(findings);
        examination.left.extend(left);
        Ok(())
    }

    fn delete_blob(&self, digest: &Digest) -> Result<()> {
        let scope = Scope::repository(self.remote.path(), Access::Delete);
        let needed = merge(self.remote.scopes.iter().cloned().chain([scope]));
        let request = Request::new("DELETE", self.remote.blob_url(digest));
        self.remote.session.expect(request, &needed, &DELETED).map(Response::discard)
    }
}

fn blob(content: &(Descriptor, String)) -> Result<Blob<'_>> {
    Ok(Blob::from_bytes(content.0.clone(), content.1.as_bytes())?)
}

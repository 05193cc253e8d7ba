//! An artifact that was made here, as a place to copy from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::PathBuf;

use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::draft::Made;
use crate::manifest::Manifest;
use crate::transport::{self, Selector, Source};

/// A manifest with the content that it needs. As a [`Source`] it holds this one manifest.
#[derive(Clone, Debug)]
pub struct Artifact {
    manifest: Manifest,
    contents: BTreeMap<Digest, Content>,
}

/// Where a blob's content is.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file of this machine, which must not change.
    File(PathBuf),
    /// In a file without a name.
    Made(Box<Made>),
}

impl Artifact {
    /// Makes one of a manifest and the content of its blobs.
    pub fn new(manifest: Manifest, contents: impl IntoIterator<Item = (Digest, Content)>) -> Self {
        Self { manifest, contents: contents.into_iter().collect() }
    }

    /// Makes one whose blobs are all at hand.
    pub fn of_bytes<'a>(manifest: Manifest, blobs: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self::new(manifest, blobs.into_iter().map(|blob| (Digest::of(blob), Content::Bytes(blob.to_vec()))))
    }

    /// Returns the manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn is_meant(&self, at: &Selector) -> bool {
        at.digest().is_none_or(|digest| digest == self.manifest.digest())
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the new artifact")
    }
}

impl Source for Artifact {
    fn resolve(&self, at: &Selector) -> transport::Result<Option<Descriptor>> {
        Ok(self.is_meant(at).then(|| self.manifest.descriptor()))
    }

    fn manifest(&self, at: &Selector) -> transport::Result<Manifest> {
        match self.is_meant(at) {
            true => Ok(self.manifest.clone()),
            false => Err(transport::Error::not_found(at, self)),
        }
    }

    fn blob(&self, blob: &Descriptor) -> transport::Result<Blob<'_>> {
        // What a list says of a blob is nothing that its content has.
        let bare = Descriptor::new(blob.media_type.clone(), blob.digest.clone(), blob.size);
        match self.contents.get(&blob.digest) {
            Some(Content::Bytes(bytes)) => Ok(Blob::from_bytes(bare, bytes)?),
            Some(Content::Made(made)) => Ok(made.blob()?),
            Some(Content::File(path)) => Ok(Blob::new(bare, move |at| {
                let named =
                    |error: io::Error| io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()));
                let mut file = File::open(path).map_err(named)?;
                file.seek(SeekFrom::Start(at)).map_err(named)?;
                Ok(Box::new(file))
            })?),
            None => Err(transport::Error::not_found(format!("blob {}", blob.digest), self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Fault;
    use crate::manifest::Image;
    use crate::media_type::{Format, MediaType};

    fn sample(layer: &Descriptor) -> Manifest {
        let image = Image {
            config: Descriptor::of(MediaType::OCI_EMPTY, b"{}"),
            layers: vec![layer.clone()],
            subject: None,
            annotations: std::collections::BTreeMap::new(),
            artifact_type: Some("a/b".into()),
        };
        Manifest::image(Format::Oci, &image).expect("a manifest")
    }

    #[test]
    fn it_holds_one_manifest_and_its_blobs() {
        let layer = Descriptor::of(MediaType::OCTET_STREAM, b"content");
        let artifact = Artifact::of_bytes(sample(&layer), [&b"content"[..], b"{}"]);
        let own = artifact.manifest().digest().clone();
        for at in [Selector::Sole, Selector::Digest(own.clone())] {
            assert_eq!(artifact.resolve(&at).expect("resolves").map(|found| found.digest), Some(own.clone()));
            assert_eq!(*Source::manifest(&artifact, &at).expect("there").digest(), own);
        }
        let other = Selector::Digest(layer.digest.clone());
        assert_eq!(artifact.resolve(&other).expect("resolves"), None);
        assert!(Source::manifest(&artifact, &other).expect_err("another").is_not_found());
        assert_eq!(artifact.blob(&layer).expect("there").read_all(10).expect("reads"), b"content");
        let missing = Descriptor::of(MediaType::OCTET_STREAM, b"other");
        assert!(artifact.blob(&missing).expect_err("missing").is_not_found());
    }

    #[test]
    fn a_file_that_changed_is_no_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let layer = Descriptor::of(MediaType::OCTET_STREAM, b"content");
        let artifact = Artifact::new(sample(&layer), [(layer.digest.clone(), Content::File(path.clone()))]);
        let read = || artifact.blob(&layer).expect("a blob").read_all(10);
        let error = read().expect_err("not there");
        assert!(format!("{:?}", Fault::of(&error)).contains("cannot read"), "{error:?}");
        std::fs::write(&path, "content").expect("written");
        assert_eq!(read().expect("reads"), b"content");
        std::fs::write(&path, "c0ntent").expect("written");
        assert!(Fault::of(&read().expect_err("changed")).is_some_and(Fault::is_mismatch));
    }
}

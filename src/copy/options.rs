//! What can be asked of a copy.

use std::path::PathBuf;
use std::sync::Arc;

use super::Gate;
use crate::digest::Digest;
use crate::media_type::{Compression, Format};
use crate::platform::Platform;
use crate::reference::Tag;

/// How an image is copied. The default copies this host's platform as it is.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which platforms of an index.
    pub platforms: Platforms,
    /// The media types wanted; as they are, if not given.
    pub format: Option<Format>,
    /// The compression wanted of layers; as it is, if not given.
    pub compress: Option<Compression>,
    /// The compressor's level, in its own scale.
    pub level: Option<i32>,
    /// What the destination's name must still stand for when it is replaced, or else [`Error::Moved`](super::Error::Moved).
    pub expected: Option<Digest>,
    /// Never replace what another image has as its name at the destination: [`Error::Taken`](super::Error::Taken) then. Looked at before
    /// anything is written, and again when the name is.
    pub no_clobber: bool,
    /// Leave attestations out of a whole index, which makes another index.
    pub no_attestations: bool,
    /// Look for every part at the destination, even where the name is right already, and write what is missing. Whether the bytes of what is
    /// there are checked too is the destination's option: [`transport::Options::verify`](crate::transport::Options::verify).
    pub force: bool,
    /// Fail rather than change a byte of a manifest.
    pub preserve_digests: bool,
    /// More names for the same manifest at the destination.
    pub additional_tags: Vec<String>,
    /// Find out what would be done, and write nothing.
    pub dry_run: bool,
    /// Fetch nondistributable layers too, from their URLs if need be.
    pub include_external: bool,
    /// The tag that must name the very digest that is copied.
    pub check_tag: Option<Tag>,
    /// Copy what refers to the image too: signatures, attestations, SBOMs and the like, and what refers to those.
    pub referrers: bool,
    /// The most bytes of manifests that are read for one image with its referrers, which are held in memory; 256 MiB if not given. An image
    /// with more is refused before it gets its name.
    pub max_manifest_bytes: Option<u64>,
    /// Where layers are recompressed.
    pub scratch: Option<PathBuf>,
    /// Who decides whether the image may be copied; without, any may.
    pub gate: Option<Arc<dyn Gate>>,
}

/// Which platforms of an index are copied. What is no index is copied as it is, unless a platform is asked for that its config contradicts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Platforms {
    /// The one image for [`Platform::host`].
    #[default]
    Host,
    /// The whole index, attestations and all.
    All,
    /// One: the image itself. Several: an index with only these.
    Only(Vec<Platform>),
}

impl Options {
    /// Says whether manifests may come out different.
    pub(super) fn changes(&self) -> bool {
        self.format.is_some() || self.compress.is_some()
    }
}

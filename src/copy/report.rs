//! What a copy did, or would do.

use serde::Serialize;

use crate::descriptor::Descriptor;
use crate::digest::Digest;

/// What a copy did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The manifest at the destination.
    pub manifest: Descriptor,
    /// The digest at the source that the name stood for.
    pub source_digest: Digest,
    /// Which platforms were taken, when the source is an index.
    pub choice: Option<Choice>,
    /// Whether the destination had it all.
    pub up_to_date: bool,
    /// Images copied: 1, or the number of images in the index.
    pub images: usize,
    /// Referrers copied: those that the destination lacked.
    pub referrers: usize,
    /// Counts and bytes by what happened.
    pub totals: Totals,
    /// What a dry run would do; empty otherwise.
    pub plan: Vec<Step>,
}

impl Report {
    /// Says what was found at the source, with nothing done yet.
    pub(super) fn new(found: &Descriptor, manifest: Descriptor, choice: Option<Choice>) -> Self {
        Self {
            manifest,
            source_digest: found.digest.clone(),
            choice,
            up_to_date: false,
            images: 0,
            referrers: 0,
            totals: Totals::default(),
            plan: Vec::new(),
        }
    }
}

/// Which part of an index was copied.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// The platforms copied, as text.
    pub platforms: Vec<String>,
    /// How many platforms the index has, attestations not counted.
    pub of: usize,
    /// Whether that is because nothing was asked for, so that a reader may want to know of `--all`.
    pub by_default: bool,
}

/// Blobs counted by what happened to them. Bytes are those of the blobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Blobs sent.
    pub sent: usize,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Blobs mounted from another repository.
    pub mounted: usize,
    /// Blobs that were there.
    pub existed: usize,
    /// Blobs left out because they must not be distributed.
    pub skipped: usize,
    /// Layers recompressed.
    pub recompressed: usize,
}

impl Totals {
    /// Returns the number of blobs looked at, those left out aside.
    pub fn blobs(&self) -> usize {
        self.sent + self.mounted + self.existed
    }
}

/// One write that a dry run would do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// A blob is sent, or mounted where the registry lets it.
    Blob {
        /// Which.
        digest: Digest,
        /// Its size in bytes.
        size: u64,
        /// Whether a mount is tried first.
        mount: bool,
    },
    /// A layer is recompressed and sent.
    Recompress {
        /// Which.
        digest: Digest,
        /// Its size in bytes before.
        size: u64,
    },
    /// A manifest is written.
    Manifest {
        /// Which; that of a manifest that follows from recompressed layers is not known.
        digest: Option<Digest>,
        /// Under which name, if any.
        name: Option<String>,
    },
}

//! Whether an image is all there and whole: every manifest, config and layer, in any place.
//!
//! Indexes are walked level by level, then the blobs are looked at, both in parallel. A defect never hides the others: what is damaged or missing
//! is written down, and everything else is still looked at. Only a place that cannot tell ends the work. Layers are read as streams, so that memory
//! grows with the number of manifests and blobs, and not with their size.

mod blobs;
mod defect;
mod manifests;

use crate::class::Class;
use crate::digest::Digest;
use crate::image;
use crate::platform::Platform;
use crate::pool::Pool;
use crate::transport::{Selector, Source};
use crate::watch::Watch;

pub use defect::{Defect, Flaw, Part};
use manifests::Walk;

/// The most defects that are reported one by one.
pub const MAX_DEFECTS: usize = 10_000;

/// How an image is looked at.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which images of an index; all that it has, if none is named.
    pub platforms: Vec<Platform>,
    /// Read manifests alone, and ask of every blob only whether it is there and how large it is.
    pub fast: bool,
}

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// What the name stands for; nothing when that cannot be read.
    pub digest: Option<Digest>,
    /// How many manifests were read.
    pub manifests: usize,
    /// How many blobs were looked at, each once.
    pub blobs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// How many nondistributable layers were passed over.
    pub external: usize,
    /// What is wrong, in the order in which it was found, manifests first.
    pub defects: Vec<Defect>,
    /// How many more defects there are than are listed.
    pub omitted: usize,
    /// What is odd, and does not keep the image from being used.
    pub warnings: Vec<String>,
}

impl Report {
    /// Returns the kind of failure that the defects are: damage, or else that something is missing; nothing for an image without any.
    pub fn class(&self) -> Option<Class> {
        let is_damaged = self.defects.iter().any(|defect| defect.flaw == Flaw::Damaged);
        let is_missing = !self.defects.is_empty();
        is_damaged.then_some(Class::Verification).or(is_missing.then_some(Class::NotFound))
    }

    fn add(&mut self, defects: impl IntoIterator<Item = Defect>) {
        for defect in defects {
            if self.defects.len() < MAX_DEFECTS {
                self.defects.push(defect);
            } else {
                self.omitted += 1;
            }
        }
    }
}

/// Looks at all that an image needs: manifests by digest, size and type, configs, and layers by digest, size, compression, the structure of their tar
/// and their uncompressed digest in the config.
///
/// # Errors
/// When the image itself is not there, has no image for a platform, or the place cannot tell; and when it has more manifests or blobs than can be
/// held.
pub fn validate(
    source: &dyn Source,
    at: &Selector,
    options: &Options,
    pool: &Pool,
    watch: &Watch,
) -> image::Result<Report> {
    let mut walk = Walk::new(source, options, pool, watch);
    walk.all(at)?;
    let (mut report, needs) = walk.into_parts();
    blobs::look(source, options, pool, watch, &needs, &mut report)?;
    Ok(report)
}

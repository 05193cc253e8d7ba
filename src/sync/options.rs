//! How a plan is carried out.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::plan::Access;
use crate::copy::{Gate, Side};
use crate::transport::{self, Location};
use crate::watch::Watch;

/// Makes the options of places on one side that are reached in a way of their own. Called once for each; the results should share a
/// registry client where nothing tells them apart.
pub type Open<'a> = dyn Fn(Side, &Access) -> transport::Options + Sync + 'a;

/// Makes the one who decides whether the image at a location may be copied.
pub type Admission<'a> = dyn Fn(&Location) -> Arc<dyn Gate> + Sync + 'a;

/// How a plan is carried out.
pub struct Options<'a> {
    /// How many images, and how many transfers over all of them, at once.
    pub jobs: NonZeroUsize,
    /// Begin no more images after the first failure.
    pub fail_fast: bool,
    /// Find out what would be done, and write nothing.
    pub dry_run: bool,
    /// Leave attestations out of whole indexes, as in [`copy::Options`](crate::copy::Options::no_attestations).
    pub no_attestations: bool,
    /// Look for every part at the destinations, as in [`copy::Options`](crate::copy::Options::force).
    pub force: bool,
    /// Skip images whose names at the destinations other images have, as in [`copy::Options`](crate::copy::Options::no_clobber).
    pub no_clobber: bool,
    /// Remove the tags at destinations that whole repositories no longer have.
    pub prune: bool,
    /// The most bytes of manifests that are read for one image, as in [`copy::Options`](crate::copy::Options::max_manifest_bytes).
    pub max_manifest_bytes: Option<u64>,
    /// Hears what goes on, and stops it.
    pub watch: Watch,
    /// Makes the one who decides whether the image at a location may be copied; without, any may.
    pub gate: Option<&'a Admission<'a>>,
    /// Makes the options for places.
    pub open: &'a Open<'a>,
}

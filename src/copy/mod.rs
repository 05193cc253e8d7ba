//! Copying images: the primitive that everything else composes.
//!
//! From any place to any place: the manifests are planned first, then the blobs go in parallel, then the manifests, children before
//! parents, the name last. Bytes and digests stay as they are unless a change was asked for. This module names no kind of place.

mod error;
mod options;
mod report;

pub use error::{Error, Result, Side};
pub use options::{Options, Platforms};
pub use report::{Choice, Report, Step, Totals};

use std::num::NonZeroUsize;

use crate::transport::{Selector, Source, Transport};
use crate::watch::Watch;

/// What copies that run together share: the number of transfers at once and the watch.
#[derive(Debug)]
pub struct Session {
    jobs: NonZeroUsize,
    watch: Watch,
}

/// One image to be copied.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Where from.
    pub source: &'a dyn Source,
    /// Which image there.
    pub from: &'a Selector,
    /// Where to.
    pub destination: &'a dyn Transport,
    /// Under which name; [`Selector::Digest`] promises what the manifest's digest will be.
    pub to: &'a Selector,
    /// How.
    pub options: &'a Options,
}

impl Session {
    /// Starts a session with at most `jobs` transfers at once, over all its images together.
    pub fn new(jobs: NonZeroUsize, watch: Watch) -> Self {
        Self { jobs, watch }
    }

    /// Copies one image. The destination's `finish` is left to the caller, who may have more images for it.
    ///
    /// # Errors
    /// What failed and on which side. The destination then has the name as it was, at most with some of the new blobs beside it.
    pub fn copy(&self, request: &Request<'_>) -> Result<Report> {
        let _ = (request, self.jobs, &self.watch);
        Err(Error::Refused { reason: "not there yet".into(), cure: None })
    }
}

/// Copies one image in a session of its own, and finishes the destination.
///
/// # Errors
/// See [`Session::copy`].
pub fn copy(request: &Request<'_>, jobs: NonZeroUsize, watch: &Watch) -> Result<Report> {
    let report = Session::new(jobs, watch.clone()).copy(request)?;
    if !request.options.dry_run {
        request.destination.finish().map_err(Error::at(Side::Destination, request.destination))?;
    }
    Ok(report)
}

//! Copying images: the primitive that everything else composes.
//!
//! From any place to any place: the manifests are planned first, then the blobs go in parallel, then the manifests, children before
//! parents, the name last. Bytes and digests stay as they are unless a change was asked for. This module names no kind of place.

mod choose;
mod convert;
mod error;
mod gate;
mod in_flight;
mod manifests;
mod options;
mod plan;
mod referrers;
mod report;
mod request;
mod session;
mod transfer;

pub use error::{Error, Result, Side};
pub use gate::{Gate, Refusal, instances};
pub use options::{Options, Platforms};
pub use report::{Choice, Report, Step, Totals};
pub use request::Request;
pub use session::Session;

use std::num::NonZeroUsize;

use crate::watch::Watch;

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

#[cfg(test)]
mod tests;

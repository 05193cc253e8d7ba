//! What a name stands for.

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::image;
use stevedore::platform::Platform;
use stevedore::transport::{self, Location, Source};

use super::Result;
use super::report::Report;

/// A name and its digest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    reference: String,
    digest: Digest,
    media_type: String,
    size: u64,
}

/// Resolves a reference; with a platform, to the image for it.
pub(crate) fn find(reference: &Location, platform: Option<&Platform>, source: &dyn Source) -> Result<Found> {
    let found = match platform {
        Some(platform) => image::resolve(source, &reference.at, platform)?,
        None => {
            let found = source.resolve(&reference.at)?;
            found.ok_or_else(|| transport::Error::not_found(&reference.at, source))?
        }
    };
    Ok(Found {
        reference: reference.to_string(),
        digest: found.digest,
        media_type: found.media_type.to_string(),
        size: found.size,
    })
}

impl Report for Found {
    fn text(&self) -> String {
        format!("{}\n", self.digest)
    }
}

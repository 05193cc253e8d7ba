//! What `build` says when it is done.

use std::time::Duration;

use serde::Serialize;
use stevedore::copy::{Report, Totals};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::draft::{Draft, Layer};
use stevedore::transport::Location;

use crate::cli::report;
use crate::cli::units::{bytes, count, elapsed};

/// An image or an index that is built and written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Built {
    destination: String,
    manifest: Descriptor,
    up_to_date: bool,
    images: Vec<BuiltImage>,
    totals: Totals,
}

/// One image that is built.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuiltImage {
    pub(crate) manifest: Descriptor,
    layers: Vec<BuiltLayer>,
}

/// One layer of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuiltLayer {
    #[serde(flatten)]
    descriptor: Descriptor,
    diff_id: Digest,
    /// Whether it is the base's.
    kept: bool,
}

impl BuiltImage {
    /// Tells of a draft.
    pub(crate) fn new(manifest: Descriptor, draft: &Draft) -> Self {
        let layer = |layer: &Layer| BuiltLayer {
            descriptor: layer.descriptor().clone(),
            diff_id: layer.diff_id().clone(),
            kept: matches!(layer, Layer::Kept { .. }),
        };
        Self { manifest, layers: draft.layers.iter().map(layer).collect() }
    }
}

impl report::Report for Built {
    fn text(&self) -> String {
        format!("{}\n", self.manifest.digest)
    }
}

impl Built {
    /// Puts together what was built and what was written of it.
    pub(crate) fn new(destination: &Location, report: &Report, images: Vec<BuiltImage>) -> Self {
        let Report { manifest, up_to_date, totals, .. } = report.clone();
        Self { destination: destination.to_string(), manifest, up_to_date, images, totals }
    }

    /// Returns the digest that got the name.
    pub(crate) fn digest(&self) -> &Digest {
        &self.manifest.digest
    }

    /// Tells in one line what happened: `built 1 image with 1 new layer; sent 3 blobs (1.2 MB); 0.4 s`.
    pub(crate) fn summary(&self, time: Duration) -> String {
        let new = self.images.iter().flat_map(|image| &image.layers).filter(|layer| !layer.kept).count();
        let built = format!("built {} with {}", count(self.images.len(), "image"), count(new, "new layer"));
        let totals = &self.totals;
        let mut parts = vec![format!("sent {} ({})", count(totals.sent, "blob"), bytes(totals.sent_bytes))];
        for (number, what) in [(totals.mounted, "mounted"), (totals.existed, "there already")] {
            if number > 0 {
                parts.push(format!("{number} {what}"));
            }
        }
        if self.up_to_date {
            parts = vec![format!("{} is up to date", self.destination)];
        }
        format!("{built}; {}; {}", parts.join(", "), elapsed(time))
    }
}

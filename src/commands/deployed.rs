//! What `deploy` says when it is done: the names with their digests, and one line about what happened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use stevedore::deploy::{self, Deployment};
use stevedore::transport::{Location, Pruned};

use crate::cli::report;
use crate::cli::units::{bytes, count, elapsed};

/// A deployment that is done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployed {
    directory: String,
    images: Vec<Image>,
    configuration: Option<Configuration>,
    pruned: Option<Pruned>,
}

/// One image with where it came from.
#[derive(Debug, Serialize)]
struct Image {
    source: String,
    #[serde(flatten)]
    image: deploy::Deployed,
}

/// The server's configuration.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configuration {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Whether the file was written, so that the server must load it.
    pub(crate) changed: bool,
}

impl Deployed {
    /// Puts the places beside the report.
    pub(crate) fn new(
        sources: &[Location],
        directory: &Path,
        deployment: Deployment,
        configuration: Option<Configuration>,
    ) -> Self {
        let images = deployment.images.into_iter().zip(sources);
        let images = images.map(|(image, source)| Image { source: source.to_string(), image }).collect();
        Self { directory: directory.display().to_string(), images, configuration, pruned: deployment.pruned }
    }
}

impl report::Report for Deployed {
    fn text(&self) -> String {
        let line = |Image { image, .. }: &Image| {
            let tag = image.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
            format!("{}{tag}@{}\n", image.repository, image.digest())
        };
        self.images.iter().map(line).collect()
    }
}

/// Tells in one line what happened: `deployed 3 images, 2 up to date, 4 blobs written (2.9 MB); nginx.conf is new; 0.4 s`.
pub(crate) fn summary(deployed: &Deployed, time: Duration) -> String {
    let reports = || deployed.images.iter().map(|image| &image.image.report);
    let current = reports().filter(|report| report.up_to_date).count();
    let sent: usize = reports().map(|report| report.totals.sent).sum();
    let sent_bytes = reports().map(|report| report.totals.sent_bytes).sum();
    let mut text = format!("deployed {}", count(deployed.images.len(), "image"));
    if current > 0 {
        text.push_str(&format!(", {current} up to date"));
    }
    if sent > 0 {
        text.push_str(&format!(", {} written ({})", count(sent, "blob"), bytes(sent_bytes)));
    }
    if let Some(Pruned { tags, manifests, blobs, bytes: freed, .. }) = deployed.pruned {
        let (tags, manifests, blobs) = (tags as usize, manifests as usize, blobs as usize);
        let (tags, manifests, blobs) = (count(tags, "tag"), count(manifests, "manifest"), count(blobs, "blob"));
        text.push_str(&format!("; removed {tags}, {manifests} and {blobs} ({})", bytes(freed)));
    }
    if let Some(Configuration { path, changed: true }) = &deployed.configuration {
        text.push_str(&format!("; {} is new, the server must load it", path.display()));
    }
    format!("{text}; {}", elapsed(time))
}

//! What `deploy` says when it is done: the names with their digests, and one line about what happened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use stevedore::deploy::{self, Deployment};
use stevedore::digest::Digest;
use stevedore::sync;
use stevedore::transport::{Location, Place, Pruned};

use crate::cli::batch_report::{self, Synced};
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

/// Images that a file listed, deployed as far as they could be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    directory: String,
    #[serde(flatten)]
    pub(crate) synced: Synced,
    configuration: Option<Configuration>,
    removed: Option<Pruned>,
    #[serde(skip)]
    names: Vec<String>,
}

impl Listed {
    /// Puts the tree's things beside what became of the images.
    pub(crate) fn new(
        report: sync::Report,
        directory: &Path,
        removed: Option<Pruned>,
        configuration: Option<Configuration>,
    ) -> Self {
        let copied = report.images.iter().filter_map(|image| image.result.as_ref().ok());
        let names = copied.map(|copied| name(&copied.at, &copied.digest)).collect();
        let synced = Synced::new(report, false);
        Self { directory: directory.display().to_string(), synced, configuration, removed, names }
    }

    /// Tells in one line what happened.
    pub(crate) fn summary(&self, time: Duration) -> String {
        let text = batch_report::counted("deployed", &self.synced);
        format!("{text}{}{}; {}", removed(self.removed.as_ref()), changed(self.configuration.as_ref()), elapsed(time))
    }
}

impl report::Report for Listed {
    fn text(&self) -> String {
        self.names.concat()
    }
}

/// Returns a line with a name in the tree and its digest.
fn name(at: &Location, digest: &Digest) -> String {
    let Place::Static { repository, .. } = &at.place else {
        return format!("{at} {digest}\n");
    };
    let tag = at.at.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
    format!("{repository}{tag}@{digest}\n")
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
    text.push_str(&removed(deployed.pruned.as_ref()));
    text.push_str(&changed(deployed.configuration.as_ref()));
    format!("{text}; {}", elapsed(time))
}

fn removed(pruned: Option<&Pruned>) -> String {
    let Some(Pruned { tags, manifests, blobs, bytes: freed, .. }) = pruned else {
        return String::new();
    };
    let [tags, manifests, blobs] =
        [(tags, "tag"), (manifests, "manifest"), (blobs, "blob")].map(|(number, what)| count(*number as usize, what));
    format!("; removed {tags}, {manifests} and {blobs} ({})", bytes(*freed))
}

fn changed(configuration: Option<&Configuration>) -> String {
    match configuration {
        Some(Configuration { path, changed: true }) => {
            format!("; {} is new, the server must load it", path.display())
        }
        _ => String::new(),
    }
}

//! What is said of many images when they are done: a line for each, what failed, and one line about the whole.

use std::time::Duration;

use serde::Serialize;
use stevedore::class::Class;
use stevedore::copy::Totals;
use stevedore::sync::{Copied, Error, Report};
use stevedore::watch::Watch;

use super::report;
use super::units::{self, bytes, count, elapsed};
use super::{Failure, Result, Verdict};

/// A run that is done, or planned.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Synced {
    dry_run: bool,
    images: Vec<Image>,
    pruned: Vec<Pruned>,
    not_begun: usize,
    totals: Totals,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    line: usize,
    source: String,
    destination: String,
    #[serde(flatten)]
    copied: Option<Copied>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pruned {
    destination: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

impl Synced {
    /// Makes it of the library's report.
    pub(crate) fn new(report: Report, dry_run: bool) -> Self {
        let totals = report.totals();
        let images = report.images.into_iter().map(|image| {
            let (copied, error) = match image.result {
                Ok(copied) => (Some(copied), None),
                Err(error) => (None, Some(failure(error, &image.source))),
            };
            Image { line: image.line, source: image.source, destination: image.destination, copied, error }
        });
        let images = images.collect();
        let pruned = report.pruned.into_iter().map(|pruned| {
            let error = pruned.result.err().map(|error| failure(error, &pruned.destination));
            Pruned { destination: pruned.destination, error }
        });
        Self { dry_run, images, pruned: pruned.collect(), not_begun: report.not_begun, totals }
    }

    /// Returns how many things there were to do, as text.
    fn count(&self) -> String {
        let images = count(self.images.len() + self.not_begun, "image");
        if self.pruned.is_empty() { images } else { format!("{images} and {}", count(self.pruned.len(), "removal")) }
    }

    /// Returns a line for each failure.
    pub(crate) fn failures(&self) -> impl Iterator<Item = String> {
        let images = self.images.iter().filter_map(|image| {
            let Image { source, destination, error, .. } = image;
            Some(format!("failed: {source} to {destination}: {}", error.as_ref()?.line()))
        });
        let pruned = self.pruned.iter().filter_map(|Pruned { destination, error }| {
            Some(format!("failed: removing {destination}: {}", error.as_ref()?.line()))
        });
        images.chain(pruned)
    }

    /// Ends the run: as interrupted, or with how many failed and their class.
    ///
    /// # Errors
    /// Always, unless all went well.
    pub(crate) fn end(&self, class: Option<Class>, watch: &Watch) -> Result<()> {
        watch.check()?;
        let Some(class) = class else { return Ok(()) };
        let reason = format!("{} of {} failed", self.failures().count(), self.count());
        Err(Verdict { class, reason }.into())
    }
}

fn failure(error: Error, reference: &str) -> Failure {
    Failure::of(&error.into(), Some(reference.to_owned()))
}

impl report::Report for Synced {
    fn text(&self) -> String {
        let mut text = String::new();
        for Image { destination, copied, .. } in &self.images {
            let Some(Copied { digest, up_to_date, .. }) = copied.as_ref().filter(|copied| !copied.skipped) else {
                continue;
            };
            match (self.dry_run, up_to_date) {
                (false, _) => text.push_str(&format!("{digest} {destination}\n")),
                (true, false) => text.push_str(&format!("would copy {destination} ({digest})\n")),
                (true, true) => {}
            }
        }
        if self.dry_run {
            let removed = self.pruned.iter().filter(|pruned| pruned.error.is_none());
            text.extend(removed.map(|Pruned { destination, .. }| format!("would remove {destination}\n")));
        }
        text
    }
}

/// Tells in one line what happened: `synced 30 images: 3 copied (2.9 MB sent), 26 up to date, 1 failed, 2 removed; 0.4 s`.
pub(crate) fn summary(synced: &Synced, time: Duration) -> String {
    let end = if synced.dry_run { "; nothing is written" } else { "" };
    format!("{}{end}; {}", counted("synced", synced), elapsed(time))
}

/// Counts what was done, behind a verb: `synced 30 images: 3 copied (2.9 MB sent), 1 failed`.
pub(crate) fn counted(verb: &str, synced: &Synced) -> String {
    let copied = || synced.images.iter().filter_map(|image| image.copied.as_ref());
    let up_to_date = copied().filter(|copied| copied.up_to_date).count();
    let skipped = copied().filter(|copied| copied.skipped).count();
    let failed = synced.images.iter().filter(|image| image.error.is_some()).count();
    let removed = synced.pruned.iter().filter(|pruned| pruned.error.is_none()).count();
    let (copy, remove) = match synced.dry_run {
        true => ("to copy".to_owned(), "to remove"),
        false => (format!("copied ({} sent)", bytes(synced.totals.sent_bytes)), "removed"),
    };
    let counts = [
        (copied().count() - up_to_date - skipped, copy.as_str()),
        (up_to_date, "up to date"),
        (skipped, "skipped"),
        (failed, "failed"),
        (synced.pruned.len() - removed, "not removed"),
        (synced.not_begun, "not begun"),
        (removed, remove),
    ];
    let images = count(synced.images.len() + synced.not_begun, "image");
    format!("{verb} {images}{}", units::counts(&counts))
}

#[cfg(test)]
mod tests {
    use stevedore::digest::Digest;
    use stevedore::sync;

    use super::*;
    use crate::cli::report::Report as _;

    fn synced(dry_run: bool) -> Synced {
        let image = |line: usize, result| sync::Image {
            line,
            source: format!("oci:a:{line}"),
            destination: format!("oci:b:{line}"),
            result,
        };
        let copied = |up_to_date, sent_bytes| {
            let totals = Totals { sent: 1, sent_bytes, ..Totals::default() };
            Ok(sync::Copied {
                at: "oci:b:1".parse().expect("a location"),
                digest: Digest::of(b"x"),
                up_to_date,
                skipped: false,
                totals,
            })
        };
        let images = vec![
            image(1, copied(false, 2_900_000)),
            image(2, copied(true, 0)),
            image(3, Err(Error::Taken { line: 1 })),
        ];
        let pruned = vec![sync::Pruned { destination: "oci:b:9".into(), result: Ok(()) }];
        Synced::new(Report { images, pruned, not_begun: 2 }, dry_run)
    }

    #[test]
    fn what_is_said() {
        let digest = Digest::of(b"x");
        let done = synced(false);
        assert_eq!(done.text(), format!("{digest} oci:b:1\n{digest} oci:b:2\n"));
        assert_eq!(
            summary(&done, Duration::from_millis(400)),
            "synced 5 images: 1 copied (2.9 MB sent), 1 up to date, 1 failed, 2 not begun, 1 removed; 0.4 s"
        );
        let failures: Vec<String> = done.failures().collect();
        assert_eq!(
            failures,
            [
                "failed: oci:a:3 to oci:b:3: line 1 writes another image there (hint: give one of the images another name)"
            ]
        );
        assert_eq!(done.count(), "5 images and 1 removal");
    }

    #[test]
    fn what_would_be_done() {
        let dry = synced(true);
        assert_eq!(dry.text(), format!("would copy oci:b:1 ({})\nwould remove oci:b:9\n", Digest::of(b"x")));
        assert!(summary(&dry, Duration::ZERO).ends_with("1 to remove; nothing is written; 0.0 s"));
    }
}

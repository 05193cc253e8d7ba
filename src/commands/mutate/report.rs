//! What `mutate` says when it is done.

use std::ffi::OsString;
use std::time::Duration;

use serde::Serialize;
use stevedore::copy;
use stevedore::digest::Digest;
use stevedore::mutate::{Changed, Mutated, Note};
use stevedore::transport::Location;

use crate::cli::report::Report;
use crate::cli::units::{bytes, count, elapsed};

/// An image that was changed, or would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    reference: String,
    destination: String,
    dry_run: bool,
    /// What the name stood for.
    before: Digest,
    /// What it stands for now.
    digest: Digest,
    changed: bool,
    images: Vec<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<copy::Totals>,
}

/// An image that changed.
#[derive(Debug, Serialize)]
struct Image {
    platform: String,
    before: Digest,
    digest: Digest,
}

impl Outcome {
    pub(super) fn new(
        reference: &Location,
        destination: &Location,
        mutated: Mutated,
        report: Option<copy::Report>,
        dry_run: bool,
    ) -> Self {
        let image =
            |Changed { platform, before, after, .. }| Image { platform: platform.to_string(), before, digest: after };
        Self {
            reference: reference.to_string(),
            destination: destination.to_string(),
            dry_run,
            changed: mutated.before.digest != mutated.after.digest,
            before: mutated.before.digest,
            digest: mutated.after.digest,
            images: mutated.images.into_iter().map(image).collect(),
            totals: report.map(|report| report.totals),
        }
    }

    /// Says in a line what happened.
    pub(super) fn summary(&self, time: Duration) -> String {
        if !self.changed {
            return format!("nothing to change in {}", self.reference);
        }
        let verb = if self.dry_run { "would change" } else { "changed" };
        // Without images it is the index that changed, or a manifest by hand.
        let what = match self.images.len() {
            0 => self.destination.clone(),
            images => format!("{} in {}", count(images, "image"), self.destination),
        };
        let sent = self.totals.map_or(String::new(), |totals| format!(", sent {}", bytes(totals.sent_bytes)));
        format!("{verb} {what}{sent} in {}", elapsed(time))
    }
}

impl Report for Outcome {
    fn text(&self) -> String {
        format!("{}\n", self.digest)
    }
}

/// Returns a sentence about what a change does not carry along; `strip` are the patterns of what it removes.
pub(super) fn note(note: &Note, strip: &[OsString]) -> String {
    match note {
        Note::Attestation(digest) => format!("dropped attestation {digest}: it describes the image as it was"),
        Note::NoImage(digest) => format!("left {digest} as it is: it is no image"),
        Note::Referrers(digest, 1) => {
            format!("1 manifest still refers to {digest} and does not hold for the new image")
        }
        Note::Referrers(digest, count) => {
            format!("{count} manifests still refer to {digest} and do not hold for the new image")
        }
        Note::Unmatched(number) => {
            let pattern = strip.get(*number).map(|pattern| pattern.display().to_string()).unwrap_or_default();
            format!(
                "--strip {pattern} matches nothing in the layers; of a path behind a symbolic link, name the real path"
            )
        }
        _ => "something else did not change along".to_owned(),
    }
}

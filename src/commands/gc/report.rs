//! What `gc` has removed, as JSON and for people.

use serde::Serialize;
use stevedore::digest::Digest;
#[cfg(feature = "server")]
use stevedore::server::Scrubbed;

use crate::cli::report::Report;
use crate::cli::units::bytes;
#[cfg(feature = "server")]
use crate::cli::units::count;

/// What is gone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Freed {
    pub(super) place: String,
    pub(super) blobs: u64,
    pub(super) bytes: u64,
    pub(super) dry_run: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) store: Option<Collected>,
    pub(super) items: Items,
}

/// What else is gone of a registry's directory.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collected {
    pub(super) kept: u64,
    pub(super) untagged: u64,
    pub(super) uploads: u64,
    pub(super) leftovers: u64,
}

/// What was read again.
#[cfg(feature = "server")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    place: String,
    blobs: u64,
    bytes: u64,
    dry_run: bool,
    damaged: Vec<Blob>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_in_place: Vec<Blob>,
}

#[cfg(feature = "server")]
impl Verified {
    /// Makes the report of what a scrub of `place` found.
    pub(super) fn new(place: String, dry_run: bool, found: Scrubbed) -> Self {
        let list = |list: Vec<(Digest, u64)>| list.into_iter().map(|(digest, size)| Blob { digest, size }).collect();
        let Scrubbed { blobs, bytes, damaged, left_in_place, .. } = found;
        Self { place, blobs, bytes, dry_run, damaged: list(damaged), left_in_place: list(left_in_place) }
    }

    /// Returns how many are damaged.
    pub(super) fn damaged(&self) -> usize {
        self.damaged.len() + self.left_in_place.len()
    }
}

#[cfg(feature = "server")]
impl Report for Verified {
    fn text(&self) -> String {
        let what = if self.dry_run { "damaged" } else { "set aside, push it again:" };
        let mut text: String =
            self.damaged.iter().map(|Blob { digest, size }| format!("{what} {digest} ({})\n", bytes(*size))).collect();
        for Blob { digest, size } in &self.left_in_place {
            let why = "damaged, and still in place because the storage is busy, run it again:";
            text.push_str(&format!("{why} {digest} ({})\n", bytes(*size)));
        }
        let blobs = count(usize::try_from(self.blobs).unwrap_or(usize::MAX), "blob");
        text.push_str(&format!("read {} ({blobs}) in {}\n", bytes(self.bytes), self.place));
        text
    }
}

/// All that is gone, one by one.
#[derive(Debug, Serialize)]
pub(super) struct Items {
    blobs: Vec<Blob>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untagged: Vec<Untagged>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uploads: Vec<Upload>,
}

#[derive(Debug, Serialize)]
struct Blob {
    digest: Digest,
    size: u64,
}

#[derive(Debug, Serialize)]
struct Untagged {
    repository: String,
    digest: Digest,
}

#[derive(Debug, Serialize)]
struct Upload {
    repository: String,
    id: String,
}

impl Items {
    /// Makes the list of blobs with their sizes, manifests by repository, and uploads by repository.
    pub(super) fn new(
        blobs: Vec<(Digest, u64)>,
        untagged: Vec<(String, Digest)>,
        uploads: Vec<(String, String)>,
    ) -> Self {
        Self {
            blobs: blobs.into_iter().map(|(digest, size)| Blob { digest, size }).collect(),
            untagged: untagged.into_iter().map(|(repository, digest)| Untagged { repository, digest }).collect(),
            uploads: uploads.into_iter().map(|(repository, id)| Upload { repository, id }).collect(),
        }
    }
}

impl Report for Freed {
    fn text(&self) -> String {
        let verb = if self.dry_run { "would free" } else { "freed" };
        let count = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let mut parts = vec![count(self.blobs, "blob", "blobs")];
        if let Some(Collected { untagged, uploads, leftovers, .. }) = &self.store {
            for (number, one, many) in [
                (untagged, "untagged manifest", "untagged manifests"),
                (uploads, "upload", "uploads"),
                (leftovers, "unfinished write", "unfinished writes"),
            ] {
                parts.extend((*number > 0).then(|| count(*number, one, many)));
            }
        }
        let mut text = String::new();
        // What went can be counted; what would go is there to be checked first.
        if self.dry_run {
            let Items { blobs, untagged, uploads } = &self.items;
            let lines = untagged
                .iter()
                .map(|Untagged { repository, digest }| format!("would remove manifest {digest} from {repository}"))
                .chain(
                    uploads
                        .iter()
                        .map(|Upload { repository, id }| format!("would remove upload {id} from {repository}")),
                )
                .chain(
                    blobs.iter().map(|Blob { digest, size }| format!("would free blob {digest} ({})", bytes(*size))),
                );
            for line in lines {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text.push_str(&format!("{verb} {} ({}) in {}\n", bytes(self.bytes), parts.join(", "), self.place));
        text
    }
}

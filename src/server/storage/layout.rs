//! The names of files: the layout of CNCF distribution, with our folder of referrers beside its own.
//!
//! <https://github.com/distribution/distribution/blob/main/registry/storage/paths.go>.

use crate::digest::{Algorithm, Digest};

/// Where distribution keeps everything.
pub(super) const ROOT: &str = "docker/registry/v2";
/// What is being written; distribution does not look there.
pub(super) const PARTIAL: &str = ".partial";
/// Held shared by whoever links content, exclusively by whoever deletes it.
pub(super) const LOCK: &str = ".lock";
/// Held for a moment by whoever is about to take the lock, so that the collector is not kept waiting for ever.
pub(super) const GATE: &str = ".gate";

/// Says whether a name can be one of the layout: none begins with a dot, as those of file managers and network file systems do.
pub(super) fn is_visible(name: &str) -> bool {
    !name.starts_with('.')
}

/// Returns the folder of all blobs of an algorithm.
pub(super) fn blobs(algorithm: Algorithm) -> String {
    format!("{ROOT}/blobs/{algorithm}")
}

/// Returns the file of a blob's content.
pub(super) fn data(digest: &Digest) -> String {
    format!("{ROOT}/blobs/{}/{}/{}/data", digest.algorithm(), &digest.hex()[..2], digest.hex())
}

/// Returns the folder of all repositories.
pub(super) fn repositories() -> String {
    format!("{ROOT}/repositories")
}

/// Returns a repository's folder.
pub(super) fn repository(name: &str) -> String {
    format!("{ROOT}/repositories/{name}")
}

/// Returns the folder of a repository's links to blobs.
pub(super) fn layers(name: &str, algorithm: Algorithm) -> String {
    format!("{}/_layers/{algorithm}", repository(name))
}

/// Returns the link that says that a blob belongs to a repository.
pub(super) fn layer(name: &str, digest: &Digest) -> String {
    format!("{}/{}/link", layers(name, digest.algorithm()), digest.hex())
}

/// Returns the folder of a repository's manifests.
pub(super) fn revisions(name: &str, algorithm: Algorithm) -> String {
    format!("{}/_manifests/revisions/{algorithm}", repository(name))
}

/// Returns the link that says that a manifest belongs to a repository.
pub(super) fn revision(name: &str, digest: &Digest) -> String {
    format!("{}/{}/link", revisions(name, digest.algorithm()), digest.hex())
}

/// Returns the folder of a repository's tags.
pub(super) fn tags(name: &str) -> String {
    format!("{}/_manifests/tags", repository(name))
}

/// Returns a tag's folder.
pub(super) fn tag(name: &str, tag: &str) -> String {
    format!("{}/{tag}", tags(name))
}

/// Returns the link to what a tag points to.
pub(super) fn current(name: &str, tag: &str) -> String {
    format!("{}/{tag}/current/link", tags(name))
}

/// Returns the link to what a tag once pointed to.
pub(super) fn entry(name: &str, tag: &str, digest: &Digest) -> String {
    format!("{}/{tag}/index/{}/{}/link", tags(name), digest.algorithm(), digest.hex())
}

/// Returns the folder of a repository's uploads.
pub(super) fn uploads(name: &str) -> String {
    format!("{}/_uploads", repository(name))
}

/// Returns an upload's folder.
pub(super) fn upload(name: &str, id: &str) -> String {
    format!("{}/{id}", uploads(name))
}

/// Returns the folder of a repository's links to referrers: ours, and of no concern to distribution.
pub(super) fn referrers(name: &str) -> String {
    format!("{}/_referrers", repository(name))
}

/// Returns the folder of the referrers of a manifest.
pub(super) fn referrers_of(name: &str, subject: &Digest) -> String {
    format!("{}/{}/{}", referrers(name), subject.algorithm(), subject.hex())
}

/// Returns the link to a referrer.
pub(super) fn referrer(name: &str, subject: &Digest, digest: &Digest) -> String {
    format!("{}/{}/{}/link", referrers_of(name, subject), digest.algorithm(), digest.hex())
}

/// Returns the file that is as new as the last change of the manifests when every referrer has its link.
pub(super) fn referrers_mark(name: &str) -> String {
    format!("{}/complete", referrers(name))
}

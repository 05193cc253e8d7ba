//! What `sign` and `attest` share: flags, the name an image is signed under, what was written.

use clap::{ArgAction, ValueEnum};
use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::reference::Reference;
use stevedore::sign::{self, Made};
use stevedore::transport::{Location, Place, Selector};

use super::{Result, Usage};

/// Flags of cosign's that change nothing here.
#[derive(clap::Args, Debug)]
pub(crate) struct Habits {
    /// Taken, for nothing is asked
    #[arg(short, long, hide = true)]
    yes: bool,
    /// Taken with the value false: there is no transparency log
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    tlog_upload: Option<bool>,
    /// Taken with the value false, for the same reason
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    use_signing_config: Option<bool>,
}

impl Habits {
    /// Refuses what cannot be had.
    pub(crate) fn check(&self) -> Result<(), Usage> {
        if self.tlog_upload == Some(true) || self.use_signing_config == Some(true) {
            return Err(Usage::new("nothing is sent to a transparency log", "leave the flag out"));
        }
        Ok(())
    }
}

/// A form of signatures, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignatureFormat {
    /// Under the tag sha256-….sig
    Classic,
    /// Among the referrers
    Bundle,
    /// Both
    Both,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Image {
    pub(crate) digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    classic: Option<Signature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Signature>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    manifest: Digest,
    is_new: bool,
}

/// Returns the name that an image is signed under: that of a registry's, or a full one in a layout or archive.
pub(crate) fn identity(reference: &Location) -> Option<String> {
    match (&reference.place, &reference.at) {
        (Place::Registry(repository), at) => {
            // As cosign writes it, and what every reader takes for Docker Hub.
            let host = if repository.host() == "docker.io" { "index.docker.io" } else { repository.host() };
            let tag = at.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
            Some(format!("{host}/{}{tag}", repository.path()))
        }
        (_, Selector::Tag(name)) if name.contains('/') => {
            let reference: Reference = name.parse().ok()?;
            let tag = reference.tag.map(|tag| format!(":{}", tag.as_str())).unwrap_or_default();
            Some(format!("{}/{}{tag}", reference.repository.host(), reference.repository.path()))
        }
        _ => None,
    }
}

/// Counts what was written of something.
pub(crate) fn summary(images: &[sign::Image], what: &str) -> String {
    let made = images.iter().flat_map(|image| [&image.classic, &image.bundle]).flatten();
    let (new, old): (Vec<&Made>, Vec<&Made>) = made.partition(|made| made.is_new);
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    match (new.len(), old.len()) {
        (0, _) if what == "signature" => format!("{}: nothing to do, signed already", count(images.len(), "image")),
        (0, _) => format!("{}: nothing to do, attested already", count(images.len(), "image")),
        (new, 0) => format!("{}: {} written", count(images.len(), "image"), count(new, what)),
        (new, old) => format!("{}: {} written, {old} there already", count(images.len(), "image"), count(new, what)),
    }
}

impl From<sign::Image> for Image {
    fn from(image: sign::Image) -> Self {
        let signature = |made: Made| Signature { manifest: made.manifest, is_new: made.is_new };
        Self { digest: image.digest, classic: image.classic.map(signature), bundle: image.bundle.map(signature) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (reference, wanted) in [
            ("docker://127.0.0.1:5000/app:v1", Some("127.0.0.1:5000/app:v1")),
            (&*format!("docker://ex.com/a@sha256:{hex}"), Some("ex.com/a")),
            (&*format!("docker://ex.com/a:v1@sha256:{hex}"), Some("ex.com/a")),
            ("docker://alpine", Some("index.docker.io/library/alpine:latest")),
            ("oci:d:v1", None),
            ("oci:d", None),
            ("oci:d:ex.com/a:v1", Some("ex.com/a:v1")),
            ("oci-archive:a.tar:library/alpine:3", Some("docker.io/library/alpine:3")),
        ] {
            assert_eq!(identity(&reference.parse().expect("a location")).as_deref(), wanted, "{reference}");
        }
    }
}

//! Which name an image must have been signed under.
//!
//! containers-policy.json(5), "signedIdentity": <https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md>

use crate::reference::{Reference, Repository};

/// Which name an image must have been signed under.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// The very reference that the image is asked for by.
    MatchExact,
    /// The very reference where it has a tag; its repository where it has a digest only. What holds when nothing is said.
    MatchRepoDigestOrExact,
    /// The repository, with any tag.
    MatchRepository,
    /// This reference.
    ExactReference(Reference),
    /// This repository, with any tag.
    ExactRepository(Repository),
    /// As [`Identity::MatchRepoDigestOrExact`], with another beginning of the name where it begins with `prefix`.
    RemapIdentity {
        /// What names begin with here.
        prefix: String,
        /// What the signed names begin with.
        signed_prefix: String,
    },
}

impl Identity {
    /// Says whether an image that was asked for as `image` may have been signed as `signed`. Images outside of registries have no such name,
    /// and only the two exact kinds can be met by them. What is signed must be a whole name: nothing is completed but what Docker completes.
    pub fn accepts(&self, image: Option<&Reference>, signed: &str) -> bool {
        let Ok(signed) = signed.parse::<Reference>() else {
            return false;
        };
        match self {
            Self::MatchExact => image.is_some_and(|image| is_same(image, &signed)),
            Self::MatchRepoDigestOrExact => image.is_some_and(|image| is_same_or_of_repository(image, &signed)),
            Self::MatchRepository => image.is_some_and(|image| image.repository == signed.repository),
            Self::ExactReference(wanted) => *wanted == signed,
            Self::ExactRepository(wanted) => *wanted == signed.repository,
            Self::RemapIdentity { prefix, signed_prefix } => image
                .and_then(|image| remap(image, prefix, signed_prefix))
                .is_some_and(|image| is_same_or_of_repository(&image, &signed)),
        }
    }
}

/// An image by tag and digest was read by its digest, and the tag is a claim that the signature has to bear out.
fn is_same(image: &Reference, signed: &Reference) -> bool {
    let same_digest = signed.digest == image.digest || (signed.digest.is_none() && image.tag.is_some());
    !image.is_repository_only() && image.repository == signed.repository && image.tag == signed.tag && same_digest
}

fn is_same_or_of_repository(image: &Reference, signed: &Reference) -> bool {
    match (&image.tag, &image.digest) {
        (Some(_), _) => is_same(image, signed),
        (None, Some(_)) => !signed.is_repository_only() && image.repository == signed.repository,
        (None, None) => false,
    }
}

/// Replaces the prefix at a component's end; nothing when what comes out is no whole name.
fn remap(image: &Reference, prefix: &str, signed_prefix: &str) -> Option<Reference> {
    let name = image.repository.to_string();
    let rest = match name.strip_prefix(prefix) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => return Some(image.clone()),
    };
    let text = format!("{signed_prefix}{rest}");
    let repository: Repository = text.parse().ok()?;
    (repository.to_string() == text).then(|| Reference { repository, ..image.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn reference(text: &str) -> Reference {
        text.parse().expect("a reference")
    }

    fn remapped(prefix: &str, signed_prefix: &str) -> Identity {
        Identity::RemapIdentity { prefix: prefix.into(), signed_prefix: signed_prefix.into() }
    }

    /// The rows of containers/image's own tests of `matchesDockerReference`, in its terms: asked for, signed as, accepted by matchExact,
    /// matchRepoDigestOrExact and matchRepository.
    #[test]
    fn names_of_the_image() {
        let by_digest = format!("ex.com/a@{DIGEST}");
        let other = format!("ex.com/a@sha256:{}", "0".repeat(64));
        let both = format!("ex.com/a:v1@{DIGEST}");
        for (image, signed, exact, digest_or_exact, repository) in [
            ("ex.com/a:v1", "ex.com/a:v1", true, true, true),
            ("ex.com/a:v1", "ex.com/a:v2", false, false, true),
            ("ex.com/a:v1", "ex.com/a", false, false, true),
            ("ex.com/a:v1", "ex.com/b:v1", false, false, false),
            ("ex.com/a:v1", "ex.com/a/b:v1", false, false, false),
            ("ex.com/a:v1", &by_digest, false, false, true),
            ("ex.com/a:v1", &both, false, false, true),
            ("ex.com/a:v1", "EX.com/a:v1", false, false, false),
            ("ex.com/a:v1", "ex.com:443/a:v1", false, false, false),
            ("ex.com/a:v1", "docker://ex.com/a:v1", false, false, false),
            ("ex.com/a:v1", "ex.com/a:v1 ", false, false, false),
            ("ex.com/a:v1", "", false, false, false),
            (&by_digest, &by_digest, true, true, true),
            (&by_digest, &other, false, true, true),
            (&by_digest, "ex.com/a:v1", false, true, true),
            (&by_digest, "ex.com/a", false, false, true),
            (&by_digest, "ex.com/b:v1", false, false, false),
            (&both, "ex.com/a:v1", true, true, true),
            (&both, &both, true, true, true),
            (&both, "ex.com/a:v2", false, false, true),
            (&both, &by_digest, false, false, true),
            ("docker.io/library/busybox:1", "busybox:1", true, true, true),
            ("docker.io/library/busybox:1", "index.docker.io/library/busybox:1", true, true, true),
            ("ex.com/a", "ex.com/a", false, false, true),
        ] {
            let image = reference(image);
            let answers = [Identity::MatchExact, Identity::MatchRepoDigestOrExact, Identity::MatchRepository]
                .map(|identity| identity.accepts(Some(&image), signed));
            assert_eq!(answers, [exact, digest_or_exact, repository], "{image} signed as {signed}");
        }
    }

    #[test]
    fn fixed_names() {
        let one = Identity::ExactReference(reference("ex.com/a:v1"));
        let all = Identity::ExactRepository("ex.com/a".parse().expect("a repository"));
        for (signed, exact, repository) in [
            ("ex.com/a:v1", true, true),
            ("ex.com/a:v2", false, true),
            ("ex.com/a", false, true),
            ("ex.com/ab:v1", false, false),
            ("", false, false),
        ] {
            for image in [None, Some(reference("other.com/x:y"))] {
                assert_eq!(one.accepts(image.as_ref(), signed), exact, "{signed}");
                assert_eq!(all.accepts(image.as_ref(), signed), repository, "{signed}");
            }
        }
    }

    #[test]
    fn images_without_a_name() {
        let remap = remapped("ex.com", "ex.com");
        for identity in [Identity::MatchExact, Identity::MatchRepoDigestOrExact, Identity::MatchRepository, remap] {
            assert!(!identity.accepts(None, "ex.com/a:v1"), "{identity:?}");
        }
    }

    #[test]
    fn other_beginnings() {
        for (prefix, signed_prefix, image, signed, good) in [
            ("mirror:5000/vendor", "vendor.com", "mirror:5000/vendor/p/a:v1", "vendor.com/p/a:v1", true),
            ("mirror:5000/vendor", "vendor.com", "mirror:5000/vendor/p/a:v1", "mirror:5000/vendor/p/a:v1", false),
            ("mirror:5000/vendor", "vendor.com", "mirror:5000/vendors/a:v1", "vendor.coms/a:v1", false),
            ("mirror:5000/vendor", "vendor.com", "mirror:5000/vendors/a:v1", "mirror:5000/vendors/a:v1", true),
            ("mirror:5000", "vendor.com/ns", "mirror:5000/a:v1", "vendor.com/ns/a:v1", true),
            ("mirror:5000/a", "vendor.com/b", "mirror:5000/a:v1", "vendor.com/b:v1", true),
            ("mirror:5000/a", "vendor.com/b", "mirror:5000/a:v1", "vendor.com/b:v2", false),
            ("mirror:5000/a", "vendor.com/b", "mirror:5000/a:v1", "vendor.com/b", false),
            // What comes out is no name of a repository, or not in full.
            ("mirror:5000/a", "vendor.com", "mirror:5000/a:v1", "vendor.com:v1", false),
            ("mirror:5000", "docker.io", "mirror:5000/busybox:1", "docker.io/library/busybox:1", false),
            ("mirror:5000", "docker.io", "mirror:5000/library/busybox:1", "busybox:1", true),
        ] {
            let identity = remapped(prefix, signed_prefix);
            assert_eq!(identity.accepts(Some(&reference(image)), signed), good, "{image} signed as {signed}");
        }
        let by_digest = reference(&format!("mirror:5000/a@{DIGEST}"));
        assert!(remapped("mirror:5000", "vendor.com").accepts(Some(&by_digest), "vendor.com/a:v1"));
        assert!(!remapped("mirror:5000", "vendor.com").accepts(Some(&by_digest), "vendor.com/a"));
    }
}

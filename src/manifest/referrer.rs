//! What refers to a manifest: signatures, attestations, SBOMs and other artifacts, and the tags by which they are found where a registry
//! keeps no list of them.
//!
//! distribution-spec, "Listing Referrers": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers>

use super::{Body, Manifest};
use crate::descriptor::Descriptor;
use crate::digest::Digest;

/// What cosign appends to `ALG-HEX` for signatures, attestations and SBOMs.
const SUFFIXES: [&str; 3] = [".sig", ".att", ".sbom"];
/// The most characters of a tag.
const MAX_TAG: usize = 128;
/// The most digits of a digest in a referrers tag.
const MAX_HEX: usize = 64;

impl Manifest {
    /// Returns this manifest's descriptor as a list of referrers has it: with the annotations, and the config's media type where the
    /// manifest names no artifact type.
    pub fn as_referrer(&self) -> Descriptor {
        let mut descriptor = self.descriptor();
        match self.body() {
            Body::Image(image) => {
                descriptor.annotations.clone_from(&image.annotations);
                descriptor.artifact_type.get_or_insert_with(|| image.config.media_type.to_string());
            }
            Body::Index(index) => descriptor.annotations.clone_from(&index.annotations),
            Body::Artifact(_) | Body::Schema1(_) => {}
        }
        descriptor
    }

    /// Says whether this is what a referrers tag of `subject` should name. It is not when the tag was given to the subject itself or to
    /// some other image, as `cosign copy` does.
    pub fn lists_referrers_of(&self, subject: &Digest) -> bool {
        *self.media_type() == crate::media_type::MediaType::OCI_INDEX && self.digest() != subject
    }
}

/// Returns the tag that holds the referrers of `subject` where there is no referrers API: `sha256-…`, cut to 64 digits.
///
/// distribution-spec, "Referrers Tag Schema":
/// <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema>
pub fn referrers_tag(subject: &Digest) -> String {
    let hex = subject.hex();
    format!("{}-{}", subject.algorithm(), &hex[..hex.len().min(MAX_HEX)])
}

/// Returns the tags under which cosign keeps what belongs to `subject`: `sha256-….sig`, `.att` and `.sbom`. None where they would be
/// longer than a tag may be.
pub fn digest_tags(subject: &Digest) -> Vec<String> {
    let tags = SUFFIXES.iter().map(|suffix| format!("{}-{}{suffix}", subject.algorithm(), subject.hex()));
    tags.filter(|tag| tag.len() <= MAX_TAG).collect()
}

/// Says whether a tag belongs to a digest: a referrers tag, or one of [`digest_tags`].
pub fn is_digest_tag(tag: &str) -> bool {
    let stem = SUFFIXES.iter().find_map(|suffix| tag.strip_suffix(suffix)).unwrap_or(tag);
    let Some((algorithm, hex)) = stem.split_once('-') else {
        return false;
    };
    let is_cut = algorithm == "sha512" && hex.len() == MAX_HEX && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_cut || format!("{algorithm}:{hex}").parse::<Digest>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{Algorithm, Hasher};

    #[test]
    fn tags() {
        let short = Digest::of(b"abc");
        let mut hasher = Hasher::new(Algorithm::Sha512);
        hasher.update(b"abc");
        let long = hasher.finish();
        assert_eq!(referrers_tag(&short), format!("sha256-{}", short.hex()));
        assert_eq!(referrers_tag(&long), format!("sha512-{}", &long.hex()[..64]));
        let stem = referrers_tag(&short);
        assert_eq!(digest_tags(&short), [".sig", ".att", ".sbom"].map(|suffix| format!("{stem}{suffix}")));
        assert!(digest_tags(&long).is_empty());
        for (tag, wanted) in [
            (stem.clone(), true),
            (format!("{stem}.sig"), true),
            (format!("{stem}.sbom"), true),
            (referrers_tag(&long), true),
            (format!("{stem}.other"), false),
            (format!("{stem}0"), false),
            (stem.replace('-', "_"), false),
            ("v1".into(), false),
            ("sha256-abc".into(), false),
        ] {
            assert_eq!(is_digest_tag(&tag), wanted, "{tag}");
        }
    }

    #[test]
    fn entries() {
        let parse = |text: &str| Manifest::parse(text.as_bytes().to_vec(), None).expect("a manifest");
        let config = format!(r#"{{"mediaType":"a/config","digest":"{}","size":2}}"#, Digest::of(b"{}"));
        let start = r#""schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json""#;
        let end = format!(r#""config":{config},"layers":[],"annotations":{{"k":"v"}}"#);
        for (text, wanted) in [
            (format!("{{{start},{end}}}"), Some("a/config")),
            (format!(r#"{{{start},"artifactType":"a/type",{end}}}"#), Some("a/type")),
        ] {
            let entry = parse(&text).as_referrer();
            assert_eq!(entry.artifact_type.as_deref(), wanted);
            assert_eq!(entry.annotations["k"], "v");
            assert_eq!(entry.size, text.len() as u64);
        }
        let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
        assert_eq!(parse(index).as_referrer().artifact_type, None);
        assert!(parse(index).lists_referrers_of(&Digest::of(b"")));
        assert!(!parse(index).lists_referrers_of(&Digest::of(index.as_bytes())));
    }
}

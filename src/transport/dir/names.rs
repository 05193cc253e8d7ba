//! The names of files in a `dir:`.

use crate::digest::{Algorithm, Digest};

/// Says that this is such a directory, and which names may occur.
pub(super) const VERSION: &str = "version";
/// The image's own manifest.
pub(super) const MANIFEST: &str = "manifest.json";
/// What follows a digest in the names of the manifests below an index.
const CHILD: &str = ".manifest.json";

/// Returns the name that stands for a digest: its digits, with the algorithm before them where that is not sha256.
pub(super) fn stem(digest: &Digest) -> String {
    match digest.algorithm() {
        Algorithm::Sha256 => digest.hex().into(),
        other => format!("{other}-{}", digest.hex()),
    }
}

/// Returns the names that a blob or, with `suffix`, a manifest may have. Version 1.1 has digits alone, whatever the algorithm.
pub(super) fn candidates(digest: &Digest, suffix: &str) -> Vec<String> {
    let mut names = vec![format!("{}{suffix}", stem(digest))];
    if digest.algorithm() != Algorithm::Sha256 {
        names.push(format!("{}{suffix}", digest.hex()));
    }
    names
}

/// Returns the names that the manifest with this digest may have when it is not the image's own.
pub(super) fn children(digest: &Digest) -> Vec<String> {
    candidates(digest, CHILD)
}

/// The most signatures of an image that are read.
#[cfg(feature = "openpgp")]
pub(super) const MAX_SIGNATURES: usize = 128;

/// Returns the name of a signature by its number, of the image's own manifest or of one below.
#[cfg(feature = "openpgp")]
pub(super) fn signature(digest: &Digest, is_root: bool, number: usize) -> String {
    if is_root { format!("signature-{number}") } else { format!("{}.signature-{number}", stem(digest)) }
}

/// What a file is, as its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A blob.
    Blob(Digest),
    /// A manifest below the image's own.
    Child(Digest),
    /// A signature of the image, or of the manifest with the digest.
    Signature(Option<Digest>),
}

impl Role {
    /// Returns what `name` stands for; nothing for a file that is none of a `dir:`.
    pub(super) fn of(name: &str) -> Option<Self> {
        if let Some(stem) = name.strip_suffix(CHILD) {
            return digest(stem).map(Self::Child);
        }
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match name.rsplit_once("signature-") {
            Some(("", number)) if is_number(number) => Some(Self::Signature(None)),
            Some((before, number)) if is_number(number) => {
                digest(before.strip_suffix('.')?).map(|digest| Self::Signature(Some(digest)))
            }
            _ => digest(name).map(Self::Blob),
        }
    }
}

fn digest(stem: &str) -> Option<Digest> {
    if let Some((algorithm, hex)) = stem.split_once('-') {
        return format!("{algorithm}:{hex}").parse().ok();
    }
    Algorithm::ALL.into_iter().find_map(|algorithm| format!("{algorithm}:{stem}").parse().ok())
}

/// Returns the content of the version file: 1.1, or 1.2 once a name has its algorithm.
pub(super) fn version(with_algorithms: bool) -> &'static str {
    if with_algorithms { "Directory Transport Version: 1.2\n" } else { "Directory Transport Version: 1.1\n" }
}

/// Says whether a version file's content is one that this module understands, byte for byte as skopeo wants it.
pub(super) fn is_version(content: &[u8]) -> bool {
    [false, true].into_iter().any(|with_algorithms| content == version(with_algorithms).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        let short = Digest::of(b"a");
        let long = Algorithm::Sha512.digest(b"a");
        let (hex, hex512) = (short.hex(), long.hex());
        let cases = [
            (hex.to_owned(), Some(Role::Blob(short.clone()))),
            (format!("sha512-{hex512}"), Some(Role::Blob(long.clone()))),
            (hex512.to_owned(), Some(Role::Blob(long.clone()))),
            (format!("{hex}.manifest.json"), Some(Role::Child(short.clone()))),
            (format!("sha512-{hex512}.manifest.json"), Some(Role::Child(long.clone()))),
            ("signature-1".into(), Some(Role::Signature(None))),
            (format!("{hex}.signature-12"), Some(Role::Signature(Some(short.clone())))),
            ("manifest.json".into(), None),
            ("version".into(), None),
            ("signature-".into(), None),
            ("x.signature-1".into(), None),
            ("notes.txt".into(), None),
            (hex[1..].to_owned(), None),
        ];
        for (name, role) in cases {
            assert_eq!(Role::of(&name), role, "{name}");
        }
        assert_eq!(stem(&short), hex);
        assert_eq!(children(&long)[0], format!("sha512-{hex512}.manifest.json"));
    }
}

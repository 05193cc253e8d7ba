//! From a path to what it means: distribution-spec, "Endpoints".
//!
//! A repository's name may have any of the words in it that the paths are made of, so paths are read from their end.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints>

use super::answer::{Code, Refusal};
use super::storage::is_session_id;
use crate::digest::Digest;
use crate::percent;
use crate::reference::{Tag, is_repository_path};

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/v2/`.
    Ping,
    /// `/v2/_catalog`.
    Catalog,
    /// Something of a repository.
    Repository {
        /// The repository's name.
        name: String,
        /// What of it.
        part: Part,
    },
}

/// Something of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `tags/list`.
    Tags,
    /// `manifests/REFERENCE`.
    Manifest(Reference),
    /// `manifests/TEXT` of a text that no manifest can be named by.
    NoManifest(String),
    /// `blobs/DIGEST`.
    Blob(Digest),
    /// `blobs/uploads/`.
    Uploads,
    /// `blobs/uploads/UUID`.
    Upload(String),
    /// `referrers/DIGEST`.
    Referrers(Digest),
}

/// What names a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A tag.
    Tag(Tag),
    /// A digest.
    Digest(Digest),
}

/// Reads a path, without what stands before `/v2`.
///
/// # Errors
/// When it is no path of a registry, or names something that cannot be.
pub(super) fn parse(path: &str) -> Result<Route, Refusal> {
    let unknown = || Refusal::new(404, Code::NameUnknown, "there is nothing at this path");
    let rest = path.strip_prefix("/v2").ok_or_else(unknown)?;
    match rest {
        "" | "/" => return Ok(Route::Ping),
        "/_catalog" => return Ok(Route::Catalog),
        _ => {}
    }
    let rest = rest.strip_prefix('/').ok_or_else(unknown)?;
    // A slash in an escape is no separator, and no part of any name.
    let parts = rest.split('/').map(percent::decode).collect::<Option<Vec<_>>>().ok_or_else(unknown)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (name, part) = match &parts[..] {
        [name @ .., "tags", "list"] => (name, Part::Tags),
        [name @ .., "blobs", "uploads", ""] | [name @ .., "blobs", "uploads"] => (name, Part::Uploads),
        // A repository may be called `x/blobs/uploads`, but only an upload has a name of this form.
        [name @ .., "blobs", "uploads", id] if is_session_id(id) => (name, Part::Upload((*id).to_owned())),
        [name @ .., "manifests", reference] => (name, manifest(reference)?),
        [name @ .., "blobs", digest] => (name, Part::Blob(self::digest(digest)?)),
        [name @ .., "referrers", digest] => (name, Part::Referrers(self::digest(digest)?)),
        [_, .., "blobs", "uploads", _] => {
            return Err(Refusal::new(404, Code::BlobUploadUnknown, "there is no such upload"));
        }
        _ => return Err(unknown()),
    };
    // An encoded slash would make another name of it than a proxy in front has seen.
    let is_split = name.iter().any(|component| component.contains('/'));
    let name = name.join("/");
    if is_split || !is_repository_path(&name) {
        return Err(Refusal::new(400, Code::NameInvalid, "the repository name is not valid"));
    }
    Ok(Route::Repository { name, part })
}

/// Reads a digest that a request names.
///
/// # Errors
/// When it is none.
pub(super) fn digest(text: &str) -> Result<Digest, Refusal> {
    text.parse().map_err(|_| {
        let message = "the digest is not valid: sha256 or sha512, a colon, and lower-case hexadecimal digits";
        Refusal::new(400, Code::DigestInvalid, message)
    })
}

/// Reads a tag that a request names.
///
/// # Errors
/// When it is none.
pub(super) fn tag(text: &str) -> Result<Tag, Refusal> {
    text.parse().map_err(|_| not_a_tag())
}

/// Refuses a text that is no tag.
pub(super) fn not_a_tag() -> Refusal {
    Refusal::new(400, Code::ManifestInvalid, "the tag is not valid")
}

/// Reads what names a manifest. A text that is no tag names none, which is an answer: clients look for signatures by tags that are too long.
fn manifest(text: &str) -> Result<Part, Refusal> {
    // No tag has a colon.
    if text.contains(':') {
        return digest(text).map(Reference::Digest).map(Part::Manifest);
    }
    Ok(text.parse().map_or_else(|_| Part::NoManifest(text.to_owned()), |tag| Part::Manifest(Reference::Tag(tag))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, part: Part) -> Result<Route, u16> {
        Ok(Route::Repository { name: name.into(), part })
    }

    #[test]
    fn paths_are_read_from_their_end() {
        let digest = Digest::of(b"");
        let blob = || Part::Blob(digest.clone());
        let tag = |text: &str| Part::Manifest(Reference::Tag(text.parse().expect("a tag")));
        let id = "01234567-89ab-4def-8123-456789abcdef";
        let table = [
            ("/v2/", Ok(Route::Ping)),
            ("/v2", Ok(Route::Ping)),
            ("/v2/_catalog", Ok(Route::Catalog)),
            ("/v2/a/tags/list", of("a", Part::Tags)),
            ("/v2/a/b/manifests/v1", of("a/b", tag("v1"))),
            ("/v2/a/manifests/manifests/v1", of("a/manifests", tag("v1"))),
            ("/v2/tags/list/tags/list", of("tags/list", Part::Tags)),
            ("/v2/a/blobs/uploads/", of("a", Part::Uploads)),
            ("/v2/a/blobs/uploads", of("a", Part::Uploads)),
            ("/v2/a/blobs/blobs/uploads/", of("a/blobs", Part::Uploads)),
            ("/v2/a/blobs/uploads/manifests/v1", of("a/blobs/uploads", tag("v1"))),
            (&format!("/v2/a/blobs/uploads/{id}"), of("a", Part::Upload(id.into()))),
            (&format!("/v2/a/blobs/{digest}"), of("a", blob())),
            (&format!("/v2/a/blobs/{}", digest.to_string().replace(':', "%3A")), of("a", blob())),
            (&format!("/v2/a/referrers/{digest}"), of("a", Part::Referrers(digest.clone()))),
            ("/v2/a/blobs/uploads/x", Err(404)),
            ("/v2/a/blobs/sha256:../../x", Err(404)),
            ("/v2/a/blobs/sha256:baddigeststring", Err(400)),
            ("/v2/a/manifests/sha256:baddigeststring", Err(400)),
            ("/v2/A/tags/list", Err(400)),
            ("/v2/../tags/list", Err(400)),
            ("/v2/%2e%2e/tags/list", Err(400)),
            ("/v2/a%2fb/tags/list", Err(400)),
            ("/v2/..%2f..%2fetc/tags/list", Err(400)),
            ("/v2/a%00/tags/list", Err(400)),
            ("/v2/a//b/tags/list", Err(400)),
            ("/v2/a\\b/tags/list", Err(400)),
            ("/v2/_layers/tags/list", Err(400)),
            ("/v2/a/_layers/tags/list", Err(400)),
            ("/v2/tags/list", Err(400)),
            ("/v2/a/manifests/..", of("a", Part::NoManifest("..".into()))),
            ("/v2/a/manifests/", of("a", Part::NoManifest(String::new()))),
            ("/v2/a/manifests/.v1", of("a", Part::NoManifest(".v1".into()))),
            ("/v2/a%zz/tags/list", Err(404)),
            ("/v2x", Err(404)),
            ("/", Err(404)),
            ("/v1/", Err(404)),
            ("/v2/a/tags", Err(404)),
        ];
        for (path, wanted) in table {
            assert_eq!(parse(path).map_err(|refusal| refusal.status()), wanted, "{path}");
        }
        let long = "t".repeat(129);
        let route = parse(&format!("/v2/a/manifests/{long}")).map_err(|refusal| refusal.status());
        assert_eq!(route, of("a", Part::NoManifest(long)));
        let long = format!("/v2/{}/tags/list", "a".repeat(256));
        assert_eq!(parse(&long).map_err(|refusal| refusal.status()), Err(400));
    }
}

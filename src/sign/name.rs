//! The names that images are signed and attested under, as cosign writes them.

use crate::reference::Reference;
use crate::transport::{Location, Place, Selector};

/// Returns the name that an image is signed under: that of a registry's, or a full one in a layout or archive.
pub fn signed_name(image: &Location) -> Option<String> {
    match (&image.place, &image.at) {
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

/// Returns the name that something is attested of: for a registry's image that of its repository, which is what cosign has there.
pub fn attested_name(image: &Location) -> Option<String> {
    match &image.place {
        Place::Registry(_) => signed_name(&Location { at: Selector::Sole, ..image.clone() }),
        _ => signed_name(image),
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
            assert_eq!(signed_name(&reference.parse().expect("a location")).as_deref(), wanted, "{reference}");
        }
        for (reference, wanted) in [
            ("docker://alpine:3", Some("index.docker.io/library/alpine")),
            ("ex.com/a:v1", Some("ex.com/a")),
            ("oci:d:ex.com/a:v1", Some("ex.com/a:v1")),
            ("oci:d", None),
        ] {
            assert_eq!(attested_name(&reference.parse().expect("a location")).as_deref(), wanted, "{reference}");
        }
    }
}

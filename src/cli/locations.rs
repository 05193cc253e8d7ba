//! Locations as arguments.

use std::path::Path;

use super::Result;
use stevedore::error_chain::with_causes;
use stevedore::reference::{Reference, Repository};
use stevedore::transport::{Location, Place, Selector};

const TRANSPORTS: [&str; 6] = ["docker://", "oci:", "oci-archive:", "docker-archive:", "dir:", "static:"];

/// Parses a location. Text that could be a file here and an image there is refused, since guessing copies the wrong thing.
pub(crate) fn location(text: &str) -> Result<Location, String> {
    if !has_transport(text) && Path::new(text).exists() {
        let place = if Path::new(text).is_dir() { "oci" } else { "oci-archive" };
        let image = text.parse::<Location>().map(|_| format!("docker://{text} or ")).unwrap_or_default();
        return Err(format!("{text} is also a local file; write {image}{place}:{text}"));
    }
    text.parse().map_err(|error: stevedore::transport::LocationError| match text.starts_with(['.', '/', '~']) {
        true => format!("{text} reads as a path; say what it is, as in oci:{text}"),
        false => with_causes(&error),
    })
}

/// Parses a place without a name in it: a repository, a layout, an archive.
pub(crate) fn place(text: &str) -> Result<Place, String> {
    // Elsewhere the lone part of static:DIR:PART is a tag; here it can only be the repository.
    let lone = text.strip_prefix("static:").is_some_and(|rest| rest.matches(':').count() == 1 && !rest.contains('@'));
    if lone {
        return Ok(location(&format!("{text}:latest"))?.place);
    }
    let location = location(text)?;
    let named = match &location.place {
        Place::Registry(_) => {
            let reference: Reference =
                text.strip_prefix("docker://").unwrap_or(text).parse().map_err(|error| with_causes(&error))?;
            !reference.is_repository_only()
        }
        Place::Static { .. } => text["static:".len()..].contains([':', '@']),
        _ => location.at != Selector::Sole,
    };
    if named {
        return Err(format!("no tag or digest is wanted here; write {}", location.place));
    }
    Ok(location.place)
}

/// Takes the scheme and the end off what people paste.
pub(crate) fn host(text: &str) -> &str {
    let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let (text, is_address) = (address.unwrap_or(text), address.is_some());
    let text = text.strip_prefix("docker://").unwrap_or(text).trim_end_matches('/');
    match text {
        "index.docker.io" | "index.docker.io/v1" | "registry-1.docker.io" => "docker.io",
        // The address of the API.
        text if is_address => text.strip_suffix("/v2").or_else(|| text.strip_suffix("/v1")).unwrap_or(text),
        text => text,
    }
}

/// Takes a name apart: the host and the repository in its full form, or the host alone.
pub(crate) fn parts(name: &str) -> (String, String) {
    match name.parse::<Repository>() {
        // A lone word is an image of Docker Hub, as everywhere.
        Ok(repository) if name.contains('/') || !(name.contains(['.', ':']) || name == "localhost") => {
            (repository.host().to_owned(), repository.path().to_owned())
        }
        _ => {
            let (host, rest) = name.split_once('/').unwrap_or((name, ""));
            (host.to_owned(), rest.to_owned())
        }
    }
}

fn has_transport(text: &str) -> bool {
    TRANSPORTS.iter().any(|transport| text.starts_with(transport))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_not_images() {
        assert_eq!(location("src").expect_err("a folder"), "src is also a local file; write docker://src or oci:src");
        assert_eq!(location("./src").expect_err("a path"), "./src is also a local file; write oci:./src");
        assert_eq!(
            location("Cargo.toml").expect_err("a file"),
            "Cargo.toml is also a local file; write oci-archive:Cargo.toml"
        );
        assert_eq!(location("./new").expect_err("a path"), "./new reads as a path; say what it is, as in oci:./new");
        assert_eq!(location("docker://src").expect("an image").to_string(), "docker://docker.io/library/src:latest");
        assert_eq!(location("alpine:3").expect("an image").to_string(), "docker://docker.io/library/alpine:3");
    }

    #[test]
    fn places_have_no_names() {
        for good in ["alpine", "docker://ex.com/a", "oci:d", "docker-archive:k.tar", "static:/w"] {
            assert!(place(good).is_ok(), "{good}");
        }
        assert_eq!(place("static:/w:team/app").expect("a repository").to_string(), "static:/w:team/app");
        for bad in ["static:/w:app:v1", "alpine:3", "docker://ex.com/a:1", "oci:d:v1", "docker-archive:k.tar:a:1"] {
            assert!(place(bad).is_err(), "{bad}");
        }
        assert_eq!(place("ex.com/a:1").expect_err("a tag"), "no tag or digest is wanted here; write docker://ex.com/a");
    }

    #[test]
    fn what_people_paste() {
        for (text, server) in [
            ("ghcr.io", "ghcr.io"),
            ("https://ghcr.io/", "ghcr.io"),
            ("http://localhost:5000", "localhost:5000"),
            ("https://index.docker.io/v1/", "docker.io"),
            ("docker.io", "docker.io"),
            ("ex.com/team", "ex.com/team"),
        ] {
            assert_eq!(host(text), server);
        }
    }

    #[test]
    fn names_are_taken_apart() {
        for (name, host, repository) in [
            ("docker.io", "docker.io", ""),
            ("localhost:5000", "localhost:5000", ""),
            ("docker.io/alpine", "docker.io", "library/alpine"),
            ("ex.com/a/b", "ex.com", "a/b"),
        ] {
            assert_eq!(parts(name), (host.to_owned(), repository.to_owned()), "{name}");
        }
    }
}

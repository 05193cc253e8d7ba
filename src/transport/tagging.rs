//! Further names for an image that is there: only its manifest is written, byte for byte.

use super::docker_archive::complete as complete_name;
use super::{Error, LocationError, Place, Selector, Transport};
use crate::class::{Class, Classified, Diagnosis};
use crate::descriptor::Descriptor;
use crate::reference::Tag;

/// An image that could not be given all its names.
#[derive(Debug, thiserror::Error)]
#[error("cannot write tag {tag} in {place}{}", told(written, unwritten))]
pub struct TagError {
    /// The tag that failed.
    pub tag: String,
    /// Where.
    pub place: String,
    /// The tags that were written before.
    pub written: Vec<String>,
    /// The tags that were not tried.
    pub unwritten: Vec<String>,
    /// Why.
    pub source: Box<Error>,
}

impl Classified for TagError {
    fn diagnosis(&self) -> Diagnosis<'_> {
        let cause = self.source.diagnosis();
        let is_partial = !self.written.is_empty() && cause.class != Class::Interrupted;
        if is_partial { Diagnosis { class: Class::Partial, ..cause } } else { cause }
    }
}

fn told(written: &[String], unwritten: &[String]) -> String {
    let part = |what: &str, tags: &[String]| match tags {
        [] => String::new(),
        tags => format!("; {what}: {}", tags.join(", ")),
    };
    format!("{}{}", part("written", written), part("not tried", unwritten))
}

/// Gives the image with a manifest these names at its place, as [`Place::tag_name`] makes them, and finishes the place. The manifest's bytes are
/// put as they are: no blob moves, and an index stays one.
///
/// # Errors
/// What was written and what was not, when a tag cannot be.
pub fn tag(destination: &dyn Transport, at: &Selector, tags: &[String]) -> Result<Descriptor, TagError> {
    let failed = |number: usize, written: &[String], source: Error| TagError {
        tag: tags.get(number).cloned().unwrap_or_default(),
        place: destination.to_string(),
        written: written.to_vec(),
        unwritten: tags.get(number + 1..).unwrap_or_default().to_vec(),
        source: Box::new(source),
    };
    let manifest = destination.manifest(at).map_err(|source| failed(0, &[], source))?;
    for (number, tag) in tags.iter().enumerate() {
        let put = destination.put_manifest(&Selector::Tag(tag.clone()), &manifest);
        if let Err(source) = put {
            // Layouts and archives show what was put before only now; without it, nothing of it is promised.
            let is_finished = number > 0 && destination.finish().is_ok();
            let written = if is_finished { &tags[..number] } else { &[] };
            return Err(failed(number, written, source));
        }
    }
    destination.finish().map_err(|source| failed(0, &[], source))?;
    Ok(manifest.descriptor())
}

impl Place {
    /// Returns the name that an image gets here when `tag` is asked for beside `from`: in a docker-archive a tag alone stands in the repository of
    /// `from`.
    ///
    /// # Errors
    /// When the place takes no such name.
    pub fn tag_name(&self, from: &Selector, tag: &str) -> Result<String, LocationError> {
        let refused = |reason| LocationError::Tag { tag: tag.chars().take(300).collect(), reason };
        let is_tag = tag.parse::<Tag>().is_ok();
        match self {
            Self::Registry(_) | Self::Static { .. } if is_tag => Ok(tag.into()),
            Self::Registry(_) | Self::Static { .. } => Err(refused(
                "a tag has up to 128 letters, digits, dots, dashes and underscores; `copy` writes to other repositories",
            )),
            Self::Layout(_) | Self::OciArchive(_) if tag.is_empty() || tag.starts_with('@') => {
                Err(refused("a name here has a first letter other than @"))
            }
            Self::Layout(_) | Self::OciArchive(_) => Ok(tag.into()),
            Self::DockerArchive(_) => {
                let repository = from.tag().and_then(complete_name);
                let repository = repository.as_deref().and_then(|name| name.rsplit_once(':')).map(|(path, _)| path);
                match repository.filter(|_| is_tag) {
                    Some(repository) => Ok(format!("{repository}:{tag}")),
                    None if is_tag => Err(refused("name the repository, too, as in example.com/app:v2")),
                    None => {
                        complete_name(tag).ok_or_else(|| refused("use a name with a tag, as in example.com/app:v2"))
                    }
                }
            }
            Self::Dir(_) => Err(refused("a dir: holds one image without a name; copy it to a layout or archive")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Location;

    #[test]
    fn names_of_each_place() {
        for (from, tag, wanted) in [
            ("docker://ex.com/a:1", "v2", Some("v2")),
            ("docker://ex.com/a:1", "b:v2", None),
            ("docker://ex.com/a:1", "-v2", None),
            ("docker://ex.com/a:1", "", None),
            ("static:/w:a:1", "v2", Some("v2")),
            ("static:/w:a:1", "../v2", None),
            ("oci:d:1", "ex.com/b:v2", Some("ex.com/b:v2")),
            ("oci:d:1", "@2", None),
            ("oci-archive:a.tar:1", "", None),
            ("docker-archive:k.tar:ex.com/a:1", "v2", Some("ex.com/a:v2")),
            ("docker-archive:k.tar:a:1", "v2", Some("docker.io/library/a:v2")),
            ("docker-archive:k.tar:a:1", "ex.com/b:v2", Some("ex.com/b:v2")),
            ("docker-archive:k.tar", "v2", None),
            ("docker-archive:k.tar:a:1", "B:v2", None),
            ("dir:d", "v2", None),
        ] {
            let from: Location = from.parse().expect("a location");
            assert_eq!(from.place.tag_name(&from.at, tag).ok().as_deref(), wanted, "{from} {tag}");
        }
    }

    #[test]
    fn what_is_there_is_told() {
        let text = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let error = |written: &[&str], unwritten: &[&str]| TagError {
            tag: "v2".into(),
            place: "oci:d".into(),
            written: text(written),
            unwritten: text(unwritten),
            source: Box::new(Error::not_found("image", "oci:d")),
        };
        let both = error(&["v0", "v1"], &["v3"]);
        assert_eq!(both.to_string(), "cannot write tag v2 in oci:d; written: v0, v1; not tried: v3");
        assert_eq!((both.class(), error(&[], &[]).class()), (Class::Partial, Class::NotFound));
        assert_eq!(error(&[], &[]).to_string(), "cannot write tag v2 in oci:d");
    }
}

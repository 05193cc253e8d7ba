//! What became of a plan.

use std::sync::Arc;

use serde::Serialize;

use crate::class::{Class, Classified, Diagnosis};
use crate::copy::{self, Totals};
use crate::digest::Digest;
use crate::transport::Location;

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Report {
    /// The images in the order of the plan; a repository whose tags could not be listed stands for its images.
    pub images: Vec<Image>,
    /// Tags removed, or in a dry run to be removed.
    pub pruned: Vec<Pruned>,
    /// How many images were not begun, or stopped on their way, because of an earlier failure or because someone asked to stop.
    pub not_begun: usize,
}

/// One image.
#[derive(Debug)]
pub struct Image {
    /// The line of the file.
    pub line: usize,
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// What became of it.
    pub result: Result<Copied, Error>,
}

/// An image that is at its destination, or in a dry run would be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// Where it is.
    #[serde(skip)]
    pub at: Location,
    /// The digest there.
    pub digest: Digest,
    /// Whether it was there already.
    pub up_to_date: bool,
    /// Whether another image has the name there, and was left: [`Options::no_clobber`](super::Options::no_clobber). The digest is that image's.
    pub skipped: bool,
    /// Blobs counted by what happened to them; zeros in a dry run.
    pub totals: Totals,
}

/// A tag that the source no longer has.
#[derive(Debug)]
pub struct Pruned {
    /// Where it was.
    pub destination: String,
    /// Whether it could be removed.
    pub result: Result<(), Error>,
}

/// Why an image is not at its destination.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It could not be copied.
    #[error(transparent)]
    Copy(Arc<copy::Error>),
    /// It was copied, but the destination could not be finished, and may not show it.
    #[error("copied, but not to be seen: the destination could not be finished")]
    Finish {
        /// Why.
        source: Arc<copy::Error>,
    },
    /// Another line writes another image there.
    #[error("line {line} writes another image there")]
    Taken {
        /// The other line.
        line: usize,
    },
    /// The name is none at the destination.
    #[error(transparent)]
    Name(#[from] super::series::SeriesError),
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Copy(error) | Self::Finish { source: error } => error.diagnosis(),
            Self::Taken { .. } => Class::Usage.hint("give one of the images another name"),
            Self::Name(_) => Class::Usage.hint("leave it out with exclude="),
        }
    }
}

impl From<copy::Error> for Error {
    fn from(error: copy::Error) -> Self {
        Self::Copy(Arc::new(error))
    }
}

impl Report {
    /// Returns what failed, images first.
    pub fn failures(&self) -> impl Iterator<Item = &Error> {
        let images = self.images.iter().filter_map(|image| image.result.as_ref().err());
        images.chain(self.pruned.iter().filter_map(|pruned| pruned.result.as_ref().err()))
    }

    /// Returns the kind of failure of the whole: [`Class::Partial`] when something succeeded and something did not, what all failures have in
    /// common when nothing succeeded, nothing when all is well.
    pub fn class(&self) -> Option<Class> {
        let mut classes = self.failures().map(Classified::class);
        let first = classes.next()?;
        let some_succeeded = self.images.iter().any(|image| image.result.is_ok());
        let alike = classes.all(|class| class == first);
        Some(match (some_succeeded, alike) {
            (true, _) => Class::Partial,
            (false, true) => first,
            (false, false) => Class::Failed,
        })
    }

    /// Adds up what was done.
    pub fn totals(&self) -> Totals {
        let copied = self.images.iter().filter_map(|image| image.result.as_ref().ok());
        copied.fold(Totals::default(), |sum, Copied { totals, .. }| Totals {
            sent: sum.sent + totals.sent,
            sent_bytes: sum.sent_bytes + totals.sent_bytes,
            mounted: sum.mounted + totals.mounted,
            existed: sum.existed + totals.existed,
            skipped: sum.skipped + totals.skipped,
            recompressed: sum.recompressed + totals.recompressed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::Side;
    use crate::transport;

    fn report(results: &[Option<Class>]) -> Report {
        let image = |class: &Option<Class>| {
            let not_found = transport::Error::not_found("tag v1", "oci:d");
            let result = match class {
                None => Ok(Copied {
                    at: "oci:d:v1".parse().expect("a location"),
                    digest: Digest::of(b""),
                    up_to_date: false,
                    skipped: false,
                    totals: Totals::default(),
                }),
                Some(Class::NotFound) => Err(copy::Error::at(Side::Source, "oci:d")(not_found).into()),
                Some(_) => Err(Error::Taken { line: 1 }),
            };
            Image { line: 1, source: String::new(), destination: String::new(), result }
        };
        Report { images: results.iter().map(image).collect(), ..Report::default() }
    }

    #[test]
    fn classes() {
        let (gone, wrong) = (Some(Class::NotFound), Some(Class::Usage));
        for (results, wanted) in [
            (&[][..], None),
            (&[None, None], None),
            (&[None, gone], Some(Class::Partial)),
            (&[gone, gone], Some(Class::NotFound)),
            (&[gone, wrong], Some(Class::Failed)),
        ] {
            assert_eq!(report(results).class(), wanted);
        }
    }
}

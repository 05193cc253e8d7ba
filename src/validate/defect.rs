//! What can be wrong with a part of an image, and which failures say so.

use std::fmt;

use serde::Serialize;

use crate::blob::Fault;
use crate::class::{Class, Classified};
use crate::digest::Digest;
use crate::error_chain::with_causes;
use crate::transport::{Error, Result};

/// Something that is wrong with an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Defect {
    /// Of what; nothing where a name leads to no acceptable manifest.
    pub digest: Option<Digest>,
    /// What that is.
    pub part: Part,
    /// What kind of defect.
    pub flaw: Flaw,
    /// The manifest that needs it.
    #[serde(rename = "neededBy", skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<Digest>,
    /// What is wrong, in a clause.
    pub reason: String,
}

/// A part of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Part {
    /// A manifest or an index.
    Manifest,
    /// The config of an image.
    Config,
    /// A layer of an image.
    Layer,
    /// Any other blob.
    Blob,
}

/// A kind of defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Flaw {
    /// It is not there.
    Missing,
    /// It is there, and is not what it should be.
    Damaged,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Layer => "layer",
            Self::Blob => "blob",
        })
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
        })
    }
}

impl Defect {
    /// Makes the defect of something that is there and is not what it should be.
    pub(super) fn damaged(digest: &Digest, part: Part, needed_by: Option<&Digest>, reason: String) -> Self {
        Self { digest: Some(digest.clone()), part, flaw: Flaw::Damaged, needed_by: needed_by.cloned(), reason }
    }

    /// Makes the defect that a failure to read shows.
    ///
    /// # Errors
    /// The failure itself, when it says nothing of the content.
    pub(super) fn of(error: Error, digest: Option<&Digest>, part: Part, needed_by: Option<&Digest>) -> Result<Self> {
        let Some(flaw) = flaw(&error) else {
            return Err(error);
        };
        let reason = match flaw {
            Flaw::Missing => "it is not there".to_owned(),
            Flaw::Damaged => with_causes(&error),
        };
        Ok(Self { digest: digest.cloned(), part, flaw, needed_by: needed_by.cloned(), reason })
    }
}

/// Says what a failure says of the content that was to be read; nothing when it says that the place could not tell.
fn flaw(error: &Error) -> Option<Flaw> {
    match error.class() {
        Class::NotFound => return Some(Flaw::Missing),
        Class::Verification => return Some(Flaw::Damaged),
        _ => {}
    }
    let is_content = match error {
        Error::Manifest { .. } | Error::Malformed { .. } => true,
        Error::Content(fault) => !matches!(fault, Fault::Source(_)),
        _ => false,
    };
    is_content.then_some(Flaw::Damaged)
}

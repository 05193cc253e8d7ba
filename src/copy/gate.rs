//! What stands before a copy: somebody who decides whether the image may be copied at all.

use std::error;
use std::fmt;

use crate::class::Class;
use crate::digest::Digest;
use crate::transport::Source;
use crate::watch::Watch;

/// Decides whether an image may be copied.
///
/// It is asked before anything is written and before anything but the digest is known. What is copied then is what has this digest, whatever
/// becomes of the name meanwhile.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Lets an image pass.
    ///
    /// # Errors
    /// When it may not be copied, or nobody can tell.
    fn admit(&self, source: &dyn Source, image: &Digest, watch: &Watch) -> Result<(), Refusal>;
}

/// Why an image may not be copied.
#[derive(Debug)]
pub struct Refusal {
    /// The kind of failure.
    pub class: Class,
    /// What to do about it, where that is known.
    pub cure: Option<String>,
    /// Why.
    pub source: Box<dyn error::Error + Send + Sync>,
}

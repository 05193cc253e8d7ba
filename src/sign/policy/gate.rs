//! A policy that stands before a copy.

use std::sync::Arc;

use super::Policy;
use crate::class::Classified;
use crate::copy::{Gate, Refusal};
use crate::digest::Digest;
use crate::transport::{Location, Source};
use crate::watch::Watch;

/// Lets the image at a location be copied when a policy accepts it.
#[derive(Clone, Debug)]
pub struct Guard {
    policy: Arc<Policy>,
    location: Location,
}

impl Guard {
    /// Makes a guard for the image at `location`.
    pub fn new(policy: Arc<Policy>, location: Location) -> Self {
        Self { policy, location }
    }
}

impl Gate for Guard {
    fn admit(&self, source: &dyn Source, image: &Digest, watch: &Watch) -> Result<(), Refusal> {
        match self.policy.verify_digest(&self.location, source, image, watch) {
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal { diagnosis: error.diagnosis().into_owned(), source: Box::new(error) }),
        }
    }
}

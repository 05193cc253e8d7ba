//! What can go wrong with a registry.

use crate::class::Class;

/// A registry's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {}

impl Error {
    /// Returns the kind of failure.
    pub fn class(&self) -> Class {
        Class::Network
    }
}

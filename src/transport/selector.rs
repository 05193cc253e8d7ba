//! Which image of a place is meant.

use std::fmt;

use crate::descriptor::Descriptor;
use crate::digest::Digest;

/// Which image of a place is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// The one with this name; at registries a tag, in layouts any reference.
    Tag(String),
    /// The one with this digest.
    Digest(Digest),
    /// The one that a parent describes: its word on type and size is known beforehand and holds.
    Descriptor(Box<Descriptor>),
    /// The entry with this number, from 0, of a layout or archive.
    Entry(usize),
    /// The only one; written to a place with names, an image without a name.
    Sole,
}

impl Selector {
    /// Returns the digest, where it is known before asking.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Digest(digest) => Some(digest),
            Self::Descriptor(descriptor) => Some(&descriptor.digest),
            _ => None,
        }
    }

    /// Returns the tag, if this is one.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Tag(tag) => Some(tag),
            _ => None,
        }
    }
}

impl From<Descriptor> for Selector {
    fn from(descriptor: Descriptor) -> Self {
        Self::Descriptor(Box::new(descriptor))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Digest(digest) => write!(f, "manifest {digest}"),
            Self::Descriptor(descriptor) => write!(f, "manifest {}", descriptor.digest),
            Self::Entry(number) => write!(f, "entry @{number}"),
            Self::Sole => f.write_str("image"),
        }
    }
}

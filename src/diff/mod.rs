//! What is different between two images: their filesystems, and what their configs and manifests say, which
//! packages they have.
//!
//! Filesystems are compared as containers see them, merged; the content of files by its digest. As little as possible is read: equal layers
//! at the bottom are read once and without hashing, and when all layers are equal, none is.
//!
//! ```no_run
//! use stevedore::diff::{self, Side};
//! use stevedore::filesystem;
//! use stevedore::image::Image;
//! use stevedore::transport::{self, Location};
//!
//! let location: Location = "oci:images:app".parse()?;
//! let source = location.place.open_source(&transport::Options::default())?;
//! let image = Image::find(&*source, &location.at, None)?;
//! let side = || Side { source: &*source, image: &image, options: filesystem::Options::default() };
//! let same = diff::filesystems(&side(), &side(), diff::Options::default())?;
//! assert!(same.changes.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
mod documents;
mod layers;
#[cfg(feature = "sbom")]
mod packages;
mod platforms;

pub use change::{Attribute, Change, Operation};
pub use documents::{Document, Field, Scope, documents, indexes};
pub use layers::{Basis, Filesystems, Side, filesystems};
#[cfg(feature = "sbom")]
pub use packages::{Contents, PackageChange, contents, packages};
pub use platforms::{Pair, pairs};

/// What counts as a difference between filesystems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether times of modification do.
    pub times: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { times: true }
    }
}

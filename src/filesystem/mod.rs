//! Looking inside an image: its layers merged into one filesystem, without unpacking it and without being root.
//!
//! [`Layers`] reads the layers of an [`Image`](crate::image::Image) from any [`Source`](crate::transport::Source), verifies digest, size and
//! diff_id on the way, and gives a [`Tree`]: names and attributes, no content. Content is streamed from its layer afterwards,
//! [`Layers::copy_content`]. What is held in memory is bounded by [`Options::memory`] whatever a layer says.
//!
//! ```no_run
//! use stevedore::filesystem::{Layers, Options};
//! use stevedore::image::Image;
//! use stevedore::transport::{self, Location};
//!
//! let location: Location = "oci:images:app".parse()?;
//! let source = location.place.open_source(&transport::Options::default())?;
//! let image = Image::find(&*source, &location.at, None)?;
//! let layers = Layers::new(&*source, &image, Options::default())?;
//! for (path, entry) in layers.merge()?.iter() {
//!     assert!(path == b"." || entry.layer < image.layers().len());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod budget;
mod error;
mod escape;
mod find;
mod glob;
mod layers;
mod links;
mod meaning;
mod members;
mod merging;
mod packed;
mod paths;
mod read;
mod resolve;
mod spool;
mod tree;
mod unpack;
mod usage;
mod visit;
mod warning;
mod writer;

pub use error::{Error, Result};
pub use escape::{escape, is_active};
pub use find::Found;
pub use glob::Glob;
pub use layers::{DiffIds, Layers, Options};
pub use meaning::Meaning;
pub(crate) use meaning::{join, split};
pub use members::Members;
pub use merging::{Passed, Sink};
pub(crate) use read::each_member;
pub use read::{Layer, Scanned, scan, scan_with};
pub use tree::{Path, Tree};
pub use unpack::{Omitted, Unpack};
pub use usage::{Usage, usage};
pub use visit::{Content, Visitor};
pub use warning::{Oddity, Warning};
pub use writer::Writer;

pub use crate::tar::{Entry, Kind, Malformed, Member, Xattr};
use budget::Budget;

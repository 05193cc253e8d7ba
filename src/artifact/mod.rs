//! Artifacts: any files, kept where images are, and what refers to images.
//!
//! [`pack`] makes an [`Artifact`] of files, as oras does, and it is then a place to copy from; [`pull`] writes the files of one into a folder
//! and nowhere else, whatever their names say. [`attach`] puts one that refers to an image beside it, and [`tree`] lists all that do.
//!
//! image-spec, "Guidelines for Artifact Usage":
//! <https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage>. The names of files and what says that one is
//! a packed folder are annotations of oras: <https://oras.land/docs/how_to_guides/manifest_config>.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use stevedore::artifact::{self, Input, Options, Recipe};
//! use stevedore::copy::{self, Request};
//! use stevedore::transport::{self, Location, Selector};
//! use stevedore::watch::Watch;
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("notes.txt"), "hello\n")?;
//! let recipe = Recipe {
//!     files: vec![Input::named(folder.path().join("notes.txt"), "notes.txt")],
//!     artifact_type: Some("application/vnd.example.notes".into()),
//!     ..Recipe::default()
//! };
//! let artifact = artifact::pack(&recipe, &Options::new(folder.path()), &Watch::default())?;
//! let to: Location = format!("oci:{}:notes", folder.path().join("images").display()).parse()?;
//! let place = to.place.open_destination(&transport::Options::default())?;
//! let options = copy::Options::default();
//! let request =
//!     Request { source: &artifact, from: &Selector::Sole, destination: &*place, to: &to.at, options: &options };
//! let report = copy::copy(&request, NonZeroUsize::MIN, &Watch::default())?;
//! assert_eq!(report.manifest.digest, *artifact.manifest().digest());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attach;
mod content;
mod error;
mod folder;
mod pack;
mod pull;
mod title;
mod tree;
mod unpack;

#[cfg(feature = "sign")]
pub(crate) use attach::attach_beside;
pub use attach::{Made, attach};
pub use content::{Artifact, Content};
pub use error::{Error, Result};
pub use pack::{Input, Options, Recipe, UNKNOWN, pack};
pub use pull::{Pull, Pulled, PulledFile, files, pull};
pub use title::title;
pub use tree::{Node, Wanted, attestations, tree};

/// The annotation with a file's name.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The annotation with the time at which something was made.
const CREATED: &str = "org.opencontainers.image.created";
/// The annotation of oras's that says that a blob is a packed folder.
const UNPACK: &str = "io.deis.oras.content.unpack";
/// The annotation of oras's with the digest of the folder's tar.
const TAR_DIGEST: &str = "io.deis.oras.content.digest";

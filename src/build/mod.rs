//! Images from files: directories, single files, tars and bytes become layers, on a base image or on nothing.
//!
//! [`Contents`] gathers what a layer will have; [`build`] puts it together with tars, a base and config edits as a
//! [`Draft`](crate::draft::Draft). The bytes depend on names, modes, contents and the options alone: not on who builds, where, when, or with
//! how many threads.
//!
//! ```
//! use stevedore::build::{self, Contents, Options, Recipe};
//! use stevedore::filesystem::Entry;
//! use stevedore::platform::Platform;
//! use stevedore::watch::Watch;
//!
//! let mut contents = Contents::default();
//! contents.insert_bytes(b"etc/motd", Entry::file(0o644, 0), b"hello\n")?;
//! let recipe = Recipe { contents, ..Recipe::new(Platform::new("linux", "amd64")) };
//! let scratch = tempfile::tempdir()?;
//! let draft = build::build(recipe, &Options::new(scratch.path()), &Watch::default())?;
//! assert_eq!(draft.layers.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base;
mod contents;
mod error;
mod exclude;
mod host;
mod recipe;
mod write;

pub use contents::{Addition, Contents};
pub use error::{Error, Result};
pub use exclude::Exclude;
pub use recipe::{Options, Recipe, Times, build, pack};

//! Images in the making: what is kept of a base, what is new, and the manifests that come of it.
//!
//! A [`Draft`] is one image: layers that are kept by their descriptors or newly [`Made`], changes to the config and to annotations. Nothing
//! that is not changed is written anew: configs and manifests are spliced, so that unknown members survive and a draft without changes has
//! the digest that it began with. [`Drafts`] is a [`Source`](crate::transport::Source) of drafts, and so they are written to any place by
//! copying from it: blobs first, the name last, and only what the place lacks.
//!
//! ```
//! use std::io::Write;
//! use stevedore::draft::{Draft, Drafts, Layer, LayerWriter, Packing};
//! use stevedore::platform::Platform;
//! use stevedore::transport::{Selector, Source};
//!
//! let scratch = tempfile::tempdir()?;
//! let mut writer = LayerWriter::new(scratch.path(), Packing::default())?;
//! writer.write_all(&[0; 1024])?;
//! let mut draft = Draft::new(&Platform::new("linux", "amd64"));
//! draft.config.cmd = Some(vec!["/bin/app".into()]);
//! draft.push(Layer::Made(writer.finish()?), None);
//! let mut drafts = Drafts::default();
//! let image = drafts.add(&draft, None)?;
//! assert_eq!(drafts.resolve(&Selector::Sole)?.map(|root| root.digest), Some(image.digest));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod drafts;
mod edit;
mod error;
mod image;
mod layer;
mod upon;

pub use drafts::Drafts;
pub use edit::{ConfigEdit, Healthcheck};
pub use error::{Error, Result};
pub use image::{BASE_DIGEST, BASE_NAME, Base, Draft, Finished, Step};
pub use layer::{Layer, LayerWriter, Made, Packing};
pub(crate) use upon::{is_for_windows, type_name};

#[cfg(test)]
mod tests;

//! Tars: the one reader and the one writer for layers, archives of images and artifacts.
//!
//! [`Archive`] gives the members of a tar and their content in every dialect that they have; [`Header`]s alone, for what needs to know only
//! where content lies. [`Writer`] writes two [`Dialect`]s, and the same bytes each time.

mod archive;
mod block;
mod encode;
mod entry;
mod header;
#[cfg(test)]
mod oracle;
mod pax;
mod sparse;
mod writer;

pub use archive::Malformed;
pub(crate) use archive::{Archive, fill};
pub(crate) use block::{BLOCK, is_first};
pub(crate) use encode::{Dialect, encode};
pub use entry::{Entry, Kind, Member, Xattr};
pub(crate) use header::Header;
pub(crate) use writer::{WriteError, Writer};

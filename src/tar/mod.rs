//! Tars: the one reader for layers, archives of images and artifacts, in every dialect that they have.
//!
//! [`Archive`] gives the members of a tar and their content; [`Header`]s alone, for what needs to know only where content lies.

mod archive;
mod block;
mod entry;
mod header;
mod pax;
mod sparse;

pub(crate) use archive::Archive;
pub use archive::Malformed;
pub(crate) use block::{BLOCK, is_first};
pub use entry::{Entry, Kind, Member, Xattr};
pub(crate) use header::Header;

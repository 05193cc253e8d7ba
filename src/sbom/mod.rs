//! The packages in an image: what its package managers, language runtimes and binaries say of themselves.

mod binary;
mod cataloger;
mod java;
pub mod language;
mod package;

pub use cataloger::{Cataloger, Content, Evidence, Unreadable};
pub use package::{Kind, Package};

//! The packages in an image: what its package managers, language runtimes and binaries say of themselves.

mod cataloger;
mod package;

pub use crate::filesystem::Content;
pub use cataloger::{Cataloger, Evidence, Unreadable};
pub use package::{Kind, Package};

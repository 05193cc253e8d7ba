//! The packages in an image: what its package managers, language runtimes and binaries say of themselves.

pub mod attached;
mod binary;
mod cataloger;
mod document;
mod inventory;
mod java;
pub mod language;
mod licenses;
mod package;
mod purl;
pub mod system;

pub use crate::filesystem::Content;
pub use cataloger::{Cataloger, Evidence, Facts, Unreadable};
pub use document::{Subject, write_cyclonedx, write_spdx};
pub use inventory::{Collector, Installed, Inventory, Warning};
pub use package::{Guess, Kind, Package};
pub use purl::{Error as PurlError, Purl};

/// Returns all catalogers: those of systems, languages and binaries.
pub fn catalogers() -> Vec<Box<dyn Cataloger>> {
    let mut all: Vec<Box<dyn Cataloger>> = vec![
        Box::new(system::Dpkg),
        Box::new(system::DpkgFiles),
        Box::new(system::DpkgCopyright),
        Box::new(system::Apk),
        Box::new(system::Rpm),
        Box::new(system::RpmManifest),
        Box::new(system::Chisel),
        Box::new(system::Alpm),
    ];
    all.extend(language::catalogers());
    all
}

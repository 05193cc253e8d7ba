//! What package managers of operating systems keep about what they installed.

mod alpm;
mod apk;
mod chisel;
mod dpkg;
mod dpkg_copyright;
mod dpkg_files;
pub(super) mod os_release;
mod rpm;
mod rpm_manifest;
mod stanza;

pub use alpm::Alpm;
pub use apk::Apk;
pub use chisel::Chisel;
pub use dpkg::Dpkg;
pub use dpkg_copyright::DpkgCopyright;
pub use dpkg_files::DpkgFiles;
pub use os_release::OsRelease;
pub use rpm::Rpm;
pub use rpm_manifest::RpmManifest;

/// So many packages of one database are taken; no image comes near it, and a hostile one could name millions.
const MAX_PACKAGES: usize = 100_000;

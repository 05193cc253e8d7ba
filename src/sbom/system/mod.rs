//! What package managers of operating systems keep about what they installed.

mod apk;
mod dpkg;
pub(super) mod os_release;
mod rpm;
mod stanza;

pub use apk::Apk;
pub use dpkg::Dpkg;
pub use os_release::OsRelease;
pub use rpm::Rpm;

/// So many packages of one database are taken; no image comes near it, and a hostile one could name millions.
const MAX_PACKAGES: usize = 100_000;

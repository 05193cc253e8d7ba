//! Collecting garbage in the directory of a registry.

use std::path::{Path, PathBuf};
use std::time::Duration;

use stevedore::server::{Collection, Report, Storage};
use stevedore::transport;

use super::report::{Collected, Freed, Items};
use crate::cli::Result;
use crate::cli::units::duration;

#[derive(clap::Args)]
pub(super) struct StorageFlags {
    /// Collect in this directory of serve or registry:2 instead
    #[arg(long, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
    /// Keep blobs of a registry for so long that no manifest needs yet: a push brings them first
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    grace: Duration,
    /// Remove uploads to a registry that nobody continued for so long
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    upload_age: Duration,
    /// Remove manifests of a registry too that have no tag, are in no index that stays and refer to nothing that stays
    #[arg(long, requires = "store")]
    untagged: bool,
    /// Follow symbolic links to folders of repositories that lead below this directory (repeatable)
    #[arg(long, value_name = "DIR", requires = "store")]
    follow_links: Vec<PathBuf>,
}

/// Collects in a registry's directory.
pub(super) fn collect(store: &Path, flags: &StorageFlags, dry_run: bool, allow_empty: bool) -> Result<Freed> {
    if !store.is_dir() {
        return Err(transport::Error::not_found("directory", &store.display()).into());
    }
    let StorageFlags { grace, upload_age, untagged, follow_links, .. } = flags;
    let options =
        Collection { dry_run, grace: *grace, upload_age: *upload_age, delete_untagged: *untagged, allow_empty };
    // A directory of something else is not made a registry's, least of all when nothing is to be removed.
    let mut storage = Storage::open_existing(store)?;
    for folder in follow_links {
        storage.follow_links(folder)?;
    }
    let Report { kept, blobs, untagged, uploads, leftovers, bytes, items, .. } = storage.collect(&options)?;
    let collected = Some(Collected { kept, untagged, uploads, leftovers });
    let items = Items::new(items.blobs, items.untagged, items.uploads);
    Ok(Freed { place: store.display().to_string(), blobs, bytes, dry_run, store: collected, items })
}

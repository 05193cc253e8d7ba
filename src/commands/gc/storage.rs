//! Collecting garbage in the directory of a registry.

use std::path::{Path, PathBuf};
use std::time::Duration;

use stevedore::class::Class;
use stevedore::server::{Collection, Report, Scrub, Storage};
use stevedore::transport;

use super::report::{Collected, Freed, Items, Verified};
use crate::cli::units::{count, duration};
use crate::cli::{Result, Ui, Verdict};

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
    /// Read all content of a registry again instead, and set aside what has not its digest any more, so that clients push it again
    #[arg(long, requires = "store", conflicts_with_all = ["untagged", "allow_empty"])]
    pub(super) verify: bool,
    /// Follow symbolic links to folders of repositories that lead below this directory (repeatable)
    #[arg(long, value_name = "DIR", requires = "store")]
    follow_links: Vec<PathBuf>,
}

/// Collects in a registry's directory.
pub(super) fn collect(store: &Path, flags: &StorageFlags, dry_run: bool, allow_empty: bool) -> Result<Freed> {
    let StorageFlags { grace, upload_age, untagged, .. } = flags;
    let options =
        Collection { dry_run, grace: *grace, upload_age: *upload_age, delete_untagged: *untagged, allow_empty };
    let Report { kept, blobs, untagged, uploads, leftovers, bytes, items, .. } =
        open(store, flags)?.collect(&options)?;
    let collected = Some(Collected { kept, untagged, uploads, leftovers });
    let items = Items::new(items.blobs, items.untagged, items.uploads);
    Ok(Freed { place: store.display().to_string(), blobs, bytes, dry_run, store: collected, items })
}

/// Reads all content of a registry's directory again.
pub(super) fn verify(store: &Path, flags: &StorageFlags, dry_run: bool, ui: &Ui) -> Result<()> {
    let watch = ui.watch()?;
    let how = Scrub { dry_run, rate: None };
    let found = open(store, flags)?.scrub(&how, &mut |_| watch.check().is_ok())?;
    watch.check().map_err(transport::Error::Cancelled)?;
    let verified = Verified::new(store.display().to_string(), dry_run, found);
    ui.report(&verified)?;
    match verified.damaged() {
        0 => Ok(()),
        number => {
            let reason = format!("{} damaged", count(number, "blob"));
            Err(Verdict { class: Class::Verification, reason }.into())
        }
    }
}

/// A directory of something else is not made a registry's, least of all when nothing is to be removed.
fn open(store: &Path, flags: &StorageFlags) -> Result<Storage> {
    if !store.is_dir() {
        return Err(transport::Error::not_found("storage", &store.display()).into());
    }
    let mut storage = Storage::open_existing(store)?;
    for folder in &flags.follow_links {
        storage.follow_links(folder)?;
    }
    Ok(storage)
}

//! `gc`: free what a layout holds and no name needs, or a registry's directory and no manifest.

mod report;
#[cfg(feature = "server")]
mod storage;

use stevedore::transport::{Layout, Location, Options, Place, Selector, Sweep, Swept};

use crate::cli::locations::location;
use crate::cli::{Result, Ui, Usage};
use report::{Freed, Items};

/// Remove the blobs that no name needs, and what killed processes left
///
/// Waits until no copy writes to a layout. The directory of a registry can be collected while the registry runs.
#[derive(clap::Args)]
#[command(after_long_help = [EXAMPLES, STORE_EXAMPLE].concat())]
pub(crate) struct Args {
    /// The layout
    #[arg(value_parser = location, value_name = "oci:DIR")]
    #[cfg_attr(feature = "server", arg(required_unless_present = "store", conflicts_with = "store"))]
    #[cfg_attr(not(feature = "server"), arg(required = true))]
    place: Option<Location>,
    #[cfg(feature = "server")]
    #[command(flatten)]
    storage: storage::StorageFlags,
    /// Free blobs of a registry that has no repository at all, which is otherwise taken for a volume that is not mounted, or of a layout
    /// without index.json
    #[arg(long)]
    allow_empty: bool,
    /// Take manifests that an index of a layout names and that are not there for left out on purpose
    #[arg(long)]
    #[cfg_attr(feature = "server", arg(conflicts_with = "store"))]
    allow_missing: bool,
    /// List what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  stevedore gc oci:images
  stevedore gc -n oci:images";

#[cfg(feature = "server")]
const STORE_EXAMPLE: &str = "
  stevedore gc --store /var/lib/stevedore --dry-run
  stevedore gc --store /var/lib/stevedore --verify";
#[cfg(not(feature = "server"))]
const STORE_EXAMPLE: &str = "";

/// Sweeps the layout.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let Args { allow_empty, allow_missing, dry_run, .. } = *args;
    #[cfg(feature = "server")]
    if let Some(store) = &args.storage.store {
        if args.storage.verify {
            return storage::verify(store, &args.storage, dry_run, ui);
        }
        return ui.report(&storage::collect(store, &args.storage, dry_run, allow_empty)?);
    }
    let place = args.place.as_ref().expect("without another place, a layout is required");
    let (Place::Layout(path), Selector::Sole) = (&place.place, &place.at) else {
        return Err(Usage::new("only a layout has blobs to remove", "name one without a tag, as in oci:images").into());
    };
    let options = Options { watch: ui.watch()?, ..Options::default() };
    let how = Sweep { dry_run, allow_missing, allow_empty };
    let Swept { blobs, bytes, .. } = Layout::open(path, &options)?.sweep(&how)?;
    let (place, count) = (place.to_string(), blobs.len() as u64);
    let items = Items::new(blobs, Vec::new(), Vec::new());
    ui.report(&Freed { place, blobs: count, bytes, dry_run, store: None, items })
}

impl Args {
    /// Returns what an error is about, as it was typed.
    pub(crate) fn reference(&self) -> String {
        #[cfg(feature = "server")]
        if let Some(store) = &self.storage.store {
            return store.display().to_string();
        }
        self.place.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

//! `gc`: free what a layout holds and no name needs, or a registry's directory and no manifest.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use stevedore::class::Class;
use stevedore::digest::Digest;
use stevedore::server::{Collection, Report, Scrub, Scrubbed, Storage};
use stevedore::transport::{self, Layout, Location, Options, Place, Selector, Sweep, Swept};

use crate::cli::locations::location;
use crate::cli::units::{self, bytes, duration};
use crate::cli::{self, Result, Ui, Usage, Verdict};

/// Remove the blobs that no name needs, and what killed processes left
///
/// Waits until no copy writes to a layout. The directory of a registry can be collected while the registry runs.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The layout
    #[arg(value_parser = location, value_name = "oci:DIR", required_unless_present = "store", conflicts_with = "store")]
    place: Option<Location>,
    /// Collect in this directory of serve or registry:2 instead
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Keep blobs of a registry for so long that no manifest needs yet: a push brings them first
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    grace: Duration,
    /// Remove uploads to a registry that nobody continued for so long
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    upload_age: Duration,
    /// Remove manifests of a registry too that have no tag, are in no index that stays and refer to nothing that stays
    #[arg(long, requires = "store")]
    untagged: bool,
    /// Free blobs of a registry that has no repository at all, which is otherwise taken for a volume that is not mounted, or of a layout
    /// without index.json
    #[arg(long)]
    allow_empty: bool,
    /// Take manifests that an index of a layout names and that are not there for left out on purpose
    #[arg(long, conflicts_with = "store")]
    allow_missing: bool,
    /// Follow symbolic links to folders of repositories that lead below this directory (repeatable)
    #[arg(long, value_name = "DIR", requires = "store")]
    follow_links: Vec<PathBuf>,
    /// Read all content of a registry again instead, and set aside what has not its digest any more, so that clients push it again
    #[arg(long, requires = "store", conflicts_with_all = ["untagged", "allow_empty"])]
    verify: bool,
    /// List what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  stevedore gc oci:images
  stevedore gc -n oci:images
  stevedore gc --store /var/lib/stevedore --dry-run
  stevedore gc --store /var/lib/stevedore --verify";

/// What is gone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Freed {
    place: String,
    blobs: u64,
    bytes: u64,
    dry_run: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    store: Option<Collected>,
    items: Items,
}

/// What else is gone of a registry's directory.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Collected {
    kept: u64,
    untagged: u64,
    uploads: u64,
    leftovers: u64,
}

/// What was read again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    place: String,
    blobs: u64,
    bytes: u64,
    dry_run: bool,
    damaged: Vec<Blob>,
}

/// All that is gone, one by one.
#[derive(Debug, Default, Serialize)]
struct Items {
    blobs: Vec<Blob>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untagged: Vec<Untagged>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uploads: Vec<Upload>,
}

#[derive(Debug, Serialize)]
struct Blob {
    digest: Digest,
    size: u64,
}

#[derive(Debug, Serialize)]
struct Untagged {
    repository: String,
    digest: Digest,
}

#[derive(Debug, Serialize)]
struct Upload {
    repository: String,
    id: String,
}

/// Sweeps the layout.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let Some(place) = &args.place else {
        return collect(args, ui);
    };
    let (Place::Layout(path), Selector::Sole) = (&place.place, &place.at) else {
        return Err(Usage::new("only a layout has blobs to remove", "name one without a tag, as in oci:images").into());
    };
    let options = Options { watch: ui.watch()?, ..Options::default() };
    let how = Sweep { dry_run: args.dry_run, allow_missing: args.allow_missing, allow_empty: args.allow_empty };
    let Swept { blobs, bytes, .. } = Layout::open(path, &options)?.sweep(&how)?;
    let items = Items { blobs: listed(blobs), ..Items::default() };
    let blobs = items.blobs.len() as u64;
    ui.report(&Freed { place: place.to_string(), blobs, bytes, dry_run: args.dry_run, store: None, items })
}

/// Collects in a registry's directory.
fn collect(args: &Args, ui: &Ui) -> Result<()> {
    let store = args.store.as_ref().expect("without a layout, a store is required");
    if !store.is_dir() {
        return Err(stevedore::transport::Error::not_found("directory", &store.display()).into());
    }
    let options = Collection {
        dry_run: args.dry_run,
        grace: args.grace,
        upload_age: args.upload_age,
        delete_untagged: args.untagged,
        allow_empty: args.allow_empty,
    };
    // A directory of something else is not made a registry's, least of all when nothing is to be removed.
    let mut storage = Storage::open_existing(store)?;
    for folder in &args.follow_links {
        storage.follow_links(folder)?;
    }
    if args.verify {
        return verify(&storage, args, ui);
    }
    let report = storage.collect(&options)?;
    let place = store.display().to_string();
    let Report { kept, blobs, untagged, uploads, leftovers, bytes, items, .. } = report;
    let collected = Some(Collected { kept, untagged, uploads, leftovers });
    let items = Items {
        blobs: listed(items.blobs),
        untagged: items.untagged.into_iter().map(|(repository, digest)| Untagged { repository, digest }).collect(),
        uploads: items.uploads.into_iter().map(|(repository, id)| Upload { repository, id }).collect(),
    };
    ui.report(&Freed { place, blobs, bytes, dry_run: args.dry_run, store: collected, items })
}

/// Reads all content again.
fn verify(storage: &Storage, args: &Args, ui: &Ui) -> Result<()> {
    let watch = ui.watch()?;
    let how = Scrub { dry_run: args.dry_run, rate: None };
    let found = storage.scrub(&how, &mut |_| watch.check().is_ok())?;
    watch.check().map_err(transport::Error::Cancelled)?;
    let damaged = found.damaged.len();
    let place = args.reference();
    let Scrubbed { blobs, bytes, damaged: list, .. } = found;
    ui.report(&Verified { place, blobs, bytes, dry_run: args.dry_run, damaged: listed(list) })?;
    match damaged {
        0 => Ok(()),
        count => {
            let reason = format!("{} damaged", units::count(count, "blob"));
            Err(Verdict { class: Class::Verification, reason }.into())
        }
    }
}

fn listed(blobs: Vec<(Digest, u64)>) -> Vec<Blob> {
    blobs.into_iter().map(|(digest, size)| Blob { digest, size }).collect()
}

impl Args {
    /// Returns what an error is about, as it was typed.
    pub(crate) fn reference(&self) -> String {
        let store = || self.store.as_ref().map(|store| store.display().to_string()).unwrap_or_default();
        self.place.as_ref().map_or_else(store, ToString::to_string)
    }
}

impl cli::report::Report for Verified {
    fn text(&self) -> String {
        let what = if self.dry_run { "damaged" } else { "set aside, push it again:" };
        let mut text: String =
            self.damaged.iter().map(|Blob { digest, size }| format!("{what} {digest} ({})\n", bytes(*size))).collect();
        let blobs = units::count(usize::try_from(self.blobs).unwrap_or(usize::MAX), "blob");
        text.push_str(&format!("read {} ({blobs}) in {}\n", bytes(self.bytes), self.place));
        text
    }
}

impl cli::report::Report for Freed {
    fn text(&self) -> String {
        let verb = if self.dry_run { "would free" } else { "freed" };
        let count = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let mut parts = vec![count(self.blobs, "blob", "blobs")];
        if let Some(Collected { untagged, uploads, leftovers, .. }) = &self.store {
            for (number, one, many) in [
                (untagged, "untagged manifest", "untagged manifests"),
                (uploads, "upload", "uploads"),
                (leftovers, "unfinished write", "unfinished writes"),
            ] {
                parts.extend((*number > 0).then(|| count(*number, one, many)));
            }
        }
        let mut text = String::new();
        // What went can be counted; what would go is there to be checked first.
        if self.dry_run {
            let Items { blobs, untagged, uploads } = &self.items;
            let lines = untagged
                .iter()
                .map(|Untagged { repository, digest }| format!("would remove manifest {digest} from {repository}"))
                .chain(
                    uploads
                        .iter()
                        .map(|Upload { repository, id }| format!("would remove upload {id} from {repository}")),
                )
                .chain(
                    blobs.iter().map(|Blob { digest, size }| format!("would free blob {digest} ({})", bytes(*size))),
                );
            for line in lines {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text.push_str(&format!("{verb} {} ({}) in {}\n", bytes(self.bytes), parts.join(", "), self.place));
        text
    }
}

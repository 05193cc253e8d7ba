//! The flags of `serve` that say when garbage is collected.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stevedore::server::{Collection, Collector, Metrics, Report, Scrub, Scrubbed, Scrubber, Storage};
use stevedore::store;

use crate::cli::units::{bytes, duration};
use crate::cli::{Error, Result, output};

/// When garbage is collected.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Garbage collection")]
pub(super) struct CollectionFlags {
    /// Free what no manifest needs each time so much has passed; never is possible, too
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = interval)]
    gc_interval: Interval,
    /// Keep blobs for so long that no manifest needs yet: a push brings them first
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    gc_grace: Duration,
    /// Remove manifests too that have no tag, are in no index that stays and refer to nothing that stays
    #[arg(long)]
    gc_untagged: bool,
    /// Remove uploads that nobody continued for so long
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    upload_age: Duration,
    /// Read all content again, slowly, when the last time is so long ago, and set aside what has not its digest any more; never is possible, too
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = interval)]
    scrub_interval: Interval,
}

/// Bytes a second that a scrub reads: others get most of the disk.
const SCRUB_RATE: u64 = 16 << 20;

fn sleep(pause: Duration) -> bool {
    thread::sleep(pause);
    true
}

/// A time between two collections, if there are any.
#[derive(Clone, Copy, Debug)]
struct Interval(Option<Duration>);

fn interval(text: &str) -> Result<Interval, &'static str> {
    if text == "never" { Ok(Interval(None)) } else { duration(text).map(|time| Interval(Some(time))) }
}

impl CollectionFlags {
    /// Starts to collect, now and then, until the process ends.
    pub(super) fn start(&self, storage: &Arc<Storage>, metrics: &Arc<Metrics>) -> std::io::Result<()> {
        self.start_scrubber(storage, metrics)?;
        let Interval(Some(pause)) = self.gc_interval else {
            return Ok(());
        };
        let (storage, metrics) = (Arc::clone(storage), Arc::clone(metrics));
        let collection = Collection {
            dry_run: false,
            grace: self.gc_grace,
            upload_age: self.upload_age,
            delete_untagged: self.gc_untagged,
            allow_empty: false,
        };
        let tell = |result: Result<Report, store::Error>| match result {
            Ok(report) if report.bytes == 0 => {}
            Ok(report) => output::line(&format!("stevedore: the collector freed {}", bytes(report.bytes))),
            Err(error) => output::line(&format!("stevedore: the collector failed: {:#}", Error::from(error))),
        };
        thread::Builder::new()
            .name("collector".into())
            .spawn(move || Collector { pause, collection }.run(&storage, &metrics, tell, sleep))?;
        Ok(())
    }

    fn start_scrubber(&self, storage: &Arc<Storage>, metrics: &Arc<Metrics>) -> std::io::Result<()> {
        let Interval(Some(pause)) = self.scrub_interval else {
            return Ok(());
        };
        let (storage, metrics) = (Arc::clone(storage), Arc::clone(metrics));
        let scrub = Scrub { dry_run: false, rate: Some(SCRUB_RATE) };
        let tell = |result: Result<Scrubbed, store::Error>| match result {
            Ok(found) => {
                for (digest, _) in &found.damaged {
                    output::line(&format!(
                        "stevedore: the scrub found {digest} damaged and set it aside: push it again"
                    ));
                }
                for (digest, _) in &found.left_in_place {
                    output::line(&format!(
                        "stevedore: the scrub found {digest} damaged, and cannot set it aside: the storage is busy"
                    ));
                }
            }
            Err(error) => output::line(&format!("stevedore: the scrub failed: {:#}", Error::from(error))),
        };
        thread::Builder::new()
            .name("scrubber".into())
            .spawn(move || Scrubber { pause, scrub }.run(&storage, &metrics, tell, sleep))?;
        Ok(())
    }
}

//! The flags of `serve` that say when garbage is collected.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stevedore::server::{Collection, Collector, Metrics, Report, Storage};
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
        let wait = |pause| {
            thread::sleep(pause);
            true
        };
        thread::Builder::new()
            .name("collector".into())
            .spawn(move || Collector { pause, collection }.run(&storage, &metrics, tell, wait))?;
        Ok(())
    }
}

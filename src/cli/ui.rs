//! What a verb is given to speak with.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use stevedore::copy::Totals;
use stevedore::digest::Digest;
use stevedore::registry::Observer;
use stevedore::watch::Watch;

use super::environment::Environment;
use super::failure::Failure;
use super::global::Global;
use super::progress::Progress;
use super::report::Report;
use super::trace::Trace;
use super::{Result, interrupt, output};

/// Results to standard output, all else to standard error.
pub(crate) struct Ui {
    json: bool,
    quiet: bool,
    progress: Progress,
    watch: Watch,
    verbose: u8,
    trace: Option<PathBuf>,
    observer: OnceLock<Option<Arc<Trace>>>,
}

impl Ui {
    /// Makes one as the flags say.
    pub(crate) fn new(flags: &Global) -> Self {
        let progress = Progress::new(flags);
        let watch = progress.watch();
        let (verbose, trace) = (flags.verbose, flags.trace.clone());
        Self { json: flags.json, quiet: flags.quiet, progress, watch, verbose, trace, observer: OnceLock::new() }
    }

    /// Returns who hears of every request, when somebody wants to. A file for that is opened by the first call.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn observer(&self) -> Result<Option<Arc<dyn Observer>>> {
        let observer = match self.observer.get() {
            Some(observer) => observer.clone(),
            None => {
                let made = Trace::open(self.progress.clone(), self.verbose, self.trace.as_deref())?.map(Arc::new);
                self.observer.get_or_init(|| made).clone()
            }
        };
        Ok(observer.map(|observer| observer as Arc<dyn Observer>))
    }

    /// Returns the watch for the library, which Ctrl-C cancels from now on.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub(crate) fn watch(&self) -> std::io::Result<Watch> {
        interrupt::cancel_on_signal(&self.watch)?;
        Ok(self.watch.clone())
    }

    /// Says whether the result is to be JSON.
    pub(crate) fn wants_json(&self) -> bool {
        self.json
    }

    /// Prints the result, below where the bars were.
    pub(crate) fn report(&self, report: &impl Report) -> Result<()> {
        self.progress.close();
        if !self.json {
            return output::print(report.text().as_bytes());
        }
        let mut text = serde_json::to_vec(report)?;
        text.push(b'\n');
        output::print(&text)
    }

    /// Prints bytes as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        output::print(bytes)
    }

    /// Names the long operation that begins.
    pub(crate) fn title(&self, title: &str) {
        self.progress.title(title);
    }

    /// Tells something worth knowing.
    pub(crate) fn note(&self, text: &str) {
        self.progress.note(text);
    }

    /// Tells how it ended, in one line.
    pub(crate) fn summary(&self, text: &str) {
        self.progress.close();
        if !self.quiet && !self.progress.is_json() {
            self.progress.line(text);
        }
    }

    /// Tells one of many failures, quiet or not.
    #[cfg(feature = "sync")]
    pub(crate) fn failed(&self, text: &str) {
        self.progress.close();
        if self.progress.is_json() { self.progress.note(text) } else { self.progress.line(text) }
    }

    /// Tells whoever reads the progress that a copy has ended well.
    pub(crate) fn done(&self, digest: &Digest, totals: &Totals, elapsed: Duration) {
        self.progress.done(digest, totals, elapsed);
    }

    /// Asks a question on standard error.
    pub(crate) fn ask(&self, question: &str) {
        output::ask(question);
    }

    /// Ends the progress.
    pub(crate) fn close(&self) {
        self.progress.close();
    }

    /// Tells what went wrong.
    pub(crate) fn fail(&self, failure: &Failure) {
        let text = if self.json || self.progress.is_json() { failure.json() } else { failure.text() };
        output::line(&text);
    }

    /// Returns the process's environment.
    pub(crate) fn environment(&self) -> Environment {
        Environment::read()
    }

    /// Returns the folder for what outlives the process.
    pub(crate) fn state(&self) -> Option<PathBuf> {
        self.environment().state()
    }
}

//! The only place that writes to standard output and standard error.
//!
//! Rust ignores SIGPIPE, so a reader that leaves shows as an error here; it becomes [`Closed`], which ends the program without a word.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};

use stevedore::class::{Class, Classified, Diagnosis};
use stevedore::filesystem;

use super::{Error, Result};

/// Whoever reads standard output has closed it.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub(crate) struct Closed;

/// Standard output failed in another way: a full disk.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(crate) struct Failed(#[source] io::Error);

impl Classified for Closed {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Class::Failed.into()
    }
}

impl Classified for Failed {
    fn diagnosis(&self) -> Diagnosis<'_> {
        self.0.diagnosis()
    }
}

/// Writes to standard output and flushes.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(failure)
}

/// Has standard output written piece by piece; errors of writing are to be given to [`failure`].
pub(crate) fn stream<T>(fill: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let mut stdout = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let filled = fill(&mut stdout)?;
    stdout.flush().map_err(failure)?;
    Ok(filled)
}

/// Makes the error for what writing content of layers there failed with.
pub(crate) fn of_layers(error: filesystem::Error) -> Error {
    match error {
        filesystem::Error::Output(error) => failure(error),
        other => other.into(),
    }
}

/// Makes the error for what writing to standard output failed with.
pub(crate) fn failure(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe { Closed.into() } else { Failed(error).into() }
}

/// Writes a line to standard error.
pub(crate) fn line(text: &str) {
    let mut stderr = io::stderr().lock();
    // There is nowhere left to tell that standard error is gone.
    let _ = writeln!(stderr, "{text}");
}

/// Writes a question to standard error, without a newline.
pub(crate) fn ask(text: &str) {
    let mut stderr = io::stderr().lock();
    // As above.
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// Opens standard output for an archive, past the line buffer of [`io::stdout`]. It is not buffered: an error of a late flush would be lost.
pub(crate) fn archive_output() -> io::Result<Arc<Mutex<dyn Write + Send>>> {
    let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    Ok(Arc::new(Mutex::new(file)))
}

/// Opens standard input for an archive.
pub(crate) fn archive_input() -> io::Result<Arc<Mutex<dyn Read + Send>>> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    Ok(Arc::new(Mutex::new(BufReader::with_capacity(64 * 1024, file))))
}

/// Says whether standard output is a terminal, which an archive must not be written to.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Says whether bars can be drawn: standard error is a terminal that understands escapes.
pub(crate) fn can_draw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

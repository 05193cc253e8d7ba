//! Ctrl-C and SIGTERM: the first asks the work to stop; the second, or two seconds, ends the process.
//!
//! Correctness never needs the clean stop: what a killed process leaves is whole or invisible.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use stevedore::watch::Watch;

/// The exit code of an interrupted program.
pub(crate) const EXIT_CODE: u8 = 130;

const GRACE: Duration = Duration::from_secs(2);

/// Cancels `watch` at the first signal.
pub(crate) fn cancel_on_signal(watch: &Watch) -> std::io::Result<()> {
    let watch = watch.clone();
    listen(GRACE, move || watch.cancel(), |_| i32::from(EXIT_CODE))
}

/// Shuts a server down gracefully at the first signal, and at once at the second or after `grace`. The process then ends: with 0 after
/// `grace`, which is the time that running requests are promised.
#[cfg(feature = "server")]
pub(crate) fn on_signals(
    grace: Duration,
    wind_up: impl FnOnce() + Send + 'static,
    cut: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    listen(grace, wind_up, move |again| {
        cut();
        if again { i32::from(EXIT_CODE) } else { 0 }
    })
}

/// Does `first` at the first signal, and ends the process with what `last` returns at the second or after `grace`.
fn listen(
    grace: Duration,
    first: impl FnOnce() + Send + 'static,
    last: impl FnOnce(bool) -> i32 + Send + 'static,
) -> std::io::Result<()> {
    let (mut receiver, sender) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGINT, sender.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGTERM, sender)?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        let mut byte = [0];
        if receiver.read_exact(&mut byte).is_err() {
            return;
        }
        first();
        // Without the timeout only a second signal ends the program, which is what an error here amounts to.
        let _ = receiver.set_read_timeout(Some(grace));
        let again = receiver.read_exact(&mut byte).is_ok();
        std::process::exit(last(again));
    })?;
    Ok(())
}

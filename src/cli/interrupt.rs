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

const PATIENCE: Duration = Duration::from_secs(2);

/// Cancels `watch` at the first signal.
pub(crate) fn cancel_on_signal(watch: &Watch) -> std::io::Result<()> {
    let (mut receiver, sender) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGINT, sender.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGTERM, sender)?;
    let watch = watch.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        let mut byte = [0];
        if receiver.read_exact(&mut byte).is_err() {
            return;
        }
        watch.cancel();
        // Without the timeout only a second signal ends the program, which is what an error here amounts to.
        let _ = receiver.set_read_timeout(Some(PATIENCE));
        // Either outcome, a second signal or the end of the wait, means the same.
        let _ = receiver.read_exact(&mut byte);
        std::process::exit(i32::from(EXIT_CODE));
    })?;
    Ok(())
}

//! The last test binary of a run: says how many tests were skipped, and why.

use std::io::Write as _;

#[path = "it/support/skips.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod skips;

fn main() -> std::io::Result<()> {
    // Tools that list tests find none here.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    writeln!(std::io::stdout(), "\n{}\n", skips::take())
}

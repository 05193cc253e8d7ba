//! Places between two system calls, by name, where tests can end a request as a crash would. Nothing in other builds.

use crate::store::Result;

#[cfg(not(test))]
pub(super) fn step(_: &'static str) -> Result<()> {
    Ok(())
}

/// A place as [`step`] names, and what the caller remembers there of what it has read.
#[cfg(not(test))]
pub(super) fn step_knowing(_: &'static str, _: &impl std::fmt::Debug) -> Result<()> {
    Ok(())
}

/// Waits for others; tests can let the others go on instead.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "a test can end the request here")]
pub(super) fn wait(_: &'static str, pause: std::time::Duration) -> Result<()> {
    std::thread::sleep(pause);
    Ok(())
}

#[cfg(test)]
pub(super) use tests::{step, step_knowing, wait};

#[cfg(test)]
pub(in crate::server) mod tests {
    use std::cell::RefCell;
    use std::hash::{DefaultHasher, Hash, Hasher};

    use super::Result;

    /// What a test does at each step of its thread.
    type Watcher = Box<dyn FnMut(&'static str) -> Result<()>>;

    thread_local! {
        static MEMORY: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
        static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
    }

    pub(in crate::server) fn step(name: &'static str) -> Result<()> {
        // Taken out while it runs, for it may itself use the storage.
        let Some(mut watcher) = WATCHER.with_borrow_mut(Option::take) else {
            return Ok(());
        };
        let result = watcher(name);
        WATCHER.set(Some(watcher));
        result
    }

    pub(in crate::server) fn step_knowing(name: &'static str, memory: &impl std::fmt::Debug) -> Result<()> {
        let mut hasher = DefaultHasher::new();
        format!("{memory:?}").hash(&mut hasher);
        MEMORY.set(hasher.finish());
        step(name)
    }

    /// Returns a hash of what this thread last said that it remembers.
    pub(in crate::server) fn memory() -> u64 {
        MEMORY.get()
    }

    pub(in crate::server) fn wait(name: &'static str, pause: std::time::Duration) -> Result<()> {
        if WATCHER.with_borrow(Option::is_none) {
            std::thread::sleep(pause);
        }
        step(name)
    }

    /// Runs `run`, with `watcher` at each step.
    pub(in crate::server) fn watched<T>(
        watcher: impl FnMut(&'static str) -> Result<()> + 'static,
        run: impl FnOnce() -> T,
    ) -> T {
        WATCHER.set(Some(Box::new(watcher)));
        let result = run();
        WATCHER.set(None);
        result
    }
}

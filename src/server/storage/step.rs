//! Places between two system calls, by name, where tests can end a request as a crash would. Nothing in other builds.

use crate::store::Result;

#[cfg(not(test))]
pub(super) fn step(_: &'static str) -> Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use tests::step;

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;

    use super::Result;

    /// What a test does at each step of its thread.
    type Watcher = Box<dyn FnMut(&'static str) -> Result<()>>;

    thread_local! {
        static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
    }

    pub(in super::super) fn step(name: &'static str) -> Result<()> {
        // Taken out while it runs, for it may itself use the storage.
        let Some(mut watcher) = WATCHER.with_borrow_mut(Option::take) else {
            return Ok(());
        };
        let result = watcher(name);
        WATCHER.set(Some(watcher));
        result
    }

    /// Runs `run`, with `watcher` at each step.
    pub(in super::super) fn watched<T>(
        watcher: impl FnMut(&'static str) -> Result<()> + 'static,
        run: impl FnOnce() -> T,
    ) -> T {
        WATCHER.set(Some(Box::new(watcher)));
        let result = run();
        WATCHER.set(None);
        result
    }
}

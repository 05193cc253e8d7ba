//! What a scope of threads needs to end although a test fails in it.

/// Runs a function when dropped, also by a panic: `thread::scope` waits for its threads then, and those that run until they are stopped
/// have to be stopped.
pub(crate) struct Finally<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

//! The policy for poisoned locks: they are taken all the same.
//!
//! A panic costs the one answer or image during which it happened, not all that come later. So every value behind a lock is whole between any
//! two statements of its holder: what belongs together is changed in one, or by code that cannot panic.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Takes a lock.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a lock for reading.
pub(crate) fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a lock for writing.
pub(crate) fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what a lock guarded.
#[cfg(feature = "sbom")]
pub(crate) fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condition` is notified, for no longer than `time`; it may also return for no reason.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) fn wait<'a, T>(
    condition: &std::sync::Condvar,
    guard: MutexGuard<'a, T>,
    time: std::time::Duration,
) -> MutexGuard<'a, T> {
    condition.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner).0
}

#[cfg(all(test, feature = "client", feature = "sbom"))]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_nobody_else() {
        let (mutex, shared) = (Mutex::new(1), RwLock::new(1));
        let panicked = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let (mut one, mut other) = (lock(&mutex), write(&shared));
                (*one, *other) = (2, 2);
                std::panic::resume_unwind(Box::new("held"));
            });
            thread.join().is_err()
        });
        assert!(panicked && mutex.is_poisoned() && shared.is_poisoned());
        assert_eq!((*lock(&mutex), *read(&shared)), (2, 2));
        assert_eq!(*write(&shared), 2);
        assert_eq!(*wait(&std::sync::Condvar::new(), lock(&mutex), std::time::Duration::ZERO), 2);
        assert_eq!(into_inner(mutex), 2);
    }
}

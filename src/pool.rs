//! Work shared by a bounded number of threads.
//!
//! A [`Pool`] may be used by work that it runs itself: images and their blobs draw on the same threads, so that `jobs` bounds them all
//! together. The thread that asks works too, so that everything is done where no other thread can be made.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, JoinHandle, Scope};
use std::{io, mem, sync::mpsc};

use crate::locks::lock;
use crate::watch::{Cancelled, Watch};

/// At most so many threads at work, the caller's among them.
#[derive(Debug)]
pub struct Pool {
    jobs: NonZeroUsize,
    /// The number of threads that may still be made.
    spare: AtomicUsize,
}

impl Pool {
    /// Makes a pool; its threads are made when there is work for them, and end with it.
    pub fn new(jobs: NonZeroUsize) -> Self {
        Self { jobs, spare: AtomicUsize::new(jobs.get() - 1) }
    }

    /// Returns the number of threads at work at most.
    pub fn jobs(&self) -> NonZeroUsize {
        self.jobs
    }

    /// Does `work` for every item, begun in the items' order, and returns the results in that order.
    ///
    /// # Panics
    /// With the first panic of `work`, once every thread has ended; nothing more is begun after it.
    pub fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let batch = Batch {
            pool: self,
            items,
            work,
            next: AtomicUsize::new(0),
            done: Mutex::new(Vec::with_capacity(items.len())),
            panic: Mutex::default(),
        };
        thread::scope(|scope| batch.run(scope));
        if let Some(payload) = lock(&batch.panic).take() {
            panic::resume_unwind(payload);
        }
        let mut done = mem::take(&mut *lock(&batch.done));
        done.sort_unstable_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// Does `work` for every item and returns the results in the items' order. The first failure stops the rest: nothing more is begun, and
    /// the watch that the others were given is cancelled.
    ///
    /// # Errors
    /// The first failure, or that `watch` was cancelled.
    ///
    /// # Panics
    /// As [`map`](Self::map) does.
    pub fn each<T: Sync, R: Send, E: Send + From<Cancelled>>(
        &self,
        watch: &Watch,
        items: &[T],
        work: impl Fn(&T, &Watch) -> Result<R, E> + Sync,
    ) -> Result<Vec<R>, E> {
        let part = watch.part();
        // The others then fail because they are stopped; the first failure is the cause.
        let failure: Mutex<Option<E>> = Mutex::new(None);
        let done = self.map(items, |item| {
            if part.is_cancelled() {
                return None;
            }
            let failed = |error| {
                lock(&failure).get_or_insert(error);
                part.cancel();
            };
            work(item, &part).map_err(failed).ok()
        });
        if let Some(error) = lock(&failure).take() {
            return Err(error);
        }
        watch.check()?;
        Ok(done.into_iter().flatten().collect())
    }

    fn permit(&self) -> Option<Permit<'_>> {
        let less = |spare: usize| spare.checked_sub(1);
        self.spare.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok().map(|_| Permit(self))
    }
}

/// Leave to have one more thread.
struct Permit<'a>(&'a Pool);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.spare.fetch_add(1, Ordering::Relaxed);
    }
}

/// The items of one call.
struct Batch<'a, T, R, W> {
    pool: &'a Pool,
    items: &'a [T],
    work: W,
    next: AtomicUsize,
    done: Mutex<Vec<(usize, R)>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<T: Sync, R: Send, W: Fn(&T) -> R + Sync> Batch<'_, T, R, W> {
    /// Works on the next item until there is none.
    fn run<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = self.items.get(at) else {
                return;
            };
            if self.next.load(Ordering::Relaxed) < self.items.len() {
                self.recruit(scope);
            }
            match panic::catch_unwind(AssertUnwindSafe(|| (self.work)(item))) {
                Ok(result) => lock(&self.done).push((at, result)),
                Err(payload) => {
                    lock(&self.panic).get_or_insert(payload);
                    self.next.store(self.items.len(), Ordering::Relaxed);
                }
            }
        }
    }

    /// Adds a thread, which adds the next one. Asked before each item, for work elsewhere may have ended and left a thread over.
    fn recruit<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let Some(permit) = self.pool.permit() else {
            return;
        };
        let worker = Builder::new().name("worker".into()).spawn_scoped(scope, move || {
            self.run(scope);
            drop(permit);
        });
        // Without one, those there are do the work.
        drop(worker);
    }
}

/// Has a thread of its own do `work` with `value`; the scope waits for it.
///
/// # Errors
/// The value, when no thread can be made.
pub(crate) fn hand_over<'scope, V: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    value: V,
    work: impl FnOnce(V) + Send + 'scope,
) -> Result<(), V> {
    let (give, take) = mpsc::sync_channel(1);
    let thread = Builder::new().name("reader".into()).spawn_scoped(scope, move || take.recv().map(work));
    match thread {
        Ok(_) => give.send(value).map_err(|mpsc::SendError(value)| value),
        Err(_) => Err(value),
    }
}

/// Makes a thread that the caller joins, or lets go.
///
/// # Errors
/// When no thread can be made.
pub(crate) fn spawn<R: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> R + Send + 'static,
) -> io::Result<JoinHandle<R>> {
    Builder::new().name(name.into()).spawn(work)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn pool(jobs: usize) -> Pool {
        Pool::new(NonZeroUsize::new(jobs).expect("some"))
    }

    #[test]
    fn results_come_in_the_items_order() {
        for jobs in [1, 2, 7, 100] {
            let pool = pool(jobs);
            let items: Vec<usize> = (0..50).collect();
            assert_eq!(pool.map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(pool.spare.load(Ordering::Relaxed), jobs - 1, "every permit is back");
        }
        assert_eq!(pool(3).map(&[0; 0], |item| *item), [0; 0]);
    }

    #[test]
    fn as_many_work_as_are_wanted() {
        // Each waits for all of them.
        let barrier = Barrier::new(4);
        assert_eq!(pool(4).map(&[(); 4], |()| barrier.wait().is_leader()).iter().filter(|is| **is).count(), 1);
    }

    #[test]
    fn nested_work_shares_the_threads() {
        let pool = pool(5);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let inner = |_: &()| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
        };
        let done = pool.map(&[(); 20], |()| pool.map(&[(); 20], inner));
        assert_eq!(done.iter().flatten().count(), 400);
        assert!(most.load(Ordering::SeqCst) <= 5, "{most:?}");
    }

    #[test]
    fn the_first_failure_stops_the_rest() {
        let begun = AtomicUsize::new(0);
        let result = pool(1).each(&Watch::default(), &[1, 2, 3, 4], |item, _| {
            begun.fetch_add(1, Ordering::SeqCst);
            if *item == 2 { Err(io::Error::other("two")) } else { Ok(*item) }
        });
        assert_eq!((result.expect_err("fails").to_string(), begun.load(Ordering::SeqCst)), ("two".to_owned(), 2));
        let watch = Watch::default();
        watch.cancel();
        let error = pool(3).each(&watch, &[1], |item, _| Ok::<_, io::Error>(*item)).expect_err("cancelled");
        assert_eq!(error.to_string(), "interrupted");
    }

    #[test]
    fn a_panic_comes_through() {
        for jobs in [1, 4] {
            let pool = pool(jobs);
            let items: Vec<usize> = (0..1000).collect();
            let begun = AtomicUsize::new(0);
            let work = |item: &usize| {
                begun.fetch_add(1, Ordering::SeqCst);
                assert!(*item != 3, "the fourth");
            };
            let payload = panic::catch_unwind(AssertUnwindSafe(|| pool.map(&items, work))).expect_err("panics");
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"the fourth"));
            assert!(jobs > 1 || begun.load(Ordering::SeqCst) == 4, "nothing is begun after it");
            assert_eq!(pool.spare.load(Ordering::Relaxed), jobs - 1, "every permit is back");
        }
    }
}

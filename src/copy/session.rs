//! One copy from its first look to its last write.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::choose::{self, Target};
use super::flights::{Claim, Flights};
use super::plan::Plan;
use super::{Error, Options, Report, Result, Side, Totals, instances, referrers};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::{Selector, Source, Transport};
use crate::watch::{Cancelled, Watch};

/// What copies that run together share: the number of transfers at once, the watch, and the blobs that are on their way or there, so that
/// none is sent twice.
#[derive(Debug)]
pub struct Session {
    jobs: NonZeroUsize,
    free: Mutex<usize>,
    freed: Condvar,
    flights: Flights,
    watch: Watch,
}

/// One image to be copied.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Where from.
    pub source: &'a dyn Source,
    /// Which image there.
    pub from: &'a Selector,
    /// Where to.
    pub destination: &'a dyn Transport,
    /// Under which name; [`Selector::Digest`] promises what the manifest's digest will be.
    pub to: &'a Selector,
    /// How.
    pub options: &'a Options,
}

impl Session {
    /// Starts a session with at most `jobs` transfers at once, over all its images together.
    pub fn new(jobs: NonZeroUsize, watch: Watch) -> Self {
        Self { jobs, free: Mutex::new(jobs.get()), freed: Condvar::new(), flights: Flights::default(), watch }
    }

    /// Returns the watch.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Returns the number of transfers at once.
    pub fn jobs(&self) -> NonZeroUsize {
        self.jobs
    }

    /// Copies one image. The destination's `finish` is left to the caller, who may have more images for it.
    ///
    /// # Errors
    /// What failed and on which side. The destination then has the name as it was, at most with some of the new blobs beside it.
    pub fn copy(&self, request: &Request<'_>) -> Result<Report> {
        let source = request.found()?;
        request.admit(&source.digest, &self.watch)?;
        let target = choose::target(request, source.clone())?;
        request.admit_all(&source, &target, &self.watch)?;
        let is_there = request.is_there(&target)?;
        if is_there && !request.options.referrers {
            return self.only_more_names(request, &source, target);
        }
        let mut plan = Plan::make(self, request, &target)?;
        if request.options.referrers {
            let referrers = referrers::find(self, request, &source, &target, &plan)?;
            plan.add(referrers, is_there, request);
        }
        let referrers = plan.referrers.iter().map(Vec::len).sum();
        if is_there && referrers == 0 {
            return self.only_more_names(request, &source, target);
        }
        if request.options.dry_run {
            return plan.describe(request, &source, target);
        }
        let (manifest, totals) = self.transfer(request, &plan)?;
        if is_there {
            let named = self.only_more_names(request, &source, target)?;
            return Ok(Report { up_to_date: false, referrers, totals, ..named });
        }
        Ok(Report { referrers, ..report(&source, target, manifest.descriptor(), plan.images(), totals) })
    }

    /// Finds out whether there is anything to copy, with as few requests as there are; the report has no plan. With conversions it cannot be
    /// told without doing them, and there is.
    ///
    /// # Errors
    /// What failed and on which side.
    pub fn compare(&self, request: &Request<'_>) -> Result<Report> {
        let source = request.found()?;
        request.admit(&source.digest, &self.watch)?;
        let target = choose::target(request, source.clone())?;
        request.admit_all(&source, &target, &self.watch)?;
        let up_to_date = request.is_there(&target)?;
        let descriptor = target.descriptor.clone();
        Ok(Report { up_to_date, ..report(&source, target, descriptor, 0, Totals::default()) })
    }

    /// The destination has the image: at most its other names are missing.
    fn only_more_names(&self, request: &Request<'_>, source: &Descriptor, target: Target) -> Result<Report> {
        let destination = |error| Error::at(Side::Destination, request.destination)(error);
        let mut manifest: Option<Manifest> = None;
        for tag in &request.options.additional_tags {
            self.watch.check().map_err(|_| Error::Cancelled(crate::watch::Cancelled))?;
            let at = Selector::Tag(tag.clone());
            let named = request.destination.resolve(&at).map_err(destination)?;
            if request.options.dry_run || named.is_some_and(|named| named.digest == target.descriptor.digest) {
                continue;
            }
            let manifest = match &mut manifest {
                Some(manifest) => manifest,
                empty => empty.insert(target.read(request)?),
            };
            request.destination.put_manifest(&at, manifest).map_err(destination)?;
        }
        let descriptor = target.descriptor.clone();
        Ok(Report { up_to_date: true, ..report(source, target, descriptor, 0, Totals::default()) })
    }

    /// Does `work` for every item in several threads, and returns the results in the items' order. The first failure stops the rest.
    ///
    /// # Errors
    /// The first failure, and that of a session that was stopped.
    pub fn each<T: Sync, R: Send, E: Send + From<Cancelled>>(
        &self,
        items: &[T],
        work: impl Fn(&T, &Watch) -> Result<R, E> + Sync,
    ) -> Result<Vec<R>, E> {
        let part = self.watch.part();
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
        let failure: Mutex<Option<E>> = Mutex::new(None);
        let run = || {
            while let Some((at, item)) = take(&next, items) {
                if part.is_cancelled() {
                    return;
                }
                match work(item, &part) {
                    Ok(result) => lock(&done)[at] = Some(result),
                    Err(error) => {
                        // The others then fail because they are stopped; the first failure is the cause.
                        lock(&failure).get_or_insert(error);
                        part.cancel();
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.jobs.get().min(items.len()) {
                scope.spawn(run);
            }
            run();
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        self.watch.check().map_err(|_| Cancelled)?;
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(done.into_iter().map(|result| result.expect("without a failure every item is done")).collect())
    }

    /// Waits for one of the session's transfers, unless the work is stopped meanwhile.
    pub(super) fn permit(&self, watch: &Watch) -> Result<Permit<'_>> {
        let free = lock(&self.free);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        watch.check().map_err(|_| {
            // It was woken for nothing, and another may wait.
            self.freed.notify_one();
            Error::Cancelled(crate::watch::Cancelled)
        })?;
        *free -= 1;
        Ok(Permit(self))
    }

    /// Finds out who brings a blob to the destination.
    pub(super) fn claim(&self, request: &Request<'_>, digest: &Digest, watch: &Watch) -> Result<Claim<'_>> {
        self.flights.claim(request, digest, watch)
    }
}

/// One of the session's transfers; dropping it lets another begin.
pub(super) struct Permit<'a>(&'a Session);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

fn take<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, items.get(at)?))
}

/// A thread that panicked cannot leave these half changed: every critical section is one assignment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Request<'_> {
    /// Finds the image at the source.
    fn found(&self) -> Result<Descriptor> {
        let at_source = Error::at(Side::Source, self.source);
        let found = self.source.resolve(self.from).map_err(&at_source)?;
        let found = found.ok_or_else(|| at_source(crate::transport::Error::not_found(self.from, self.source)))?;
        if let Some(tag) = &self.options.check_tag {
            let named = self.source.resolve(&Selector::Tag(tag.as_str().into())).map_err(at_source)?;
            let named = named.map(|named| named.digest);
            if named.as_ref() != Some(&found.digest) {
                return Err(Error::Tag { tag: tag.to_string(), wanted: found.digest, named });
            }
        }
        Ok(found)
    }

    /// Asks whether an image may be copied. Whatever is read of it from here on is read by the digest that was asked about.
    fn admit(&self, image: &Digest, watch: &Watch) -> Result<()> {
        let Some(gate) = &self.options.gate else {
            return Ok(());
        };
        gate.admit(self.source, image, watch).map_err(|refusal| {
            let denied = Error::Denied {
                place: format!("{}, {}", self.source, self.from),
                diagnosis: refusal.diagnosis,
                source: refusal.source,
            };
            watch.check().map_or(Error::Cancelled(crate::watch::Cancelled), |()| denied)
        })
    }

    /// Asks the same about each image that is to be copied. An index that was made smaller here is nobody's, and only what is in it is asked
    /// about.
    fn admit_all(&self, source: &Descriptor, target: &Target, watch: &Watch) -> Result<()> {
        if self.options.gate.is_none() {
            return Ok(());
        }
        let descriptor = &target.descriptor;
        if descriptor.digest != source.digest && target.filtered.is_none() {
            self.admit(&descriptor.digest, watch)?;
        }
        if !descriptor.media_type.is_index() {
            return Ok(());
        }
        let below = instances(&target.read(self)?, &|child| self.read(child))?;
        below.iter().try_for_each(|image| self.admit(image, watch))
    }

    /// Reads a manifest of the source.
    pub(super) fn read(&self, descriptor: &Descriptor) -> Result<Manifest> {
        let at = Selector::from(descriptor.clone());
        self.source.manifest(&at).map_err(Error::at(Side::Source, self.source))
    }

    /// Says whether the destination has the very image, whole, so that there is nothing to do.
    fn is_there(&self, target: &Target) -> Result<bool> {
        if self.options.changes() {
            return Ok(false);
        }
        if let Some(promised) = self.to.digest()
            && *promised != target.descriptor.digest
        {
            let got = target.descriptor.digest.clone();
            return Err(Error::Digest { wanted: promised.clone(), got });
        }
        let there = self.destination.complete(self.to).map_err(Error::at(Side::Destination, self.destination))?;
        Ok(there.is_some_and(|there| there.digest == target.descriptor.digest))
    }
}

pub(super) fn report(
    source: &Descriptor,
    target: Target,
    manifest: Descriptor,
    images: usize,
    totals: Totals,
) -> Report {
    Report {
        manifest,
        source_digest: source.digest.clone(),
        choice: target.choice,
        up_to_date: false,
        images,
        referrers: 0,
        totals,
        plan: Vec::new(),
    }
}

//! One copy from its first look to its last write.

use std::num::NonZeroUsize;

use super::choose::{self, Target};
use super::in_flight::InFlight;
use super::manifests::Manifests;
use super::plan::Plan;
use super::{Error, Options, Report, Result, Side, Totals, instances, referrers};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::pool::Pool;
use crate::transport::{Selector, Source, Transport};
use crate::watch::Watch;

/// What concurrent copies share: the threads, the watch, and the blobs that are in flight or complete, so that none is sent twice.
#[derive(Debug)]
pub struct Session {
    pub(super) pool: Pool,
    pub(super) in_flight: InFlight,
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
    /// Starts a session with at most `jobs` threads, and so transfers at once, over all its images together. A caller who copies images in
    /// parallel does it with [`pool`](Session::pool): threads of its own come in addition.
    pub fn new(jobs: NonZeroUsize, watch: Watch) -> Self {
        Self { pool: Pool::new(jobs), in_flight: InFlight::default(), watch }
    }

    /// Returns the watch.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Returns the threads.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Copies one image. The destination's `finish` is left to the caller, who may have more images for it.
    ///
    /// # Errors
    /// What failed and on which side. The destination then has the name as it was, at most with some of the new blobs beside it.
    pub fn copy(&self, request: &Request<'_>) -> Result<Report> {
        let manifests = &Manifests::new(request);
        let source = request.found()?;
        request.admit(&source.digest, &self.watch)?;
        let target = choose::target(request, manifests, source.clone())?;
        request.admit_all(manifests, &source, &target, &self.watch)?;
        let is_there = request.is_there(&target)?;
        if is_there && !request.options.referrers {
            return self.only_more_names(request, manifests, &source, target);
        }
        let mut plan = Plan::make(self, request, manifests, &target)?;
        if request.options.referrers {
            let referrers = referrers::find(self, request, manifests, &source, &target, &plan)?;
            plan.add(referrers, is_there, request);
        }
        let referrers = plan.referrers.iter().map(Vec::len).sum();
        if is_there && referrers == 0 {
            return self.only_more_names(request, manifests, &source, target);
        }
        if request.options.dry_run {
            return plan.describe(request, &source, target);
        }
        let (manifest, totals) = self.transfer(request, &plan)?;
        if is_there {
            let named = self.only_more_names(request, manifests, &source, target)?;
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
        let manifests = &Manifests::new(request);
        let source = request.found()?;
        request.admit(&source.digest, &self.watch)?;
        let target = choose::target(request, manifests, source.clone())?;
        request.admit_all(manifests, &source, &target, &self.watch)?;
        let up_to_date = request.is_there(&target)?;
        let descriptor = target.descriptor.clone();
        Ok(Report { up_to_date, ..report(&source, target, descriptor, 0, Totals::default()) })
    }

    /// The destination has the image: at most its other names are missing.
    fn only_more_names(
        &self,
        request: &Request<'_>,
        manifests: &Manifests<'_>,
        source: &Descriptor,
        target: Target,
    ) -> Result<Report> {
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
                empty => empty.insert(target.read(manifests)?),
            };
            request.destination.put_manifest(&at, manifest).map_err(destination)?;
        }
        let descriptor = target.descriptor.clone();
        Ok(Report { up_to_date: true, ..report(source, target, descriptor, 0, Totals::default()) })
    }

    /// Does `work` for every item, as [`Pool::each`] does.
    pub(super) fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T, &Watch) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        self.pool.each(&self.watch, items, work)
    }
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
    fn admit_all(&self, manifests: &Manifests<'_>, source: &Descriptor, target: &Target, watch: &Watch) -> Result<()> {
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
        let below = instances(&target.read(manifests)?, &|child| manifests.read(child))?;
        below.iter().try_for_each(|image| self.admit(image, watch))
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

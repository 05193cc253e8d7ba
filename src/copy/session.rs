//! One copy from its first look to its last write.

use std::num::NonZeroUsize;

use super::choose::{self, Target};
use super::in_flight::InFlight;
use super::manifests::Manifests;
use super::plan::Plan;
use super::referrers::{self, Referrer};
use super::transfer::{Transfer, put_if_free};
use super::{Error, Report, Request, Result, Side};
use crate::descriptor::Descriptor;
use crate::pool::Pool;
use crate::transport::Selector;
use crate::watch::Watch;

/// What concurrent copies share: the threads, the watch, and the blobs that are in flight or complete, so that none is sent twice.
#[derive(Debug)]
pub struct Session {
    pool: Pool,
    in_flight: InFlight,
    watch: Watch,
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
        let Request { source, destination, to, options, .. } = *request;
        let manifests = &Manifests::new(source, options.max_manifest_bytes);
        let (found, target, is_there) = self.look(request, manifests)?;
        if target.attestations > 0 {
            self.watch.note(&left_out(target.attestations));
        }
        if is_there && !options.referrers {
            return self.only_more_names(request, manifests, &found, &target);
        }
        let levels = manifests.levels(&self.pool, &self.watch, target.read(manifests)?)?;
        let mut plan = Plan::make(levels, manifests, destination, options, &self.watch)?;
        plan.check_promise(to, options)?;
        if options.referrers {
            plan.add(self.referrers(request, manifests, &found, &target, &plan)?, is_there, options);
        }
        let report = Report { referrers: plan.referrers.iter().map(Vec::len).sum(), ..target.report(&found) };
        if is_there && report.referrers == 0 {
            return self.only_more_names(request, manifests, &found, &target);
        }
        if options.dry_run {
            return plan.describe(report, source, destination, to, options);
        }
        let transfer =
            Transfer { pool: &self.pool, watch: &self.watch, in_flight: &self.in_flight, source, destination, options };
        let (manifest, totals) = transfer.run(&plan, to)?;
        if is_there {
            self.only_more_names(request, manifests, &found, &target)?;
            return Ok(Report { totals, ..report });
        }
        Ok(Report { manifest: manifest.descriptor(), images: plan.images(), totals, ..report })
    }

    /// Finds out whether there is anything to copy, with as few requests as there are; the report has no plan. With conversions it cannot be
    /// told without doing them, and there is.
    ///
    /// # Errors
    /// What failed and on which side.
    pub fn compare(&self, request: &Request<'_>) -> Result<Report> {
        let manifests = &Manifests::new(request.source, request.options.max_manifest_bytes);
        let (found, target, up_to_date) = self.look(request, manifests)?;
        Ok(Report { up_to_date, ..target.report(&found) })
    }

    /// Finds the image, and the part of it that may be copied; says also whether the destination has it.
    fn look(&self, request: &Request<'_>, manifests: &Manifests<'_>) -> Result<(Descriptor, Target, bool)> {
        let found = request.found()?;
        request.admit(&found.digest, &self.watch)?;
        let target = choose::target(manifests, request.from, request.options, found.clone())?;
        request.admit_all(manifests, &found, &target, &self.watch)?;
        request.keep_names(&target)?;
        let is_there = !request.options.force && request.is_there(&target)?;
        Ok((found, target, is_there))
    }

    /// Finds what refers to the image and is missing at the destination.
    fn referrers(
        &self,
        request: &Request<'_>,
        manifests: &Manifests<'_>,
        found: &Descriptor,
        target: &Target,
        plan: &Plan,
    ) -> Result<Vec<Vec<Referrer>>> {
        let search = referrers::Search {
            pool: &self.pool,
            watch: &self.watch,
            manifests,
            destination: request.destination,
            options: request.options,
        };
        search.find(&found.digest, target, &plan.levels, plan.recompressed())
    }

    /// The destination has the image: at most its other names are missing.
    fn only_more_names(
        &self,
        request: &Request<'_>,
        manifests: &Manifests<'_>,
        found: &Descriptor,
        target: &Target,
    ) -> Result<Report> {
        let at_destination = Error::at(Side::Destination, request.destination);
        let mut manifest = None;
        for tag in &request.options.additional_tags {
            self.watch.check()?;
            let at = Selector::Tag(tag.clone());
            let named = request.destination.resolve(&at).map_err(&at_destination)?;
            if request.options.dry_run || named.is_some_and(|named| named.digest == target.descriptor.digest) {
                continue;
            }
            let manifest = match &mut manifest {
                Some(manifest) => manifest,
                empty => empty.insert(target.read(manifests)?),
            };
            match request.options.no_clobber {
                true => put_if_free(request.destination, &at, manifest)?,
                false => request.destination.put_manifest(&at, manifest).map_err(&at_destination)?,
            }
        }
        Ok(Report { up_to_date: true, ..target.report(found) })
    }
}

fn left_out(attestations: usize) -> String {
    let what = if attestations == 1 { "1 attestation".to_owned() } else { format!("{attestations} attestations") };
    format!("left out {what}; the index of the rest has another digest")
}

//! The writes of a copy: blobs in parallel, then manifests from the deepest up, the names last.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::convert::{self, Recompression};
use super::in_flight::{InFlight, State};
use super::plan::{self, Plan, PlannedBlob};
use super::referrers::Referrer;
use super::{Error, Options, Result, Side, Totals};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::layer;
use crate::manifest::Manifest;
use crate::pool::Pool;
use crate::transport::{self, Origin, Selector, Source, Transport};
use crate::watch::{Event, Outcome, Watch};

/// What it takes to write.
pub(super) struct Transfer<'a> {
    pub(super) pool: &'a Pool,
    pub(super) watch: &'a Watch,
    pub(super) in_flight: &'a InFlight,
    pub(super) source: &'a dyn Source,
    pub(super) destination: &'a dyn Transport,
    pub(super) options: &'a Options,
}

/// What became of a blob.
struct Done {
    before: Descriptor,
    /// The layer in its new form.
    after: Option<Descriptor>,
    outcome: Outcome,
}

impl Transfer<'_> {
    /// Writes everything planned; returns the manifest that got the name.
    pub(super) fn run(&self, plan: &Plan, to: &Selector) -> Result<(Manifest, Totals)> {
        self.tell(plan);
        self.announce(plan)?;
        let done = self.put_blobs(&plan.blobs)?;
        let mut totals = Totals { skipped: plan.skipped.len(), ..Totals::default() };
        let mut layers = BTreeMap::new();
        for Done { before, after, outcome } in done {
            count(&mut totals, after.as_ref().unwrap_or(&before), outcome);
            if let Some(after) = after {
                totals.recompressed += 1;
                layers.insert(before.digest, after);
            }
        }
        let levels = convert::manifests(self.options, &plan.levels, &layers)?;
        let root = levels[0][0].clone();
        plan::check_promise(to, &root)?;
        if plan.is_there {
            self.put_referrers(&plan.referrers)?;
        } else {
            self.put_manifests(&plan.referrers, &levels, to)?;
        }
        Ok((root, totals))
    }

    fn tell(&self, plan: &Plan) {
        // A manifest may claim any size; a transfer finds out which are true.
        let bytes = plan.blobs.iter().map(|blob| blob.descriptor.size).fold(0, u64::saturating_add);
        self.watch.tell(&Event::Planned { blobs: plan.blobs.len(), bytes });
        if !plan.skipped.is_empty() {
            let names: Vec<String> = plan.skipped.iter().map(|blob| blob.digest.to_string()).collect();
            let layers = if names.len() == 1 { "layer" } else { "layers" };
            let (number, names) = (names.len(), names.join(", "));
            let text = format!("left out {number} nondistributable {layers} ({names}); --include-external copies them");
            self.watch.note(&text);
        }
    }

    /// Tells the destination what is coming. What is recompressed, or of unknown size, shows only when it is there.
    fn announce(&self, plan: &Plan) -> Result<()> {
        let is_known = |blob: &PlannedBlob| blob.recompression.is_none() && blob.descriptor.size > 0;
        if plan.is_there || !plan.blobs.iter().all(is_known) {
            return Ok(());
        }
        let levels = convert::manifests(self.options, &plan.levels, &BTreeMap::new())?;
        let referrers = plan.referrers.iter().flatten().flat_map(Referrer::manifests);
        let manifests = levels.iter().flatten().chain(referrers).map(Manifest::descriptor);
        let contents: Vec<Descriptor> =
            plan.blobs.iter().map(|blob| blob.descriptor.clone()).chain(manifests).collect();
        self.destination.expect(&contents).map_err(Error::at(Side::Destination, self.destination))
    }

    fn put_blobs(&self, blobs: &[PlannedBlob]) -> Result<Vec<Done>> {
        let mut done = Vec::new();
        let mut left: Vec<&PlannedBlob> = blobs.iter().collect();
        loop {
            let results = self.pool.each(self.watch, &left, |blob, watch| self.put_unless_in_flight(blob, watch))?;
            let elsewhere = left.iter().zip(&results).filter(|(_, done)| done.is_none()).map(|(blob, _)| *blob);
            left = elsewhere.collect();
            done.extend(results.into_iter().flatten());
            // Only when nothing else is to be done: whoever waits keeps a thread from transferring.
            match left.first() {
                Some(blob) => self.in_flight.wait(self.destination, &blob.descriptor.digest, self.watch)?,
                None => return Ok(done),
            }
        }
    }

    /// Puts a blob, unless a copy of this session has put it there; returns `None` when one is about to.
    fn put_unless_in_flight(&self, planned: &PlannedBlob, watch: &Watch) -> Result<Option<Done>> {
        if planned.recompression.is_some() {
            return self.put_blob(planned, None, watch).map(Some);
        }
        match self.in_flight.begin(self.destination, &planned.descriptor.digest) {
            State::InFlight => Ok(None),
            State::Complete => {
                let (before, outcome) = (planned.descriptor.clone(), Outcome::Existed);
                watch.tell(&Event::Started { blob: &before });
                watch.tell(&Event::Finished { blob: &before, outcome });
                Ok(Some(Done { before, after: None, outcome }))
            }
            State::Permit(permit) => {
                let done = self.put_blob(planned, permit.from.as_ref(), watch)?;
                permit.complete();
                Ok(Some(done))
            }
        }
    }

    /// Puts a blob; `known` is a repository of the destination's registry that has it.
    fn put_blob(&self, planned: &PlannedBlob, known: Option<&Origin>, watch: &Watch) -> Result<Done> {
        let before = planned.descriptor.clone();
        let blob = self.source.blob(&before).map_err(Error::at(Side::Source, self.source))?;
        // The source knows the size where the manifest does not.
        let before = Descriptor { size: blob.size(), ..before };
        watch.tell(&Event::Started { blob: &before });
        let done = match &planned.recompression {
            None => {
                let registry = self.destination.origin().map(|origin| &origin.registry);
                let from = self.source.origin();
                // To be mounted from where it is, or from where an earlier copy brought it; else only where it comes from.
                let own = from.filter(|origin| Some(&origin.registry) == registry);
                let put = self.destination.put_blob(blob.watched(watch), own.or(known).or(from));
                Done { before, after: None, outcome: put.map_err(|error| self.failed(error))? }
            }
            Some(recompression) => self.put_recompressed(before, blob.watched(watch), recompression)?,
        };
        watch.tell(&Event::Finished { blob: &done.before, outcome: done.outcome });
        Ok(done)
    }

    fn put_recompressed(&self, before: Descriptor, blob: Blob<'_>, recompression: &Recompression) -> Result<Done> {
        let Some(scratch) = &self.options.scratch else {
            let reason = "recompressing layers needs a scratch folder, and none was given".to_owned();
            return Err(Error::Refused { reason, hint: Some("set copy::Options::scratch".into()) });
        };
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let Recompression { to, format, diff_id } = recompression;
        let new = layer::recompress(blob, *to, self.options.level, *format, scratch, threads);
        let new = new.map_err(|error| self.layer_error(&before.digest, error))?;
        if let Some(wanted) = diff_id
            && *wanted != new.diff_id
        {
            return Err(Error::DiffId { layer: before.digest, wanted: wanted.clone(), got: new.diff_id });
        }
        let blob = new.blob().map_err(|fault| self.failed(fault.into()))?;
        let outcome = self.destination.put_blob(blob, None).map_err(|error| self.failed(error))?;
        Ok(Done { before, after: Some(new.descriptor), outcome })
    }

    fn failed(&self, error: transport::Error) -> Error {
        Error::between(self.source, self.destination, error)
    }

    /// A layer that could not be read is the source's failure; one that is malformed, or a full scratch folder, is named as such.
    fn layer_error(&self, digest: &Digest, error: layer::Error) -> Error {
        match error {
            layer::Error::Content(fault) => self.failed(fault.into()),
            source => Error::Layer { digest: digest.clone(), source: Box::new(source) },
        }
    }

    fn put_manifests(&self, referrers: &[Vec<Referrer>], levels: &[Vec<Manifest>], to: &Selector) -> Result<()> {
        let by_digest = |manifest: &Manifest| Selector::Digest(manifest.digest().clone());
        for level in levels[1..].iter().rev() {
            self.pool.each(self.watch, level, |manifest, _| self.put(&by_digest(manifest), manifest))?;
        }
        let root = &levels[0][0];
        if !referrers.is_empty() {
            // The image before what refers to it, and its name after that. A place without names has nothing to wait with.
            if to.tag().is_some() {
                self.put(&by_digest(root), root)?;
            }
            self.put_referrers(referrers)?;
        }
        self.watch.check()?;
        self.put_root(to, root)?;
        self.options.additional_tags.iter().try_for_each(|tag| {
            let at = Selector::Tag(tag.clone());
            if self.options.no_clobber { put_if_free(self.destination, &at, root) } else { self.put(&at, root) }
        })
    }

    fn put_root(&self, to: &Selector, root: &Manifest) -> Result<()> {
        if self.options.no_clobber && to.tag().is_some() {
            return put_if_free(self.destination, to, root);
        }
        let (Some(expected), Some(tag)) = (&self.options.expected, to.tag()) else {
            return self.put(to, root);
        };
        let exchanged = self.destination.exchange(tag, Some(expected), root);
        if exchanged.map_err(Error::at(Side::Destination, self.destination))? {
            return Ok(());
        }
        Err(Error::Moved { place: self.destination.to_string(), tag: tag.to_owned(), expected: expected.clone() })
    }

    /// Writes referrers whose blobs are there, round by round.
    fn put_referrers(&self, rounds: &[Vec<Referrer>]) -> Result<()> {
        for round in rounds {
            self.pool.each(self.watch, round, |referrer, watch| {
                referrer.writes().try_for_each(|(at, manifest)| {
                    watch.check()?;
                    self.put(&at, manifest)
                })
            })?;
        }
        Ok(())
    }

    fn put(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        self.destination.put_manifest(at, manifest).map_err(Error::at(Side::Destination, self.destination))
    }
}

/// Writes a manifest under a tag that is free or names it already.
pub(super) fn put_if_free(destination: &dyn Transport, at: &Selector, manifest: &Manifest) -> Result<()> {
    let at_destination = Error::at(Side::Destination, destination);
    if destination.exchange(at.tag().unwrap_or_default(), None, manifest).map_err(&at_destination)? {
        return Ok(());
    }
    let named = destination.resolve(at).map_err(at_destination)?;
    // Who has taken it may have let it go again.
    Err(Error::taken(destination, at, named.map_or_else(|| manifest.digest().clone(), |named| named.digest)))
}

fn count(totals: &mut Totals, blob: &Descriptor, outcome: Outcome) {
    match outcome {
        Outcome::Existed => totals.existed += 1,
        Outcome::Mounted => totals.mounted += 1,
        Outcome::Copied => {
            totals.sent += 1;
            totals.sent_bytes += blob.size;
        }
        Outcome::Resumed(at) => {
            totals.sent += 1;
            totals.sent_bytes += blob.size - at.min(blob.size);
        }
    }
}

//! The writes of a copy: blobs in parallel, then manifests from the deepest up, the names last.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::convert::{self, Recompression};
use super::in_flight::State;
use super::plan::{Plan, PlannedBlob};
use super::{Error, Request, Result, Session, Side, Totals};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::layer;
use crate::manifest::Manifest;
use crate::transport::{Origin, Selector};
use crate::watch::{Event, Outcome, Watch};

/// What became of a blob.
struct Done {
    before: Descriptor,
    /// The layer in its new form.
    after: Option<Descriptor>,
    outcome: Outcome,
}

impl Session {
    /// Writes everything planned; returns the manifest that got the name.
    pub(super) fn transfer(&self, request: &Request<'_>, plan: &Plan) -> Result<(Manifest, Totals)> {
        self.tell_plan(plan);
        let done = self.put_blobs(request, &plan.blobs)?;
        let mut totals = Totals { skipped: plan.skipped.len(), ..Totals::default() };
        let mut layers = BTreeMap::new();
        for Done { before, after, outcome } in done {
            count(&mut totals, after.as_ref().unwrap_or(&before), outcome);
            if let Some(after) = after {
                totals.recompressed += 1;
                layers.insert(before.digest, after);
            }
        }
        let levels = convert::manifests(request, &plan.levels, &layers)?;
        let root = levels[0][0].clone();
        if let Some(promised) = request.to.digest()
            && promised != root.digest()
        {
            return Err(Error::Digest { wanted: promised.clone(), got: root.digest().clone() });
        }
        self.put_manifests(request, plan, &levels)?;
        Ok((root, totals))
    }

    fn put_blobs(&self, request: &Request<'_>, blobs: &[PlannedBlob]) -> Result<Vec<Done>> {
        let mut done = Vec::new();
        let mut left: Vec<&PlannedBlob> = blobs.iter().collect();
        loop {
            let results = self.each(&left, |blob, watch| self.put_unless_in_flight(request, blob, watch))?;
            let elsewhere = left.iter().zip(&results).filter(|(_, done)| done.is_none()).map(|(blob, _)| *blob);
            left = elsewhere.collect();
            done.extend(results.into_iter().flatten());
            // Only when nothing else is to be done: whoever waits keeps a thread from transferring.
            match left.first() {
                Some(blob) => self.in_flight.wait(request.destination, &blob.descriptor.digest, self.watch())?,
                None => return Ok(done),
            }
        }
    }

    /// Puts a blob, unless a copy of this session has put it there; returns `None` when one is about to.
    fn put_unless_in_flight(
        &self,
        request: &Request<'_>,
        planned: &PlannedBlob,
        watch: &Watch,
    ) -> Result<Option<Done>> {
        if planned.recompression.is_some() {
            return put_blob(request, planned, None, watch).map(Some);
        }
        match self.in_flight.begin(request.destination, &planned.descriptor.digest) {
            State::InFlight => Ok(None),
            State::Complete => {
                let (before, outcome) = (planned.descriptor.clone(), Outcome::Existed);
                watch.tell(&Event::Started { blob: &before });
                watch.tell(&Event::Finished { blob: &before, outcome });
                Ok(Some(Done { before, after: None, outcome }))
            }
            State::Permit(permit) => {
                let done = put_blob(request, planned, permit.from.as_ref(), watch)?;
                permit.complete();
                Ok(Some(done))
            }
        }
    }

    fn tell_plan(&self, plan: &Plan) {
        // A manifest may claim any size; a transfer finds out which are true.
        let bytes = plan.blobs.iter().map(|blob| blob.descriptor.size).fold(0, u64::saturating_add);
        self.watch().tell(&Event::Planned { blobs: plan.blobs.len(), bytes });
        if !plan.skipped.is_empty() {
            let names: Vec<String> = plan.skipped.iter().map(|blob| blob.digest.to_string()).collect();
            let text = format!(
                "left out {} nondistributable {} ({}); --include-external copies them",
                names.len(),
                if names.len() == 1 { "layer" } else { "layers" },
                names.join(", ")
            );
            self.watch().note(&text);
        }
    }

    fn put_manifests(&self, request: &Request<'_>, plan: &Plan, levels: &[Vec<Manifest>]) -> Result<()> {
        if plan.is_there {
            return self.put_referrers(request, &plan.referrers);
        }
        let put = |at: &Selector, manifest: &Manifest| {
            let result = request.destination.put_manifest(at, manifest);
            result.map_err(|error| Error::at(Side::Destination, request.destination)(error))
        };
        for level in levels[1..].iter().rev() {
            self.each(level, |manifest, _| put(&Selector::Digest(manifest.digest().clone()), manifest))?;
        }
        let root = &levels[0][0];
        if !plan.referrers.is_empty() {
            // The image before what refers to it, and its name after that. A place without names has nothing to wait with.
            if request.to.tag().is_some() {
                put(&Selector::Digest(root.digest().clone()), root)?;
            }
            self.put_referrers(request, &plan.referrers)?;
        }
        self.watch().check().map_err(|_| Error::Cancelled(crate::watch::Cancelled))?;
        put(request.to, root)?;
        for tag in &request.options.additional_tags {
            put(&Selector::Tag(tag.clone()), root)?;
        }
        Ok(())
    }
}

/// Puts a blob; `known` is a repository of the destination's registry that has it.
fn put_blob(request: &Request<'_>, planned: &PlannedBlob, known: Option<&Origin>, watch: &Watch) -> Result<Done> {
    let before = planned.descriptor.clone();
    let blob = request.source.blob(&before).map_err(Error::at(Side::Source, request.source))?;
    // The source knows the size where the manifest does not.
    let before = Descriptor { size: blob.size(), ..before };
    watch.tell(&Event::Started { blob: &before });
    let done = match &planned.recompression {
        None => {
            let registry = request.destination.origin().map(|origin| &origin.registry);
            let from = request.source.origin();
            // To be mounted from where it is, or from where an earlier copy brought it; else only where it comes from.
            let own = from.filter(|origin| Some(&origin.registry) == registry);
            let put = request.destination.put_blob(blob.watched(watch), own.or(known).or(from));
            let outcome = put.map_err(|error| Error::between(request.source, request.destination, error))?;
            Done { before, after: None, outcome }
        }
        Some(recompression) => put_recompressed(request, before, blob.watched(watch), recompression)?,
    };
    watch.tell(&Event::Finished { blob: &done.before, outcome: done.outcome });
    Ok(done)
}

fn put_recompressed(
    request: &Request<'_>,
    before: Descriptor,
    blob: Blob<'_>,
    recompression: &Recompression,
) -> Result<Done> {
    let Some(scratch) = &request.options.scratch else {
        let reason = "recompressing layers needs a scratch folder, and none was given".to_owned();
        return Err(Error::Refused { reason, hint: Some("set copy::Options::scratch".into()) });
    };
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let Recompression { to, format, diff_id } = recompression;
    let new = layer::recompress(blob, *to, request.options.level, *format, scratch, threads)
        .map_err(|error| layer_error(request, &before.digest, error))?;
    if let Some(wanted) = diff_id
        && *wanted != new.diff_id
    {
        return Err(Error::DiffId { layer: before.digest, wanted: wanted.clone(), got: new.diff_id });
    }
    let blob = new.blob().map_err(|fault| Error::between(request.source, request.destination, fault.into()))?;
    let put = request.destination.put_blob(blob, None);
    let outcome = put.map_err(|error| Error::between(request.source, request.destination, error))?;
    Ok(Done { before, after: Some(new.descriptor), outcome })
}

/// A layer that could not be read is the source's failure; one that is malformed, or a full scratch folder, is named as such.
fn layer_error(request: &Request<'_>, digest: &Digest, error: layer::Error) -> Error {
    match error {
        layer::Error::Content(fault) => Error::between(request.source, request.destination, fault.into()),
        source => Error::Layer { digest: digest.clone(), source: Box::new(source) },
    }
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

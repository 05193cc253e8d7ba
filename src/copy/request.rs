//! One image to be copied: what it is at the source, whether it may be copied, whether the destination has it.

use super::choose::Target;
use super::manifests::Manifests;
use super::{Error, Options, Result, Side, instances};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::transport::{self, Selector, Source, Transport};
use crate::watch::Watch;

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

impl Request<'_> {
    /// Finds the image at the source.
    pub(super) fn found(&self) -> Result<Descriptor> {
        let at_source = Error::at(Side::Source, self.source);
        let found = self.source.resolve(self.from).map_err(&at_source)?;
        let found = found.ok_or_else(|| at_source(transport::Error::not_found(self.from, self.source)))?;
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
    pub(super) fn admit(&self, image: &Digest, watch: &Watch) -> Result<()> {
        let Some(gate) = &self.options.gate else {
            return Ok(());
        };
        gate.admit(self.source, image, watch).map_err(|refusal| {
            let place = format!("{}, {}", self.source, self.from);
            let denied = Error::Denied { place, diagnosis: refusal.diagnosis, source: refusal.source };
            watch.check().map_or_else(Error::from, |()| denied)
        })
    }

    /// Asks the same about each image that is to be copied. An index that was made smaller here is nobody's, and only what is in it is asked
    /// about.
    pub(super) fn admit_all(
        &self,
        manifests: &Manifests<'_>,
        source: &Descriptor,
        target: &Target,
        watch: &Watch,
    ) -> Result<()> {
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

    /// Fails where a name is not to be replaced and stands for another image, or for what can be told to be this one only once it is converted.
    pub(super) fn keep_names(&self, target: &Target) -> Result<()> {
        if !self.options.no_clobber {
            return Ok(());
        }
        let more = self.options.additional_tags.iter().map(|tag| Selector::Tag(tag.clone()));
        for at in std::iter::once(self.to.clone()).chain(more).filter(|at| self.is_name(at)) {
            let named = self.destination.resolve(&at).map_err(Error::at(Side::Destination, self.destination))?;
            let Some(named) = named else { continue };
            if named.digest != target.descriptor.digest || self.options.changes() {
                return Err(Error::taken(self.destination, &at, named.digest));
            }
        }
        Ok(())
    }

    /// Says whether writing under a selector would replace what is there: a tag, or the image of a place that has one without a name.
    fn is_name(&self, at: &Selector) -> bool {
        let is_nameless = || matches!(self.destination.tags(None), Err(transport::Error::Unsupported { .. }));
        at.tag().is_some() || *at == Selector::Sole && is_nameless()
    }

    /// Says whether the destination has the very image, whole, so that there is nothing to do.
    pub(super) fn is_there(&self, target: &Target) -> Result<bool> {
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

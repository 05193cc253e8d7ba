//! What refers to an image travels with it: signatures, attestations, SBOMs and whatever else, and what refers to those.
//!
//! Referrers are found by the source's list and under cosign's tags (`sha256-….sig`, `.att`, `.sbom`). They are written when the image's
//! manifests are there and before it gets its name, so that nobody sees a signed image without its signature. A list under a tag is never
//! copied: the destination makes its own of what is written to it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::choose::Target;
use super::convert;
use super::manifests::{MAX_MANIFESTS, Manifests};
use super::{Error, Options, Result, Side};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Manifest, digest_tags};
use crate::pool::Pool;
use crate::transport::{self, Selector, Transport};
use crate::watch::Watch;

/// How far referrers of referrers are followed; longer chains are an attack.
const MAX_ROUNDS: usize = 16;

/// A referrer with everything below it.
pub(super) struct Referrer {
    /// What it refers to.
    subject: Digest,
    /// The tag that it is known by, if that is how it was found.
    tag: Option<String>,
    /// The manifests by how deep they stand, the referrer itself first.
    levels: Vec<Vec<Manifest>>,
}

/// A manifest that is said to refer to another; its annotations, of any size, are not kept.
struct Mention {
    subject: Digest,
    tag: Option<String>,
    digest: Digest,
    size: u64,
}

impl Referrer {
    /// Returns the manifest that refers.
    pub(super) fn root(&self) -> &Manifest {
        &self.levels[0][0]
    }

    /// Returns every manifest, the referrer first.
    pub(super) fn manifests(&self) -> impl Iterator<Item = &Manifest> {
        self.levels.iter().flatten()
    }

    /// Returns every manifest in the order in which they are written, and what each is written under.
    pub(super) fn writes(&self) -> impl Iterator<Item = (Selector, &Manifest)> {
        let under = |depth: usize, manifest: &Manifest| match &self.tag {
            Some(tag) if depth == 0 => Selector::Tag(tag.clone()),
            _ => Selector::Digest(manifest.digest().clone()),
        };
        let levels = self.levels.iter().enumerate().rev();
        levels.flat_map(move |(depth, level)| level.iter().map(move |manifest| (under(depth, manifest), manifest)))
    }
}

/// What it takes to find referrers.
pub(super) struct Search<'a> {
    pub(super) pool: &'a Pool,
    pub(super) watch: &'a Watch,
    pub(super) manifests: &'a Manifests<'a>,
    pub(super) destination: &'a dyn Transport,
    pub(super) options: &'a Options,
}

impl Search<'_> {
    /// Finds the referrers of all manifests of an image that the destination lacks, in rounds: those of a round refer to the image or to
    /// earlier ones. `whole` is what the name stands for, `recompressed` the layers that will be.
    pub(super) fn find<'m>(
        &self,
        whole: &Digest,
        target: &Target,
        levels: &[Vec<Manifest>],
        recompressed: impl Iterator<Item = &'m Descriptor>,
    ) -> Result<Vec<Vec<Referrer>>> {
        if *whole != target.descriptor.digest {
            self.check_whole(whole, target)?;
        }
        let subjects = levels.iter().flatten().map(|manifest| manifest.digest().clone());
        // An index made here is nothing that anybody could refer to.
        let subjects = subjects.filter(|digest| target.filtered.as_ref().is_none_or(|index| index.digest() != digest));
        let rounds = self.follow(subjects.collect())?;
        if let Some(first) = rounds.first().filter(|first| self.options.changes() && !first.is_empty()) {
            self.check_conversion(levels, recompressed, first)?;
        }
        let mut lacking = rounds.into_iter().map(|round| self.missing(round)).collect::<Result<Vec<_>>>()?;
        lacking.retain(|round| !round.is_empty());
        Ok(lacking)
    }

    /// Says what stays behind when only a part of an index is copied.
    fn check_whole(&self, whole: &Digest, target: &Target) -> Result<()> {
        let left = self.mentions(whole)?.len();
        match (left, &target.filtered) {
            (0, _) => {}
            (_, Some(_)) => return Err(stays_behind("leaving platforms out", whole, left)),
            (_, None) => self.watch.note(&format!(
                "left out {} of the whole index {whole}, of which only a part is copied; --all takes everything",
                count(left),
            )),
        }
        Ok(())
    }

    fn follow(&self, mut subjects: Vec<Digest>) -> Result<Vec<Vec<Referrer>>> {
        let Self { pool, watch, manifests, .. } = self;
        let mut seen: BTreeSet<Digest> = subjects.iter().cloned().collect();
        let mut rounds: Vec<Vec<Referrer>> = Vec::new();
        let found = AtomicUsize::new(0);
        while !subjects.is_empty() {
            let mentions = pool.each(watch, &subjects, |subject, _| {
                let mentions = self.mentions(subject)?;
                let before = found.fetch_add(mentions.len(), Ordering::Relaxed);
                if before + mentions.len() > MAX_MANIFESTS { Err(manifests.too_many()) } else { Ok(mentions) }
            })?;
            // What was found before is written anyway, unless it is to have a tag as well.
            let is_new = |mention: &Mention| mention.tag.is_some() || !seen.contains(&mention.digest);
            let mentions: Vec<Mention> = mentions.into_iter().flatten().filter(is_new).collect();
            if rounds.len() == MAX_ROUNDS && !mentions.is_empty() {
                let reason = format!("chains of referrers are longer than {MAX_ROUNDS}");
                return Err(Error::Refused { reason, hint: Some("leave referrers out".into()) });
            }
            let roots = pool.each(watch, &mentions, |mention, _| self.read(mention))?;
            let mut round = Vec::new();
            for (mention, root) in mentions.into_iter().zip(roots) {
                let Some(root) = root else {
                    continue;
                };
                let levels = manifests.levels(pool, watch, root)?;
                round.push(Referrer { subject: mention.subject, tag: mention.tag, levels });
            }
            subjects = round.iter().flat_map(Referrer::manifests).map(|manifest| manifest.digest().clone()).collect();
            subjects.retain(|digest| seen.insert(digest.clone()));
            rounds.push(round);
        }
        Ok(rounds)
    }

    /// Asks the source what refers to a manifest.
    fn mentions(&self, subject: &Digest) -> Result<Vec<Mention>> {
        let source = self.manifests.source;
        let at_source = Error::at(Side::Source, source);
        let mention = |tag, at: Descriptor| Mention { subject: subject.clone(), tag, digest: at.digest, size: at.size };
        let listed = source.referrers(subject).map_err(&at_source)?;
        let mut all: Vec<Mention> = listed.into_iter().map(|at| mention(None, at)).collect();
        let mut listed = BTreeSet::new();
        all.retain(|mention| listed.insert(mention.digest.clone()));
        for tag in digest_tags(subject) {
            match source.resolve(&Selector::Tag(tag.clone())) {
                Ok(Some(at)) => all.push(mention(Some(tag), at)),
                Ok(None) => {}
                // A place without names has none of these either.
                Err(transport::Error::Unsupported { .. }) => break,
                Err(error) => return Err(at_source(error)),
            }
        }
        Ok(all)
    }

    /// Reads a referrer. A list under a tag may name what was deleted since, or what refers to something else: neither is a referrer.
    fn read(&self, mention: &Mention) -> Result<Option<Manifest>> {
        let Mention { subject, tag, digest, size } = mention;
        let pass_over = |why: &str| {
            self.watch.note(&format!("{digest} is listed as a referrer of {subject} but {why}; left out"));
            Ok(None)
        };
        // The list's word on a type is not always right; that on the digest is checked.
        match self.manifests.read_at(&Selector::Digest(digest.clone()), *size) {
            Ok(manifest) if tag.is_none() && manifest.subject().is_none_or(|own| own.digest != *subject) => {
                pass_over("does not refer to it")
            }
            Ok(manifest) => Ok(Some(manifest)),
            Err(Error::Place { source, .. })
                if tag.is_none() && matches!(*source, transport::Error::NotFound { .. }) =>
            {
                pass_over("is not there")
            }
            Err(error) => Err(error),
        }
    }

    /// A referrer names a digest, so it cannot follow a manifest that gets another one.
    fn check_conversion<'m>(
        &self,
        levels: &[Vec<Manifest>],
        recompressed: impl Iterator<Item = &'m Descriptor>,
        referrers: &[Referrer],
    ) -> Result<()> {
        // The new layers are not known before they are made: any other descriptors show which manifests change.
        let other = |layer: &Descriptor| Descriptor::of(layer.media_type.clone(), layer.digest.to_string().as_bytes());
        let layers = recompressed.map(|layer| (layer.digest.clone(), other(layer))).collect();
        let converted = convert::manifests(self.options, levels, &layers)?;
        let stays: BTreeSet<&Digest> = converted.iter().flatten().map(Manifest::digest).collect();
        match referrers.iter().find(|referrer| !stays.contains(&referrer.subject)) {
            Some(Referrer { subject, .. }) => {
                let number = referrers.iter().filter(|each| each.subject == *subject).count();
                Err(stays_behind("converting it", subject, number))
            }
            None => Ok(()),
        }
    }

    /// Leaves out what the destination has already.
    fn missing(&self, round: Vec<Referrer>) -> Result<Vec<Referrer>> {
        let at_destination = |error| Error::at(Side::Destination, self.destination)(error);
        let listed = round.iter().filter(|referrer| referrer.tag.is_none()).map(|referrer| &referrer.subject);
        let subjects: Vec<&Digest> = listed.collect::<BTreeSet<_>>().into_iter().collect();
        let lists = self
            .pool
            .each(self.watch, &subjects, |subject, _| self.destination.referrers(subject).map_err(at_destination))?;
        let listed: BTreeSet<(&Digest, Digest)> = subjects
            .iter()
            .zip(lists)
            .flat_map(|(subject, list)| list.into_iter().map(move |entry| (*subject, entry.digest)))
            .collect();
        let lacks = self.pool.each(self.watch, &round, |referrer, _| {
            for manifest in referrer.manifests() {
                self.destination.accepts(manifest).map_err(at_destination)?;
            }
            let digest = referrer.root().digest();
            let at = match &referrer.tag {
                Some(tag) => Selector::Tag(tag.clone()),
                None if listed.contains(&(&referrer.subject, digest.clone())) => Selector::Digest(digest.clone()),
                None => return Ok(true),
            };
            match self.destination.complete(&at) {
                Ok(there) => Ok(there.is_none_or(|there| there.digest != *digest)),
                Err(transport::Error::Unsupported { .. }) if referrer.tag.is_some() => Err(self.nameless(referrer)),
                Err(error) => Err(at_destination(error)),
            }
        })?;
        drop(listed);
        Ok(round.into_iter().zip(lacks).filter(|(_, lacks)| *lacks).map(|(referrer, _)| referrer).collect())
    }

    /// Says what a place that holds one image without a name has no room for.
    fn nameless(&self, referrer: &Referrer) -> Error {
        let tag = referrer.tag.as_deref().unwrap_or_default();
        let reason = format!(
            "{} holds one image without a name, so {tag}, which belongs to {}, has no place there",
            self.destination, referrer.subject
        );
        Error::Refused { reason, hint: Some("copy to an archive or a layout, or leave --referrers out".into()) }
    }
}

fn stays_behind(what: &str, subject: &Digest, number: usize) -> Error {
    let reason = format!("{what} changes the digest {subject}, and {} cannot follow", count(number));
    Error::Refused { reason, hint: Some("copy the image as it is, or leave --referrers out".into()) }
}

fn count(number: usize) -> String {
    if number == 1 { "1 referrer".into() } else { format!("{number} referrers") }
}

//! One layer from its blob: verified, decompressed, listed.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::ahead::Ahead;
use super::archive::Archive;
use super::budget::Budget;
use super::visit::{Holder, Visitor, hasher};
use super::{Error, Kind, Meaning, Member, Path, Result};
use crate::blob::Fault;
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest};
use crate::layer::decompress;
use crate::media_type::Compression;

/// What a layer has, as its tar lists it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Layer {
    /// What the manifest says.
    pub descriptor: Descriptor,
    /// How it is compressed, whatever its media type says.
    pub compression: Compression,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// The size of the uncompressed tar.
    pub size: u64,
    /// The entries in the tar's order, whiteouts among them.
    pub members: Vec<Member>,
}

/// How a layer is read.
pub(super) struct Reading<'a> {
    /// The number of the layer.
    pub(super) number: usize,
    /// What the manifest says.
    pub(super) descriptor: &'a Descriptor,
    /// The algorithm of the config's diff_id.
    pub(super) algorithm: Algorithm,
    /// Whether files' contents are hashed.
    pub(super) digests: bool,
    /// The most bytes of holes that are hashed.
    pub(super) max_holes: u64,
    /// Who pays for the names.
    pub(super) budget: &'a Budget,
    /// Who wants to see files' content, and what holds it meanwhile.
    pub(super) visitor: Option<&'a dyn Visitor>,
    /// Makes what holds content.
    pub(super) holder: &'a (dyn Fn() -> Holder<'a> + Sync),
}

impl Reading<'_> {
    /// Reads the whole of a layer, so that all of it is verified.
    pub(super) fn layer<R: Read + Send>(&self, blob: R) -> Result<Layer> {
        let blob = Shared(Arc::new(Mutex::new(blob)));
        let result = self.list(blob.clone());
        match result {
            // Wrong content explains better than what it looks like; a layer that arrived whole is itself at fault.
            Err(Error::Malformed { .. }) => match io::copy(&mut blob.clone(), &mut io::sink()) {
                Err(error) if Fault::of(&error).is_some() => Err(Error::reading(&self.descriptor.digest, error)),
                _ => result,
            },
            _ => result,
        }
    }

    fn list<R: Read + Send>(&self, blob: Shared<R>) -> Result<Layer> {
        let failed = |error| Error::reading(&self.descriptor.digest, error);
        let (compression, content) = decompress(blob).map_err(failed)?;
        thread::scope(|scope| {
            let mut archive = Archive::new(Ahead::spawn(scope, content, self.algorithm));
            let listed = self.members(&mut archive);
            let ended = archive.into_inner().finish();
            // Behind the end of the archive there may be anything; it counts for the digests.
            let (members, (diff_id, size)) = match (listed, ended) {
                (Ok(members), Ok(ended)) => (members, ended),
                (Err(Error::Malformed { .. }), Err(error)) if Fault::of(&error).is_some() => return Err(failed(error)),
                (Err(error), _) => return Err(error),
                (_, Err(error)) => return Err(failed(error)),
            };
            Ok(Layer { descriptor: self.descriptor.clone(), compression, diff_id, size, members })
        })
    }

    fn members(&self, archive: &mut Archive<Ahead>) -> Result<Vec<Member>> {
        let failed = |error| Error::reading(&self.descriptor.digest, error);
        let mut members = Vec::new();
        let mut holes = 0_u64;
        let mut holder = (self.holder)();
        while let Some(mut member) = archive.next().map_err(failed)? {
            member.entry.layer = self.number;
            member.entry.member = members.len();
            let wanting = self.wanting(&member);
            if (self.digests || wanting.is_some()) && member.entry.kind == Kind::File {
                holes = holes.saturating_add(archive.holes());
                if holes > self.max_holes {
                    return Err(Error::Limit { what: "bytes of holes to be read", limit: self.max_holes });
                }
            }
            let mut digest = (self.digests && member.entry.kind == Kind::File).then(hasher);
            if let Some((visitor, path)) = wanting {
                let shown = holder.show(&path, &member.entry, &mut *archive, digest.as_mut(), visitor);
                shown.map_err(|error| error.of(&self.descriptor.digest))?;
            }
            if let Some(mut hasher) = digest {
                hasher.update_from(&mut *archive).map_err(failed)?;
                member.entry.digest = Some(hasher.finish());
            }
            self.budget.spend(member.entry.weight(member.name.len()))?;
            members.push(member);
        }
        Ok(members)
    }

    /// Returns who wants to see a member's content, and under which path.
    fn wanting(&self, member: &Member) -> Option<(&dyn Visitor, Path)> {
        let visitor = self.visitor.filter(|_| member.entry.kind == Kind::File)?;
        let Meaning::Path(path) = member.meaning() else { return None };
        visitor.wants(&path, &member.entry).then_some((visitor, path))
    }
}

/// A reader that can be taken up again when the decoder that had it has failed.
struct Shared<R>(Arc<Mutex<R>>);

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Read> Read for Shared<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

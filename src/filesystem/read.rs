//! One layer from its blob: verified, decompressed, listed.

use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::thread;

use super::ahead::{Ahead, Pipe};
use super::budget::Budget;
use super::links::Links;
use super::paths::MAX_PATH;
use super::visit::{Holder, Visitor, hasher};
use super::{Entry, Error, Kind, Meaning, Member, Members, Options, Path, Result};
use crate::blob::Fault;
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest};
use crate::layer::decompress;
use crate::media_type::Compression;
use crate::tar::Archive;

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
    pub members: Members,
}

impl Layer {
    /// Returns the members under their names, those below links of the layer where these lead, with the targets of hard links; but for those
    /// that lead out of the filesystem.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub(crate) fn placed(&self) -> impl Iterator<Item = Result<(Path, Option<Path>, Member)>> {
        // The members themselves were paid for.
        let mut links = Links::new(Budget::new(u64::MAX));
        self.members.iter().filter_map(move |member| match links.place(&member) {
            Ok(placed) => placed.name().map(|name| Ok((name, placed.target, member))),
            Err(error) => Some(Err(error)),
        })
    }
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

/// What a tar turned out to be once all of it was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scanned {
    /// How it is compressed, whatever its media type says.
    pub compression: Compression,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// The size of the uncompressed tar.
    pub size: u64,
}

/// What is done with each member, whose content the archive reads as meanwhile.
pub(super) type Visit<'v> = dyn FnMut(&mut Archive<Ahead<'_>>, Member) -> Result<()> + 'v;

impl Reading<'_> {
    /// Reads the whole of a layer, so that all of it is verified, and lists it.
    pub(super) fn layer<R: Read + Send>(&self, blob: R) -> Result<Layer> {
        let mut members = Members::default();
        let mut links = Links::new(self.budget.clone());
        let mut holes = 0_u64;
        let mut holder = (self.holder)();
        let seen = self.walk(blob, &mut |archive, mut member| {
            let is_file = member.entry.kind == Kind::File;
            let wanting = match self.visitor {
                Some(visitor) => self.wanting(visitor, &member, links.place(&member)?.meaning),
                None => None,
            };
            if is_file && (self.digests || wanting.is_some()) {
                holes = holes.saturating_add(archive.holes());
                self.check_holes(holes)?;
            }
            let mut digest = (self.digests && is_file).then(hasher);
            if let Some((visitor, path)) = wanting {
                let shown = holder.show(&path, &member.entry, &mut *archive, digest.as_mut(), visitor);
                shown.map_err(|error| error.of(&self.descriptor.digest))?;
            }
            if let Some(mut hasher) = digest {
                let read = hasher.update_from(&mut *archive);
                read.map_err(|error| Error::reading(&self.descriptor.digest, error))?;
                member.entry.digest = Some(hasher.finish());
            }
            self.budget.spend(members.push(member))
        })?;
        members.shrink();
        let Scanned { compression, diff_id, size } = seen;
        Ok(Layer { descriptor: self.descriptor.clone(), compression, diff_id, size, members })
    }

    /// Reads the whole of a layer, so that all of it is verified; `visit` gets the members in their order.
    pub(super) fn walk<R: Read + Send>(&self, blob: R, visit: &mut Visit<'_>) -> Result<Scanned> {
        let blob = Shared(Arc::new(Mutex::new(blob)));
        let result = self.pass(blob.clone(), visit);
        match result {
            // Wrong content explains better than what it looks like; a layer that arrived whole is itself at fault.
            Err(Error::Malformed { .. }) => match io::copy(&mut blob.clone(), &mut io::sink()) {
                Err(error) if Fault::of(&error).is_some() => Err(Error::reading(&self.descriptor.digest, error)),
                _ => result,
            },
            _ => result,
        }
    }

    /// Fails when more bytes of holes are to be filled with zeros than are allowed.
    pub(super) fn check_holes(&self, holes: u64) -> Result<()> {
        if holes > self.max_holes {
            return Err(Error::Limit { what: "bytes of holes to be read", limit: self.max_holes });
        }
        Ok(())
    }

    fn pass<R: Read + Send>(&self, blob: Shared<R>, visit: &mut Visit<'_>) -> Result<Scanned> {
        let failed = |error| Error::reading(&self.descriptor.digest, error);
        thread::scope(|scope| {
            // Three threads: one reads and hashes the blob, one decompresses, and this one hashes the content and takes it apart.
            let (compression, content) = decompress(Pipe::spawn(scope, blob)).map_err(failed)?;
            let mut archive = Archive::new(Ahead::spawn(scope, content, self.algorithm));
            let visited = match self.visit_all(&mut archive, visit) {
                Ok(()) => Ok(()),
                Err(error @ Error::Malformed { .. }) => Err(error),
                // Nobody wants the rest.
                Err(error) => return Err(error),
            };
            // Behind the end of the archive there may be anything; it counts for the digests.
            let (diff_id, size) = match (visited, archive.into_inner().finish()) {
                (Ok(()), Ok(ended)) => ended,
                (Err(_), Err(error)) if Fault::of(&error).is_some() => return Err(failed(error)),
                (Err(error), _) => return Err(error),
                (_, Err(error)) => return Err(failed(error)),
            };
            Ok(Scanned { compression, diff_id, size })
        })
    }

    fn visit_all(&self, archive: &mut Archive<Ahead<'_>>, visit: &mut Visit<'_>) -> Result<()> {
        let failed = |error| Error::reading(&self.descriptor.digest, error);
        let mut number = 0;
        while let Some(mut member) = archive.next().map_err(failed)? {
            if member.name.len() > MAX_PATH && member.path_length() > MAX_PATH {
                return Err(Error::TooLong { layer: self.descriptor.digest.clone(), limit: MAX_PATH });
            }
            member.entry.layer = self.number;
            member.entry.member = number;
            number += 1;
            visit(archive, member).map_err(|error| match error {
                // What could not be read is this layer.
                Error::Content { source, .. } => failed(source),
                other => other,
            })?;
        }
        Ok(())
    }

    /// Returns who wants to see a member's content, and under which path.
    fn wanting<'v>(
        &self,
        visitor: &'v dyn Visitor,
        member: &Member,
        place: Meaning,
    ) -> Option<(&'v dyn Visitor, Path)> {
        let Meaning::Path(path) = place else { return None };
        (member.entry.kind == Kind::File && visitor.wants(&path, &member.entry)).then_some((visitor, path))
    }
}

/// Reads a whole tar, compressed or not; every header is looked at and nothing of it is kept.
///
/// # Errors
/// Those of the reader; what is no tar or cannot be decompressed carries a [`Malformed`](super::Malformed) of either kind.
pub fn scan(reader: impl Read + Send) -> io::Result<Scanned> {
    scan_with(reader, Algorithm::Sha256)
}

/// Does what [`scan`] does, with this algorithm for the digest of the uncompressed tar.
///
/// # Errors
/// Those of [`scan`].
pub fn scan_with(reader: impl Read + Send, algorithm: Algorithm) -> io::Result<Scanned> {
    thread::scope(|scope| {
        let (compression, content) = decompress(Pipe::spawn(scope, reader))?;
        let mut archive = Archive::new(Ahead::spawn(scope, content, algorithm));
        while archive.next()?.is_some() {}
        let (diff_id, size) = archive.into_inner().finish()?;
        Ok(Scanned { compression, diff_id, size })
    })
}

/// Reads a tar, compressed or not, and shows what each member means where the links of the layer lead.
pub(crate) fn each_member(reader: impl Read + Send, visit: &mut dyn FnMut(&Meaning, &Entry)) -> io::Result<()> {
    let (_, content) = decompress(reader)?;
    let mut archive = Archive::new(content);
    let mut links = Links::new(Budget::new(Options::default().memory));
    while let Some(member) = archive.next()? {
        let placed = links.place(&member).map_err(io::Error::other)?;
        visit(&placed.meaning, &member.entry);
    }
    Ok(())
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
        crate::locks::lock(&self.0).read(buffer)
    }
}

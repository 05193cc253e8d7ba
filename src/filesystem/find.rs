//! Some files' content, from as few layers as tell where it is: the top one first.

use std::io::{self, Read, Write};

use super::resolve::{End, no_file, nowhere};
use super::tree::Tree;
use super::{Entry, Error, Layer, Layers, Result};
use crate::digest::{Algorithm, Hasher};
use crate::layer::decompress;
use crate::tar::Archive;

/// A file, and where it was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// Its path when all links have been followed.
    pub path: Vec<u8>,
    /// What it is.
    pub entry: Entry,
}

impl Layers<'_> {
    /// Finds files by their paths, symbolic links followed inside the image. Layers are read from the top until all paths are decided.
    ///
    /// # Errors
    /// For the first path that is no file: [`Error::NotFound`], [`Error::Dangling`], [`Error::Loop`], [`Error::NoFile`].
    pub fn find(&self, paths: &[&[u8]]) -> Result<Vec<Found>> {
        let mut lowest = self.image.layers().len();
        let budget = self.budget();
        // The top one first.
        let mut read: Vec<Layer> = Vec::new();
        let mut open = None;
        let (mut concerned, mut decided, mut times) = (false, 0, 0);
        loop {
            // Each decision merges all that was read so far, so it is made where a layer has something to say, and then seldom.
            let is_due = concerned && (times < FREE_DECISIONS || read.len() >= 2 * decided);
            if is_due || lowest == 0 {
                let tree = self.merge_top(lowest, read.iter().rev())?;
                match self.decide(&tree, paths, lowest > 0)? {
                    Decided::Found(found) => return Ok(found),
                    // A hard link may lead to any path.
                    Decided::Open(path) => open = Some(path).filter(|_| !tree.has_unresolved()),
                }
                (concerned, decided, times) = (false, read.len(), times + 1);
            }
            lowest -= 1;
            let layer = self.read_and_keep(lowest, &budget)?;
            concerned |= match &open {
                Some(path) => self.merge_top(lowest, [&layer].into_iter())?.concerns(path),
                None => true,
            };
            read.push(layer);
        }
    }

    /// Writes a file's content, which is checked against the digest that it had when it was found. Returns its size.
    ///
    /// # Errors
    /// [`Error::Output`] when `into` failed, others when the layer did.
    pub fn copy_content(&self, found: &Found, into: &mut dyn Write) -> Result<u64> {
        let Found { path, entry } = found;
        let layer = &self.image.layers()[entry.layer].digest;
        let failed = |error| Error::reading(layer, error);
        let (_, content) = decompress(self.open(entry.layer)?).map_err(failed)?;
        let mut archive = Archive::new(content);
        for _ in 0..=entry.member {
            if archive.next().map_err(failed)?.is_none() {
                return Err(Error::Changed { path: path.clone() });
            }
        }
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let mut buffer = vec![0; 128 * 1024];
        let mut size = 0;
        loop {
            let n = archive.read(&mut buffer).map_err(failed)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
            size += n as u64;
            into.write_all(&buffer[..n]).map_err(Error::Output)?;
        }
        match &entry.digest {
            Some(digest) if *digest != hasher.finish() => Err(Error::Changed { path: path.clone() }),
            // Not known before: the rest of the layer tells.
            None => io::copy(&mut archive.into_inner(), &mut io::sink()).map(|_| size).map_err(failed),
            Some(_) => Ok(size),
        }
    }

    /// Merges layers from `lowest` up, without those below.
    pub(super) fn merge_top<'l>(&self, lowest: usize, read: impl Iterator<Item = &'l Layer>) -> Result<Tree> {
        let mut tree = Tree::new(self.budget());
        tree.partial = lowest > 0;
        for (number, layer) in (lowest..).zip(read) {
            tree.apply(number, &layer.members)?;
        }
        Ok(tree)
    }

    /// Finds all paths in what was read so far, or says which one takes more layers; `partial` when there are more.
    fn decide(&self, tree: &Tree, paths: &[&[u8]], partial: bool) -> Result<Decided> {
        let mut all = Vec::new();
        for path in paths {
            let at = match tree.walk(path, true, partial)? {
                End::At(at) => at,
                End::Nowhere { dangling } => return Err(nowhere(path, dangling)),
                End::Unknown(path) => return Ok(Decided::Open(path)),
            };
            match tree.table.get(at) {
                Some(entry) if entry.is_file() => all.push(Found { path: tree.paths.path(at), entry }),
                other => return Err(no_file(path, other.as_ref())),
            }
        }
        Ok(Decided::Found(all))
    }
}

/// How often paths are looked up before it takes twice as many layers as the time before.
const FREE_DECISIONS: usize = 8;

/// What the layers that were read tell of paths.
enum Decided {
    Found(Vec<Found>),
    /// What is at this path depends on layers below.
    Open(Vec<u8>),
}

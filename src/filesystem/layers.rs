//! The layers of an image, read in parallel and merged.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::{io, thread};

use super::ahead::{Ahead, Pipe};
use super::budget::Budget;
use super::read::Reading;
use super::spool::{self, Tee};
use super::visit::{Holder, Visitor};
use super::{Error, Layer, Result, Tree};
use crate::blob::Blob;
use crate::digest::{Algorithm, Digest};
use crate::image::Image;
use crate::layer::{Positioned, decompress, sniff};
use crate::media_type::Compression;
use crate::pool::Pool;
use crate::tar::fill;
use crate::transport::Source;

/// How layers are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether every file's content is hashed.
    pub digests: bool,
    /// How many layers are read at the same time.
    pub parallel: NonZeroUsize,
    /// The most bytes that names and attributes may take.
    pub memory: u64,
    /// The most bytes of holes in sparse files that are hashed; a header of 512 bytes can claim any number.
    pub holes: u64,
    /// The most bytes of one file that a [`Visitor`] is shown.
    pub content: u64,
    /// Where layers of a registry are kept while more than one look at them is needed (without it they are fetched again), and where large
    /// files are while a [`Visitor`] looks at them (without it they are missed).
    pub scratch: Option<PathBuf>,
    /// What happens when a layer has not the diff_id that the config says.
    pub diff_ids: DiffIds,
}

/// What happens when a layer has not the diff_id that the config says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffIds {
    /// It is an error.
    Refuse,
    /// It is passed over. Meant for archives whose layers have no other digest: tools that write them are careless about it.
    Ignore,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            digests: false,
            parallel: NonZeroUsize::MIN,
            memory: 512 * 1024 * 1024,
            holes: 16 * 1024 * 1024 * 1024,
            content: 2 * 1024 * 1024 * 1024,
            scratch: None,
            diff_ids: DiffIds::Refuse,
        }
    }
}

/// The layers of one image in its place.
pub struct Layers<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) image: &'a Image,
    pub(super) options: Options,
    spooled: Mutex<Vec<Option<Arc<File>>>>,
}

impl<'a> Layers<'a> {
    /// Takes the layers of an image; nothing is read yet.
    ///
    /// # Errors
    /// [`Error::NoLayer`] when a blob is no filesystem layer; [`Error::Count`] when the config counts other layers.
    pub fn new(source: &'a dyn Source, image: &'a Image, options: Options) -> Result<Self> {
        let layers = image.layers();
        if let Some(other) = layers.iter().find(|layer| layer.media_type.layer_compression().is_none()) {
            let media_type = other.media_type.to_string();
            return Err(Error::NoLayer { layer: other.digest.clone(), media_type });
        }
        // Artifact tools write configs that count no layers at all.
        let diff_ids = image.diff_ids().len();
        if diff_ids != 0 && diff_ids != layers.len() {
            return Err(Error::Count { diff_ids, layers: layers.len() });
        }
        Ok(Self { source, image, options, spooled: Mutex::new(vec![None; layers.len()]) })
    }

    /// Reads all layers, several at a time, the lowest first in the result.
    ///
    /// # Errors
    /// That of the lowest layer that failed.
    pub fn read_all(&self) -> Result<Vec<Layer>> {
        self.read_each(None)
    }

    /// Reads all layers as [`read_all`](Self::read_all) does, and shows the files that the visitor wants on the way.
    ///
    /// # Errors
    /// That of the lowest layer that failed.
    pub fn visit_all(&self, visitor: &dyn Visitor) -> Result<Vec<Layer>> {
        self.read_each(Some(visitor))
    }

    fn read_each(&self, visitor: Option<&dyn Visitor>) -> Result<Vec<Layer>> {
        let layers = self.image.layers();
        let count = layers.len();
        // The largest first: begun last it would keep one processor busy when the others have nothing left.
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|number| Reverse(layers[*number].size));
        let (budget, failed) = (self.budget(), AtomicUsize::new(count));
        let mut results = Pool::new(self.options.parallel).map(&order, |number| {
            // What is above a layer that failed is not begun any more; what is below it may fail, too, and then that is told.
            if *number > failed.load(Ordering::Relaxed) {
                return None;
            }
            let result = self.visit(*number, &budget, visitor);
            if result.is_err() {
                failed.fetch_min(*number, Ordering::Relaxed);
            }
            Some((*number, result))
        });
        results.sort_by_key(|done| done.as_ref().map(|(number, _)| *number));
        results.into_iter().flatten().map(|(_, result)| result).collect()
    }

    /// Reads one layer, the lowest being 0.
    ///
    /// # Errors
    /// When it cannot be read, or is not what manifest and config say.
    pub fn read(&self, number: usize) -> Result<Layer> {
        self.read_with(number, &self.budget())
    }

    /// Reads some layers one after the other, the lowest being 0.
    ///
    /// # Errors
    /// That of the lowest layer that failed.
    pub fn read_range(&self, numbers: Range<usize>) -> Result<Vec<Layer>> {
        let budget = self.budget();
        numbers.map(|number| self.read_with(number, &budget)).collect()
    }

    /// Reads some layers as [`read_range`](Self::read_range) does, and shows the files that the visitor wants on the way.
    ///
    /// # Errors
    /// That of the lowest layer that failed.
    pub fn visit_range(&self, numbers: Range<usize>, visitor: &dyn Visitor) -> Result<Vec<Layer>> {
        let budget = self.budget();
        numbers.map(|number| self.visit(number, &budget, Some(visitor))).collect()
    }

    /// Reads all layers and merges them.
    ///
    /// # Errors
    /// Those of reading.
    pub fn merge(&self) -> Result<Tree> {
        self.merge_read(&self.read_all()?)
    }

    /// Merges layers that were read before.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub fn merge_read(&self, layers: &[Layer]) -> Result<Tree> {
        self.merge_top(0, layers.iter())
    }

    /// Returns how a layer is compressed, whatever its media type says: its first bytes are read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn compression(&self, number: usize) -> Result<Compression> {
        let mut head = [0; 4];
        let read = fill(&mut *self.open(number)?, &mut head);
        let count = read.map_err(|error| Error::reading(&self.image.layers()[number].digest, error))?;
        Ok(sniff(&head[..count]))
    }

    /// Writes a layer's tar as it is, uncompressed, and returns its size.
    ///
    /// # Errors
    /// [`Error::Output`] when `into` failed, others when the layer did, which shows at its end.
    pub fn copy_tar(&self, number: usize, into: &mut dyn Write) -> Result<u64> {
        let failed = |error| Error::reading(&self.image.layers()[number].digest, error);
        let algorithm = self.image.diff_ids().get(number).map_or(Algorithm::Sha256, Digest::algorithm);
        let blob = self.open(number)?;
        let (diff_id, size) = thread::scope(|scope| {
            let (_, content) = decompress(Pipe::spawn(scope, blob)).map_err(failed)?;
            let mut content = Ahead::spawn(scope, content, algorithm);
            let mut buffer = vec![0; 128 * 1024];
            loop {
                match content.read(&mut buffer).map_err(failed)? {
                    0 => return content.finish().map_err(failed),
                    n => into.write_all(&buffer[..n]).map_err(Error::Output)?,
                }
            }
        })?;
        self.check_diff_id(number, &diff_id).map(|()| size)
    }

    pub(super) fn budget(&self) -> Budget {
        Budget::new(self.options.memory)
    }

    pub(super) fn read_with(&self, number: usize, budget: &Budget) -> Result<Layer> {
        self.visit(number, budget, None)
    }

    fn visit(&self, number: usize, budget: &Budget, visitor: Option<&dyn Visitor>) -> Result<Layer> {
        let holder = || self.holder();
        let reading = Reading { visitor, ..self.reading(number, budget, &holder) };
        // Diff_ids are checked here, and no layer is decompressed twice.
        self.check(number, reading.layer(self.source.blob(reading.descriptor)?.uninspected())?)
    }

    /// Reads a layer and keeps it for [`open`](Self::open), where fetching it again would be dear.
    pub(super) fn read_and_keep(&self, number: usize, budget: &Budget) -> Result<Layer> {
        let Some(folder) = self.options.scratch.as_deref().filter(|_| self.source.origin().is_some()) else {
            return self.read_with(number, budget);
        };
        let file = Arc::new(spool::create(folder)?);
        let holder = || self.holder();
        let reading = self.reading(number, budget, &holder);
        let blob = Tee { reader: self.source.blob(reading.descriptor)?.uninspected(), file: file.clone() };
        let layer = self.check(number, reading.layer(blob)?)?;
        self.spooled()[number] = Some(file);
        Ok(layer)
    }

    /// Opens a layer's blob, from where it was kept if it was.
    pub(super) fn open(&self, number: usize) -> Result<Box<dyn Read + Send + '_>> {
        let descriptor = &self.image.layers()[number];
        let Some(file) = self.spooled()[number].clone() else {
            return Ok(Box::new(self.source.blob(descriptor)?.uninspected()));
        };
        let open =
            move |at| -> io::Result<Box<dyn Read + Send>> { Ok(Box::new(Positioned { file: file.clone(), at })) };
        let blob = Blob::new(descriptor.clone(), open).map_err(|fault| Error::Place(fault.into()))?;
        Ok(Box::new(blob))
    }

    pub(super) fn reading<'b>(
        &'b self,
        number: usize,
        budget: &'b Budget,
        holder: &'b (dyn Fn() -> Holder<'b> + Sync),
    ) -> Reading<'b> {
        Reading {
            number,
            descriptor: &self.image.layers()[number],
            algorithm: self.image.diff_ids().get(number).map_or(Algorithm::Sha256, Digest::algorithm),
            digests: self.options.digests,
            max_holes: self.options.holes,
            budget,
            visitor: None,
            holder,
        }
    }

    fn check(&self, number: usize, layer: Layer) -> Result<Layer> {
        self.check_diff_id(number, &layer.diff_id)?;
        Ok(layer)
    }

    /// Fails when a layer has not the diff_id that the config says.
    pub(super) fn check_diff_id(&self, number: usize, got: &Digest) -> Result<()> {
        let wanted = self.image.diff_ids().get(number);
        match wanted.filter(|wanted| self.options.diff_ids == DiffIds::Refuse && *wanted != got) {
            None => Ok(()),
            Some(wanted) => {
                let layer = self.image.layers()[number].digest.clone();
                Err(Error::DiffId { layer, wanted: wanted.clone(), got: got.clone() })
            }
        }
    }

    fn spooled(&self) -> MutexGuard<'_, Vec<Option<Arc<File>>>> {
        crate::locks::lock(&self.spooled)
    }
}

//! Content on its way, checked as it passes.
//!
//! A [`Blob`] is the only form in which content travels between places: a reader that fails unless size and digest match. The check comes
//! with the *last byte*, for whoever knows the length stops reading there and never sees an end of file.

use std::fmt;
use std::io::{self, Read};

use crate::class::{Class, Classified, Diagnosis};
use crate::descriptor::Descriptor;
use crate::digest::{Digest, Hasher};
use crate::reading::read_some;
use crate::watch::{Event, Watch};

/// Opens content at an offset.
pub type Open<'a> = Box<dyn Fn(u64) -> io::Result<Box<dyn Read + Send + 'a>> + Send + 'a>;

/// Looks at content on its way, from the first byte to the last.
pub trait Inspect: Send {
    /// Takes the next piece.
    fn take(&mut self, piece: &[u8]);

    /// Judges, once everything has passed.
    ///
    /// # Errors
    /// What the reader of the blob gets in place of its last bytes.
    fn judge(self: Box<Self>) -> Result<(), Fault>;
}

/// Makes what looks at content; content that starts over is looked at anew.
type Inspector<'a> = Box<dyn Fn() -> Box<dyn Inspect + 'a> + Send + 'a>;

/// A descriptor and a way to open its content at an offset; reads as the content.
///
/// Nothing is opened before the first read. Every error of [`Read::read`] carries a [`Fault`], so that a taker can tell a failing source
/// from its own failing destination.
pub struct Blob<'a> {
    descriptor: Descriptor,
    open: Open<'a>,
    reader: Option<Box<dyn Read + Send + 'a>>,
    hasher: Hasher,
    position: u64,
    watch: Watch,
    inspector: Option<Inspector<'a>>,
    inspection: Option<Box<dyn Inspect + 'a>>,
}

impl<'a> Blob<'a> {
    /// Makes a blob of what `open` gives.
    ///
    /// # Errors
    /// [`Fault::Mismatch`] when the descriptor has size 0 and not the digest of nothing: no read would find that out.
    pub fn new(
        descriptor: Descriptor,
        open: impl Fn(u64) -> io::Result<Box<dyn Read + Send + 'a>> + Send + 'a,
    ) -> Result<Self, Fault> {
        let hasher = Hasher::new(descriptor.digest.algorithm());
        let blob = Self {
            descriptor,
            open: Box::new(open),
            reader: None,
            hasher,
            position: 0,
            watch: Watch::default(),
            inspector: None,
            inspection: None,
        };
        if blob.descriptor.size == 0 {
            blob.verify()?;
        }
        Ok(blob)
    }

    /// Makes a blob of bytes at hand.
    ///
    /// # Errors
    /// See [`Blob::new`].
    pub fn from_bytes(descriptor: Descriptor, content: &'a [u8]) -> Result<Self, Fault> {
        Self::new(descriptor, move |at| {
            let at = usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
            Ok(Box::new(&content[at..]))
        })
    }

    /// Tells `watch` of every piece that passes, and fails once it is cancelled.
    pub fn watched(mut self, watch: &Watch) -> Self {
        self.watch = watch.clone();
        self
    }

    /// Has the content looked at as it passes, what a taker holds already included.
    pub fn inspected(mut self, make: impl Fn() -> Box<dyn Inspect + 'a> + Send + 'a) -> Self {
        self.inspector = Some(Box::new(make));
        self.rewind();
        self
    }

    /// Takes back [`inspected`](Self::inspected), for a taker that looks itself.
    pub fn uninspected(mut self) -> Self {
        (self.inspector, self.inspection) = (None, None);
        self
    }

    /// Puts something between the content and whoever reads it.
    #[cfg(feature = "client")]
    pub(crate) fn reopened(mut self, wrap: impl FnOnce(Open<'a>) -> Open<'a>) -> Self {
        self.rewind();
        self.open = wrap(self.open);
        self
    }

    /// Returns what the content is.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Returns the content's size in bytes.
    pub fn size(&self) -> u64 {
        self.descriptor.size
    }

    /// Returns how many bytes have passed, taken over ones included.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes on behind what the taker already holds: `prefix` is hashed, and the content is opened at its end. Returns the prefix's length.
    ///
    /// # Errors
    /// [`Fault::Mismatch`] when the prefix is longer than the content, or is all of it with another digest: discard it and
    /// [`rewind`](Blob::rewind). Errors of `prefix` come as they are.
    pub fn resume(&mut self, prefix: impl Read) -> io::Result<u64> {
        self.rewind();
        let passing =
            Passing { reader: prefix.take(self.descriptor.size.saturating_add(1)), inspection: &mut self.inspection };
        let length = self.hasher.update_from(passing)?;
        self.position = length;
        if length >= self.descriptor.size {
            self.end()?;
        }
        if length > 0 {
            self.watch.tell(&Event::Resumed { blob: &self.descriptor, at: length });
        }
        Ok(length)
    }

    /// Starts over from the first byte: a request that failed can be sent again.
    pub fn rewind(&mut self) {
        self.reader = None;
        self.position = 0;
        self.hasher = Hasher::new(self.descriptor.digest.algorithm());
        self.inspection = self.inspector.as_ref().map(|make| make());
    }

    /// Reads everything, for its check alone, and drops it.
    ///
    /// # Errors
    /// Those of reading.
    pub fn check(mut self) -> io::Result<()> {
        io::copy(&mut self, &mut io::sink()).map(drop)
    }

    /// Reads the whole content into memory; meant for configs and other small things.
    ///
    /// # Errors
    /// Those of reading, and [`Fault::TooLarge`] before anything is read when the content is over `limit` bytes.
    pub fn read_all(mut self, limit: u64) -> io::Result<Vec<u8>> {
        if self.descriptor.size > limit {
            return Err(Fault::TooLarge { wanted: Box::new(self.descriptor), limit }.into());
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content)?;
        Ok(content)
    }

    fn verify(&self) -> Result<(), Fault> {
        let got = self.hasher.clone().finish();
        if got == self.descriptor.digest && self.position == self.descriptor.size {
            return Ok(());
        }
        Err(Fault::Mismatch { wanted: Box::new(self.descriptor.clone()), got, size: self.position })
    }

    /// Checks what has passed, once that is everything.
    fn end(&mut self) -> Result<(), Fault> {
        self.verify()?;
        // With a size of 0 there is nothing to look at.
        self.inspection.take().map_or(Ok(()), |inspection| inspection.judge())
    }

    fn read_checked(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let left = self.descriptor.size - self.position;
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        self.watch.check().map_err(|cancelled| Fault::Source(cancelled.into()))?;
        let reader = match &mut self.reader {
            Some(reader) => reader,
            empty => empty.insert((self.open)(self.position).map_err(Fault::source)?),
        };
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let n = read_some(reader, &mut buffer[..want]).map_err(Fault::source)?;
        if n == 0 {
            return Err(Fault::Short { wanted: Box::new(self.descriptor.clone()), size: self.position });
        }
        self.hasher.update(&buffer[..n]);
        if let Some(inspection) = &mut self.inspection {
            inspection.take(&buffer[..n]);
        }
        self.position += n as u64;
        if self.position == self.descriptor.size {
            self.reader = None;
            self.end()?;
        }
        self.watch.tell(&Event::Advanced { blob: &self.descriptor, bytes: n as u64 });
        Ok(n)
    }
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_checked(buffer)?)
    }
}

/// What a taker holds already, on its way to the hasher.
struct Passing<'p, 'a, R> {
    reader: R,
    inspection: &'p mut Option<Box<dyn Inspect + 'a>>,
}

impl<R: Read> Read for Passing<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        if let Some(inspection) = self.inspection {
            inspection.take(&buffer[..n]);
        }
        Ok(n)
    }
}

impl fmt::Debug for Blob<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("descriptor", &self.descriptor)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// Why a blob could not be read. It travels inside an [`io::Error`]; [`Fault::of`] finds it there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The place that the content comes from failed.
    #[error("reading the source failed")]
    Source(#[source] io::Error),
    /// The content is not what its descriptor says.
    #[error("content has digest {got} and size {size}, not {} and {}", wanted.digest, wanted.size)]
    Mismatch {
        /// What it should be.
        wanted: Box<Descriptor>,
        /// The digest of what came.
        got: Digest,
        /// The size of what came.
        size: u64,
    },
    /// The content is what its descriptor says; uncompressed it is not what the config says.
    #[error("layer {layer} has diff_id {got}, and its config says {wanted}")]
    DiffId {
        /// The layer.
        layer: Digest,
        /// What the config says.
        wanted: Digest,
        /// What it is.
        got: Digest,
    },
    /// The config counts other layers than there are.
    #[error("config {config} has {diff_ids} diff_ids for {layers} {}", if *layers == 1 { "layer" } else { "layers" })]
    Layers {
        /// The config.
        config: Digest,
        /// How many layers there are.
        layers: usize,
        /// How many the config counts.
        diff_ids: usize,
    },
    /// The content is what its descriptor says, and cannot be decompressed.
    #[error("layer {layer} cannot be decompressed")]
    Malformed {
        /// The layer.
        layer: Digest,
        /// Why: mostly a [`Malformed`](crate::layer::Malformed).
        source: io::Error,
    },
    /// The content ended early.
    #[error("content of {} ended after {size} of {} bytes", wanted.digest, wanted.size)]
    Short {
        /// What it should be.
        wanted: Box<Descriptor>,
        /// The size of what came.
        size: u64,
    },
    /// The content is larger than what is read into memory.
    #[error("{} has {} bytes; no more than {limit} are read", wanted.digest, wanted.size)]
    TooLarge {
        /// What it is.
        wanted: Box<Descriptor>,
        /// The limit in bytes.
        limit: u64,
    },
}

impl Fault {
    /// Finds the fault in an error that came out of a blob, through any number of readers that pass errors on.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// Takes the fault out of an error, or gives the error back.
    ///
    /// # Errors
    /// The error itself, when it carries no fault.
    pub fn take(error: io::Error) -> Result<Self, io::Error> {
        error.downcast()
    }

    /// Says whether the content was wrong, uncompressed or as it is, as opposed to unreachable or cut short.
    pub fn is_mismatch(&self) -> bool {
        matches!(self, Self::Mismatch { .. } | Self::DiffId { .. } | Self::Layers { .. } | Self::Malformed { .. })
    }

    /// Wraps a source's error, unless it is a fault already (a blob read through another).
    fn source(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(Fault::Source)
    }
}

impl Classified for Fault {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Source(error) => error.diagnosis(),
            Self::Mismatch { .. } | Self::DiffId { .. } | Self::Layers { .. } | Self::Short { .. } => {
                Class::Verification.into()
            }
            Self::Malformed { .. } | Self::TooLarge { .. } => Class::Failed.into(),
        }
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match &fault {
            Fault::Source(error) if error.kind() != io::ErrorKind::Interrupted => error.kind(),
            Fault::Source(_) => io::ErrorKind::Other,
            Fault::Short { .. } => io::ErrorKind::UnexpectedEof,
            Fault::Mismatch { .. }
            | Fault::DiffId { .. }
            | Fault::Layers { .. }
            | Fault::Malformed { .. }
            | Fault::TooLarge { .. } => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_type::MediaType;

    fn descriptor(content: &[u8]) -> Descriptor {
        Descriptor::of(MediaType::OCTET_STREAM, content)
    }

    fn fault(error: io::Error) -> Fault {
        Fault::take(error).expect("a fault")
    }

    #[test]
    fn good_content_passes() {
        let mut blob = Blob::from_bytes(descriptor(b"abc"), b"abc").expect("made");
        let mut all = Vec::new();
        blob.read_to_end(&mut all).expect("reads");
        assert_eq!(all, b"abc");
        assert_eq!(blob.read(&mut [0; 9]).expect("at its end"), 0);
        blob.rewind();
        assert_eq!(blob.read_all(3).expect("again"), b"abc");
    }

    #[test]
    fn wrong_content_fails_with_its_last_byte() {
        let mut blob = Blob::from_bytes(descriptor(b"abc"), b"abd").expect("made");
        let mut three = [0; 3];
        // Exactly as many bytes as announced are asked for, as an HTTP client does.
        assert!(fault(blob.read_exact(&mut three).expect_err("mismatch")).is_mismatch());
        let blob = Blob::from_bytes(descriptor(b"abc"), b"ab").expect("made");
        assert!(matches!(fault(blob.check().expect_err("short")), Fault::Short { size: 2, .. }));
        let blob = Blob::from_bytes(descriptor(b"abc"), b"abcd").expect("made");
        blob.check().expect("only what was announced is taken");
    }

    #[test]
    fn empty_content_is_checked_when_made() {
        assert!(Blob::from_bytes(descriptor(b""), b"").is_ok());
        let mut lie = descriptor(b"abc");
        lie.size = 0;
        assert!(Blob::from_bytes(lie, b"").expect_err("a lie").is_mismatch());
    }

    #[test]
    fn resuming() {
        let content = b"abcdef";
        let mut blob = Blob::from_bytes(descriptor(content), content).expect("made");
        assert_eq!(blob.resume(&b"abc"[..]).expect("resumes"), 3);
        let mut rest = Vec::new();
        blob.read_to_end(&mut rest).expect("reads");
        assert_eq!(rest, b"def");
        assert_eq!(blob.resume(&content[..]).expect("whole"), 6);
        assert_eq!(blob.read(&mut [0; 9]).expect("nothing left"), 0);
        for bad in [&b"abcdefg"[..], b"abcdeX"] {
            assert!(fault(blob.resume(bad).expect_err("wrong prefix")).is_mismatch());
        }
        assert_eq!(blob.resume(&b"abX"[..]).expect("unknown yet"), 3);
        let mut rest = Vec::new();
        assert!(fault(blob.read_to_end(&mut rest).expect_err("found out")).is_mismatch());
        blob.rewind();
        blob.check().expect("from the start");
    }

    #[test]
    fn source_errors_and_cancellation_keep_their_payload() {
        let broken =
            Blob::new(descriptor(b"abc"), |_| Err(io::Error::from(io::ErrorKind::ConnectionReset))).expect("made");
        let error = broken.check().expect_err("broken");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert!(matches!(fault(error), Fault::Source(_)));
        let watch = Watch::default();
        watch.cancel();
        let blob = Blob::from_bytes(descriptor(b"abc"), b"abc").expect("made").watched(&watch);
        assert_eq!(blob.check().expect_err("cancelled").kind(), io::ErrorKind::Other);
    }
}

//! Writing a layer with any compression.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use super::gzip::Gzip;
use crate::media_type::Compression;

/// The level of gzip where none is given.
const GZIP_LEVEL: u32 = 6;
/// The level of zstd where none is given.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 3;

/// Compresses what is written to it. The bytes depend on the content, the compression and the level, and on nothing else.
///
/// Without [`finish`](Compressor::finish) the output is cut short. [`flush`](Write::flush) flushes the writer only: content that is held
/// stays, for cutting there would change the bytes. gzip holds about 1 MiB for each thread.
///
/// ```
/// use std::io::Write;
/// use std::num::NonZeroUsize;
/// use stevedore::layer::Compressor;
/// use stevedore::media_type::Compression;
///
/// let mut compressor = Compressor::new(Vec::new(), Compression::Gzip, None, NonZeroUsize::MIN)?;
/// compressor.write_all(b"content")?;
/// let compressed = compressor.finish()?;
/// assert_eq!(compressed[..3], [0x1f, 0x8b, 0x08]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Compressor<W: Write>(Encoder<W>);

enum Encoder<W: Write> {
    None(W),
    Gzip(Box<Gzip<W>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Encoder<'static, W>>),
}

impl<W: Write> Compressor<W> {
    /// Makes a compressor to `writer`. gzip has levels 0 to 9 (default 6) and uses `threads` threads; zstd has levels 1 to 22 (default 3)
    /// and works in the caller's.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a level that the compression does not have;
    /// [`Unsupported`](io::ErrorKind::Unsupported) for zstd without the feature `zstd`.
    pub fn new(writer: W, compression: Compression, level: Option<i32>, threads: NonZeroUsize) -> io::Result<Self> {
        Ok(Self(match compression {
            Compression::None if level.is_some() => return Err(invalid("an uncompressed layer has no level")),
            Compression::None => Encoder::None(writer),
            Compression::Gzip => Encoder::Gzip(Box::new(Gzip::new(writer, gzip_level(level)?, threads))),
            #[cfg(feature = "zstd")]
            Compression::Zstd => Encoder::Zstd(Box::new(open_zstd(writer, level)?)),
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => return Err(without_zstd()),
        }))
    }

    /// Writes what is held and the trailer, and returns the writer.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Encoder::None(writer) => Ok(writer),
            Encoder::Gzip(gzip) => gzip.finish(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(zstd) => zstd.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Encoder::None(writer) => writer.write(data),
            Encoder::Gzip(gzip) => gzip.write(data),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(zstd) => zstd.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Encoder::None(writer) => writer.flush(),
            Encoder::Gzip(gzip) => gzip.flush(),
            // Not the encoder's own flush, which ends a block.
            #[cfg(feature = "zstd")]
            Encoder::Zstd(zstd) => zstd.get_mut().flush(),
        }
    }
}

fn gzip_level(level: Option<i32>) -> io::Result<u32> {
    let Some(level) = level else { return Ok(GZIP_LEVEL) };
    match u32::try_from(level) {
        Ok(level @ 0..=9) => Ok(level),
        _ => Err(invalid(format!("gzip has levels 0 to 9, not {level}"))),
    }
}

#[cfg(feature = "zstd")]
fn open_zstd<W: Write>(writer: W, level: Option<i32>) -> io::Result<zstd::stream::write::Encoder<'static, W>> {
    let level = level.unwrap_or(ZSTD_LEVEL);
    if !(1..=22).contains(&level) {
        return Err(invalid(format!("zstd has levels 1 to 22, not {level}")));
    }
    let mut encoder = zstd::stream::write::Encoder::new(writer, level)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason.into())
}

/// The error of everything that needs zstd in a build that has none.
#[cfg(not(feature = "zstd"))]
pub(super) fn without_zstd() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "built without feature `zstd`")
}

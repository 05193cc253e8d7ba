//! Writing a layer with any compression.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use super::gzip::Gzip;
use crate::media_type::Compression;

/// The level of gzip where none is given: it makes what `gzip -6` does of a tree of files, within half a percent.
const GZIP_LEVEL: u32 = 5;
/// The level of zstd where none is given.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 3;

/// Compresses what is written to it. The bytes depend on the content, the compression and the level, and on nothing else.
///
/// Without [`finish`](Compressor::finish) the output is cut short. [`flush`](Write::flush) flushes the writer only: content that is held
/// stays, for cutting there would change the bytes. gzip holds about 5 MiB for each thread.
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
    /// Makes a compressor to `writer`. gzip has levels 0 to 9 (default 5) and uses `threads` threads; zstd has levels 1 to 22 (default 3)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::layer::decompress::decompress;
    use crate::layer::deflate::BLOCK;
    use crate::layer::samples::mixed;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("not zero")
    }

    fn compress(content: &[u8], compression: Compression, level: Option<i32>, count: usize, piece: usize) -> Vec<u8> {
        let mut compressor = Compressor::new(Vec::new(), compression, level, threads(count)).expect("made");
        for piece in content.chunks(piece) {
            compressor.write_all(piece).expect("memory");
            compressor.flush().expect("memory");
        }
        compressor.finish().expect("memory")
    }

    fn decompressed(compressed: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        io::copy(&mut decompress(compressed).expect("opens").1, &mut content).expect("reads");
        content
    }

    fn compressions() -> Vec<Compression> {
        [Compression::None, Compression::Gzip]
            .into_iter()
            .chain(cfg!(feature = "zstd").then_some(Compression::Zstd))
            .collect()
    }

    #[test]
    fn any_length_comes_back() {
        let content = mixed(3 * BLOCK);
        for compression in compressions() {
            for length in [0, 1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK] {
                let compressed = compress(&content[..length], compression, None, 2, BLOCK);
                assert!(decompressed(&compressed) == content[..length], "{compression} {length}");
            }
        }
    }

    #[test]
    fn threads_and_writes_do_not_change_the_bytes() {
        let content = mixed(9 * BLOCK + 4321);
        for compression in compressions() {
            for level in [None, Some(1), Some(9)] {
                if compression == Compression::None && level.is_some() {
                    continue;
                }
                let wanted = compress(&content, compression, level, 1, usize::MAX);
                for (count, piece) in
                    [(2, usize::MAX), (4, usize::MAX), (1, 4099), (2, 65_537), (4, 33_333), (3, BLOCK)]
                {
                    let got = compress(&content, compression, level, count, piece);
                    assert!(got == wanted, "{compression} {level:?} {count} {piece}");
                }
            }
        }
    }

    #[test]
    fn every_level_comes_back() {
        // Noise, which grows, and runs, which shrink to nothing.
        let mut content = mixed(BLOCK);
        content.extend((0_u32..100_000).flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes()));
        content.extend(vec![0; BLOCK]);
        for level in 0..=9 {
            let one = compress(&content, Compression::Gzip, Some(level), 1, 77_777);
            let two = compress(&content, Compression::Gzip, Some(level), 2, usize::MAX);
            assert!(one == two && decompressed(&one) == content, "{level}");
        }
    }

    #[test]
    fn golden_digests() {
        // One block and a little.
        let content = mixed(1_048_675);
        let cases = [
            (Compression::Gzip, None, "sha256:02c4de19ae6c77dba9f95bc6012f569c1cded0f805091ab4a9d6dd707218d9b4"),
            (Compression::Gzip, Some(0), "sha256:c7ead25850ef80c52bedfe76204532e34019c67061af396924c8f430f04f9ba7"),
            (Compression::Gzip, Some(1), "sha256:2595ff4667d6eff13a33c4fedb81799e6635984196694027a9d947197f0341e7"),
            (Compression::Gzip, Some(9), "sha256:d83cd5710a7f1711d060af92b2e503f70f128d9a23c4c7d1fd91e7e3ff269c57"),
            #[cfg(feature = "zstd")]
            (Compression::Zstd, None, "sha256:f563ace6cc8bd66c7570ee2ad5d2d1fa3f5e347081120e16bfedcb2d0d9ee1a5"),
            #[cfg(feature = "zstd")]
            (Compression::Zstd, Some(19), "sha256:a6f6321375f0f5e3bcd4e44faa153a078109b3ac7ef09164037f92584d7a1550"),
        ];
        assert_eq!(
            Digest::of(&content).to_string(),
            "sha256:97c39d118933558eec9fe50d79a7d710e96ece38b3af83bc559711fa981ab9a5"
        );
        for (compression, level, digest) in cases {
            let compressed = compress(&content, compression, level, 2, usize::MAX);
            assert_eq!(Digest::of(&compressed).to_string(), digest, "{compression} {level:?}");
        }
        assert_eq!(
            compress(b"", Compression::Gzip, None, 1, 1),
            [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn levels_that_are_not_there() {
        let mut cases = vec![
            (Compression::None, 1, "an uncompressed layer has no level"),
            (Compression::Gzip, 10, "gzip has levels 0 to 9, not 10"),
            (Compression::Gzip, -1, "gzip has levels 0 to 9, not -1"),
        ];
        if cfg!(feature = "zstd") {
            cases.push((Compression::Zstd, 0, "zstd has levels 1 to 22, not 0"));
            cases.push((Compression::Zstd, 23, "zstd has levels 1 to 22, not 23"));
        }
        for (compression, level, message) in cases {
            let error = Compressor::new(Vec::new(), compression, Some(level), threads(1)).err().expect("refused");
            assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::InvalidInput, message));
        }
    }

    /// A writer that has room for so many bytes.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(data.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(data.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_writer_is_an_error_at_once_and_for_good() {
        let content = mixed(20 * BLOCK);
        for count in [1, 4] {
            let mut compressor = Compressor::new(Full(100_000), Compression::Gzip, None, threads(count)).expect("made");
            let error = compressor.write_all(&content).expect_err("full");
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            assert_eq!(
                compressor.write_all(b"more").expect_err("failed before").to_string(),
                "compressing went on after an error"
            );
            compressor.finish().err().expect("failed before");
        }
        let compressor = Compressor::new(Full(5), Compression::Gzip, None, threads(1)).expect("made");
        assert_eq!(compressor.finish().err().expect("no room for a header").kind(), io::ErrorKind::StorageFull);
    }
}

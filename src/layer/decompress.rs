//! Reading a layer whatever its compression.
//!
//! gzip: RFC 1952, any number of members, as estargz and `cat a.gz b.gz` make; zeros behind the last one are padding, as GNU gzip has it,
//! and anything else is an error. zstd: RFC 8878, any number of frames, skippable ones included.
//!
//! Every reader takes its input to the end before it reports its own, for a [`Blob`](crate::blob::Blob) verifies with its last byte.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use crate::media_type::Compression;

/// The start of a gzip member: the magic number and the only method there is.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];
/// The start of a zstd frame.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The longest of the starts looked for.
const HEAD: usize = ZSTD.len();
/// How much compressed input is held.
const BUFFER: usize = 64 * 1024;
/// The largest zstd window, as a power of two: 128 MiB, which is also what the format's reference tool accepts. The window is allocated
/// on the word of a frame's header, so a hostile one could otherwise ask for gigabytes.
#[cfg(feature = "zstd")]
const ZSTD_WINDOW_LOG: u32 = 27;

/// Why compressed content could not be decompressed. It travels inside an [`io::Error`] of kind [`InvalidData`](io::ErrorKind::InvalidData).
#[derive(Debug, thiserror::Error)]
#[error("malformed {compression} data: {reason}")]
pub struct Malformed {
    /// What the content began as.
    pub compression: Compression,
    /// What is wrong.
    pub reason: String,
}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, malformed)
    }
}

/// Says how content is compressed, by its first four bytes (fewer where there are no more).
pub fn sniff(head: &[u8]) -> Compression {
    if head.starts_with(&GZIP) {
        return Compression::Gzip;
    }
    // RFC 8878, "Skippable Frames": <https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2>. zstd:chunked and pzstd begin with them.
    let skippable = matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    if skippable || head.starts_with(&ZSTD) { Compression::Zstd } else { Compression::None }
}

/// Returns how the content of `reader` is compressed, and a reader of the decompressed content.
///
/// The end comes only once `reader` has been read to its own end, so a taker that reads to the end has had the whole of a blob checked.
/// Errors of `reader` pass unchanged; those of its content carry a [`Malformed`]. After an error every further read fails.
///
/// # Errors
/// Those of the first read, and [`Unsupported`](io::ErrorKind::Unsupported) for zstd content without the feature `zstd`.
pub fn decompress<'a>(reader: impl Read + Send + 'a) -> io::Result<(Compression, Box<dyn Read + Send + 'a>)> {
    let mut input = Input::new(reader);
    let compression = sniff(input.head()?);
    let content: Box<dyn Read + Send + 'a> = match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => Box::new(Checked::new(Members::new(input), compression)),
        Compression::Zstd => open_zstd(input)?,
    };
    Ok((compression, content))
}

#[cfg(feature = "zstd")]
fn open_zstd<'a, R: Read + Send + 'a>(input: Input<R>) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut frames = zstd::stream::read::Decoder::with_buffer(input)?;
    frames.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(Box::new(Checked::new(frames, Compression::Zstd)))
}

#[cfg(not(feature = "zstd"))]
fn open_zstd<'a, R: Read + Send + 'a>(_: Input<R>) -> io::Result<Box<dyn Read + Send + 'a>> {
    Err(super::compress::without_zstd())
}

/// Compressed input: buffered, knowing whether it failed itself.
struct Input<R> {
    reader: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    ended: bool,
    failed: bool,
}

impl<R: Read> Input<R> {
    fn new(reader: R) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { reader, buffer, start: 0, end: 0, ended: false, failed: false }
    }

    /// Returns the first bytes without taking them.
    fn head(&mut self) -> io::Result<&[u8]> {
        while self.end < HEAD && !self.ended {
            self.fill()?;
        }
        Ok(&self.buffer[..self.end.min(HEAD)])
    }

    /// Reads more behind what is held.
    fn fill(&mut self) -> io::Result<()> {
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                // Decoders lose their place when an interruption passes through them.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
                Ok(n) => {
                    self.ended = n == 0;
                    self.end += n;
                    return Ok(());
                }
            }
        }
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end && !self.ended {
            (self.start, self.end) = (0, 0);
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            return self.reader.read(buffer);
        }
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

/// A decoder that knows whether its input failed, as opposed to what it decodes.
trait Decoder: Read {
    fn input_failed(&self) -> bool;
}

#[cfg(feature = "zstd")]
impl<R: Read> Decoder for zstd::stream::read::Decoder<'static, Input<R>> {
    fn input_failed(&self) -> bool {
        self.get_ref().failed
    }
}

/// The members of gzip content, one after the other.
struct Members<R> {
    /// The member being read; none once all were.
    member: Option<GzDecoder<Input<R>>>,
    input_failed: bool,
}

impl<R: Read> Members<R> {
    fn new(input: Input<R>) -> Self {
        Self { member: Some(GzDecoder::new(input)), input_failed: false }
    }

    fn read_member(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let n = member.read(buffer)?;
            if n > 0 {
                return Ok(n);
            }
            match member.get_mut().fill_buf()?.first() {
                None => self.member = None,
                Some(0) => skip_padding(member.get_mut())?,
                Some(_) => self.member = self.member.take().map(|ended| GzDecoder::new(ended.into_inner())),
            }
        }
        Ok(0)
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.read_member(buffer);
        self.input_failed = self.member.as_ref().is_some_and(|member| member.get_ref().failed);
        result
    }
}

impl<R: Read> Decoder for Members<R> {
    fn input_failed(&self) -> bool {
        self.input_failed
    }
}

/// Reads to the end of the input, where nothing but zeros may be.
fn skip_padding<R: Read>(input: &mut Input<R>) -> io::Result<()> {
    loop {
        let held = input.fill_buf()?;
        if held.is_empty() {
            return Ok(());
        }
        if held.iter().any(|byte| *byte != 0) {
            return Err(io::Error::other("something other than zeros follows the last member"));
        }
        let count = held.len();
        input.consume(count);
    }
}

/// A decoder whose errors say what they are, and which does not go on after one.
struct Checked<D> {
    decoder: D,
    compression: Compression,
    failed: bool,
}

impl<D: Decoder> Checked<D> {
    fn new(decoder: D, compression: Compression) -> Self {
        Self { decoder, compression, failed: false }
    }

    fn explain(&self, error: io::Error) -> io::Error {
        if self.decoder.input_failed() {
            return error;
        }
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it ends early".to_owned(),
            _ => error.to_string(),
        };
        Malformed { compression: self.compression, reason }.into()
    }
}

impl<D: Decoder> Read for Checked<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            let reason = "reading went on after an error".to_owned();
            return Err(Malformed { compression: self.compression, reason }.into());
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        self.decoder.read(buffer).map_err(|error| {
            self.failed = true;
            self.explain(error)
        })
    }
}

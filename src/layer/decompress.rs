//! Reading a layer whatever its compression.
//!
//! gzip: RFC 1952, any number of members, as estargz and `cat a.gz b.gz` make; zeros behind the last one are padding, as GNU gzip has it,
//! and anything else is an error. zstd: RFC 8878, any number of frames, skippable ones included.
//!
//! Every reader takes its input to the end before it reports its own, for a [`Blob`](crate::blob::Blob) verifies with its last byte.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use crate::media_type::Compression;
use crate::reading::read_some;

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

crate::class::classified!(Malformed => Failed);

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
        // Decoders lose their place when an interruption passes through them.
        let read = read_some(&mut self.reader, &mut self.buffer[self.end..]);
        self.failed |= read.is_err();
        let n = read?;
        self.ended = n == 0;
        self.end += n;
        Ok(())
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
                Some(&first) if first != GZIP[0] => skip_padding(member.get_mut())?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, Fault};
    use crate::descriptor::Descriptor;
    use crate::layer::samples::mixed;
    use crate::media_type::MediaType;
    use std::io::Write;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::GzBuilder::new()
            .filename("name")
            .comment("comment")
            .extra(vec![1; 300])
            .write(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).expect("memory");
        encoder.finish().expect("memory")
    }

    #[cfg(feature = "zstd")]
    fn zstd(content: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("made");
        encoder.include_checksum(true).expect("set");
        encoder.write_all(content).expect("memory");
        encoder.finish().expect("memory")
    }

    fn read(compressed: &[u8]) -> io::Result<(Compression, Vec<u8>)> {
        let (compression, mut reader) = decompress(compressed)?;
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        assert_eq!(reader.read(&mut [0; 9]).expect("still at its end"), 0);
        Ok((compression, content))
    }

    /// Gives one byte at a time, with an interruption before each.
    struct Trickle<'a>(&'a [u8], bool);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn sniffing() {
        let cases: [(&[u8], Compression); 10] = [
            (b"", Compression::None),
            (b"\x1f", Compression::None),
            (b"\x1f\x8b", Compression::None),
            (b"\x1f\x8b\x08", Compression::Gzip),
            (b"\x1f\x8b\x07\x00", Compression::None),
            (b"\x28\xb5\x2f\xfd", Compression::Zstd),
            (b"\x28\xb5\x2f", Compression::None),
            (b"\x50\x2a\x4d\x18", Compression::Zstd),
            (b"\x5f\x2a\x4d\x18", Compression::Zstd),
            (b"\x60\x2a\x4d\x18", Compression::None),
        ];
        for (head, compression) in cases {
            assert_eq!(sniff(head), compression, "{head:x?}");
        }
    }

    #[test]
    fn gzip_of_any_shape() {
        let content = mixed(300_000);
        let (a, b) = content.split_at(100_000);
        let padded = [gzip(&content), vec![0; 200_000]].concat();
        let cases: [(Vec<u8>, &[u8]); 6] = [
            (content.clone(), &content),
            (gzip(&content), &content),
            ([gzip(a), gzip(b)].concat(), &content),
            ([gzip(b""), gzip(&content), gzip(b"")].concat(), &content),
            (padded, &content),
            (gzip(b""), b""),
        ];
        for (compressed, wanted) in cases {
            assert!(read(&compressed).expect("reads").1 == wanted);
            let mut all = Vec::new();
            let (_, mut reader) = decompress(Trickle(&compressed, false)).expect("opens");
            reader.read_to_end(&mut all).expect("reads");
            assert!(all == wanted);
        }
        assert_eq!(read(b"").expect("reads"), (Compression::None, Vec::new()));
        assert_eq!(read(b"abc").expect("reads"), (Compression::None, b"abc".to_vec()));
    }

    #[test]
    #[cfg(feature = "zstd")]
    fn zstd_of_any_shape() {
        let content = mixed(300_000);
        let (a, b) = content.split_at(100_000);
        let skippable = [&b"\x53\x2a\x4d\x18\x05\0\0\0"[..], b"12345"].concat();
        let cases: [(Vec<u8>, &[u8]); 5] = [
            (zstd(&content), &content),
            ([zstd(a), zstd(b)].concat(), &content),
            ([&skippable[..], &zstd(a), &skippable, &zstd(b), &skippable].concat(), &content),
            (zstd(b""), b""),
            (skippable, b""),
        ];
        for (compressed, wanted) in cases {
            let (compression, all) = read(&compressed).expect("reads");
            assert!(compression == Compression::Zstd && all == wanted);
            let mut all = Vec::new();
            let (_, mut reader) = decompress(Trickle(&compressed, false)).expect("opens");
            reader.read_to_end(&mut all).expect("reads");
            assert!(all == wanted);
        }
    }

    #[test]
    fn every_cut_is_an_error() {
        let content = mixed(2_000);
        let samples = [
            gzip(&content),
            #[cfg(feature = "zstd")]
            zstd(&content),
        ];
        for whole in samples {
            for length in HEAD..whole.len() {
                let error = read(&whole[..length]).expect_err("cut");
                assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                let malformed = error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()).expect("typed");
                assert_eq!(malformed.reason, "it ends early", "{length}");
            }
        }
    }

    #[test]
    fn damage_never_panics_and_never_passes_unseen() {
        let content = mixed(1_000);
        // Behind the headers, which nothing checks: gzip's 10 bytes, 302 of extra field, name and comment.
        let samples = [
            (gzip(&content), 10 + 302 + "name\0comment\0".len()),
            #[cfg(feature = "zstd")]
            (zstd(&content), 6),
        ];
        for (whole, start) in samples {
            for at in start..whole.len() {
                for bit in 0..8 {
                    let mut damaged = whole.clone();
                    damaged[at] ^= 1 << bit;
                    if let Ok((_, all)) = read(&damaged) {
                        assert!(all == content, "byte {at} bit {bit}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_follows_the_last_member() {
        let cases = [
            (&b"x"[..], "malformed gzip data: something other than zeros follows the last member"),
            (b"\x1f\x8c\x08\0\0\0\0\0\0\0", "malformed gzip data: invalid gzip header"),
            (b"\0\0\0x", "malformed gzip data: something other than zeros follows the last member"),
            (b"\x1f\x8b", "malformed gzip data: it ends early"),
        ];
        for (tail, message) in cases {
            let error = read(&[&gzip(b"abc")[..], tail].concat()).expect_err("garbage");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    #[cfg(feature = "zstd")]
    fn what_zstd_refuses() {
        // A frame header that asks for a window of 2^28 bytes, and one of 2^27.
        let header = |log: u8| vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, (log - 10) << 3, 1, 0, 0];
        assert_eq!(read(&header(27)).expect("within the limit").1, b"");
        let cases = [
            (header(28), "malformed zstd data: Frame requires too much memory for decoding"),
            ([zstd(b"abc"), b"garbage".to_vec()].concat(), "malformed zstd data: Unknown frame descriptor"),
        ];
        for (compressed, message) in cases {
            assert_eq!(read(&compressed).expect_err("refused").to_string(), message);
        }
    }

    #[test]
    #[cfg(not(feature = "zstd"))]
    fn zstd_needs_its_feature() {
        let error = read(b"\x28\xb5\x2f\xfd").expect_err("not built in");
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "built without feature `zstd`");
    }

    #[test]
    fn a_blobs_fault_comes_through() {
        let content = mixed(300_000);
        let samples = [
            content.clone(),
            gzip(&content),
            #[cfg(feature = "zstd")]
            zstd(&content),
        ];
        for compressed in samples {
            let good = Descriptor::of(MediaType::OCTET_STREAM, &compressed);
            let mut lie = good.clone();
            lie.digest = crate::digest::Digest::of(b"other");
            let read = |descriptor: &Descriptor, content: &[u8]| {
                let blob = Blob::from_bytes(descriptor.clone(), content).expect("made");
                decompress(blob).and_then(|(_, mut reader)| io::copy(&mut reader, &mut io::sink()))
            };
            assert_eq!(read(&good, &compressed).expect("good"), content.len() as u64);
            let error = read(&lie, &compressed).expect_err("found at the end");
            assert!(Fault::of(&error).expect("a fault").is_mismatch());
            for length in [0, 2, 20, compressed.len() - 1] {
                let error = read(&good, &compressed[..length]).expect_err("short");
                assert!(matches!(Fault::of(&error), Some(Fault::Short { .. })), "{error:?}");
            }
        }
    }

    #[test]
    fn an_error_stays() {
        let whole = gzip(b"abc");
        let (_, mut reader) = decompress(&whole[..whole.len() - 1]).expect("opens");
        io::copy(&mut reader, &mut io::sink()).expect_err("cut");
        assert_eq!(
            reader.read(&mut [0; 9]).expect_err("again").to_string(),
            "malformed gzip data: reading went on after an error"
        );
    }
}

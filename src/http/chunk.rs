//! Decodes the chunked coding, byte by byte: RFC 9112, section 7.1.

/// Hex digits of a chunk's size: as many as 64 bits have.
const MOST_DIGITS: u32 = 16;
/// Bytes of extensions in one body. They are ignored, as the RFC demands of those that one does not know.
const MOST_EXTENSION: u32 = 4 << 10;
/// Bytes of trailers. They are ignored too.
const MOST_TRAILER: u32 = 8 << 10;

/// Where in the coding the next byte stands.
#[derive(Debug)]
pub(super) struct Chunks {
    state: State,
    extension: u32,
    trailer: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before or within the size.
    Size { size: u64, digits: u32 },
    /// Within an extension.
    Extension { size: u64 },
    /// Behind the carriage return of the size.
    SizeEnd { size: u64 },
    /// Within the data.
    Data(u64),
    /// Before the carriage return behind the data.
    DataReturn,
    /// Before the line feed behind the data.
    DataEnd,
    /// At the start of a trailer's line.
    TrailerStart,
    /// Within a trailer's line.
    Trailer { name: bool },
    /// Behind the carriage return of a trailer.
    TrailerEnd,
    /// Behind the carriage return of the last line.
    LastEnd,
    /// Behind everything.
    Done,
}

impl Chunks {
    pub(super) fn new() -> Self {
        Self { state: State::Size { size: 0, digits: 0 }, extension: 0, trailer: 0 }
    }

    /// Returns how many bytes of data come next; 0 when bytes of the coding do.
    pub(super) fn data(&self) -> u64 {
        if let State::Data(left) = self.state { left } else { 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Tells that so many bytes of data were taken, not more than there were.
    pub(super) fn take(&mut self, count: u64) {
        if let State::Data(left) = self.state {
            self.state = if left == count { State::DataReturn } else { State::Data(left - count) };
        }
    }

    /// Takes a byte of the coding.
    pub(super) fn push(&mut self, byte: u8) -> Result<(), &'static str> {
        self.state = match (self.state, byte) {
            (State::Size { size, digits }, _) if byte.is_ascii_hexdigit() => grow(size, digits, byte)?,
            (State::Size { digits: 0, .. }, _) => return Err("a chunk without a size"),
            (State::Size { size, .. } | State::Extension { size }, b'\r') => State::SizeEnd { size },
            (State::Size { size, .. }, b';') => State::Extension { size },
            (State::Extension { size }, b'\t' | b' '..=b'~') => {
                self.extension += 1;
                if self.extension > MOST_EXTENSION {
                    return Err("the chunk extensions are too long");
                }
                State::Extension { size }
            }
            (State::SizeEnd { size: 0 }, b'\n') => State::TrailerStart,
            (State::SizeEnd { size }, b'\n') => State::Data(size),
            (State::DataReturn, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => State::Size { size: 0, digits: 0 },
            (State::TrailerStart, b'\r') => State::LastEnd,
            (State::LastEnd, b'\n') => State::Done,
            (State::TrailerStart | State::Trailer { .. }, _) => self.trailer(byte)?,
            (State::TrailerEnd, b'\n') => State::TrailerStart,
            _ => return Err("a chunk is not well-formed"),
        };
        Ok(())
    }

    /// Takes a byte of a trailer: a field's name, a colon, anything that may stand in a line.
    fn trailer(&mut self, byte: u8) -> Result<State, &'static str> {
        self.trailer += 1;
        if self.trailer > MOST_TRAILER {
            return Err("the trailers are too long");
        }
        let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        match (self.state, byte) {
            (State::Trailer { name: true }, b':') => Ok(State::Trailer { name: false }),
            (State::TrailerStart | State::Trailer { name: true }, _) if token => Ok(State::Trailer { name: true }),
            (State::Trailer { name: false }, b'\r') => Ok(State::TrailerEnd),
            (State::Trailer { name: false }, b'\t' | b' '..=b'~' | 0x80..) => Ok(State::Trailer { name: false }),
            _ => Err("a trailer is not well-formed"),
        }
    }
}

fn grow(size: u64, digits: u32, byte: u8) -> Result<State, &'static str> {
    if digits == MOST_DIGITS {
        return Err("the size of a chunk has too many digits");
    }
    let digit = char::from(byte).to_digit(16).expect("a hex digit, as was checked");
    Ok(State::Size { size: size << 4 | u64::from(digit), digits: digits + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes as much as there is: the data, the bytes left over behind the end, or nothing of those when the end did not come.
    fn decode(mut bytes: &[u8]) -> Result<(Vec<u8>, Option<usize>), &'static str> {
        let (mut chunks, mut data) = (Chunks::new(), Vec::new());
        while let [first, rest @ ..] = bytes {
            if chunks.is_done() {
                return Ok((data, Some(bytes.len())));
            }
            if chunks.data() > 0 {
                data.push(*first);
                chunks.take(1);
            } else {
                chunks.push(*first)?;
            }
            bytes = rest;
        }
        Ok((data, chunks.is_done().then_some(0)))
    }

    #[test]
    fn takes_what_the_grammar_has() {
        let cases: &[(&[u8], &[u8], Option<usize>)] = &[
            (b"0\r\n\r\n", b"", Some(0)),
            (b"5\r\nhello\r\n0\r\n\r\nGET", b"hello", Some(3)),
            (b"5;name=value\r\nhello\r\n00\r\n\r\n", b"hello", Some(0)),
            (b"1\r\na\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", b"a0123456789", Some(0)),
            (b"0000000000000005\r\nhello\r\n0;x\r\n\r\n", b"hello", Some(0)),
            (b"5\r\nhel", b"hel", None),
            (b"5\r\nhello\r\n0\r\n", b"hello", None),
            (b"ffffffffffffffff\r\nx", b"x", None),
        ];
        for (bytes, data, rest) in cases {
            assert_eq!(decode(bytes), Ok((data.to_vec(), *rest)), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn refuses_the_rest() {
        let long_size = b"00000000000000005\r\nhello\r\n";
        let long_extension = [b"5;".as_slice(), &[b'x'; 5000], b"\r\n"].concat();
        let long_trailer = [b"0\r\nX:".as_slice(), &[b'x'; 9000], b"\r\n\r\n"].concat();
        let cases: &[&[u8]] = &[
            b"+5\r\nhello\r\n",
            b"-5\r\nhello\r\n",
            b" 5\r\nhello\r\n",
            b"5 \r\nhello\r\n",
            b"0x5\r\nhello\r\n",
            b"\r\n",
            b";x\r\n",
            b"5\nhello\r\n",
            b"5\r\r\nhello\r\n",
            b"5;a\nhello\r\n",
            b"5;a\0\r\nhello\r\n",
            b"5\r\nhelloX",
            b"5\r\nhello\n",
            b"5\r\nhello\r\r",
            b"g\r\n",
            b"0\r\nGET / HTTP/1.1\r\n",
            b"0\r\n X: 1\r\n",
            b"0\r\nX : 1\r\n",
            b"0\r\nX: 1\n",
            b"0\r\n\n",
            long_size,
            &long_extension,
            &long_trailer,
        ];
        for bytes in cases {
            assert!(decode(bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }
}

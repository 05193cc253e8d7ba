//! Reading in pieces: what `Read` leaves to those who call it.

use std::io::{self, ErrorKind, Read};

/// The size of a piece.
const PIECE: usize = 128 * 1024;

/// Reads what there is, again where a signal came between; 0 is the end.
pub(crate) fn read_some(from: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Passes everything that `from` gives to `take`; `failed` makes the error of a failure to read, so that the two sides' stay apart.
pub(crate) fn pour<E>(
    from: &mut (impl Read + ?Sized),
    failed: impl FnOnce(io::Error) -> E,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = vec![0; PIECE];
    loop {
        match read_some(from, &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => take(&buffer[..n])?,
            Err(error) => return Err(failed(error)),
        }
    }
}

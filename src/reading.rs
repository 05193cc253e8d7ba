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

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives these in turn, and then the end.
    struct Pieces(Vec<Result<&'static [u8], ErrorKind>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0).map_err(io::Error::from)?;
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn a_signal_is_no_end_and_each_side_has_its_failures() {
        let full = |taken: &[u8]| if taken.len() > 4 { Err("full") } else { Ok(()) };
        for (pieces, wanted, outcome) in [
            (vec![], &b""[..], Ok(())),
            (vec![Err(ErrorKind::Interrupted), Ok(&b"ab"[..]), Err(ErrorKind::Interrupted), Ok(b"c")], b"abc", Ok(())),
            (vec![Ok(b"ab"), Err(ErrorKind::ConnectionReset), Ok(b"c")], b"ab", Err("broken")),
            (vec![Ok(b"abcd"), Ok(b"e"), Ok(b"f")], b"abcde", Err("full")),
        ] {
            let mut taken = Vec::new();
            let result = pour(
                &mut Pieces(pieces),
                |_| "broken",
                |piece| {
                    taken.extend_from_slice(piece);
                    full(&taken)
                },
            );
            assert_eq!((&taken[..], result), (wanted, outcome));
        }
    }
}

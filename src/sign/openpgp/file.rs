//! What a file of a signature is, beside images in a `dir:` and in a lookaside: containers/image tells by its first bytes.

/// What a file keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept<'a> {
    /// An OpenPGP message.
    Message(&'a [u8]),
    /// A signature by cosign's means, which no OpenPGP key makes.
    Sigstore,
}

/// Returns what a file keeps; nothing for what is no signature.
pub fn read(content: &[u8]) -> Option<Kept<'_>> {
    match content.split_first()? {
        (0, rest) => {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            match &rest[..end] {
                b"simple-signing" => Some(Kept::Message(&rest[end + 1..])),
                b"sigstore-json" => Some(Kept::Sigstore),
                _ => None,
            }
        }
        // Packets of OpenPGP: compressed data, the announcement of a signature, a signature.
        (0xa0..=0xa3 | 0xc8 | 0x90..=0x92 | 0xc4 | 0x88..=0x8b | 0xc2, _) => Some(Kept::Message(content)),
        _ => None,
    }
}

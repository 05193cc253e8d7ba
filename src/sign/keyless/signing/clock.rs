//! Time stamps of signatures. RFC 3161, sections 2.4.1 and 3.4: <https://www.rfc-editor.org/rfc/rfc3161#section-2.4.1>

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Encode, Sequence};
use sha2::{Digest as _, Sha256};

use super::super::{Refusal, TrustedRoot, stamp};
use super::authority::Named;
use super::error::{Error, Result};
use crate::registry::Question;
use crate::sign::key;

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

#[derive(Sequence)]
struct Request<'a> {
    version: u8,
    imprint: Imprint<'a>,
    nonce: UintRef<'a>,
    wants_certificate: bool,
}

#[derive(Sequence)]
struct Imprint<'a> {
    algorithm: Algorithm<'a>,
    digest: &'a OctetStringRef,
}

#[derive(Sequence)]
struct Algorithm<'a> {
    oid: ObjectIdentifier,
    parameters: AnyRef<'a>,
}

/// A time stamp, as the authority has sent it, with the time in it.
pub(super) struct Stamped {
    pub(super) content: Vec<u8>,
    pub(super) time: u64,
}

/// Has a signature stamped, and checks the stamp.
pub(super) fn stamp(clock: &Named, signature: &[u8], root: &TrustedRoot) -> Result<Stamped> {
    let mut nonce = [0; 16];
    key::fill_random(&mut nonce)?;
    // Some parsers of integers do not take a leading zero bit that is not there; 127 bits are as good.
    nonce[0] = nonce[0] & 0x7f | 0x40;
    let request = request(signature, &nonce).ok_or(Error::Services("the request for a time stamp cannot be made"))?;
    let answer = clock.ask(
        "stamp the signature",
        &Question {
            method: "POST",
            path: "",
            query: &[],
            authorization: None,
            body: Some(("application/timestamp-query", &request)),
            wanted: &[200, 201],
        },
    )?;
    let check = || {
        let time = stamp::check(&answer.content, signature, &root.clocks)?;
        // An old answer would have an old time.
        match stamp::nonce(&answer.content).as_deref() == Some(&nonce) {
            true => Ok(time),
            false => Err(Refusal::Nonce),
        }
    };
    let time = check().map_err(|refusal| clock.unacceptable(refusal))?;
    Ok(Stamped { content: answer.content, time })
}

fn request(signature: &[u8], nonce: &[u8]) -> Option<Vec<u8>> {
    let digest = Sha256::digest(signature);
    let algorithm = Algorithm { oid: SHA256, parameters: AnyRef::NULL };
    let imprint = Imprint { algorithm, digest: OctetStringRef::new(&digest).ok()? };
    Request { version: 1, imprint, nonce: UintRef::new(nonce).ok()?, wants_certificate: true }.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;

    /// RFC 3161, section 2.4.1: what `openssl ts -query -sha256 -cert` makes, but for the nonce.
    #[test]
    fn the_request() {
        let wanted = concat!(
            "304a",
            "020101",
            "3031300d060960864801650304020105000420",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "0210",
            "40000000000000000000000000000001",
            "0101ff",
        );
        let nonce = [&[0x40][..], &[0; 14], &[1]].concat();
        let made = hex(&request(b"abc", &nonce).expect("made"));
        assert_eq!(&made[4..], &wanted[4..]);
        assert_eq!(usize::from_str_radix(&made[2..4], 16).expect("a length"), made.len() / 2 - 2);
    }
}

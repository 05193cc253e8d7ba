//! Finds the parts of a public key in its DER form: where they begin and end, nothing else.
//!
//! RFC 5280, section 4.1 (certificate, SubjectPublicKeyInfo); RFC 8017, appendix A.1.1 (RSA); RFC 5480 (P-256); RFC 8410 (Ed25519).

/// The parts of a public key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublicKey<'a> {
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    P256(&'a [u8]),
    Ed25519(&'a [u8]),
}

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// The certificate's version, which the first version has not.
const VERSION: u8 = 0xa0;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Returns the SubjectPublicKeyInfo of a certificate.
pub(super) fn public_key_of_certificate(bytes: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = value(bytes, SEQUENCE)?;
    let (mut rest, _) = value(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = any(rest)?.2;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for _ in 0..5 {
        rest = any(rest)?.2;
    }
    value(rest, SEQUENCE)?;
    let after = any(rest)?.2;
    Some(&rest[..rest.len() - after.len()])
}

/// Takes a SubjectPublicKeyInfo apart, if it is of a kind that is used here.
pub(super) fn public_key(bytes: &[u8]) -> Option<PublicKey<'_>> {
    let (info, _) = value(bytes, SEQUENCE)?;
    let (algorithm, rest) = value(info, SEQUENCE)?;
    let (name, parameters) = value(algorithm, IDENTIFIER)?;
    let (bits, _) = value(rest, BITS)?;
    // The first byte counts the bits that are not used.
    let key = bits.strip_prefix(&[0])?;
    match name {
        RSA => {
            let (numbers, _) = value(key, SEQUENCE)?;
            let (modulus, rest) = value(numbers, INTEGER)?;
            let (exponent, _) = value(rest, INTEGER)?;
            Some(PublicKey::Rsa { modulus, exponent })
        }
        EC => (value(parameters, IDENTIFIER)?.0 == P256).then_some(PublicKey::P256(key)),
        ED25519 => Some(PublicKey::Ed25519(key)),
        _ => None,
    }
}

/// Returns the content of the value at the begin, which is of this type, and what follows it.
fn value(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = any(bytes)?;
    (tag == wanted).then_some((content, rest))
}

/// Returns type and content of the value at the begin, and what follows it.
fn any(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_certificates_of_another_maker_are_read() {
        for (algorithm, length) in [(&rcgen::PKCS_ECDSA_P256_SHA256, 65), (&rcgen::PKCS_ED25519, 32)] {
            let pair = rcgen::KeyPair::generate_for(algorithm).expect("a key");
            let certificate = rcgen::CertificateParams::new(vec!["localhost".into()])
                .and_then(|parameters| parameters.self_signed(&pair))
                .expect("a certificate");
            let info = public_key_of_certificate(certificate.der()).expect("a key in it");
            let raw = match public_key(info).expect("a known kind") {
                PublicKey::P256(raw) | PublicKey::Ed25519(raw) => raw,
                PublicKey::Rsa { .. } => panic!("no RSA"),
            };
            assert_eq!((raw, raw.len()), (rcgen::PublicKeyData::der_bytes(&pair), length));
        }
    }

    #[test]
    fn what_is_cut_or_garbage_is_nothing() {
        let pair = rcgen::KeyPair::generate().expect("a key");
        let whole = rcgen::PublicKeyData::subject_public_key_info(&pair);
        assert!(public_key(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(public_key(&whole[..end]), None);
            assert_eq!(public_key_of_certificate(&whole[..end]), None);
        }
        assert_eq!(public_key(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}

//! What people want to know of a certificate: whose it is, who issued it, until when. It is read for showing; the handshake has verified it.
//!
//! RFC 5280, section 4.1: <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>.

use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::message::clean;

/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
/// Parts of names that are shown, by the last byte of their identifier below 2.5.4.
const PARTS: [(u8, &str); 4] = [(3, "CN"), (10, "O"), (11, "OU"), (6, "C")];
/// How many host names are told.
const NAMES: usize = 5;

/// A certificate, as far as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Whose it is: `CN=registry.example.com`, or its names where that is empty.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Until when it is valid, in RFC 3339.
    pub not_after: String,
}

/// The names in a certificate as they are encoded, to be compared.
pub(super) struct Names<'a> {
    pub(super) subject: &'a [u8],
    pub(super) issuer: &'a [u8],
    not_after: (u8, &'a [u8]),
}

impl Certificate {
    /// Reads one; nothing for what is none.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let names = Names::read(der)?;
        let subject = match shown(names.subject) {
            subject if subject.is_empty() => hosts(der),
            subject => subject,
        };
        Some(Self { subject, issuer: shown(names.issuer), not_after: time(names.not_after)? })
    }
}

impl<'a> Names<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut signed = Reader(Reader(der).of(SEQUENCE)?);
        let mut fields = Reader(signed.of(SEQUENCE)?);
        let (tag, _) = fields.next()?;
        // The version may be missing; the serial number is not.
        if tag == VERSION {
            fields.next()?;
        }
        fields.of(SEQUENCE)?;
        let issuer = fields.of(SEQUENCE)?;
        let mut validity = Reader(fields.of(SEQUENCE)?);
        validity.next()?;
        let not_after = validity.next()?;
        Some(Self { subject: fields.of(SEQUENCE)?, issuer, not_after })
    }
}

/// Reads values of DER, one behind the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let bytes = usize::from(first & 0x7f);
            let (length, behind) = rest.split_at_checked(bytes).filter(|_| (1..=4).contains(&bytes))?;
            rest = behind;
            length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
        };
        let (value, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, value))
    }

    fn of(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, value)| value)
    }
}

/// Shows a name: `CN=R11, O=Let's Encrypt, C=US`.
fn shown(name: &[u8]) -> String {
    let mut sets = Reader(name);
    let mut parts = Vec::new();
    while let Some(set) = sets.of(SET) {
        let mut set = Reader(set);
        while let Some(pair) = set.of(SEQUENCE) {
            let mut pair = Reader(pair);
            let (Some((_, [0x55, 4, last])), Some((_, value))) = (pair.next(), pair.next()) else { continue };
            let kind = PARTS.iter().position(|(each, _)| each == last);
            if let (Some(kind), Some(value)) = (kind, clean(&String::from_utf8_lossy(value))) {
                parts.push((kind, value));
            }
        }
    }
    parts.sort_by_key(|(kind, _)| *kind);
    let parts: Vec<_> = parts.iter().map(|(kind, value)| format!("{}={value}", PARTS[*kind].1)).collect();
    parts.join(", ")
}

/// Lists the host names, where there is no other name.
fn hosts(der: &[u8]) -> String {
    let der = CertificateDer::from(der);
    let Ok(certificate) = EndEntityCert::try_from(&der) else { return String::new() };
    let names: Vec<_> = certificate.valid_dns_names().take(NAMES).filter_map(clean).collect();
    names.join(", ")
}

/// Reads `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`; the former's years are those from 1950 on.
fn time((tag, text): (u8, &[u8])) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let digits = text.strip_suffix('Z').filter(|digits| digits.len() == 14)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| &digits[range];
    let (date, hour) = (format!("{}-{}-{}", part(0..4), part(4..6), part(6..8)), part(8..10));
    Some(format!("{date}T{hour}:{}:{}Z", part(10..12), part(12..14)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn made(name: Option<&str>) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["r.example".to_owned()]).expect("parameters");
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = name {
            params.distinguished_name.push(DnType::CommonName, name);
            params.distinguished_name.push(DnType::OrganizationName, "Example\u{1b}[1m");
        }
        params.not_after = date_time_ymd(2031, 2, 3);
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn what_is_shown() {
        let read = Certificate::read(&made(Some("R 1"))).expect("a certificate");
        assert_eq!((read.subject.as_str(), &read.issuer), ("CN=R 1, O=Example [1m", &read.subject));
        assert_eq!(read.not_after, "2031-02-03T00:00:00Z");
        assert_eq!(Certificate::read(&made(None)).expect("a certificate").subject, "r.example");
    }

    #[test]
    fn what_is_cut_off_is_none() {
        let der = made(Some("R 1"));
        for end in 0..der.len() {
            assert_eq!(Certificate::read(&der[..end]), None, "{end}");
        }
        assert_eq!(Certificate::read(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn times() {
        for (tag, text, wanted) in [
            (UTC_TIME, "310203040506Z", Some("2031-02-03T04:05:06Z")),
            (UTC_TIME, "990203040506Z", Some("1999-02-03T04:05:06Z")),
            (GENERALIZED_TIME, "20510203040506Z", Some("2051-02-03T04:05:06Z")),
            (UTC_TIME, "3102030405Z", None),
            (UTC_TIME, "31020304050\u{e4}Z", None),
            (GENERALIZED_TIME, "310203040506Z", None),
        ] {
            assert_eq!(time((tag, text.as_bytes())).as_deref(), wanted, "{text}");
        }
    }
}

//! Time stamps: an authority's word that a signature was there at some time.
//!
//! RFC 3161, and RFC 5652 for the signed message around it: <https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2>

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use x509_cert::Certificate;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::Refusal;
use super::certificate::{self, spki};
use super::chain::{self, Broken, TIME_STAMPING};
use super::key::{Hash, Key};
use super::root::Authority;
use super::time::parse_generalized;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.47";
const STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const MALFORMED: Refusal = Refusal::Malformed("time stamp");

/// A time stamp, which is not verified.
struct Stamp<'a> {
    /// What is signed of it, and what is in there.
    content: &'a [u8],
    imprint: (Hash, &'a [u8]),
    time: u64,
    /// Certificates that came with it.
    certificates: Vec<AnyRef<'a>>,
    signer: Signer<'a>,
}

/// Who has signed it, and how.
struct Signer<'a> {
    issuer: AnyRef<'a>,
    serial: &'a [u8],
    /// The hash of the content.
    digest: Hash,
    /// The hash of what is signed.
    hash: Hash,
    attributes: AnyRef<'a>,
    signature: &'a [u8],
}

/// Checks that one of the authorities has stamped this signature, and returns the time.
pub(super) fn check(response: &[u8], signature: &[u8], authorities: &[Authority]) -> Result<u64, Refusal> {
    if !was_granted(response).ok_or(MALFORMED)? {
        return Err(Refusal::NotGranted);
    }
    let stamp = Stamp::parse(response).ok_or(MALFORMED)?;
    let (hash, digest) = stamp.imprint;
    if hash.of(signature) != digest {
        return Err(Refusal::Imprint);
    }
    stamp.check_content()?;
    let mut refused = Refusal::StampUntrusted("none that is trusted has its certificate".to_owned());
    for authority in authorities {
        match stamp.check_signer(authority) {
            Some(Ok(())) => return Ok(stamp.time),
            Some(Err(refusal)) => refused = refusal,
            None => {}
        }
    }
    Err(refused)
}

/// Returns the number that ties a time stamp to a request, without leading zeros.
#[cfg(feature = "client")]
pub(super) fn nonce(response: &[u8]) -> Option<Vec<u8>> {
    let content = Stamp::parse(response)?.content;
    let info = inside(&one(content)?, Tag::Sequence)?;
    // Behind the time there is one other integer at most: accuracy is a sequence, the order a truth value, the rest has tags of its own.
    let nonce = info.iter().skip(5).find(|element| element.tag() == Tag::Integer)?;
    let start = nonce.value().iter().position(|byte| *byte != 0)?;
    Some(nonce.value()[start..].to_vec())
}

fn was_granted(response: &[u8]) -> Option<bool> {
    let response = inside(&one(response)?, Tag::Sequence)?;
    let status = inside(response.first()?, Tag::Sequence)?;
    let status = status.first().filter(|status| status.tag() == Tag::Integer)?;
    // Granted, or granted with changes.
    Some(matches!(status.value(), [0 | 1]))
}

impl<'a> Stamp<'a> {
    fn parse(response: &'a [u8]) -> Option<Self> {
        let [_, token] = *inside(&one(response)?, Tag::Sequence)? else { return None };
        let [kind, content] = *inside(&token, Tag::Sequence)? else { return None };
        let [data] = *inside_context(&content, 0)? else { return None };
        let data = inside(&data, Tag::Sequence)?;
        let [_version, _algorithms, content, rest @ .., signers] = &*data else { return None };
        let [info_kind, content] = *inside(content, Tag::Sequence)? else { return None };
        if oid(&kind)? != SIGNED_DATA || oid(&info_kind)? != INFO {
            return None;
        }
        let [content] = *inside_context(&content, 0)? else { return None };
        let content = value(&content, Tag::OctetString)?;
        let certificates = rest.first().and_then(|first| inside_context(first, 0)).unwrap_or_default();
        // With several, which of them counts would be a matter of who reads.
        let [signer] = *inside(signers, Tag::Set)? else { return None };
        let info = inside(&one(content)?, Tag::Sequence)?;
        let [version, _policy, imprint, _serial, time, ..] = &*info else { return None };
        let [algorithm, digest] = *inside(imprint, Tag::Sequence)? else { return None };
        if value(version, Tag::Integer)? != [1] {
            return None;
        }
        Some(Self {
            content,
            imprint: (hash(&algorithm)?, value(&digest, Tag::OctetString)?),
            time: parse_generalized(value(time, Tag::GeneralizedTime)?)?,
            certificates,
            signer: Signer::parse(&signer)?,
        })
    }

    /// Checks that what is signed is this content and nothing else.
    fn check_content(&self) -> Result<(), Refusal> {
        let kind = self.signer.attribute(CONTENT_TYPE).ok_or(Refusal::StampSignature)?;
        let digest = self.signer.attribute(MESSAGE_DIGEST).ok_or(Refusal::StampSignature)?;
        let digest = value(&digest, Tag::OctetString).ok_or(Refusal::StampSignature)?;
        if oid(&kind).as_deref() != Some(INFO) || digest != self.signer.digest.of(self.content) {
            return Err(Refusal::StampSignature);
        }
        Ok(())
    }

    /// Checks that an authority has signed; nothing when the signer is none of its.
    fn check_signer(&self, authority: &Authority) -> Option<Result<(), Refusal>> {
        let own = authority.chain.iter().map(|der| der.as_ref().to_vec());
        // What came along is no more trusted for it: it must lead to the authority as well.
        let others = self.certificates.iter().filter_map(|found| found.to_der().ok());
        let mut result = None;
        for der in own.chain(others) {
            let Ok(found) = certificate::read(&der) else { continue };
            if !self.signer.is(&found) {
                continue;
            }
            match self.check_certificate(&der, &found, authority) {
                Ok(()) => return Some(Ok(())),
                Err(refusal) => result = Some(Err(refusal)),
            }
        }
        result
    }

    fn check_certificate(&self, der: &[u8], found: &Certificate, authority: &Authority) -> Result<(), Refusal> {
        if !self.signer.has_signed(der, &Key::parse(&spki(found)?)?) {
            return Err(Refusal::StampSignature);
        }
        // RFC 3161, section 2.3: a key that stamps times does nothing else, and says so critically.
        let usage = found.tbs_certificate().get_extension::<ExtendedKeyUsage>().ok().flatten();
        if !usage.is_some_and(|(is_critical, usage)| is_critical && usage.0 == [STAMPING]) {
            return Err(Refusal::StampUntrusted("its certificate is not for time stamps alone".to_owned()));
        }
        match chain::verify(der, std::slice::from_ref(authority), &[self.time], TIME_STAMPING) {
            Ok(_) => Ok(()),
            Err(Broken::Window(time)) => Err(Refusal::StampWindow(time)),
            Err(Broken::Chain(reason)) => Err(Refusal::StampUntrusted(reason)),
        }
    }
}

impl<'a> Signer<'a> {
    fn parse(signer: &AnyRef<'a>) -> Option<Self> {
        let signer = inside(signer, Tag::Sequence)?;
        let [_version, id, digest, attributes, algorithm, signature, ..] = &*signer else { return None };
        let [issuer, serial] = *inside(id, Tag::Sequence)? else { return None };
        inside_context(attributes, 0)?;
        let digest = hash(digest)?;
        let hash = match oid(inside(algorithm, Tag::Sequence)?.first()?)?.as_str() {
            "1.2.840.10045.4.3.2" | "1.2.840.113549.1.1.11" => Hash::Sha256,
            "1.2.840.10045.4.3.3" | "1.2.840.113549.1.1.12" => Hash::Sha384,
            "1.2.840.10045.4.3.4" | "1.2.840.113549.1.1.13" => Hash::Sha512,
            // The kinds of key alone: the hash is that of the content.
            "1.2.840.10045.2.1" | "1.2.840.113549.1.1.1" | "1.3.101.112" => digest,
            _ => return None,
        };
        let (serial, signature) = (value(&serial, Tag::Integer)?, value(signature, Tag::OctetString)?);
        Some(Self { issuer, serial, digest, hash, attributes: *attributes, signature })
    }

    /// Returns the one value of an attribute that is there once.
    fn attribute(&self, wanted: &str) -> Option<AnyRef<'a>> {
        let mut found = None;
        for attribute in items(self.attributes.value())? {
            let [kind, values] = *inside(&attribute, Tag::Sequence)? else { return None };
            if oid(&kind)? != wanted {
                continue;
            }
            let [value] = *inside(&values, Tag::Set)? else { return None };
            if found.replace(value).is_some() {
                return None;
            }
        }
        found
    }

    fn is(&self, found: &Certificate) -> bool {
        let content = found.tbs_certificate();
        let same_issuer = content.issuer().to_der().ok() == self.issuer.to_der().ok();
        same_issuer && content.serial_number().as_bytes() == self.serial
    }

    fn has_signed(&self, der: &[u8], key: &Key) -> bool {
        // RFC 5035: the signature names the certificate, lest another of the same key stands in for it.
        let is_named = match self.attribute(SIGNING_CERTIFICATE) {
            Some(value) => names(&value, der).unwrap_or_default(),
            None => true,
        };
        // RFC 5652, section 5.4: what is signed is the set, not the tag that it has in the message.
        let signed = AnyRef::new(Tag::Set, self.attributes.value()).and_then(|set| set.to_der());
        is_named && signed.is_ok_and(|signed| key.verifies_with(self.hash, &signed, self.signature))
    }
}

/// Says whether a SigningCertificateV2 begins with a certificate.
fn names(value_of: &AnyRef<'_>, der: &[u8]) -> Option<bool> {
    let certificates = inside(value_of, Tag::Sequence)?;
    let certificates = inside(certificates.first()?, Tag::Sequence)?;
    let first = inside(certificates.first()?, Tag::Sequence)?;
    let (hash, digest) = match &*first {
        [algorithm, digest, ..] if algorithm.tag() == Tag::Sequence && digest.tag() == Tag::OctetString => {
            (hash(algorithm)?, digest)
        }
        [digest, ..] => (Hash::Sha256, digest),
        [] => return None,
    };
    Some(value(digest, Tag::OctetString)? == hash.of(der))
}

/// Reads the one element that there is.
fn one(der: &[u8]) -> Option<AnyRef<'_>> {
    AnyRef::from_der(der).ok()
}

/// Reads elements to the end.
fn items(content: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(content).ok()?;
    let mut items = Vec::new();
    while !reader.is_finished() {
        items.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(items)
}

fn inside<'a>(element: &AnyRef<'a>, tag: Tag) -> Option<Vec<AnyRef<'a>>> {
    items(value(element, tag)?)
}

fn inside_context<'a>(element: &AnyRef<'a>, number: u32) -> Option<Vec<AnyRef<'a>>> {
    let tag = Tag::ContextSpecific { constructed: true, number: der::TagNumber(number) };
    inside(element, tag)
}

fn value<'a>(element: &AnyRef<'a>, tag: Tag) -> Option<&'a [u8]> {
    (element.tag() == tag).then(|| element.value())
}

fn oid(element: &AnyRef<'_>) -> Option<String> {
    element.decode_as::<ObjectIdentifier>().ok().map(|oid| oid.to_string())
}

fn hash(algorithm: &AnyRef<'_>) -> Option<Hash> {
    let algorithm = inside(algorithm, Tag::Sequence)?;
    Hash::of_oid(&algorithm.first()?.decode_as().ok()?)
}

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use super::*;
use crate::blob::Blob;
use crate::descriptor::{Annotations, Descriptor};
use crate::manifest::{Image, digest_tags};
use crate::media_type::{Format, MediaType};
use crate::sign::encoding::encode;
use crate::sign::key::PrivateKey;
use crate::sign::{Spot, bundle, classic, collect, envelope, statement};
use crate::transport::{self, Layout};

/// A place in memory with one image, that counts what is read from it.
struct Shelf {
    image: Manifest,
    tags: BTreeMap<String, Manifest>,
    manifests: BTreeMap<Digest, Manifest>,
    referrers: Vec<Descriptor>,
    blobs: BTreeMap<Digest, Vec<u8>>,
    fails: Option<&'static str>,
    read: Mutex<Vec<Digest>>,
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shelf")
    }
}

impl Shelf {
    fn new() -> Self {
        let image = Image {
            config: Descriptor::of(MediaType::OCI_CONFIG, b"{}"),
            layers: Vec::new(),
            subject: None,
            annotations: Annotations::new(),
            artifact_type: None,
        };
        let image = Manifest::image(Format::Oci, &image).expect("made");
        Self {
            tags: BTreeMap::from([("v1".to_owned(), image.clone())]),
            manifests: BTreeMap::from([(image.digest().clone(), image.clone())]),
            image,
            referrers: Vec::new(),
            blobs: BTreeMap::new(),
            fails: None,
            read: Mutex::default(),
        }
    }

    fn digest(&self) -> &Digest {
        self.image.digest()
    }

    fn sig(&self) -> String {
        digest_tags(self.digest()).remove(0)
    }

    /// Puts these layers under the tag of signatures.
    fn tag(&mut self, layers: Vec<(Descriptor, Vec<u8>)>) {
        let manifest = image(layers.iter().map(|(layer, _)| layer.clone()).collect(), MediaType::OCI_CONFIG);
        self.blobs.extend(layers.into_iter().map(|(layer, content)| (layer.digest, content)));
        let tag = self.sig();
        self.tags.insert(tag, manifest);
    }

    fn classic(&mut self, payload: &[u8], signature: &[u8]) {
        self.tag(vec![(classic::layer(payload, signature), payload.to_vec())]);
    }

    /// Lists a bundle among the referrers.
    fn bundle(&mut self, content: &[u8]) {
        let manifest = bundle::manifest(content, &self.image.descriptor(), statement::SIGNED, None).expect("made");
        self.blobs.insert(Digest::of(content), content.to_vec());
        self.refer(manifest);
    }

    fn refer(&mut self, manifest: Manifest) {
        self.referrers.push(manifest.as_referrer());
        self.manifests.insert(manifest.digest().clone(), manifest);
    }

    fn verify(&self, keys: &[&PrivateKey]) -> Result<Verdict> {
        self.verify_with(keys, Require::Any, &[])
    }

    fn verify_with(&self, keys: &[&PrivateKey], require: Require, pairs: &[(&str, &str)]) -> Result<Verdict> {
        let keys: Vec<_> = keys.iter().map(|key| key.public_key()).collect();
        let authorities: Vec<&dyn Authority> = keys.iter().map(|key| key as &dyn Authority).collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let judge = |claim: &Claim| claim.has(&pairs);
        let wanted = Wanted { require, judge: &judge, ..Wanted::any_of(&authorities) };
        verify(self, &Selector::Tag("v1".into()), &wanted, &Watch::default())
    }
}

impl Source for Shelf {
    fn resolve(&self, _: &Selector) -> transport::Result<Option<Descriptor>> {
        unreachable!("verifying reads manifests at once")
    }

    fn manifest(&self, at: &Selector) -> transport::Result<Manifest> {
        let found = match at {
            Selector::Tag(tag) if self.fails == Some("tag") && *tag == self.sig() => return Err(failure()),
            Selector::Tag(tag) => self.tags.get(tag),
            other => self.manifests.get(other.digest().expect("a digest")),
        };
        found.cloned().ok_or_else(|| transport::Error::not_found(at, self))
    }

    fn blob(&self, blob: &Descriptor) -> transport::Result<Blob<'_>> {
        self.read.lock().expect("lock").push(blob.digest.clone());
        if self.fails == Some("blob") {
            return Err(failure());
        }
        let content = self.blobs.get(&blob.digest).ok_or_else(|| transport::Error::not_found("blob", self))?;
        Ok(Blob::from_bytes(blob.clone(), content)?)
    }

    fn referrers(&self, _: &Digest) -> transport::Result<Vec<Descriptor>> {
        if self.fails == Some("referrers") { Err(failure()) } else { Ok(self.referrers.clone()) }
    }
}

fn failure() -> transport::Error {
    transport::Error::io("read", "shelf")(std::io::Error::other("no idea"))
}

fn image(layers: Vec<Descriptor>, config: MediaType) -> Manifest {
    let config = Descriptor::of(config, b"{}");
    let image = Image { config, layers, subject: None, annotations: Annotations::new(), artifact_type: None };
    Manifest::image(Format::Oci, &image).expect("made")
}

fn key() -> PrivateKey {
    PrivateKey::generate().expect("a key")
}

fn payload(digest: &Digest, pairs: &[(&str, &str)]) -> Vec<u8> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    classic::payload("h/r:v1", digest, &pairs)
}

/// What is wrong, and something with that fault about an image.
type Case<'a, T> = (&'a str, &'a dyn Fn(&Digest) -> T);

/// A bundle around any statement.
fn bundle_of(payload: &[u8], key: &PrivateKey) -> Vec<u8> {
    bundle::write(
        payload,
        &key.sign(&envelope::message(envelope::IN_TOTO, payload)).expect("signed"),
        &key.public_key(),
    )
}

fn signed(digest: &Digest, pairs: &[(&str, &str)]) -> Vec<u8> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    statement::signed(Some("h/r:v1"), digest, &pairs)
}

#[track_caller]
fn unacceptable(verdict: Result<Verdict>) -> String {
    match verdict {
        Err(Error::Unacceptable { reasons, .. }) => reasons.join("; "),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_forms_are_good() {
    let (key, mut shelf) = (key(), Shelf::new());
    let payload = payload(shelf.digest(), &[("a", "1")]);
    shelf.classic(&payload, &key.sign(&payload).expect("signed"));
    let bundle = bundle_of(&signed(shelf.digest(), &[("b", "2")]), &key);
    shelf.bundle(&bundle);
    let verdict = shelf.verify(&[&key]).expect("signed");
    assert_eq!(verdict.digest, *shelf.digest());
    let forms: Vec<_> = verdict.accepted.iter().map(|accepted| accepted.candidate.form).collect();
    assert_eq!(forms, [Form::Bundle, Form::Classic]);
    assert!(verdict.accepted.iter().all(|accepted| accepted.claim.identity.as_deref() == Some("h/r:v1")));
    assert!(shelf.verify_with(&[&key], Require::Any, &[("a", "1")]).is_ok());
    assert!(shelf.verify_with(&[&key], Require::Any, &[("b", "2")]).is_ok());
    // Rule 6: on the same signature.
    let missing = unacceptable(shelf.verify_with(&[&key], Require::Any, &[("a", "1"), ("b", "2")]));
    assert!(missing.contains("it has no annotation a=1") && missing.contains("it has no annotation b=2"), "{missing}");
}

/// Rule 7: denied without anybody who may have signed.
#[test]
fn nobody_is_not_everybody() {
    let (key, mut shelf) = (key(), Shelf::new());
    let payload = payload(shelf.digest(), &[]);
    shelf.classic(&payload, &key.sign(&payload).expect("signed"));
    for require in [Require::Any, Require::All] {
        assert!(matches!(shelf.verify_with(&[], require, &[]), Err(Error::Unacceptable { .. })));
    }
    assert!(matches!(Shelf::new().verify(&[&key]), Err(Error::Unsigned { .. })));
}

#[test]
fn all_of_several_keys() {
    let (one, other, third, mut shelf) = (key(), key(), key(), Shelf::new());
    let payload = payload(shelf.digest(), &[]);
    shelf.classic(&payload, &one.sign(&payload).expect("signed"));
    let bundle = bundle_of(&signed(shelf.digest(), &[]), &other);
    shelf.bundle(&bundle);
    assert!(shelf.verify_with(&[&one, &other], Require::All, &[]).is_ok());
    assert!(shelf.verify_with(&[&third, &other], Require::Any, &[]).is_ok());
    let missing = unacceptable(shelf.verify_with(&[&one, &third], Require::All, &[]));
    assert!(missing.contains(&format!("there is none by the key {}", third.public_key().fingerprint())), "{missing}");
}

/// Rule 4.
#[test]
fn classic_signatures_that_are_none() {
    let key = key();
    let table: &[Case<'_, (Vec<u8>, String)>] = &[
        ("the signature is not by this key", &|digest| {
            let payload = payload(digest, &[]);
            let signature = self::key().sign(&payload).expect("signed");
            (payload, encode(&signature))
        }),
        ("the signature is not by this key", &|digest| {
            (payload(digest, &[]), encode(&key.sign(b"other").expect("signed")))
        }),
        ("the signature is not strict base64", &|digest| {
            let payload = payload(digest, &[]);
            let signature = encode(&key.sign(&payload).expect("signed"));
            (payload, format!("{signature}!"))
        }),
        ("the signature is not by this key", &|digest| {
            let payload = payload(digest, &[]);
            let mut signature = key.sign(&payload).expect("signed");
            signature.push(0);
            (payload, encode(&signature))
        }),
        ("it is about another image", &|_| {
            let payload = payload(&Digest::of(b"other"), &[]);
            let signature = key.sign(&payload).expect("signed");
            (payload, encode(&signature))
        }),
        ("what is signed is of type", &|digest| {
            let text = String::from_utf8(payload(digest, &[])).expect("UTF-8");
            let payload = text.replace(classic::KIND, "atomic container signature").into_bytes();
            let signature = key.sign(&payload).expect("signed");
            (payload, encode(&signature))
        }),
        ("what is signed is not acceptable", &|digest| {
            let text = String::from_utf8(payload(digest, &[])).expect("UTF-8");
            let payload = text.replace(r#"{"critical":"#, r#"{"critical":{},"critical":"#).into_bytes();
            let signature = key.sign(&payload).expect("signed");
            (payload, encode(&signature))
        }),
    ];
    for (wanted, make) in table {
        let mut shelf = Shelf::new();
        let (payload, signature) = make(shelf.digest());
        let mut layer = classic::layer(&payload, b"");
        layer.annotations.insert(classic::SIGNATURE.into(), signature);
        shelf.tag(vec![(layer, payload)]);
        let reason = unacceptable(shelf.verify(&[&key]));
        assert!(reason.contains(wanted), "{wanted}: {reason}");
    }
}

/// A good layer among bad ones is enough, whatever comes first.
#[test]
fn layers_stand_alone() {
    let (key, mut shelf) = (key(), Shelf::new());
    let good = payload(shelf.digest(), &[]);
    let bad = payload(shelf.digest(), &[("x", "y")]);
    let layers = vec![
        (Descriptor::of(classic::PAYLOAD, b"no signature"), b"no signature".to_vec()),
        (classic::layer(&bad, b"nonsense"), bad),
        (classic::layer(&good, &key.sign(&good).expect("signed")), good),
    ];
    shelf.tag(layers);
    let verdict = shelf.verify(&[&key]).expect("signed");
    assert_eq!((verdict.accepted.len(), verdict.rejected.len()), (1, 2));
}

/// Rule 5.
#[test]
fn bundles_that_are_none() {
    let key = key();
    let with = |digest: &Digest, from: &str, to: &str| {
        let text = String::from_utf8(signed(digest, &[])).expect("UTF-8");
        assert!(text.contains(from), "{from}");
        bundle_of(text.replacen(from, to, 1).as_bytes(), &key)
    };
    let table: &[Case<'_, Vec<u8>>] = &[
        ("the signature is not by this key", &|digest| bundle_of(&signed(digest, &[]), &self::key())),
        ("the signature is not by this key", &|digest| {
            let payload = signed(digest, &[]);
            // Signed without the envelope's type.
            bundle::write(&payload, &key.sign(&payload).expect("signed"), &key.public_key())
        }),
        ("it is about another image", &|_| bundle_of(&signed(&Digest::of(b"other"), &[]), &key)),
        ("what is signed is not acceptable", &|digest| with(digest, "Statement/v1", "Statement/v7")),
        ("what is signed is not acceptable", &|digest| with(digest, r#""predicate":"#, r#""x":1,"predicate":"#)),
        ("what is signed is not acceptable", &|digest| {
            with(
                digest,
                r#""predicateType":"#,
                r#""predicateType":"https://sigstore.dev/cosign/sign/v1","predicateType":"#,
            )
        }),
        ("what is signed is of type", &|digest| {
            let payload = signed(digest, &[]);
            let signature = key.sign(&envelope::message("application/json", &payload)).expect("signed");
            let text = String::from_utf8(bundle::write(&payload, &signature, &key.public_key())).expect("UTF-8");
            text.replace(envelope::IN_TOTO, "application/json").into_bytes()
        }),
        ("it is a keyless signature", &|digest| {
            let text = String::from_utf8(bundle_of(&signed(digest, &[]), &key)).expect("UTF-8");
            text.replace("\"publicKey\"", "\"certificate\"").into_bytes()
        }),
        ("the signature names another key", &|digest| {
            let text = String::from_utf8(bundle_of(&signed(digest, &[]), &key)).expect("UTF-8");
            text.replace(r#"{"sig":"#, r#"{"keyid":"SHA256:other","sig":"#).into_bytes()
        }),
        ("it is no bundle", &|_| b"{}".to_vec()),
        ("it is a bundle of type", &|digest| {
            let text = String::from_utf8(bundle_of(&signed(digest, &[]), &key)).expect("UTF-8");
            text.replacen("v0.3", "v0.2", 1).into_bytes()
        }),
    ];
    for (wanted, make) in table {
        let mut shelf = Shelf::new();
        let content = make(shelf.digest());
        shelf.bundle(&content);
        let reason = unacceptable(shelf.verify(&[&key]));
        assert!(reason.contains(wanted), "{wanted}: {reason}");
    }
    let mut shelf = Shelf::new();
    let text = String::from_utf8(bundle_of(&signed(shelf.digest(), &[]), &key)).expect("UTF-8");
    let id = format!(r#"{{"keyid":"{}","sig":"#, key.public_key().key_id());
    shelf.bundle(text.replace(r#"{"sig":"#, &id).as_bytes());
    shelf.verify(&[&key]).expect("its own name");
}

/// Rule 5: what somebody attests is no signature, whether their key is asked for or another.
#[test]
fn attestations_are_no_signatures() {
    let (key, mut shelf) = (key(), Shelf::new());
    let text = String::from_utf8(signed(shelf.digest(), &[])).expect("UTF-8");
    let bundle = bundle_of(text.replace(statement::SIGNED, "https://spdx.dev/Document").as_bytes(), &key);
    shelf.bundle(&bundle);
    assert!(matches!(shelf.verify(&[&key]), Err(Error::Unsigned { .. })));
    assert!(matches!(shelf.verify(&[&self::key()]), Err(Error::Unsigned { .. })));
    let payload = payload(shelf.digest(), &[]);
    shelf.classic(&payload, &key.sign(&payload).expect("signed"));
    let verdict = shelf.verify(&[&key]).expect("signed");
    assert!(matches!(verdict.rejected[0].reason, Reason::Predicate(_)));
}

/// Rule 2: a place that cannot tell is an error, unless a signature was found elsewhere.
#[test]
fn trouble_is_not_unsigned() {
    let key = key();
    for fails in ["referrers", "tag", "blob"] {
        let mut shelf = Shelf::new();
        let payload = payload(shelf.digest(), &[]);
        let bundle = bundle_of(&signed(shelf.digest(), &[]), &key);
        shelf.fails = Some(fails);
        if fails == "blob" {
            shelf.classic(&payload, &key.sign(&payload).expect("signed"));
        }
        assert!(matches!(shelf.verify(&[&key]), Err(Error::Unknown { .. })), "{fails}");
        shelf.classic(&payload, &key.sign(&payload).expect("signed"));
        shelf.bundle(&bundle);
        let verdict = shelf.verify(&[&key]);
        assert_eq!(verdict.is_ok(), fails != "blob", "{fails}");
        assert!(matches!(shelf.verify(&[&self::key()]), Err(Error::Unknown { .. })), "{fails}");
    }
}

/// Rule 3.
#[test]
fn bounds() {
    let key = key();
    let make = |size: u64| {
        let mut shelf = Shelf::new();
        let payload = payload(shelf.digest(), &[]);
        let mut layer = classic::layer(&payload, &key.sign(&payload).expect("signed"));
        layer.size = size;
        shelf.tag(vec![(layer, payload)]);
        shelf
    };
    for size in [0, collect::MAX_SIGNATURE + 1, 200 << 20, u64::MAX] {
        let shelf = make(size);
        assert!(unacceptable(shelf.verify(&[&key])).contains("signatures have 1 to"), "{size}");
        assert!(shelf.read.lock().expect("lock").is_empty(), "{size}: nothing is fetched");
    }
    for size in [1, 235, 1000] {
        assert!(unacceptable(make(size).verify(&[&key])).contains("its content is not what"), "{size}");
    }
    let mut shelf = Shelf::new();
    let good = payload(shelf.digest(), &[]);
    let layer = (classic::layer(&good, &key.sign(&good).expect("signed")), good);
    shelf.tag(vec![layer.clone(); collect::MAX_LAYERS]);
    assert_eq!(shelf.verify(&[&key]).expect("signed").accepted.len(), collect::MAX_LAYERS);
    shelf.tag(vec![layer; collect::MAX_LAYERS + 1]);
    assert!(unacceptable(shelf.verify(&[&key])).contains("1001 layers"));
}

#[test]
fn too_many_referrers_are_not_unsigned() {
    let (key, mut shelf) = (key(), Shelf::new());
    for number in 0..=collect::MAX_REFERRERS {
        let config = Descriptor::of(MediaType::new(&format!("a/{number}")), b"{}");
        let image =
            Image { config, layers: vec![], subject: None, annotations: Annotations::new(), artifact_type: None };
        shelf.refer(Manifest::image(Format::Oci, &image).expect("made"));
    }
    assert!(matches!(shelf.verify(&[&key]), Err(Error::TooMany { .. })));
    let payload = payload(shelf.digest(), &[]);
    shelf.classic(&payload, &key.sign(&payload).expect("signed"));
    assert!(shelf.verify(&[&key]).is_ok());
}

/// Only the payload counts: inline content and other places are nobody's word.
#[test]
fn inline_content_is_ignored() {
    let (key, mut shelf) = (key(), Shelf::new());
    let payload = payload(shelf.digest(), &[]);
    let mut layer = classic::layer(&payload, &key.sign(&payload).expect("signed"));
    layer.data = Some(encode(b"other"));
    layer.urls = vec!["http://example.com/".into()];
    shelf.tag(vec![(layer, payload)]);
    assert!(shelf.verify(&[&key]).is_ok());
}

#[test]
fn an_index_under_the_tag_is_followed_once() {
    let (key, mut shelf) = (key(), Shelf::new());
    let payload = payload(shelf.digest(), &[]);
    shelf.classic(&payload, &key.sign(&payload).expect("signed"));
    let inner = shelf.tags[&shelf.sig()].clone();
    let index = |entries: Vec<Descriptor>| {
        let index = crate::manifest::Index { manifests: entries, ..Default::default() };
        Manifest::index(Format::Oci, &index).expect("made")
    };
    let outer = index(vec![inner.descriptor()]);
    let outermost = index(vec![outer.descriptor()]);
    for manifest in [&inner, &outer] {
        shelf.manifests.insert(manifest.digest().clone(), manifest.clone());
    }
    let tag = shelf.sig();
    shelf.tags.insert(tag.clone(), outer);
    assert!(shelf.verify(&[&key]).is_ok());
    shelf.tags.insert(tag, outermost);
    assert!(unacceptable(shelf.verify(&[&key])).contains("its manifest is no image manifest"));
}

#[test]
fn an_image_that_is_not_there() {
    let (key, mut shelf) = (key(), Shelf::new());
    shelf.tags.clear();
    assert!(matches!(shelf.verify(&[&key]), Err(Error::Image(_))));
}

#[test]
fn the_judge_sees_what_was_verified() {
    let (key, mut shelf) = (key(), Shelf::new());
    let good = payload(shelf.digest(), &[]);
    let forged = payload(shelf.digest(), &[("forged", "1")]);
    shelf.tag(vec![
        (classic::layer(&forged, b"x"), forged.clone()),
        (classic::layer(&good, &key.sign(&good).expect("signed")), good),
    ]);
    let seen = RefCell::new(Vec::new());
    let judge = |claim: &Claim| {
        seen.borrow_mut().push(claim.annotations.is_some());
        Err(Reason::Identity("somebody".into()))
    };
    let public = key.public_key();
    let authorities: [&dyn Authority; 1] = [&public];
    let wanted = Wanted { judge: &judge, ..Wanted::any_of(&authorities) };
    let verdict = verify(&shelf, &Selector::Tag("v1".into()), &wanted, &Watch::default());
    assert!(unacceptable(verdict).contains("it was signed for somebody"));
    assert_eq!(*seen.borrow(), [false]);
}

/// A layout that `cosign save` could have written: nothing lists the bundle.
#[test]
fn unlisted_bundles_in_a_layout() {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, shelf) = (key(), Shelf::new());
    let content = bundle_of(&signed(shelf.digest(), &[]), &key);
    let manifest = bundle::manifest(&content, &shelf.image.descriptor(), statement::SIGNED, None).expect("made");
    let blobs = folder.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).expect("made");
    for blob in [shelf.image.raw(), manifest.raw(), &content, b"{\"not\":\"a manifest\"}", b"{damaged"] {
        std::fs::write(blobs.join(Digest::of(blob).hex()), blob).expect("written");
    }
    let entry = serde_json::to_string(&shelf.image.descriptor()).expect("writes");
    std::fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
    std::fs::write(folder.path().join("index.json"), format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#))
        .expect("written");
    let layout = Layout::open(folder.path(), &transport::Options::default()).expect("opens");
    let public = key.public_key();
    let authorities: [&dyn Authority; 1] = [&public];
    let wanted = Wanted::any_of(&authorities);
    let verdict = verify(&layout, &Selector::Sole, &wanted, &Watch::default()).expect("signed");
    assert_eq!(verdict.accepted[0].candidate.spot, Spot::Unlisted);
}

const SPDX: &str = "https://spdx.dev/Document";

/// A statement that is no signature.
fn attested(digest: &Digest) -> Vec<u8> {
    let predicate = serde_json::value::RawValue::from_string("{}".into()).expect("JSON");
    statement::attested(Some("h/r"), digest, SPDX, &predicate)
}

/// An envelope around any statement.
fn envelope_of(payload: &[u8], key: &PrivateKey) -> Vec<u8> {
    envelope::write(payload, &key.sign(&envelope::message(envelope::IN_TOTO, payload)).expect("signed")).into_bytes()
}

impl Shelf {
    /// Puts an envelope under the tag of attestations, which says of its type whatever it likes.
    fn envelope(&mut self, content: &[u8], said: &str) {
        let layer = classic::attestation(content, said);
        let manifest = image(vec![layer.clone()], MediaType::OCI_CONFIG);
        self.blobs.insert(layer.digest, content.to_vec());
        let tag = self.sig().replace(".sig", ".att");
        self.tags.insert(tag, manifest);
    }

    fn verify_attestation(&self, keys: &[&PrivateKey], kind: &str) -> Result<Verdict> {
        let keys: Vec<_> = keys.iter().map(|key| key.public_key()).collect();
        let authorities: Vec<&dyn Authority> = keys.iter().map(|key| key as &dyn Authority).collect();
        let wanted = Wanted::any_of(&authorities);
        verify_attestation(self, &Selector::Tag("v1".into()), Some(kind), &wanted, &Watch::default())
    }
}

#[track_caller]
fn not_attested(verdict: Result<Verdict>) -> String {
    match verdict {
        Err(Error::Attestations { reasons, .. }) => reasons.join("; "),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_forms_of_attestations_are_good() {
    let (key, mut shelf) = (key(), Shelf::new());
    assert!(matches!(shelf.verify_attestation(&[&key], SPDX), Err(Error::Unattested { .. })));
    shelf.bundle(&bundle_of(&attested(shelf.digest()), &key));
    shelf.envelope(&envelope_of(&attested(shelf.digest()), &key), SPDX);
    let verdict = shelf.verify_attestation(&[&key], SPDX).expect("attested");
    let forms: Vec<Form> = verdict.accepted.iter().map(|accepted| accepted.candidate.form).collect();
    assert_eq!(forms, [Form::Bundle, Form::Envelope]);
    for accepted in &verdict.accepted {
        assert_eq!(accepted.envelope.as_ref().expect("kept").payload, attested(shelf.digest()));
        assert_eq!((accepted.claim.kind.as_str(), accepted.claim.identity.as_deref()), (SPDX, Some("h/r")));
    }
    assert!(not_attested(shelf.verify_attestation(&[&self::key()], SPDX)).contains("not by this key"));
    assert!(not_attested(shelf.verify_attestation(&[&key], "https://x/y")).contains("it states"));
    assert!(shelf.verify_attestation(&[], SPDX).is_err());
}

/// The signed type counts, and nothing that is said around it, in either direction.
#[test]
fn only_the_signed_type_counts() {
    let (key, mut shelf) = (key(), Shelf::new());
    shelf.envelope(&envelope_of(&attested(shelf.digest()), &key), "https://x/y");
    assert!(shelf.verify_attestation(&[&key], SPDX).is_ok());
    assert!(shelf.verify_attestation(&[&key], "https://x/y").is_err());
    let mut shelf = Shelf::new();
    let content = bundle_of(&attested(shelf.digest()), &key);
    let manifest = bundle::manifest(&content, &shelf.image.descriptor(), "https://x/y", None).expect("made");
    shelf.blobs.insert(Digest::of(&content), content);
    shelf.refer(manifest);
    assert!(shelf.verify_attestation(&[&key], SPDX).is_ok());
    assert!(shelf.verify_attestation(&[&key], "https://x/y").is_err());
}

#[test]
fn signatures_are_no_attestations() {
    let (key, mut shelf) = (key(), Shelf::new());
    let payload = payload(shelf.digest(), &[]);
    shelf.classic(&payload, &key.sign(&payload).expect("signed"));
    let bundle = bundle_of(&signed(shelf.digest(), &[]), &key);
    shelf.bundle(&bundle);
    // Not even under the tag of attestations, or when their own type is asked for.
    shelf.envelope(&envelope_of(&signed(shelf.digest(), &[]), &key), SPDX);
    for kind in [SPDX, statement::SIGNED] {
        assert!(matches!(shelf.verify_attestation(&[&key], kind), Err(Error::Unattested { .. })), "{kind}");
        assert!(matches!(shelf.verify_attestation(&[&self::key()], kind), Err(Error::Unattested { .. })), "{kind}");
    }
    let mut shelf = Shelf::new();
    // Nor an attestation under the tag of signatures a signature.
    let content = envelope_of(&attested(shelf.digest()), &key);
    let mut layer = classic::attestation(&content, SPDX);
    layer.annotations.insert(classic::SIGNATURE.into(), encode(&key.sign(&content).expect("signed")));
    shelf.tag(vec![(layer, content)]);
    assert!(matches!(shelf.verify(&[&key]), Err(Error::Unsigned { .. })));
}

/// The rules of bundles and statements hold for attestations, too, in both forms.
#[test]
fn attestations_that_are_none() {
    let key = key();
    let edit = |digest: &Digest, from: &str, to: &str| {
        let text = String::from_utf8(attested(digest)).expect("UTF-8");
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let table: &[Case<'_, Vec<u8>>] = &[
        ("it is about another image", &|_| attested(&Digest::of(b"other"))),
        ("what is signed is not acceptable", &|digest| edit(digest, "Statement/v0.1", "Statement/v2")),
        ("what is signed is not acceptable", &|digest| edit(digest, "\"predicate\":", "\"x\":1,\"predicate\":")),
        ("what is signed is not acceptable", &|digest| {
            edit(digest, "\"predicate\":{}", "\"predicate\":{\"a\":1,\"a\":2}")
        }),
        ("what is signed is not acceptable", &|digest| edit(digest, "\"subject\":", "\"subject\":[],\"subject\":")),
        ("it is about another image", &|digest| edit(digest, "\"sha256\":", "\"sha512\":")),
        ("it is about another image", &|digest| edit(digest, digest.hex(), &digest.hex().to_uppercase())),
    ];
    for (wanted, make) in table {
        for is_bundle in [true, false] {
            let mut shelf = Shelf::new();
            let payload = make(shelf.digest());
            match is_bundle {
                true => shelf.bundle(&bundle_of(&payload, &key)),
                false => shelf.envelope(&envelope_of(&payload, &key), SPDX),
            }
            let reason = not_attested(shelf.verify_attestation(&[&key], SPDX));
            assert!(reason.contains(wanted), "{wanted}: {reason}");
        }
    }
    let good = |digest: &Digest| String::from_utf8(envelope_of(&attested(digest), &key)).expect("UTF-8");
    let envelopes: &[Case<'_, String>] = &[
        ("its envelope is not acceptable", &|digest| {
            let text = good(digest);
            let start = text.find("{\"sig\"").expect("has one");
            let signature = text[start..].trim_end_matches("]}").to_owned();
            text.replace(&signature, &vec![signature.as_str(); envelope::MAX_SIGNATURES + 1].join(","))
        }),
        ("its envelope is not acceptable", &|digest| format!("{}x", good(digest))),
        ("its envelope is not acceptable", &|_| "{}".into()),
        ("what is signed is of type", &|digest| good(digest).replace(envelope::IN_TOTO, "text/plain")),
        ("the signature is not by this key", &|digest| {
            let payload = attested(digest);
            envelope::write(&payload, &key.sign(&payload).expect("signed"))
        }),
    ];
    for (wanted, make) in envelopes {
        let mut shelf = Shelf::new();
        let content = make(shelf.digest());
        shelf.envelope(content.as_bytes(), SPDX);
        let reason = not_attested(shelf.verify_attestation(&[&key], SPDX));
        assert!(reason.contains(wanted), "{wanted}: {reason}");
    }
}

/// What lies under the tag of attestations is taken as cosign takes it: keys' names and layers' types are nobody's word.
#[test]
fn hints_under_the_tag_of_attestations() {
    let (key, mut shelf) = (key(), Shelf::new());
    let content = String::from_utf8(envelope_of(&attested(shelf.digest()), &key)).expect("UTF-8");
    let named = content.replace("{\"sig\"", "{\"keyid\":\"x\",\"sig\"");
    shelf.envelope(named.as_bytes(), SPDX);
    let verdict = shelf.verify_attestation(&[&key], SPDX).expect("attested");
    assert_eq!(verdict.accepted[0].envelope.as_ref().expect("kept").to_json(), named);
    assert!(not_attested(shelf.verify_attestation(&[&self::key()], SPDX)).contains("not by this key"));
    for (kind, good) in [
        ("application/json", true),
        ("application/vnd.in-toto+json", true),
        (classic::PAYLOAD.as_str(), false),
        (bundle::BUNDLE.as_str(), false),
        ("application/octet-stream", false),
    ] {
        let mut shelf = Shelf::new();
        let mut layer = classic::attestation(content.as_bytes(), SPDX);
        layer.media_type = MediaType::new(kind);
        shelf.blobs.insert(layer.digest.clone(), content.clone().into_bytes());
        let tag = shelf.sig().replace(".sig", ".att");
        shelf.tags.insert(tag, image(vec![layer], MediaType::OCI_CONFIG));
        match shelf.verify_attestation(&[&key], SPDX) {
            Ok(_) => assert!(good, "{kind}"),
            Err(Error::Unattested { .. }) => assert!(!good, "{kind}"),
            Err(other) => panic!("{kind}: {other}"),
        }
        assert!(matches!(shelf.verify(&[&key]), Err(Error::Unsigned { .. })), "{kind}");
    }
}

const PAST: &str = "\
-----BEGIN CERTIFICATE-----
MIIBDTCBtaADAgECAgEFMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBnNpZ25lcjAe
Fw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBExDzANBgNVBAMMBnNpZ25l
cjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBxKKzP/XwtbwWoflo2lF5etJX7E
+fP0pBw1Ejwxb8RdT8gbcg47YveeBW4f/fTpaTsgUs2SOsCloVOce/OeZaYwCgYI
KoZIzj0EAwIDRwAwRAIgHOprYQbrzNOGs0oRdQRpq3zUUI8ON6A0zshxvALuCEkC
ICF12oTFwpbdf05sVnkw37AA0hKjFf6Ekk2WOMDjsCLi
-----END CERTIFICATE-----
";
const NOW: &str = "\
-----BEGIN CERTIFICATE-----
MIIBDzCBt6ADAgECAgEFMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBnNpZ25lcjAg
Fw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowETEPMA0GA1UEAwwGc2ln
bmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHEorM/9fC1vBah+WjaUXl60l
fsT58/SkHDUSPDFvxF1PyBtyDjti954Fbh/99OlpOyBSzZI6wKWhU5x7855lpjAK
BggqhkjOPQQDAgNHADBEAiA4GDI1/2wyKHLcU1J/klYRVLfAOZrzLUDfLk9htvHj
NwIgfoqRgSbRRqZnKgPhIpnryCt1DA1d+g2/Cf2LdPo07Rs=
-----END CERTIFICATE-----
";
const FUTURE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBEjCBuaADAgECAgEFMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBnNpZ25lcjAi
GA8yMTE5MDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjARMQ8wDQYDVQQDDAZz
aWduZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQcSisz/18LW8FqH5aNpReX
rSV+xPnz9KQcNRI8MW/EXU/IG3IOO2L3ngVuH/306Wk7IFLNkjrApaFTnHvznmWm
MAoGCCqGSM49BAMCA0gAMEUCIQCEAaFWV+bIuWv1dp2ZP7CRkm4GoGGGVIvBKw2E
sf6b5wIgGVOo2fKqfWs+L/bKjJq4jsK7W1ysqRcisGXyA2y3nzA=
-----END CERTIFICATE-----
";

/// Who signs with a certificate says for how long that is to count, as cosign has it; policies do not ask, as podman's do not.
#[test]
fn certificates_beside_the_signatures_of_keys() {
    let key = key();
    for (certificate, reason) in [
        (NOW, None),
        ("", None),
        (PAST, Some("is not valid now")),
        (FUTURE, Some("is not valid now")),
        ("garbage", Some("not one block of PEM")),
    ] {
        let mut shelf = Shelf::new();
        let payload = payload(shelf.digest(), &[]);
        let mut layer = classic::layer(&payload, &key.sign(&payload).expect("signed"));
        layer.annotations.insert(classic::CERTIFICATE.into(), certificate.into());
        shelf.tag(vec![(layer, payload)]);
        match reason {
            None => assert!(shelf.verify(&[&key]).is_ok(), "{certificate}"),
            Some(reason) => {
                let told = unacceptable(shelf.verify(&[&key]));
                assert!(told.contains(reason), "{told}");
            }
        }
        // Whether the signature is by the key comes first.
        let told = unacceptable(shelf.verify(&[&self::key()]));
        assert!(told.contains("not by this key"), "{told}");
        let policy_key = super::super::authority::PolicyKey { key: key.public_key(), logs: Vec::new() };
        let authorities: [&dyn Authority; 1] = [&policy_key];
        let wanted = Wanted::any_of(&authorities);
        assert!(verify(&shelf, &Selector::Tag("v1".into()), &wanted, &Watch::default()).is_ok());
    }
}

/// Ends of lines in base64 are what Go's decoder passes over, and all that it does.
#[test]
fn signatures_in_lines() {
    let key = key();
    for (between, good) in [("\n", true), ("\r\n", true), (" ", false), ("\t", false), ("=", false)] {
        let mut shelf = Shelf::new();
        let payload = payload(shelf.digest(), &[]);
        let mut layer = classic::layer(&payload, b"");
        let signature = encode(&key.sign(&payload).expect("signed"));
        let lines = format!("{}{between}{}{between}", &signature[..40], &signature[40..]);
        layer.annotations.insert(classic::SIGNATURE.into(), lines);
        shelf.tag(vec![(layer, payload)]);
        assert_eq!(shelf.verify(&[&key]).is_ok(), good, "{between:?}");
    }
}

/// An attestation that is too large to be a signature makes no unsigned image a badly signed one.
#[test]
fn large_attestations_are_no_signatures() {
    let (key, mut shelf) = (key(), Shelf::new());
    let text = format!("\"{}\"", "x".repeat(4 << 20));
    let predicate = serde_json::value::RawValue::from_string(text).expect("JSON");
    let content = bundle_of(&statement::attested(None, shelf.digest(), SPDX, &predicate), &key);
    let manifest = bundle::manifest(&content, &shelf.image.descriptor(), SPDX, None).expect("made");
    shelf.blobs.insert(Digest::of(&content), content);
    shelf.refer(manifest);
    assert!(matches!(shelf.verify(&[&key]), Err(Error::Unsigned { .. })));
    assert!(shelf.read.lock().expect("lock").is_empty(), "nothing is fetched");
    assert!(shelf.verify_attestation(&[&key], SPDX).is_ok());
}

/// Rule 2 for attestations.
#[test]
fn trouble_is_not_unattested() {
    let key = key();
    for fails in ["referrers", "blob"] {
        let mut shelf = Shelf::new();
        shelf.fails = Some(fails);
        if fails == "blob" {
            shelf.envelope(&envelope_of(&attested(shelf.digest()), &key), SPDX);
        }
        assert!(matches!(shelf.verify_attestation(&[&key], SPDX), Err(Error::Unknown { .. })), "{fails}");
    }
}

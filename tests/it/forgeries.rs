//! Forgeries, made by a generator: every form of signature, by every kind of signer, with every fact wrong alone. None is accepted.
//!
//! What an attacker has is one of: nothing but what was published; a key of their own; a certificate of their own; a genuine signature of
//! something else. What a good signer would have to sign for it, by mistake or in another protocol, is tried as well.
//! `STEVEDORE_MUTATIONS` sets how much random damage is done besides, `STEVEDORE_SEED` where it begins.

use std::collections::BTreeMap;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::ExtendedKeyUsagePurpose;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use serde_json::{Value, json};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::media_type::MediaType;
use stevedore::sign::blob::{self, Artifact};
use stevedore::sign::key::Stored;
use stevedore::sign::keyless::{Identity, Pattern};
use stevedore::sign::{
    Authority, Candidate, CertificateAuthorities, Certified, Form, PrivateKey, Reason, Signer, Sought, Spot, check,
};

use crate::sign_mutations::{Random, mutate};
use crate::sign_vectors::vectors;
use crate::support::own_authority::{ADDRESS, FileKey, OwnAuthority, Says, address};
use crate::support::sigstore::b64;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const IN_TOTO: &str = "application/vnd.in-toto+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
const STATED: &str = "https://example.com/tested/v1";
const FILE: &[u8] = b"a file that is signed";
const LIMIT: u64 = 1 << 20;

/// A form of signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Classic,
    Bundle,
    Envelope,
    Attestation,
    FileBundle,
    FileStatement,
    FileAlone,
}

const SHAPES: [Shape; 7] = [
    Shape::Classic,
    Shape::Bundle,
    Shape::Envelope,
    Shape::Attestation,
    Shape::FileBundle,
    Shape::FileStatement,
    Shape::FileAlone,
];

impl Shape {
    fn is_envelope(self) -> bool {
        matches!(self, Shape::Bundle | Shape::Envelope | Shape::Attestation | Shape::FileStatement)
    }

    fn is_bundle(self) -> bool {
        matches!(self, Shape::Bundle | Shape::Attestation | Shape::FileBundle | Shape::FileStatement)
    }

    fn is_of_file(self) -> bool {
        matches!(self, Shape::FileBundle | Shape::FileStatement | Shape::FileAlone)
    }

    /// Returns what is signed of content with this SHA-256.
    fn payload(self, digest: &str) -> Vec<u8> {
        let kind = if self == Shape::Bundle { SIGNED } else { STATED };
        match self {
            Shape::Classic => classic(digest),
            Shape::FileBundle | Shape::FileAlone => FILE.to_vec(),
            _ => statement(digest, kind),
        }
    }
}

fn classic(digest: &str) -> Vec<u8> {
    crate::policy_hosts::payload("registry.test/app:v1", &format!("sha256:{digest}"))
}

fn statement(digest: &str, kind: &str) -> Vec<u8> {
    crate::support::sigstore::statement(digest, kind)
}

fn message(shape: Shape, draft: &Draft) -> Vec<u8> {
    match shape.is_envelope() {
        true => {
            let (kind, payload) = (&draft.payload_type, &draft.payload);
            [format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).as_bytes(), payload].concat()
        }
        false => draft.payload.clone(),
    }
}

/// A signature in the making.
#[derive(Clone)]
struct Draft {
    payload: Vec<u8>,
    payload_type: String,
    signature: Vec<u8>,
    certificate: Option<String>,
    /// What the verifier has of the file.
    file: Vec<u8>,
    /// A second signature in the envelope.
    second: Option<Vec<u8>>,
}

/// A signer, the authority that accepts them, and what an attacker has of the same kind.
struct Kind {
    name: &'static str,
    key: PrivateKey,
    algorithm: &'static dyn VerificationAlgorithm,
    certificate: Option<String>,
    authority: Box<dyn Authority>,
    /// For a signature that stands alone, which brings no certificate.
    alone: Box<dyn Authority>,
    /// The digest of the content that is signed.
    digest: String,
    attacker: PrivateKey,
    certificates: BTreeMap<&'static str, String>,
}

fn private(name: &str) -> PrivateKey {
    let text = fs::read_to_string(vectors().join("keys").join(name)).expect("a key");
    match PrivateKey::parse(&text).expect("a key") {
        Stored::Plain(key) => key,
        Stored::Encrypted(key) => key.unlock(b"other").expect("its password"),
        other => panic!("{other:?}"),
    }
}

fn file_key(name: &str) -> FileKey {
    FileKey::read(&vectors().join("keys").join(name).display().to_string())
}

fn kinds(digest: &str) -> Vec<Kind> {
    let by_key = |name, file: &str, algorithm| Kind {
        name,
        key: private(file),
        algorithm,
        certificate: None,
        authority: Box::new(private(file).public_key()),
        alone: Box::new(private(file).public_key()),
        digest: digest.to_owned(),
        attacker: PrivateKey::generate().expect("a key"),
        certificates: BTreeMap::new(),
    };
    vec![
        by_key("P-256", "alice.pkcs8.pem", &ECDSA_P256_SHA256_ASN1),
        by_key("P-384", "p384.key", &ECDSA_P384_SHA256_ASN1),
        by_key("RSA", "rsa2048.key", &RSA_PKCS1_2048_8192_SHA256),
        by_key("Ed25519", "ed25519.key", &ED25519),
        certified(by_key("certificate", "p384.key", &ECDSA_P384_SHA256_ASN1)),
    ]
}

/// Makes of a kind of key one with a certificate, and the certificates that do not count.
fn certified(kind: Kind) -> Kind {
    let (own, strange) = (OwnAuthority::new(), OwnAuthority::new());
    let key = file_key("p384.pub");
    // The attacker's key is an employee's, who has a certificate for themselves.
    let attacker = private("alice.pkcs8.pem");
    let attackers = file_key("alice.pub");
    let issue = |change: fn(&mut Says)| {
        let mut says = Says::default();
        change(&mut says);
        says
    };
    let certificate = own.issue(&key, &Says::default());
    let certificates = [
        ("by a stranger", strange.issue(&key, &Says::default())),
        ("expired", own.issue(&key, &issue(|says| says.days = [-9, -1]))),
        ("not yet valid", own.issue(&key, &issue(|says| says.days = [2, 9]))),
        ("for servers", own.issue(&key, &issue(|says| says.purposes = vec![ExtendedKeyUsagePurpose::ServerAuth]))),
        ("for nobody", own.issue(&key, &issue(|says| says.names.clear()))),
        ("for another", own.issue(&key, &issue(|says| says.names = vec![address("other@company.example")]))),
        ("of another key", own.issue(&attackers, &Says::default())),
        ("employee's", own.issue(&attackers, &issue(|says| says.names = vec![address("other@company.example")]))),
        ("attacker's", strange.issue(&attackers, &Says::default())),
        ("twice", certificate.repeat(2)),
        ("cut", certificate.replacen("MII", "MIJ", 1)),
    ];
    let trust = || {
        let identity =
            Identity { subject: Pattern::exact(ADDRESS), issuer: Pattern::matching(".*").expect("an expression") };
        let roots = CertificateAuthorities::of_roots(&own.root).expect("a root");
        Certified::new(roots.with_intermediates(&own.between).expect("one between"), identity)
    };
    let alone = Box::new(trust().with_certificate(&certificate).expect("a certificate"));
    let certificates = certificates.into();
    Kind { certificate: Some(certificate), authority: Box::new(trust()), alone, attacker, certificates, ..kind }
}

impl Kind {
    fn draft(&self, shape: Shape) -> Draft {
        let mut draft = Draft {
            payload: shape.payload(&self.digest),
            payload_type: IN_TOTO.to_owned(),
            signature: Vec::new(),
            certificate: self.certificate.clone(),
            file: FILE.to_vec(),
            second: None,
        };
        draft.signature = self.key.sign(&message(shape, &draft)).expect("signing");
        draft
    }

    fn signed(&self, shape: Shape, mut draft: Draft) -> Draft {
        draft.signature = self.key.sign(&message(shape, &draft)).expect("signing");
        draft
    }

    /// Returns the content that lies beside an image or a file, and its annotations.
    fn render(&self, shape: Shape, draft: &Draft) -> (Vec<u8>, BTreeMap<String, String>) {
        let mut annotations = BTreeMap::new();
        if !shape.is_bundle() {
            annotations.extend(draft.certificate.iter().map(|pem| (CERTIFICATE.to_owned(), pem.clone())));
        }
        if shape == Shape::Classic {
            annotations.insert(SIGNATURE.to_owned(), b64(&draft.signature));
        }
        let signatures: Vec<Value> = [Some(&draft.signature), draft.second.as_ref()]
            .into_iter()
            .flatten()
            .map(|sig| json!({"sig": b64(sig)}))
            .collect();
        let envelope =
            json!({"payload": b64(&draft.payload), "payloadType": draft.payload_type, "signatures": signatures});
        let content = match shape {
            Shape::Classic => draft.payload.clone(),
            Shape::FileAlone => b64(&draft.signature).into_bytes(),
            Shape::Envelope => envelope.to_string().into_bytes(),
            Shape::FileBundle => {
                let digest = json!({"algorithm": "SHA2_256", "digest": b64(&sha(&draft.payload))});
                let signature = json!({"messageDigest": digest, "signature": b64(&draft.signature)});
                self.bundle(draft, "messageSignature", &signature)
            }
            _ => self.bundle(draft, "dsseEnvelope", &envelope),
        };
        (content, annotations)
    }

    fn bundle(&self, draft: &Draft, name: &str, content: &Value) -> Vec<u8> {
        let material = match &draft.certificate {
            Some(pem) => {
                let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
                json!({"certificate": {"rawBytes": body}})
            }
            // The hint is of the right key, whoever has signed.
            None => json!({"publicKey": {"hint": self.key.public_key().hint()}}),
        };
        json!({"mediaType": BUNDLE, "verificationMaterial": material, name: content}).to_string().into_bytes()
    }

    fn verify(&self, shape: Shape, draft: &Draft) -> Result<Signer, Reason> {
        let (content, annotations) = self.render(shape, draft);
        self.verify_content(shape, &content, annotations, &draft.file)
    }

    fn verify_content(
        &self,
        shape: Shape,
        content: &[u8],
        annotations: BTreeMap<String, String>,
        file: &[u8],
    ) -> Result<Signer, Reason> {
        let artifact = Artifact::of_content(file.to_vec());
        let (form, sought) = match shape {
            Shape::FileAlone => {
                return blob::verify_detached(content, &artifact, &*self.alone).map(|verified| verified.signer);
            }
            Shape::FileBundle | Shape::FileStatement => {
                let kind = (shape == Shape::FileStatement).then_some(STATED);
                return blob::verify(content, &artifact, &*self.authority, kind, LIMIT).map(|verified| verified.signer);
            }
            Shape::Classic => (Form::Classic, Sought::Signature),
            Shape::Bundle => (Form::Bundle, Sought::Signature),
            Shape::Attestation => (Form::Bundle, Sought::Attestation(Some(STATED))),
            Shape::Envelope => (Form::Envelope, Sought::Attestation(Some(STATED))),
        };
        let mut layer = Descriptor::of(MediaType::OCTET_STREAM, content);
        layer.annotations = annotations;
        let candidate =
            Candidate { spot: Spot::Referrers, manifest: Some(Digest::of(b"manifest")), form, layer, stated: None };
        let subject = format!("sha256:{}", self.digest).parse().expect("a digest");
        check(&candidate, content, &subject, &*self.authority, sought, &|_| Ok(())).map(|(signer, _)| signer)
    }
}

fn sha(content: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(content).to_vec()
}

fn hex(content: &[u8]) -> String {
    content.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Replaces a text in a payload; nothing where it is not there.
fn replaced(payload: &[u8], from: &str, to: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(payload.to_vec()).ok()?;
    text.contains(from).then(|| text.replacen(from, to, 1).into_bytes())
}

/// Makes every forgery of a genuine signature, each with its name.
fn forgeries(kind: &Kind, shape: Shape, good: &Draft) -> Vec<(String, Draft)> {
    let mut all = Vec::new();
    changed_signatures(kind, shape, good, &mut all);
    changed_payloads(kind, shape, good, &mut all);
    other_certificates(kind, shape, good, &mut all);
    all
}

type All = Vec<(String, Draft)>;

/// What can be done to the signature alone.
fn changed_signatures(kind: &Kind, shape: Shape, good: &Draft, all: &mut All) {
    let length = good.signature.len();
    let mut with = |name: &str, signature: Vec<u8>| all.push((name.to_owned(), Draft { signature, ..good.clone() }));
    for at in [0, 1, 2, 5, length / 4, length / 2, length * 3 / 4, length - 2, length - 1] {
        let mut signature = good.signature.clone();
        signature[at] ^= 1;
        with(&format!("signature changed at {at}"), signature);
    }
    with("signature cut", good.signature[..length - 1].to_vec());
    with("signature with more", [&good.signature[..], &[0]].concat());
    with("no signature", Vec::new());
    with("signature of zeros", vec![0; length]);
    with("signature of ECDSA's zeros", vec![0x30, 6, 2, 1, 0, 2, 1, 0]);
    with("signature of ECDSA's ones", vec![0x30, 6, 2, 1, 1, 2, 1, 1]);
    with("signature twice", good.signature.repeat(2));
    let message = message(shape, good);
    with("signature by an attacker", kind.attacker.sign(&message).expect("signing"));
    // A genuine signature of something else: of what stands inside, of its hash, and of what stands around it.
    let inner = if shape.is_envelope() { good.payload.clone() } else { [b"DSSEv1 ", &good.payload[..]].concat() };
    for (name, other) in [("of another text", inner), ("of the hash", sha(&message)), ("of nothing", Vec::new())] {
        with(&format!("genuine signature {name}"), kind.key.sign(&other).expect("signing"));
    }
}

/// What can be done to what is signed.
fn changed_payloads(kind: &Kind, shape: Shape, good: &Draft, all: &mut All) {
    let other = hex(&sha(b"another image"));
    let upper = kind.digest.to_uppercase();
    let mut with = |name: &str, payload: Option<Vec<u8>>, genuine: bool| {
        let Some(payload) = payload.filter(|payload| *payload != good.payload) else { return };
        let draft = Draft { payload, ..good.clone() };
        let name = format!("{name}, {}", if genuine { "genuinely signed" } else { "not signed again" });
        all.push((name, if genuine { kind.signed(shape, draft) } else { draft }));
    };
    if shape.is_of_file() && !shape.is_envelope() {
        for (name, file) in
            [("changed", b"b file that is signed".to_vec()), ("empty", Vec::new()), ("longer", [FILE, b"\n"].concat())]
        {
            all.push((format!("file {name}"), Draft { file: file.clone(), ..good.clone() }));
            let draft = Draft { payload: file, ..good.clone() };
            all.push((format!("another file, {name}, genuinely signed"), kind.signed(shape, draft)));
        }
        return;
    }
    let text = |from: &str, to: &str| replaced(&good.payload, from, to);
    for genuine in [true, false] {
        with("about another image", text(&kind.digest, &other), genuine);
        with("digest in other letters", text(&kind.digest, &upper), genuine);
        with("digest cut", text(&kind.digest, &kind.digest[1..]), genuine);
        with("of another type", text(STATED, "https://example.com/other").or_else(|| text(SIGNED, STATED)), genuine);
        with(
            "another kind of payload",
            text("cosign container image signature", "atomic container signature"),
            genuine,
        );
        with("a member twice", Some([b"{\"_type\":\"x\",\"critical\":{},", &good.payload[1..]].concat()), genuine);
        with("two values", Some([&good.payload[..], b"{}"].concat()), genuine);
        with("digest by SHA-1 alone", text("\"sha256\"", "\"sha1\""), genuine);
        with("no subject", text("\"subject\"", "\"subjects\""), genuine);
        with("empty", Some(Vec::new()), genuine);
        with("null", Some(b"null".to_vec()), genuine);
        with(
            "of the other form",
            Some(if shape == Shape::Classic { statement(&kind.digest, SIGNED) } else { classic(&kind.digest) }),
            genuine,
        );
    }
    with("space before", Some([b" ", &good.payload[..]].concat()), false);
    with("space behind", Some([&good.payload[..], b" "].concat()), false);
    with("by an attacker", Some([&good.payload[..], b"\n"].concat()), false);
    if shape.is_envelope() {
        for (name, payload_type) in
            [("plain text", "text/plain"), ("none", ""), ("other letters", "application/vnd.in-toto+JSON")]
        {
            let draft = Draft { payload_type: payload_type.to_owned(), ..good.clone() };
            all.push((format!("type of the payload is {name}"), draft.clone()));
            all.push((format!("type of the payload is {name}, genuinely signed"), kind.signed(shape, draft)));
        }
        if shape.is_bundle() {
            let second = Some(kind.attacker.sign(b"x").expect("signing"));
            all.push(("two signatures in a bundle".to_owned(), Draft { second, ..good.clone() }));
        }
    }
}

/// What can be done to the certificate, with the key that it is of.
fn other_certificates(kind: &Kind, shape: Shape, good: &Draft, all: &mut All) {
    if kind.certificate.is_none() || shape == Shape::FileAlone {
        return;
    }
    let by_attacker = kind.attacker.sign(&message(shape, good)).expect("signing");
    for (name, pem) in &kind.certificates {
        let certificate = Some(pem.clone());
        all.push((format!("certificate {name}"), Draft { certificate: certificate.clone(), ..good.clone() }));
        // One that the attacker has for the wanted name is no forgery.
        if *name != "of another key" {
            let signature = by_attacker.clone();
            all.push((
                format!("certificate {name}, signed by the attacker"),
                Draft { certificate, signature, ..good.clone() },
            ));
        }
    }
    all.push(("no certificate".to_owned(), Draft { certificate: None, ..good.clone() }));
    all.push((
        "no certificate, signed by the attacker".to_owned(),
        Draft { certificate: None, signature: by_attacker, ..good.clone() },
    ));
}

#[allow(clippy::print_stdout, reason = "how many there were is what the test is for")]
#[test]
fn none_is_accepted() {
    let digest = hex(&sha(FILE));
    let (mut count, mut wrong) = (0, Vec::new());
    for kind in kinds(&digest) {
        for shape in SHAPES {
            let good = kind.draft(shape);
            let verified = kind.verify(shape, &good);
            assert!(verified.is_ok(), "{} {shape:?}: {:?}", kind.name, verified.err());
            for (name, draft) in forgeries(&kind, shape, &good) {
                count += 1;
                match kind.verify(shape, &draft) {
                    Ok(_) => wrong.push(format!("{} {shape:?}: {name}", kind.name)),
                    Err(reason) => assert!(!reason.to_string().is_empty(), "{name}"),
                }
            }
        }
    }
    println!("{count} forgeries, {} accepted", wrong.len());
    assert!(wrong.is_empty(), "accepted: {wrong:#?}");
    assert!(count >= 400, "{count}");
}

/// Random damage to every form by every kind of signer: what is still accepted has the payload that was signed, and a signature that ring
/// finds good.
#[allow(clippy::print_stdout, reason = "how many there were is what the test is for")]
#[test]
fn damage_to_any_kind_is_never_accepted() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let count = number("STEVEDORE_MUTATIONS", 4000);
    let mut random = Random(number("STEVEDORE_SEED", 0x6a09_e667_f3bc_c908) | 1);
    let kinds = kinds(&hex(&sha(FILE)));
    let seeds: Vec<(&Kind, Shape, Draft)> =
        kinds.iter().flat_map(|kind| SHAPES.map(|shape| (kind, shape, kind.draft(shape)))).collect();
    let mut accepted = 0;
    for _ in 0..count {
        let (kind, shape, good) = &seeds[random.below(seeds.len())];
        let (mut content, mut annotations) = kind.render(*shape, good);
        let names: Vec<String> = annotations.keys().cloned().collect();
        match random.below(names.len() + 1) {
            0 => mutate(&mut content, &mut random),
            at => {
                let mut text = annotations[&names[at - 1]].clone().into_bytes();
                mutate(&mut text, &mut random);
                annotations.insert(names[at - 1].clone(), String::from_utf8_lossy(&text).into_owned());
            }
        }
        if kind.verify_content(*shape, &content, annotations.clone(), FILE).is_err() {
            continue;
        }
        accepted += 1;
        let (payload, signature) = read(*shape, &content, &annotations);
        assert_eq!(payload, good.payload, "{} {shape:?}", kind.name);
        let der = kind.key.public_key().to_der().to_vec();
        let head = match kind.name {
            "P-256" => 26,
            "RSA" => 24,
            "Ed25519" => 12,
            _ => 23,
        };
        let key = UnparsedPublicKey::new(kind.algorithm, &der[head..]);
        let draft = Draft { payload, ..good.clone() };
        key.verify(&message(*shape, &draft), &signature).expect("the other verifier agrees");
    }
    println!("{accepted} of {count} damaged signatures are good as they are");
    assert!(accepted < count / 2, "{accepted} of {count}");
}

/// Returns the payload and the signature, read by other code than the library's.
fn read(shape: Shape, content: &[u8], annotations: &BTreeMap<String, String>) -> (Vec<u8>, Vec<u8>) {
    let decode = |text: &str| {
        let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let text = text.replace('-', "+").replace('_', "/");
        let text = text.trim_end_matches('=');
        STANDARD.decode(format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))).expect("base64 that was read")
    };
    let document = || -> Value { serde_json::from_slice(content).expect("JSON that was read") };
    let text = |value: &Value| value.as_str().expect("text that was read").to_owned();
    match shape {
        Shape::Classic => (content.to_vec(), decode(&annotations[SIGNATURE])),
        Shape::FileAlone => {
            let is_text =
                std::str::from_utf8(content).is_ok_and(|text| STANDARD.decode(text.replace(['\r', '\n'], "")).is_ok());
            (
                FILE.to_vec(),
                if is_text { decode(std::str::from_utf8(content).expect("text")) } else { content.to_vec() },
            )
        }
        Shape::FileBundle => (FILE.to_vec(), decode(&text(&document()["messageSignature"]["signature"]))),
        _ => {
            let document = document();
            let envelope = document.get("dsseEnvelope").unwrap_or(&document);
            (decode(&text(&envelope["payload"])), decode(&text(&envelope["signatures"][0]["sig"])))
        }
    }
}

//! A sigstore of one's own: an authority of certificates, a log of them, two generations of transparency logs, and a clock, all with keys
//! made for one test. [`Case`] says what they say; each fact of it can be made wrong alone.

pub(crate) mod services;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData,
    SanType, SignatureAlgorithm, SigningKey,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// When everything happens: 2023-11-14T22:13:20Z.
pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const SUBJECT: &str = "https://ci.example/app@refs/heads/main";
pub(crate) const ISSUER: &str = "https://accounts.example";
const DAY: u64 = 86_400;
const HOSTS: [&str; 2] = ["log.example", "log2.example"];

pub(crate) fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn sha(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Which of two: the one that is trusted, or one that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Right,
    Other,
}

/// Two keys of a kind, of which one is trusted.
struct Keys {
    right: KeyPair,
    other: KeyPair,
}

impl Keys {
    fn new(kind: &'static SignatureAlgorithm) -> Keys {
        let key = || KeyPair::generate_for(kind).expect("making a key");
        Keys { right: key(), other: key() }
    }

    fn of(&self, who: Who) -> &KeyPair {
        match who {
            Who::Right => &self.right,
            Who::Other => &self.other,
        }
    }
}

/// Somebody who issues certificates, with a root of P-384 and one between, as the public instance has them.
struct Authority {
    root: Vec<u8>,
    between: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    key: Vec<u8>,
}

impl Authority {
    fn new(name: &str, purpose: ExtendedKeyUsagePurpose) -> Authority {
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("making a key");
        let (root_key, between_key) = (key(), key());
        let params = |common_name: String| {
            let mut params = params(NOW - 100 * DAY, NOW + 100 * DAY);
            params.distinguished_name.push(DnType::CommonName, common_name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params
        };
        let root = params(format!("{name} root"));
        let root_der = root.self_signed(&root_key).expect("signing a root").der().to_vec();
        let root = Issuer::new(root, root_key);
        let mut between = params(format!("{name} between"));
        between.extended_key_usages = vec![purpose];
        between.use_authority_key_identifier_extension = true;
        let between_der = between.signed_by(&between_key, &root).expect("signing").der().to_vec();
        let key = between_key.subject_public_key_info();
        Authority { root: root_der, between: between_der, issuer: Issuer::new(between, between_key), key }
    }

    fn chain(&self) -> Value {
        json!({"certificates": [{"rawBytes": b64(&self.between)}, {"rawBytes": b64(&self.root)}]})
    }
}

fn params(from: u64, to: u64) -> CertificateParams {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = epoch + Duration::from_secs(from);
    params.not_after = epoch + Duration::from_secs(to);
    params
}

/// All the services.
pub(crate) struct World {
    authority: Authority,
    stranger: Authority,
    clock: Authority,
    other_clock: Authority,
    certificate_log: Keys,
    logs: [Keys; 2],
    stamping: KeyPair,
    signer: KeyPair,
    signer_384: KeyPair,
}

/// In which form a log has the signature, and so what kind of signature it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A signature of a file.
    Hashed,
    /// An envelope.
    Dsse,
    /// An envelope, as the log had them first.
    Intoto,
    /// A signature of a file in a log of the second generation.
    SecondHashed,
    /// An envelope in such a log.
    SecondDsse,
}

impl Form {
    pub(crate) const ALL: [Form; 5] = [Form::Hashed, Form::Dsse, Form::Intoto, Form::SecondHashed, Form::SecondDsse];

    fn is_envelope(self) -> bool {
        matches!(self, Form::Dsse | Form::Intoto | Form::SecondDsse)
    }

    fn is_second(self) -> bool {
        matches!(self, Form::SecondHashed | Form::SecondDsse)
    }
}

/// What the log of certificates says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sct {
    pub(crate) key: Who,
    pub(crate) log: Who,
    pub(crate) time: u64,
    /// Whether it is for this certificate.
    pub(crate) is_for_this: bool,
    /// Whether it is issued by the authority that it is.
    pub(crate) issuer: Who,
    pub(crate) extensions: &'static [u8],
    pub(crate) version: u8,
    pub(crate) hash: u8,
}

pub(crate) const SCT: Sct = Sct {
    key: Who::Right,
    log: Who::Right,
    time: (NOW + 1) * 1000,
    is_for_this: true,
    issuer: Who::Right,
    extensions: &[],
    version: 0,
    hash: 4,
};

/// What the clock says.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) time: String,
    pub(crate) of: Vec<u8>,
    pub(crate) authority: Who,
    pub(crate) key: Who,
    pub(crate) status: u8,
    pub(crate) purpose: &'static [u8],
    pub(crate) is_critical: bool,
    pub(crate) kind: &'static str,
    pub(crate) digest_of: Who,
    pub(crate) names_certificate: Option<Who>,
    pub(crate) embeds: bool,
    pub(crate) version: u8,
    pub(crate) valid: (u64, u64),
    /// The digest that was sent, where it is not that of the signature.
    pub(crate) imprint: Option<Vec<u8>>,
    /// The number that was sent, as an element.
    pub(crate) nonce: Option<Vec<u8>>,
    /// The certificate that it is signed with, where it is not a new one.
    pub(crate) certificate: Option<Vec<u8>>,
}

/// The time stamp that is right.
pub(crate) fn stamp() -> Stamp {
    Stamp {
        time: "20231114221324Z".into(),
        of: Vec::new(),
        authority: Who::Right,
        key: Who::Right,
        status: 0,
        purpose: &[0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8],
        is_critical: true,
        kind: "1.2.840.113549.1.9.16.1.4",
        digest_of: Who::Right,
        names_certificate: Some(Who::Right),
        embeds: true,
        version: 1,
        valid: (NOW - DAY, NOW + DAY),
        imprint: None,
        nonce: None,
        certificate: None,
    }
}

/// Everything that is said about one signature.
pub(crate) struct Case {
    pub(crate) form: Form,
    pub(crate) content: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) payload_type: String,
    pub(crate) version: &'static str,
    pub(crate) valid: (u64, u64),
    pub(crate) names: Vec<SanType>,
    pub(crate) issuer: Option<Vec<u8>>,
    pub(crate) old_issuer: Option<Vec<u8>>,
    pub(crate) purposes: Vec<ExtendedKeyUsagePurpose>,
    pub(crate) usages: Vec<KeyUsagePurpose>,
    pub(crate) is_authority: IsCa,
    pub(crate) extensions: Vec<CustomExtension>,
    pub(crate) is_p384: bool,
    pub(crate) issued_by: Who,
    pub(crate) scts: Option<Vec<Sct>>,
    /// Whose signature it is that is in the bundle.
    pub(crate) signature_by: Who,
    pub(crate) signed: Option<Vec<u8>>,
    pub(crate) time: u64,
    pub(crate) promise: Option<Who>,
    pub(crate) promised_time: Option<u64>,
    pub(crate) promised_body: Option<Vec<u8>>,
    pub(crate) checkpoint: Who,
    pub(crate) has_proof: bool,
    pub(crate) checkpoint_size: u64,
    pub(crate) checkpoint_root: Option<[u8; 32]>,
    pub(crate) checkpoint_name: Option<&'static str>,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) edit_body: Option<fn(&mut Value)>,
    pub(crate) edit_bundle: Option<fn(&mut Value)>,
    pub(crate) edit_root: Option<fn(&mut Value)>,
    pub(crate) edit_leaf: Option<fn(&mut Vec<u8>)>,
}

/// What comes of a case.
pub(crate) struct Made {
    pub(crate) bundle: Value,
    pub(crate) root: Value,
    /// The certificate, as PEM.
    pub(crate) certificate: String,
    pub(crate) signature: Vec<u8>,
    pub(crate) log_entry: Value,
}

impl Case {
    /// Returns a case in which everything is right.
    pub(crate) fn new(form: Form) -> Case {
        let content = b"what is signed".to_vec();
        Case {
            form,
            payload: statement(&hex(&sha(&content)), "https://example.com/predicate"),
            payload_type: "application/vnd.in-toto+json".into(),
            content,
            version: "application/vnd.dev.sigstore.bundle.v0.3+json",
            valid: (NOW, NOW + 600),
            names: vec![SanType::URI(SUBJECT.try_into().expect("ASCII"))],
            issuer: Some(tlv(0x0c, ISSUER.as_bytes())),
            old_issuer: Some(ISSUER.as_bytes().to_vec()),
            purposes: vec![ExtendedKeyUsagePurpose::CodeSigning],
            usages: vec![KeyUsagePurpose::DigitalSignature],
            is_authority: IsCa::NoCa,
            extensions: Vec::new(),
            is_p384: false,
            issued_by: Who::Right,
            scts: Some(vec![SCT]),
            signature_by: Who::Right,
            signed: None,
            time: NOW + 5,
            promise: (!form.is_second()).then_some(Who::Right),
            promised_time: None,
            promised_body: None,
            checkpoint: Who::Right,
            has_proof: true,
            checkpoint_size: 3,
            checkpoint_root: None,
            checkpoint_name: None,
            stamp: form.is_second().then(stamp),
            edit_body: None,
            edit_bundle: None,
            edit_root: None,
            edit_leaf: None,
        }
    }
}

/// Returns a statement about content with a digest.
pub(crate) fn statement(digest: &str, predicate_type: &str) -> Vec<u8> {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": digest}, "annotations": {}}],
        "predicateType": predicate_type,
        "predicate": {},
    });
    statement.to_string().into_bytes()
}

impl World {
    pub(crate) fn new() -> World {
        let key = |kind| KeyPair::generate_for(kind).expect("making a key");
        World {
            authority: Authority::new("authority", ExtendedKeyUsagePurpose::CodeSigning),
            // The same names, and other keys.
            stranger: Authority::new("authority", ExtendedKeyUsagePurpose::CodeSigning),
            clock: Authority::new("clock", ExtendedKeyUsagePurpose::TimeStamping),
            other_clock: Authority::new("other clock", ExtendedKeyUsagePurpose::TimeStamping),
            certificate_log: Keys::new(&PKCS_ECDSA_P256_SHA256),
            logs: [Keys::new(&PKCS_ECDSA_P256_SHA256), Keys::new(&PKCS_ED25519)],
            stamping: key(&PKCS_ECDSA_P384_SHA384),
            signer: key(&PKCS_ECDSA_P256_SHA256),
            signer_384: key(&PKCS_ECDSA_P384_SHA384),
        }
    }

    /// Makes what a case says.
    pub(crate) fn make(&self, case: &Case) -> Made {
        let mut leaf = self.leaf(case);
        if let Some(edit) = case.edit_leaf {
            edit(&mut leaf);
        }
        let message = match case.form.is_envelope() {
            true => pae(&case.payload_type, &case.payload),
            false => case.content.clone(),
        };
        let key = if case.is_p384 { &self.signer_384 } else { &self.signer };
        let key = if case.signature_by == Who::Right { key } else { &self.logs[0].other };
        let signature = key.sign(case.signed.as_ref().unwrap_or(&message)).expect("signing");
        let certificate = pem(&leaf);
        let mut body = body(case, &message, &leaf, &certificate, &signature);
        if let Some(edit) = case.edit_body {
            edit(&mut body);
        }
        let log_entry = self.entry(case, &body);
        let mut material = json!({"certificate": {"rawBytes": b64(&leaf)}, "tlogEntries": [log_entry]});
        if !case.version.contains("0.3") {
            material = json!({
                "x509CertificateChain": {"certificates": [{"rawBytes": b64(&leaf)}]},
                "tlogEntries": [log_entry],
            });
        }
        if let Some(stamp) = &case.stamp {
            let stamp = b64(&self.stamp(stamp, &signature));
            material["timestampVerificationData"] = json!({"rfc3161Timestamps": [{"signedTimestamp": stamp}]});
        }
        let mut bundle = json!({"mediaType": case.version, "verificationMaterial": material});
        match case.form.is_envelope() {
            true => {
                bundle["dsseEnvelope"] = json!({
                    "payload": b64(&case.payload),
                    "payloadType": case.payload_type,
                    "signatures": [{"sig": b64(&signature)}],
                });
            }
            false => {
                let digest = json!({"algorithm": "SHA2_256", "digest": b64(&sha(&case.content))});
                bundle["messageSignature"] = json!({"messageDigest": digest, "signature": b64(&signature)});
            }
        }
        let mut root = self.root();
        if let Some(edit) = case.edit_bundle {
            edit(&mut bundle);
        }
        if let Some(edit) = case.edit_root {
            edit(&mut root);
        }
        Made { bundle, root, certificate, signature, log_entry }
    }

    /// Returns whom to trust.
    pub(crate) fn root(&self) -> Value {
        let time = |seconds: i64| {
            let days = if seconds < 0 { "2023-11-13" } else { "2023-11-15" };
            format!("{days}T22:13:20{}", if seconds < 0 { ".000Z" } else { "Z" })
        };
        let valid = json!({"start": time(-1), "end": time(1)});
        let log = |key: &KeyPair, details: &str, host: &str, id: Vec<u8>| {
            json!({
                "baseUrl": format!("https://{host}"),
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64(&key.subject_public_key_info()), "keyDetails": details, "validFor": valid,
                },
                "logId": {"keyId": b64(&id)},
            })
        };
        let authority = |authority: &Authority| json!({"uri": "https://x.example", "certChain": authority.chain(), "validFor": valid});
        let [first, second] = &self.logs;
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log(&first.right, "PKIX_ECDSA_P256_SHA_256", HOSTS[0], log_id(&first.right)),
                log(&second.right, "PKIX_ED25519", HOSTS[1], second_id(&second.right)),
            ],
            "certificateAuthorities": [authority(&self.authority)],
            "ctlogs": [log(
                &self.certificate_log.right, "PKIX_ECDSA_P256_SHA_256", "ct.example", log_id(&self.certificate_log.right),
            )],
            "timestampAuthorities": [authority(&self.clock)],
        })
    }

    /// Returns the same as PEM, as cosign 2 is told of it: certificates, the key of the log of certificates, and the first log's.
    pub(crate) fn pems(&self) -> [String; 3] {
        let certificates = pem(&self.authority.between) + &pem(&self.authority.root);
        [certificates, self.certificate_log.right.public_key_pem(), self.logs[0].right.public_key_pem()]
    }

    /// Issues the signer's certificate, as it is in the log of certificates.
    fn leaf(&self, case: &Case) -> Vec<u8> {
        self.leaf_for(case, if case.is_p384 { &self.signer_384 } else { &self.signer })
    }

    /// Issues a certificate for a key.
    fn leaf_for(&self, case: &Case, key: &impl PublicKeyData) -> Vec<u8> {
        let mut params = params(case.valid.0, case.valid.1);
        params.subject_alt_names.clone_from(&case.names);
        params.extended_key_usages.clone_from(&case.purposes);
        params.key_usages.clone_from(&case.usages);
        params.is_ca = case.is_authority;
        params.use_authority_key_identifier_extension = true;
        let mut extension = |number: u64, value: &Option<Vec<u8>>| {
            if let Some(value) = value {
                let oid = [1, 3, 6, 1, 4, 1, 57264, 1, number];
                params.custom_extensions.push(CustomExtension::from_oid_content(&oid, value.clone()));
            }
        };
        extension(1, &case.old_issuer);
        extension(8, &case.issuer);
        params.custom_extensions.extend(case.extensions.iter().cloned());
        let authority = if case.issued_by == Who::Right { &self.authority } else { &self.stranger };
        let issue = |params: &CertificateParams| {
            params.signed_by(key, &authority.issuer).expect("issuing a certificate").der().to_vec()
        };
        let Some(scts) = &case.scts else { return issue(&params) };
        let mut other = params.clone();
        other.serial_number = Some(rcgen::SerialNumber::from_slice(&[7]));
        let (this, other) = (to_be_signed(&issue(&params)), to_be_signed(&issue(&other)));
        let list: Vec<u8> =
            scts.iter().flat_map(|sct| sized(&self.sct(sct, if sct.is_for_this { &this } else { &other }))).collect();
        let oid = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
        params.custom_extensions.push(CustomExtension::from_oid_content(&oid, tlv(4, &sized(&list))));
        issue(&params)
    }

    /// RFC 6962, section 3.2.
    fn sct(&self, sct: &Sct, certificate: &[u8]) -> Vec<u8> {
        let issuer = if sct.issuer == Who::Right { &self.authority } else { &self.stranger };
        let mut signed = vec![0, 0];
        signed.extend(sct.time.to_be_bytes());
        signed.extend([0, 1]);
        signed.extend(sha(&issuer.key));
        signed.extend(&u32::try_from(certificate.len()).expect("short").to_be_bytes()[1..]);
        signed.extend(certificate);
        signed.extend(sized(sct.extensions));
        let signature = self.certificate_log.of(sct.key).sign(&signed).expect("signing");
        let mut bytes = vec![sct.version];
        bytes.extend(log_id(self.certificate_log.of(sct.log)));
        bytes.extend(sct.time.to_be_bytes());
        bytes.extend(sized(sct.extensions));
        bytes.extend([sct.hash, 3]);
        bytes.extend(sized(&signature));
        bytes
    }

    /// Enters a body into a log of three entries, as the one in the middle.
    fn entry(&self, case: &Case, body: &Value) -> Value {
        let second = case.form.is_second();
        let keys = &self.logs[usize::from(second)];
        let id = if second { second_id(&keys.right) } else { log_id(&keys.right) };
        let bytes = body.to_string().into_bytes();
        let [left, this, right] = [b"left".as_slice(), &bytes, b"right"].map(leaf_hash);
        let root = inner_hash(&inner_hash(&left, &this), &right);
        let mut entry = json!({
            // The first generation counts over several trees.
            "logIndex": if second { "1" } else { "101" },
            "logId": {"keyId": b64(&id)},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "canonicalizedBody": b64(&bytes),
        });
        if case.has_proof {
            let checkpoint = self.checkpoint(case, case.checkpoint_root.unwrap_or(root));
            entry["inclusionProof"] = json!({
                "logIndex": "1", "treeSize": "3", "rootHash": b64(&root),
                "hashes": [b64(&left), b64(&right)],
                "checkpoint": {"envelope": checkpoint},
            });
        }
        if let Some(who) = case.promise {
            let (body, time) = (case.promised_body.as_ref().unwrap_or(&bytes), case.promised_time.unwrap_or(case.time));
            let signed =
                format!(r#"{{"body":"{}","integratedTime":{time},"logID":"{}","logIndex":101}}"#, b64(body), hex(&id));
            let promise = keys.of(who).sign(signed.as_bytes()).expect("signing");
            entry["inclusionPromise"] = json!({"signedEntryTimestamp": b64(&promise)});
            entry["integratedTime"] = json!(case.time.to_string());
        }
        entry
    }

    fn checkpoint(&self, case: &Case, root: [u8; 32]) -> String {
        let second = case.form.is_second();
        let (keys, host) = (&self.logs[usize::from(second)], HOSTS[usize::from(second)]);
        let name = case.checkpoint_name.unwrap_or(host);
        let origin = if second { name.to_owned() } else { format!("{name} - 4711") };
        let text = format!("{origin}\n{}\n{}\n", case.checkpoint_size, b64(&root));
        let id = if second { second_id(&keys.right) } else { log_id(&keys.right) };
        let signature = keys.of(case.checkpoint).sign(text.as_bytes()).expect("signing");
        let line = b64(&[&id[..4], &signature].concat());
        // A witness's signature, which nobody here can verify, stands before the log's; the first generation has none.
        let witness = if second { "\u{2014} witness.example AAAAAAAA\n" } else { "" };
        format!("{text}\n{witness}\u{2014} {name} {line}\n")
    }

    /// Issues a certificate for time stamps.
    fn stamping_certificate(&self, stamp: &Stamp) -> Vec<u8> {
        let authority = if stamp.authority == Who::Right { &self.clock } else { &self.other_clock };
        let mut params = params(stamp.valid.0, stamp.valid.1);
        params.distinguished_name.push(DnType::CommonName, "clock");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let mut purpose = CustomExtension::from_oid_content(&[2, 5, 29, 37], stamp.purpose.to_vec());
        purpose.set_criticality(stamp.is_critical);
        params.custom_extensions.push(purpose);
        params.signed_by(&self.stamping, &authority.issuer).expect("issuing").der().to_vec()
    }

    /// RFC 3161, section 2.4.2.
    fn stamp(&self, stamp: &Stamp, signature: &[u8]) -> Vec<u8> {
        let authority = if stamp.authority == Who::Right { &self.clock } else { &self.other_clock };
        let certificate = stamp.certificate.clone().unwrap_or_else(|| self.stamping_certificate(stamp));
        let sha256 = sequence(&[oid("2.16.840.1.101.3.4.2.1")]);
        let of = if stamp.of.is_empty() { signature } else { &stamp.of };
        let digest = stamp.imprint.clone().unwrap_or_else(|| sha(of));
        let info = sequence(&[
            tlv(2, &[stamp.version]),
            oid("1.3.6.1.4.1.57264.2"),
            sequence(&[sha256.clone(), tlv(4, &digest)]),
            tlv(2, &[42]),
            tlv(0x18, stamp.time.as_bytes()),
            stamp.nonce.clone().unwrap_or_default(),
        ]);
        let digest = if stamp.digest_of == Who::Right { sha(&info) } else { sha(b"something else") };
        let attribute = |kind: &str, value: Vec<u8>| sequence(&[oid(kind), tlv(0x31, &value)]);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", oid(stamp.kind)),
            attribute("1.2.840.113549.1.9.4", tlv(4, &digest)),
        ];
        if let Some(who) = stamp.names_certificate {
            let named = if who == Who::Right { &certificate } else { &authority.between };
            let named = sequence(&[sequence(&[sequence(&[tlv(4, &sha(named))])])]);
            attributes.push(attribute("1.2.840.113549.1.9.16.2.47", named));
        }
        attributes.sort();
        let attributes = attributes.concat();
        let key = if stamp.key == Who::Right { &self.stamping } else { &self.signer_384 };
        let signature = key.sign(&tlv(0x31, &attributes)).expect("signing");
        let parsed = certificate_parts(&certificate);
        let signer = sequence(&[
            tlv(2, &[1]),
            sequence(&[parsed.0, parsed.1]),
            sha256.clone(),
            tlv(0xa0, &attributes),
            sequence(&[oid("1.2.840.10045.4.3.3")]),
            tlv(4, &signature),
        ]);
        let mut parts = vec![
            tlv(2, &[3]),
            tlv(0x31, &sha256),
            sequence(&[oid("1.2.840.113549.1.9.16.1.4"), tlv(0xa0, &tlv(4, &info))]),
        ];
        if stamp.embeds {
            parts.push(tlv(0xa0, &certificate));
        }
        parts.push(tlv(0x31, &signer));
        let token = sequence(&[oid("1.2.840.113549.1.7.2"), tlv(0xa0, &sequence(&parts))]);
        sequence(&[sequence(&[tlv(2, &[stamp.status])]), token])
    }
}

/// What a log writes down.
fn body(case: &Case, message: &[u8], leaf: &[u8], certificate: &str, signature: &[u8]) -> Value {
    let (certificate, signature) = (b64(certificate.as_bytes()), b64(signature));
    let hashed = |content: &[u8]| json!({"algorithm": "sha256", "value": hex(&sha(content))});
    let second = |content: &[u8]| json!({"algorithm": "SHA2_256", "digest": b64(&sha(content))});
    let verifier = json!({"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": b64(leaf)}});
    let (kind, version, spec) = match case.form {
        Form::Hashed => {
            let signature = json!({"content": signature, "publicKey": {"content": certificate}});
            ("hashedrekord", "0.0.1", json!({"data": {"hash": hashed(message)}, "signature": signature}))
        }
        Form::Dsse => {
            let signature = json!({"signature": signature, "verifier": certificate});
            let (payload, all) = (hashed(&case.payload), hashed(b"the envelope as it was"));
            ("dsse", "0.0.1", json!({"envelopeHash": all, "payloadHash": payload, "signatures": [signature]}))
        }
        Form::Intoto => {
            let signature = json!({"publicKey": certificate, "sig": b64(signature.as_bytes())});
            let envelope = json!({"payloadType": case.payload_type, "signatures": [signature]});
            let (payload, all) = (hashed(&case.payload), hashed(b"the envelope as it was"));
            ("intoto", "0.0.2", json!({"content": {"envelope": envelope, "hash": all, "payloadHash": payload}}))
        }
        Form::SecondHashed | Form::SecondDsse => {
            let signature = json!({"content": signature, "verifier": verifier});
            ("hashedrekord", "0.0.2", json!({"hashedRekordV002": {"data": second(message), "signature": signature}}))
        }
    };
    json!({"apiVersion": version, "kind": kind, "spec": spec})
}

fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

fn log_id(key: &KeyPair) -> Vec<u8> {
    sha(&key.subject_public_key_info())
}

/// C2SP, signed-note: the name is part of what identifies a key of Ed25519.
fn second_id(key: &KeyPair) -> Vec<u8> {
    sha(&[HOSTS[1].as_bytes(), b"\n\x01", key.public_key_raw()].concat())
}

fn leaf_hash(content: &[u8]) -> [u8; 32] {
    Sha256::digest([&[0], content].concat()).into()
}

fn inner_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::digest([&[1], left.as_slice(), right].concat()).into()
}

fn pem(certificate: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines(&b64(certificate)))
}

fn lines(text: &str) -> String {
    text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect::<Vec<_>>().join("\n")
}

/// A vector with two bytes of length, in TLS's presentation.
fn sized(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).expect("short").to_be_bytes(), content].concat()
}

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match content.len() {
        length @ 0..=127 => bytes.push(u8::try_from(length).expect("short")),
        length @ 128..=255 => bytes.extend([0x81, u8::try_from(length).expect("short")]),
        length => {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).expect("short").to_be_bytes());
        }
    }
    bytes.extend(content);
    bytes
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn oid(text: &str) -> Vec<u8> {
    let mut numbers = text.split('.').map(|number| number.parse::<u64>().expect("a number"));
    let first = numbers.next().expect("a first") * 40 + numbers.next().expect("a second");
    let mut content = Vec::new();
    for number in std::iter::once(first).chain(numbers) {
        let mut groups = vec![u8::try_from(number & 0x7f).expect("seven bits")];
        let mut rest = number >> 7;
        while rest > 0 {
            groups.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
            rest >>= 7;
        }
        content.extend(groups.iter().rev());
    }
    tlv(6, &content)
}

/// Splits an element off.
fn split(bytes: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (header, length) = match bytes[1] {
        short @ 0..=127 => (2, usize::from(short)),
        0x81 => (3, usize::from(bytes[2])),
        _ => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
    };
    let (this, rest) = bytes.split_at(header + length);
    (this, &this[header..], rest)
}

/// Returns what is signed of a certificate.
fn to_be_signed(certificate: &[u8]) -> Vec<u8> {
    split(split(certificate).1).0.to_vec()
}

/// Returns a certificate's issuer and serial number, as elements.
fn certificate_parts(certificate: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let content = to_be_signed(certificate);
    let (_version, _, rest) = split(split(&content).1);
    let (serial, _, rest) = split(rest);
    let (_algorithm, _, rest) = split(rest);
    (split(rest).0.to_vec(), serial.to_vec())
}

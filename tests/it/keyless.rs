//! Keyless signatures: those of a sigstore of our own are accepted in every form, and each with one wrong fact is refused for that fact.

use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use serde_json::{Value, json};
use stevedore::sign::blob::{self, Artifact, Verified};
use stevedore::sign::keyless::{Identity, Pattern, TrustedRoot};
use stevedore::sign::{Keyless, Signer};

use crate::support::sigstore::{
    Case, Form, ISSUER, Made, NOW, SCT, SUBJECT, Sct, Stamp, Who, World, b64, stamp, statement, tlv,
};

pub(crate) const EARLY: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const MIDDLE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.2";
const DAY: u64 = 86_400;

fn keyless(root: &Value, subject: &str, issuer: &str) -> Result<Keyless, String> {
    let root = TrustedRoot::parse(root.to_string().as_bytes()).map_err(|error| error.to_string())?;
    Ok(Keyless::new(root, Identity { subject: Pattern::exact(subject), issuer: Pattern::exact(issuer) }))
}

fn verify(made: &Made, content: &[u8]) -> Result<Verified, String> {
    let authority = keyless(&made.root, SUBJECT, ISSUER)?;
    let artifact = Artifact::of_content(content.to_vec());
    let verify = |artifact| {
        let bundle = made.bundle.to_string();
        blob::verify(bundle.as_bytes(), artifact, &authority, None, 1 << 20).map_err(|reason| reason.to_string())
    };
    let result = verify(&artifact);
    // Whether the content is at hand makes no difference but to keys that cannot do without.
    let by_digest = verify(&Artifact::of_text(&artifact.digest()).expect("a SHA-256"));
    match (&result, &by_digest) {
        (_, Err(reason)) if reason == "a key of its kind verifies content, not a digest" => {}
        _ => assert_eq!(result.as_ref().err(), by_digest.as_ref().err()),
    }
    result
}

type Edit = fn(&mut Case);
type EditStamp = fn(&mut Stamp);
type EditJson = fn(&mut Value);

#[test]
fn what_is_right_is_accepted() {
    let world = World::new();
    let user = || {
        let name = SUBJECT.to_owned();
        vec![SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 57264, 1, 7], name.into()))]
    };
    let edits: [(&str, Edit); 14] = [
        ("nothing", |_| {}),
        ("version 0.2", |case| case.version = MIDDLE),
        ("version 0.1", |case| case.version = EARLY),
        ("version 0.3 as it was spelled first", |case| {
            case.version = "application/vnd.dev.sigstore.bundle+json;version=0.3";
        }),
        ("a time stamp", |case| case.stamp = Some(stamp())),
        ("a time stamp with a fraction", |case| {
            case.stamp = Some(Stamp { time: "20231114221324.25Z".into(), ..stamp() });
        }),
        ("a time stamp whose certificate is not in it, nor in the root", |case| {
            case.stamp = Some(Stamp { names_certificate: None, ..stamp() });
        }),
        ("no promise, for there is a proof and a time stamp", |case| {
            case.promise = None;
            case.stamp = Some(stamp());
        }),
        ("only the newer extension", |case| case.old_issuer = None),
        ("only the older extension", |case| case.issuer = None),
        ("the first second", |case| {
            case.valid = (case.time.min(NOW + 4), NOW + 600);
        }),
        ("a timestamp with extensions", |case| case.scts = Some(vec![Sct { extensions: &[1, 2, 3], ..SCT }])),
        ("two timestamps", |case| case.scts = Some(vec![Sct { log: Who::Other, ..SCT }, SCT])),
        ("an extension that nobody knows", |case| {
            case.extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, 99], vec![5, 0])];
        }),
    ];
    for form in Form::ALL {
        for (name, edit) in &edits {
            let mut case = Case::new(form);
            edit(&mut case);
            let verified = verify(&world.make(&case), &case.content);
            let verified = verified.unwrap_or_else(|reason| panic!("{form:?}, {name}: {reason}"));
            let Signer::Certificate { identity, issuer, signed_at, .. } = verified.signer else { panic!("{name}") };
            assert_eq!((identity.as_str(), issuer.as_str()), (SUBJECT, ISSUER));
            assert!(signed_at.is_some_and(|at| at.starts_with("2023-11-14T22:13:2")));
        }
        let mut case = Case::new(form);
        case.names = user();
        assert!(verify(&world.make(&case), &case.content).is_ok(), "{form:?}, a user's name");
        case.is_p384 = true;
        assert!(verify(&world.make(&case), &case.content).is_ok(), "{form:?}, P-384");
    }
}

/// A bundle of version 0.1 may have a promise and no proof, or one without a checkpoint.
#[test]
fn early_bundles_need_no_proof() {
    let world = World::new();
    for form in [Form::Hashed, Form::Dsse, Form::Intoto] {
        let mut case = Case::new(form);
        case.version = EARLY;
        case.has_proof = false;
        assert!(verify(&world.make(&case), &case.content).is_ok(), "{form:?}");
        case.has_proof = true;
        case.edit_bundle = Some(|bundle| {
            entry(bundle)["inclusionProof"].as_object_mut().expect("a proof").remove("checkpoint");
        });
        assert!(verify(&world.make(&case), &case.content).is_ok(), "{form:?}");
        case.edit_bundle = Some(|bundle| {
            let proof = &mut entry(bundle)["inclusionProof"];
            proof.as_object_mut().expect("a proof").remove("checkpoint");
            proof["logIndex"] = json!("2");
        });
        let reason = verify(&world.make(&case), &case.content).expect_err("a proof of another entry");
        assert_eq!(reason, "the proof does not lead from the entry to the tree's root");
    }
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

fn certificate(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["certificate"]["rawBytes"]
}

const NOT_VALID: &str = "its certificate was not valid at ";
const UNTRUSTED: &str = "no trusted authority has issued its certificate";
const NO_CODE: &str = "its certificate is not for signing code";
const SIGNED_SCT: &str = "the timestamp in its certificate is not signed by the log for this certificate";
const BAD_SCT: &str = "the timestamp of a log of certificates is malformed";
const PROMISE: &str = "the log's promise is not signed by the log for this entry";
const PROOF: &str = "the proof does not lead from the entry to the tree's root";
const TREE: &str = "the proof is about another tree than the checkpoint";
const CHECKPOINT: &str = "the checkpoint is not signed by the log";
const NO_PROOF: &str = "its entry has no proof that the log includes it";
const OTHER_SIGNATURE: &str = "the log's entry has another signature";
const OTHER_CONTENT: &str = "the log's entry is about other content";
const BODY: &str = "the body of the log's entry is malformed";
const STAMP_SIGNATURE: &str = "its time stamp is not signed by the authority that it names";
const BAD_STAMP: &str = "the time stamp is malformed";
const NO_STAMPS: &str = "no trusted authority has made its time stamp";
const BAD_ENTRY: &str = "the entry of a log is malformed";

/// Certificates.
const CERTIFICATES: &[(&str, &str, Edit)] = &[
    ("expired when it was signed", NOT_VALID, |case| case.valid = (NOW, NOW + 3)),
    ("not yet valid when it was signed", NOT_VALID, |case| case.valid = (NOW + 6, NOW + 600)),
    ("for servers", NO_CODE, |case| case.purposes = vec![ExtendedKeyUsagePurpose::ServerAuth]),
    ("for anything", NO_CODE, |case| case.purposes = vec![ExtendedKeyUsagePurpose::Any]),
    ("for nothing", NO_CODE, |case| case.purposes = Vec::new()),
    ("a key that may not sign", "the key of its certificate is not for signatures", |case| {
        case.usages = vec![KeyUsagePurpose::KeyEncipherment];
    }),
    ("a key of which nothing is said", "the key of its certificate is not for signatures", |case| {
        case.usages = Vec::new();
    }),
    ("an authority's own", "its certificate is one of an authority", |case| {
        case.is_authority = IsCa::Ca(BasicConstraints::Unconstrained);
    }),
    ("issued by a stranger of the same name", UNTRUSTED, |case| case.issued_by = Who::Other),
    ("a critical extension that nobody knows", UNTRUSTED, |case| {
        let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, 99], vec![5, 0]);
        extension.set_criticality(true);
        case.extensions = vec![extension];
    }),
    ("an authority that was not trusted yet", "the authority of its certificate was not trusted at ", |case| {
        case.edit_root = Some(|root| {
            root["certificateAuthorities"][0]["validFor"] = json!({"start": "2023-11-14T22:13:26Z"});
        });
    }),
    ("an authority that was not trusted any more", "the authority of its certificate was not trusted at ", |case| {
        case.edit_root =
            Some(|root| root["certificateAuthorities"][0]["validFor"]["end"] = json!("2023-11-14T22:13:23Z"));
    }),
    ("no authority", UNTRUSTED, |case| {
        case.edit_root = Some(|root| root["certificateAuthorities"] = json!([]));
    }),
    ("an authority of clocks", UNTRUSTED, |case| {
        case.edit_root = Some(|root| root["certificateAuthorities"] = root["timestampAuthorities"].clone());
    }),
    ("without the certificate between", UNTRUSTED, |case| {
        case.edit_root = Some(|root| {
            let chain = &mut root["certificateAuthorities"][0]["certChain"]["certificates"];
            chain.as_array_mut().expect("a chain").remove(0);
        });
    }),
    ("changed", UNTRUSTED, |case| {
        case.edit_leaf = Some(|leaf| {
            let at = leaf.windows(4).position(|bytes| bytes == b"refs").expect("there");
            leaf[at] = b'R';
        });
    }),
    ("with a length in the long form", "its certificate is malformed: it is no DER", |case| {
        case.edit_leaf = Some(|leaf| {
            // The signature's algorithm, whose length fits one byte, behind everything that is signed.
            let at = leaf.windows(3).rposition(|bytes| bytes == [0x30, 0x0a, 0x06]).expect("there");
            leaf.splice(at + 1..at + 2, [0x81, 0x0a]);
            let length = u16::from_be_bytes([leaf[2], leaf[3]]) + 1;
            leaf[2..4].copy_from_slice(&length.to_be_bytes());
        });
    }),
    ("with a byte behind it", "its certificate is malformed: it is no DER", |case| {
        case.edit_leaf = Some(|leaf| leaf.push(0));
    }),
    ("cut off", "its certificate is malformed: it is no DER", |case| case.edit_leaf = Some(|leaf| leaf.truncate(99))),
    ("an extension twice", "its certificate is malformed: an extension is damaged, or there twice", |case| {
        let value = tlv(0x0c, ISSUER.as_bytes());
        case.extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, 8], value)];
    }),
];

/// Identities.
const IDENTITIES: &[(&str, &str, Edit)] = &[
    ("one character off", "it is signed by \"https://ci.example/app@refs/heads/maim\", not by", |case| {
        case.names = vec![SanType::URI("https://ci.example/app@refs/heads/maim".try_into().expect("ASCII"))];
    }),
    ("longer", "it is signed by \"https://ci.example/app@refs/heads/main2\", not by", |case| {
        case.names = vec![SanType::URI("https://ci.example/app@refs/heads/main2".try_into().expect("ASCII"))];
    }),
    ("in another case", "it is signed by \"https://CI.example/app@refs/heads/main\", not by", |case| {
        case.names = vec![SanType::URI("https://CI.example/app@refs/heads/main".try_into().expect("ASCII"))];
    }),
    ("an address", "it is signed by \"dev@ci.example\", not by", |case| {
        case.names = vec![SanType::Rfc822Name("dev@ci.example".try_into().expect("ASCII"))];
    }),
    ("two names", "its certificate has 2 names, not one", |case| {
        case.names.push(SanType::Rfc822Name("dev@ci.example".try_into().expect("ASCII")));
    }),
    ("the same name twice", "its certificate has 2 names, not one", |case| {
        let name = case.names[0].clone();
        case.names.push(name);
    }),
    ("no name", "its certificate has 0 names, not one", |case| case.names = Vec::new()),
    ("the name of a host", "its certificate's name is neither an address, nor a URI, nor a user's name", |case| {
        case.names = vec![SanType::DnsName("ci.example".try_into().expect("ASCII"))];
    }),
    ("another kind of name", "its certificate's name is neither an address, nor a URI, nor a user's name", |case| {
        case.names = vec![SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 57264, 1, 6], SUBJECT.to_owned().into()))];
    }),
    ("nobody vouches", "its certificate does not say who vouches for the identity", |case| {
        (case.issuer, case.old_issuer) = (None, None);
    }),
    ("an empty text vouches", "its certificate does not say who vouches for the identity", |case| {
        (case.issuer, case.old_issuer) = (Some(tlv(0x0c, b"")), None);
    }),
    ("somebody else vouches", "\"https://accounts.exampl\" vouches for the identity, not", |case| {
        (case.issuer, case.old_issuer) = (Some(tlv(0x0c, b"https://accounts.exampl")), None);
    }),
    ("two vouch", "its certificate names two that vouch for the identity", |case| {
        case.old_issuer = Some(b"https://other.example".to_vec());
    }),
    (
        "who vouches is text without a type",
        "its certificate is malformed: who vouches for the identity is damaged",
        |case| {
            case.issuer = Some(ISSUER.as_bytes().to_vec());
        },
    ),
    (
        "who vouches is of another type",
        "its certificate is malformed: who vouches for the identity is damaged",
        |case| {
            case.issuer = Some(tlv(0x04, ISSUER.as_bytes()));
        },
    ),
    (
        "who vouches has a byte behind it",
        "its certificate is malformed: who vouches for the identity is damaged",
        |case| {
            let mut value = tlv(0x0c, ISSUER.as_bytes());
            value.push(0);
            case.issuer = Some(value);
        },
    ),
];

/// The log of certificates.
const CERTIFICATE_LOGS: &[(&str, &str, Edit)] = &[
    ("no timestamp", "its certificate has no timestamp of a log of certificates", |case| case.scts = None),
    ("an empty list", "its certificate has no timestamp of a log of certificates", |case| case.scts = Some(Vec::new())),
    ("an unknown log", "its certificate was logged by a log that is not known", |case| {
        case.scts = Some(vec![Sct { log: Who::Other, key: Who::Other, ..SCT }]);
    }),
    ("another key than the log's", SIGNED_SCT, |case| case.scts = Some(vec![Sct { key: Who::Other, ..SCT }])),
    ("another certificate", SIGNED_SCT, |case| case.scts = Some(vec![Sct { is_for_this: false, ..SCT }])),
    ("another issuer", SIGNED_SCT, |case| case.scts = Some(vec![Sct { issuer: Who::Other, ..SCT }])),
    ("a good and a bad one", SIGNED_SCT, |case| case.scts = Some(vec![SCT, Sct { key: Who::Other, ..SCT }])),
    ("another version", BAD_SCT, |case| case.scts = Some(vec![Sct { version: 1, ..SCT }])),
    ("another hash", BAD_SCT, |case| case.scts = Some(vec![Sct { hash: 2, ..SCT }])),
    ("a log that was not trusted yet", "its certificate was logged at 2023-11-12", |case| {
        case.scts = Some(vec![Sct { time: (NOW - 2 * DAY) * 1000, ..SCT }]);
    }),
    ("a log that was not trusted any more", "its certificate was logged at 2023-11-16", |case| {
        case.scts = Some(vec![Sct { time: (NOW + 2 * DAY) * 1000, ..SCT }]);
    }),
    ("no log is trusted", "its certificate was logged by a log that is not known", |case| {
        case.edit_root = Some(|root| root["ctlogs"] = json!([]));
    }),
    ("a log of signatures", "its certificate was logged by a log that is not known", |case| {
        case.edit_root = Some(|root| root["ctlogs"] = root["tlogs"].clone());
    }),
];

/// Logs of signatures, of both generations.
const LOGS: &[(&str, &str, Edit)] = &[
    ("a proof of another entry", PROOF, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionProof"]["logIndex"] = json!("2"));
    }),
    ("a proof beyond the tree", PROOF, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionProof"]["logIndex"] = json!("3"));
    }),
    ("a proof with a hash too many", PROOF, |case| {
        case.edit_bundle = Some(|bundle| {
            let hashes = entry(bundle)["inclusionProof"]["hashes"].as_array_mut().expect("hashes");
            hashes.push(hashes[0].clone());
        });
    }),
    ("a proof with a hash too few", PROOF, |case| {
        case.edit_bundle = Some(|bundle| {
            entry(bundle)["inclusionProof"]["hashes"].as_array_mut().expect("hashes").pop();
        });
    }),
    ("a proof with a wrong hash", PROOF, |case| {
        case.edit_bundle = Some(|bundle| {
            let hashes = entry(bundle)["inclusionProof"]["hashes"].as_array_mut().expect("hashes");
            hashes.swap(0, 1);
        });
    }),
    ("a proof of another size", TREE, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionProof"]["treeSize"] = json!("2"));
    }),
    ("a proof with another root", TREE, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionProof"]["rootHash"] = json!(b64(&[7; 32])));
    }),
    ("a hash of another length", "the proof is malformed", |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionProof"]["hashes"][0] = json!(b64(&[7; 31])));
    }),
    ("a checkpoint of another size", TREE, |case| case.checkpoint_size = 4),
    ("a checkpoint with another root", TREE, |case| case.checkpoint_root = Some([7; 32])),
    ("a checkpoint by another key", CHECKPOINT, |case| case.checkpoint = Who::Other),
    ("a checkpoint that was changed", CHECKPOINT, |case| {
        case.edit_bundle = Some(|bundle| {
            let checkpoint = &mut entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
            *checkpoint = json!(checkpoint.as_str().expect("text").replacen("\n3\n", "\n4\n", 1));
        });
    }),
    ("a checkpoint without the log's signature", "the checkpoint is ", |case| {
        case.edit_bundle = Some(|bundle| {
            let checkpoint = &mut entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
            let text = checkpoint.as_str().expect("text");
            let last = text.rfind('\u{2014}').expect("a signature");
            *checkpoint = json!(text[..last]);
        });
    }),
    ("a checkpoint that is none", "the checkpoint is malformed", |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionProof"]["checkpoint"]["envelope"] = json!("x"));
    }),
    ("no proof", NO_PROOF, |case| case.has_proof = false),
    ("no checkpoint", NO_PROOF, |case| {
        case.edit_bundle = Some(|bundle| {
            entry(bundle)["inclusionProof"].as_object_mut().expect("a proof").remove("checkpoint");
        });
    }),
    ("no entry", "it has no entry of a transparency log", |case| {
        case.edit_bundle = Some(|bundle| bundle["verificationMaterial"]["tlogEntries"] = json!([]));
    }),
    ("very many entries", "it has 9 entries or timestamps, which are too many", |case| {
        case.edit_bundle = Some(|bundle| {
            let one = entry(bundle).clone();
            bundle["verificationMaterial"]["tlogEntries"] = json!(vec![one; 9]);
        });
    }),
    ("a good and a bad entry", PROOF, |case| {
        case.edit_bundle = Some(|bundle| {
            let mut bad = entry(bundle).clone();
            bad["inclusionProof"]["logIndex"] = json!("0");
            bundle["verificationMaterial"]["tlogEntries"].as_array_mut().expect("entries").push(bad);
        });
    }),
    ("an unknown log", "its entry is of a log that is not known", |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["logId"]["keyId"] = json!(b64(&[7; 32])));
    }),
    ("no log is trusted", "its entry is of a log that is not known", |case| {
        case.edit_root = Some(|root| root["tlogs"] = json!([]));
    }),
    ("a log that was not trusted yet", "it was logged at 2023-11-14T22:13:2", |case| {
        case.edit_root = Some(|root| {
            for number in 0..2 {
                root["tlogs"][number]["publicKey"]["validFor"]["start"] = json!("2023-11-14T22:13:26Z");
            }
        });
    }),
    ("a log that was not trusted any more", "it was logged at 2023-11-14T22:13:2", |case| {
        case.edit_root = Some(|root| {
            for number in 0..2 {
                root["tlogs"][number]["publicKey"]["validFor"]["end"] = json!("2023-11-14T22:13:23Z");
            }
        });
    }),
    (
        "a log's key of a kind that nobody knows",
        "it needs a key of type PKIX_ML_DSA_65, which is not supported",
        |case| {
            case.edit_root = Some(|root| {
                for number in 0..2 {
                    root["tlogs"][number]["publicKey"]["keyDetails"] = json!("PKIX_ML_DSA_65");
                }
            });
        },
    ),
    ("a negative place", BAD_ENTRY, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["logIndex"] = json!("-1"));
    }),
    ("a member that nobody knows", "it has an unknown member \"more\"", |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["more"] = json!(1));
    }),
    ("another kind than it says", "its entry is of another kind than it says", |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["kindVersion"]["version"] = json!("0.0.3"));
    }),
    ("a kind that nobody knows", "its entry is of kind \"rekord\", version", |case| {
        case.edit_body = Some(|body| body["kind"] = json!("rekord"));
    }),
    ("a version that nobody knows", "version \"0.0.9\", which is not supported", |case| {
        case.edit_body = Some(|body| body["apiVersion"] = json!("0.0.9"));
    }),
    ("a body without anything in it", BODY, |case| case.edit_body = Some(|body| body["spec"] = json!({}))),
    ("a signature of other content", "the signature is not by the key of its certificate for this content", |case| {
        case.signed = Some(b"something else".to_vec());
    }),
    ("a signature by another key", "the signature is not by the key of its certificate for this content", |case| {
        case.signature_by = Who::Other;
    }),
];

/// The first generation's promises.
const PROMISES: &[(&str, &str, Edit)] = &[
    ("a promise by another key", PROMISE, |case| case.promise = Some(Who::Other)),
    ("a promise of another entry", PROMISE, |case| case.promised_body = Some(b"{}".to_vec())),
    ("a promise for another time", PROMISE, |case| case.promised_time = Some(NOW + 6)),
    ("a promise for another place", PROMISE, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["logIndex"] = json!("102"));
    }),
    ("a promise without its time", BAD_ENTRY, |case| {
        case.edit_bundle = Some(|bundle| {
            entry(bundle).as_object_mut().expect("an entry").remove("integratedTime");
        });
    }),
    ("a promise that is not base64", BAD_ENTRY, |case| {
        case.edit_bundle = Some(|bundle| entry(bundle)["inclusionPromise"]["signedEntryTimestamp"] = json!("*"));
    }),
    ("logged after the certificate's end", NOT_VALID, |case| case.time = NOW + 601),
    ("logged before the certificate's beginning", NOT_VALID, |case| case.time = NOW - 1),
    ("no clock at all", "nothing that is trusted says when it was signed", |case| {
        case.promise = None;
    }),
    ("a log's word without its signature", "nothing that is trusted says when it was signed", |case| {
        case.promise = None;
        case.edit_bundle = Some(|bundle| entry(bundle)["integratedTime"] = json!("1700000005"));
    }),
];

/// Clocks.
const CLOCKS: &[(&str, &str, EditStamp)] = &[
    ("another signature", "its time stamp is about another signature", |stamp| stamp.of = b"other".to_vec()),
    ("not granted", "its time stamp was not granted", |stamp| stamp.status = 2),
    ("by an unknown authority", NO_STAMPS, |stamp| stamp.authority = Who::Other),
    ("by an unknown authority, without its certificate", NO_STAMPS, |stamp| {
        stamp.authority = Who::Other;
        stamp.embeds = false;
    }),
    ("by a key that is not the certificate's", STAMP_SIGNATURE, |stamp| stamp.key = Who::Other),
    ("of other content than is signed", STAMP_SIGNATURE, |stamp| stamp.digest_of = Who::Other),
    ("of another kind of content", STAMP_SIGNATURE, |stamp| stamp.kind = "1.2.840.113549.1.7.1"),
    ("that names another certificate", STAMP_SIGNATURE, |stamp| stamp.names_certificate = Some(Who::Other)),
    ("a certificate for servers", NO_STAMPS, |stamp| {
        stamp.purpose = &[0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    }),
    ("a certificate for servers and clocks", NO_STAMPS, |stamp| {
        stamp.purpose = &[0x30, 0x14, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    }),
    ("a certificate that is not strict about it", NO_STAMPS, |stamp| stamp.is_critical = false),
    ("an expired certificate", NO_STAMPS, |stamp| stamp.valid = (NOW - DAY, NOW)),
    ("another version", BAD_STAMP, |stamp| stamp.version = 2),
    ("an impossible time", BAD_STAMP, |stamp| stamp.time = "20231314221324Z".into()),
    ("a time without its zone", BAD_STAMP, |stamp| stamp.time = "20231114221324".into()),
    ("after the certificate's end", NOT_VALID, |stamp| stamp.time = "20231114222321Z".into()),
    ("before the certificate's beginning", NOT_VALID, |stamp| stamp.time = "20231114221319Z".into()),
    (
        "when the authority was not trusted",
        "its time stamp is of 2023-11-15T22:13:21Z, when the authority was not trusted",
        |stamp| {
            stamp.time = "20231115221321Z".into();
            stamp.valid = (NOW - DAY, NOW + 2 * DAY);
        },
    ),
];

#[track_caller]
fn refused(world: &World, what: &str, reason: &str, case: &Case) {
    match verify(&world.make(case), &case.content) {
        Ok(_) => panic!("{:?}, {what}: accepted", case.form),
        Err(found) => assert!(found.contains(reason), "{:?}, {what}: {found}", case.form),
    }
}

#[test]
fn one_wrong_fact_each() {
    let world = World::new();
    for form in Form::ALL {
        // A certificate is the same whatever it is beside.
        let certificates = CERTIFICATES.iter().chain(IDENTITIES).chain(CERTIFICATE_LOGS);
        let certificates = certificates.filter(|_| matches!(form, Form::Hashed | Form::SecondDsse));
        for (what, reason, edit) in certificates.chain(LOGS) {
            let mut case = Case::new(form);
            edit(&mut case);
            refused(&world, what, reason, &case);
        }
        for (what, reason, edit) in CLOCKS {
            let mut case = Case::new(form);
            let mut stamp = stamp();
            edit(&mut stamp);
            case.stamp = Some(stamp);
            refused(&world, what, reason, &case);
        }
    }
    for form in [Form::Hashed, Form::Dsse, Form::Intoto] {
        for (what, reason, edit) in PROMISES {
            let mut case = Case::new(form);
            edit(&mut case);
            refused(&world, what, reason, &case);
        }
    }
}

#[test]
fn what_the_second_generation_needs() {
    let world = World::new();
    for form in [Form::SecondHashed, Form::SecondDsse] {
        let mut case = Case::new(form);
        case.stamp = None;
        refused(&world, "no time stamp", "nothing that is trusted says when it was signed", &case);
        let mut case = Case::new(form);
        case.promise = Some(Who::Right);
        refused(&world, "a promise, which such logs do not make", PROMISE, &case);
        let mut case = Case::new(form);
        case.edit_body = Some(|body| body["kind"] = json!("dsse"));
        refused(
            &world,
            "a kind that such logs have no more",
            "kind \"dsse\", version \"0.0.2\", which is not supported",
            &case,
        );
        let mut case = Case::new(form);
        case.checkpoint_name = Some("other.example");
        refused(&world, "a checkpoint by another name", CHECKPOINT, &case);
        let mut case = Case::new(form);
        case.edit_bundle = Some(|bundle| entry(bundle)["logIndex"] = json!("2"));
        refused(&world, "another place than the proof's", PROOF, &case);
    }
}

/// The entry must be of this signature, by this certificate, of this content.
#[test]
fn entries_of_other_signatures() {
    let world = World::new();
    for form in Form::ALL {
        let made = world.make(&Case::new(form));
        let mut stranger = Case::new(form);
        stranger.names = vec![SanType::Rfc822Name("dev@ci.example".try_into().expect("ASCII"))];
        let stranger = world.make(&stranger);
        // Somebody else's certificate beside a good entry.
        let mut bundle = made.bundle.clone();
        *certificate(&mut bundle) = stranger.bundle["verificationMaterial"]["certificate"]["rawBytes"].clone();
        let swapped = Made { bundle, ..world.make(&Case::new(form)) };
        let reason = verify(&swapped, b"what is signed").expect_err("another's certificate");
        assert!(
            [OTHER_SIGNATURE, "the log's entry has another certificate", "its time stamp is about another signature"]
                .contains(&reason.as_str()),
            "{reason}"
        );
        // A good entry of another signature, which ECDSA makes easy to have.
        let mut bundle = made.bundle.clone();
        *entry(&mut bundle) = stranger.log_entry.clone();
        let reason = verify(&Made { bundle, ..stranger }, b"what is signed").expect_err("another's entry");
        assert!(reason.contains(OTHER_SIGNATURE) || reason.contains("not known"), "{form:?}: {reason}");
    }
    let edits: [(Form, EditJson, &str); 8] = [
        (Form::Hashed, |body| body["spec"]["data"]["hash"]["value"] = json!("a".repeat(64)), OTHER_CONTENT),
        (Form::Hashed, |body| body["spec"]["data"]["hash"]["algorithm"] = json!("sha1"), BODY),
        (Form::Hashed, |body| body["spec"]["signature"]["content"] = json!(b64(b"other")), OTHER_SIGNATURE),
        (Form::Dsse, |body| body["spec"]["payloadHash"]["value"] = json!("a".repeat(64)), OTHER_CONTENT),
        (Form::Dsse, |body| body["spec"]["signatures"] = json!([]), BODY),
        (Form::Intoto, |body| body["spec"]["content"]["payloadHash"]["value"] = json!("a".repeat(64)), OTHER_CONTENT),
        (
            Form::SecondHashed,
            |body| body["spec"]["hashedRekordV002"]["data"]["digest"] = json!(b64(&[7; 32])),
            OTHER_CONTENT,
        ),
        (
            Form::SecondDsse,
            |body| body["spec"]["hashedRekordV002"]["data"]["digest"] = json!(b64(&[7; 32])),
            OTHER_CONTENT,
        ),
    ];
    for (form, edit, reason) in edits {
        let mut case = Case::new(form);
        case.edit_body = Some(edit);
        refused(&world, "an edited body", reason, &case);
    }
}

#[test]
fn other_files_and_other_statements() {
    let world = World::new();
    for form in Form::ALL {
        let made = world.make(&Case::new(form));
        assert_eq!(verify(&made, b"what is signer").expect_err("another file"), "it is about another file");
    }
    let mut case = Case::new(Form::Dsse);
    case.payload_type = "text/plain".into();
    refused(&world, "another type", "what is signed is of type \"text/plain\"", &case);
    case = Case::new(Form::Dsse);
    case.payload = statement(&"0".repeat(64), "https://example.com/predicate");
    refused(&world, "another subject", "it is about another file", &case);
    case = Case::new(Form::Hashed);
    case.edit_bundle = Some(|bundle| {
        bundle["messageSignature"].as_object_mut().expect("one").remove("messageDigest");
        bundle["verificationMaterial"]["certificate"] = Value::Null;
        bundle["verificationMaterial"]["publicKey"] = json!({"hint": ""});
    });
    refused(&world, "a key", "it is signed by a key, and has no certificate that says whose", &case);
}

/// A bundle's own chain is not believed, and a root in it is refused.
#[test]
fn nobody_brings_a_root_along() {
    let world = World::new();
    let mut case = Case::new(Form::Hashed);
    case.version = MIDDLE;
    let mut made = world.make(&case);
    let authority = made.root["certificateAuthorities"][0]["certChain"]["certificates"].clone();
    let chain = &mut made.bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
    chain.as_array_mut().expect("a chain").push(authority[0].clone());
    assert!(verify(&made, &case.content).is_ok());
    let chain = &mut made.bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
    chain.as_array_mut().expect("a chain").push(authority[1].clone());
    let reason = verify(&made, &case.content).expect_err("a root");
    assert_eq!(reason, "its certificates include a root, which nobody may bring along");
    made.bundle["verificationMaterial"]["x509CertificateChain"]["certificates"] = json!([]);
    let reason = verify(&made, &case.content).expect_err("nothing");
    assert_eq!(reason, "it is signed by a key, and has no certificate that says whose");
}

#[test]
fn roots_that_are_none() {
    let good = World::new().root();
    let parse = |text: &str| match TrustedRoot::parse(text.as_bytes()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    assert_eq!(parse(&good.to_string()), "");
    let edits: [(&str, EditJson); 9] = [
        ("it is a document of type \"x\"", |root| root["mediaType"] = json!("x")),
        ("it is no trusted root", |root| root["more"] = json!(1)),
        ("it is no trusted root", |root| root["tlogs"][0]["more"] = json!(1)),
        ("the log number 2 has no usable validFor", |root| {
            root["tlogs"][1]["publicKey"].as_object_mut().expect("a key").remove("validFor");
        }),
        ("the log number 1 has no usable start of validFor", |root| {
            root["tlogs"][0]["publicKey"]["validFor"].as_object_mut().expect("a range").remove("start");
        }),
        ("the log of certificates number 1 has no usable end of validFor", |root| {
            root["ctlogs"][0]["publicKey"]["validFor"]["end"] = json!("tomorrow");
        }),
        ("the certificate authority number 1 has no usable certChain", |root| {
            root["certificateAuthorities"][0]["certChain"]["certificates"] = json!([]);
        }),
        ("the time stamp authority number 1 has no usable validFor", |root| {
            root["timestampAuthorities"][0]["validFor"] = Value::Null;
        }),
        ("the log number 1 has no usable logId", |root| root["tlogs"][0]["logId"]["keyId"] = json!("AAA=")),
    ];
    for (reason, edit) in edits {
        let mut root = good.clone();
        edit(&mut root);
        assert_eq!(parse(&root.to_string()), reason);
    }
    let twice = good.to_string().replacen('{', "{\"tlogs\":[],", 1);
    assert_eq!(parse(&twice), "it is no trusted root");
    assert_eq!(parse(&format!("{good}x")), "it is no trusted root");
}

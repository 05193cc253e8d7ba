//! Signatures by OpenPGP keys, without another program: what GnuPG has made, and forgeries of each kind. None of these is accepted.
//!
//! The image is in a `dir:` with its signature beside it, as skopeo writes it. `STEVEDORE_MUTATIONS` sets how much random damage is done
//! besides, `STEVEDORE_SEED` where it begins.

use std::fs;
use std::time::SystemTime;

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Notation, SignatureType, SubpacketData};
use pgp::types::{Duration, Timestamp};
use serde_json::{Value, json};
use stevedore::sign::openpgp::{Keyring, open};
use stevedore::sign::{Policy, Signer};
use stevedore::transport::{Location, Options};
use stevedore::watch::Watch;

use crate::sign_mutations::{Random, mutate};
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::openpgp::{Draft, MADE, NAME, announced, bytes, compressed, literal, path, payload, vector};
use crate::support::oracle::number;
use crate::support::scene::Folder;

fn ring(names: &[&str]) -> Keyring {
    let mut keyring = Keyring::default();
    for name in names {
        keyring.add(&vector(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    keyring
}

/// What GnuPG makes of the same payload: which of it is taken, by which keys.
#[test]
fn messages_of_gnupg() {
    let wanted = vector("payload.json");
    for (message, rings, good) in [
        ("rsa", &["rsa.gpg"][..], true),
        ("rsa", &["armored.asc"], true),
        ("rsa", &["stranger.gpg", "rsa.gpg"], true),
        ("rsa", &["stranger.gpg"], false),
        ("rsa", &["rsa.gpg", "revocation.asc"], true),
        ("stranger", &["rsa.gpg"], false),
        ("stranger", &["armored.asc"], true),
        ("p256", &["p256.gpg"], true),
        ("p384", &["p384.gpg"], true),
        ("p521", &["p521.gpg"], true),
        ("ed25519", &["ed25519.gpg"], true),
        ("encrypting", &["encrypting.gpg"], true),
        ("plain", &["rsa.gpg"], true),
        ("zlib", &["rsa.gpg"], true),
        ("sha256", &["rsa.gpg"], true),
        ("sha384", &["rsa.gpg"], true),
        ("notation", &["rsa.gpg"], true),
        ("policy-url", &["rsa.gpg"], true),
        ("lasting", &["rsa.gpg"], true),
        ("subkey", &["subkeys.gpg"], true),
        ("subkey", &["subkeys-before.gpg"], true),
        ("subkey-revoked", &["subkeys-before.gpg"], true),
        ("revoked", &["not-yet-revoked.gpg"], true),
        ("expired", &["put-off.gpg"], true),
        ("expired", &["expired.gpg", "put-off.gpg"], true),
        // Algorithms that are not safe, and kinds of keys that nobody signs images with.
        ("sha1", &["rsa.gpg"], false),
        ("md5", &["rsa.gpg"], false),
        ("ripemd160", &["rsa.gpg"], false),
        ("sha224", &["rsa.gpg"], false),
        ("weak", &["weak.gpg"], false),
        ("dsa", &["dsa.gpg"], false),
        ("secp256k1", &["secp256k1.gpg"], false),
        // Shapes.
        ("bzip2", &["rsa.gpg"], false),
        ("text", &["rsa.gpg"], false),
        ("armored", &["rsa.gpg"], false),
        ("clear", &["rsa.gpg"], false),
        ("detached", &["rsa.gpg"], false),
        ("encrypted", &["rsa.gpg", "encrypting.gpg"], false),
        ("only-encrypted", &["encrypting.gpg"], false),
        ("two", &["rsa.gpg", "p256.gpg"], false),
        ("two", &["rsa.gpg"], false),
        ("unsigned", &["rsa.gpg"], false),
        ("notation-critical", &["rsa.gpg"], false),
        // Times.
        ("over", &["rsa.gpg"], false),
        ("future", &["rsa.gpg"], false),
        ("early", &["rsa.gpg"], false),
        ("expired", &["expired.gpg"], false),
        ("subkey-expired", &["subkeys.gpg"], false),
        // What was taken back.
        ("revoked", &["revoked.gpg"], false),
        ("revoked", &["not-yet-revoked.gpg", "revoked.gpg"], false),
        ("revoked", &["revoked.gpg", "not-yet-revoked.gpg"], false),
        ("revoked", &["not-yet-revoked.gpg", "revocation.asc"], false),
        ("revoked", &["revocation.asc", "not-yet-revoked.gpg"], false),
        ("subkey-revoked", &["subkeys.gpg"], false),
        ("subkey-revoked", &["subkeys-before.gpg", "subkeys.gpg"], false),
    ] {
        let opened = open(&vector(&format!("{message}.sig")), &ring(rings), SystemTime::now());
        assert_eq!(opened.is_ok(), good, "{message} by {rings:?}: {:?}", opened.err());
        if let Ok(opened) = opened {
            assert_eq!(opened.content, wanted, "{message}");
            assert_eq!(opened.fingerprint.len(), 40, "{}", opened.fingerprint);
        }
    }
}

#[test]
fn files_that_are_no_keyrings() {
    let mut private = vector("rsa.secret");
    for (what, content) in [
        ("empty", Vec::new()),
        ("text", b"no key".to_vec()),
        ("a message", vector("rsa.sig")),
        ("a private key", private.clone()),
        ("armor without an end", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n".to_vec()),
        ("a key that is cut off", vector("rsa.gpg")[..100].to_vec()),
        ("a public key with a private one behind it", {
            let mut both = vector("p256.gpg");
            both.append(&mut private);
            both
        }),
    ] {
        assert!(Keyring::default().add(&content).is_err(), "{what}");
    }
}

/// An image in a `dir:` that a policy asks a signature of.
struct Room {
    folder: Folder,
    location: Location,
    digest: String,
}

impl Room {
    fn new() -> Room {
        let folder = Folder::new();
        let image = fixture::single(&folder.path("image"));
        let place = folder.at("dir", "place", "");
        stevedore(&["copy", "-q", &format!("oci:{}:v1", image.dir.display()), &place]).ok();
        Room { location: place.parse().expect("a location"), digest: image.digest, folder }
    }

    fn policy(rings: &[&str]) -> Policy {
        let paths: Vec<String> = rings.iter().map(|name| path(name).display().to_string()).collect();
        let requirement = json!({
            "type": "signedBy", "keyType": "GPGKeys", "keyPaths": paths,
            "signedIdentity": {"type": "exactReference", "dockerReference": NAME},
        });
        Policy::parse(json!({"default": [requirement]}).to_string().as_bytes()).expect("a policy")
    }

    /// Says who has signed, when the policy accepts the image with these signatures; why not otherwise.
    fn verify(&self, rings: &[&str], files: &[&[u8]]) -> Result<Vec<Signer>, String> {
        for (number, content) in files.iter().enumerate() {
            fs::write(self.folder.path(&format!("place/signature-{}", number + 1)), content).expect("written");
        }
        let source = self.location.place.open_source(&Options::default()).expect("opens");
        let verdict = Self::policy(rings).verify(&self.location, &*source, &|_| Ok(()), &Watch::default());
        for number in 1..=files.len() {
            fs::remove_file(self.folder.path(&format!("place/signature-{number}"))).expect("removed");
        }
        let verdict = verdict.map_err(|error| error.to_string())?;
        Ok(verdict.accepted.into_iter().flat_map(|good| good.signers).map(|(_, signer)| signer).collect())
    }

    fn payload(&self) -> Value {
        payload(NAME, &self.digest)
    }
}

/// A change to a payload by its path, or by text.
fn payloads(room: &Room) -> Vec<(&'static str, Vec<u8>)> {
    let good = room.payload();
    let text = good.to_string();
    let changed = |at: &str, value: Value| {
        let mut payload = good.clone();
        *payload.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
        payload.to_string().into_bytes()
    };
    let added = |at: &str, name: &str| {
        let mut payload = good.clone();
        payload.pointer_mut(at).expect("there")[name] = json!("x");
        payload.to_string().into_bytes()
    };
    let replaced = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        changed.into_bytes()
    };
    let without = |name: &str| {
        let mut payload = good.clone();
        payload.as_object_mut().expect("an object").remove(name);
        payload.to_string().into_bytes()
    };
    let digest = "/critical/image/docker-manifest-digest";
    let name = "/critical/identity/docker-reference";
    let other = format!("sha256:{}", "0".repeat(64));
    let hex = room.digest.trim_start_matches("sha256:");
    vec![
        ("another image", changed(digest, json!(other))),
        ("a digest without its algorithm", changed(digest, json!(hex))),
        ("a digest in capitals", changed(digest, json!(room.digest.to_uppercase()))),
        ("a digest of another algorithm", changed(digest, json!(format!("sha512:{hex}")))),
        ("no digest", changed(digest, Value::Null)),
        ("another name", changed(name, json!("registry.test/other:v1"))),
        ("another tag", changed(name, json!("registry.test/app:v2"))),
        ("no tag", changed(name, json!("registry.test/app"))),
        ("an empty name", changed(name, json!(""))),
        ("cosign's type", changed("/critical/type", json!("cosign container image signature"))),
        ("no type", changed("/critical/type", Value::Null)),
        ("a type in capitals", changed("/critical/type", json!("Atomic container signature"))),
        ("no optional", without("optional")),
        ("optional of null", changed("/optional", Value::Null)),
        ("optional that is a list", changed("/optional", json!([]))),
        ("a creator that is a number", changed("/optional/creator", json!(1))),
        ("a time that is text", changed("/optional/timestamp", json!("1748736000"))),
        ("a time with a fraction", changed("/optional/timestamp", json!(1.5))),
        ("no critical", without("critical")),
        ("an unknown member", added("", "more")),
        ("an unknown critical member", added("/critical", "more")),
        ("an unknown member of the image", added("/critical/image", "more")),
        ("an unknown member of the identity", added("/critical/identity", "more")),
        ("critical twice", replaced("{\"critical\"", "{\"critical\":{},\"critical\"")),
        ("the digest twice", {
            let twice = format!("{{\"docker-manifest-digest\":\"{other}\",\"docker-manifest-digest\"");
            replaced("{\"docker-manifest-digest\"", &twice)
        }),
        ("a member in capitals", replaced("\"critical\"", "\"Critical\"")),
        ("something behind it", format!("{text}x").into_bytes()),
        ("a second payload behind it", format!("{text}{text}").into_bytes()),
        ("a byte order mark", format!("\u{feff}{text}").into_bytes()),
        ("nothing", Vec::new()),
        ("no JSON", b"signed".to_vec()),
        ("no UTF-8", b"{\"critical\":\"\xff\"}".to_vec()),
    ]
}

/// Signatures over the right payload that must not count, by a key that is in the ring.
fn drafts() -> Vec<(&'static str, Draft)> {
    let by = || Draft::by("rsa");
    let notation =
        || SubpacketData::Notation(Notation { readable: true, name: "note@company.example".into(), value: "x".into() });
    let hash = |hash| Draft { hash, ..by() };
    let kind = |kind| Draft { kind, ..by() };
    let time = |time| SubpacketData::SignatureCreationTime(Timestamp::from_secs(time));
    vec![
        ("by a stranger", Draft::by("stranger")),
        ("by a stranger, in the key's name", Draft { issuer: Some(by().key), ..Draft::by("stranger") }),
        ("by the key, in a stranger's name", Draft { issuer: Some(Draft::by("stranger").key), ..by() }),
        ("by nobody", Draft { is_anonymous: true, ..by() }),
        ("SHA-1", hash(HashAlgorithm::Sha1)),
        ("MD5", hash(HashAlgorithm::Md5)),
        ("RIPEMD-160", hash(HashAlgorithm::Ripemd160)),
        ("SHA-224", hash(HashAlgorithm::Sha224)),
        ("over text", kind(SignatureType::Text)),
        ("at no time", Draft { made: Vec::new(), ..by() }),
        ("at two times", by().with(time(MADE - 1), false)),
        ("before the key", Draft { made: vec![1_600_000_000], ..by() }),
        ("in the future", Draft { made: vec![4_000_000_000], ..by() }),
        ("for a day", by().with(SubpacketData::SignatureExpirationTime(Duration::from_secs(86_400)), false)),
        ("for ever and for a day", {
            let lasting = by().with(SubpacketData::SignatureExpirationTime(Duration::from_secs(0)), false);
            lasting.with(SubpacketData::SignatureExpirationTime(Duration::from_secs(86_400)), false)
        }),
        ("with a condition", by().with(notation(), true)),
        ("for another reader", {
            let reader = pgp::types::KeyDetails::fingerprint(&Draft::by("p256").key.primary_key);
            by().with(SubpacketData::IntendedRecipientFingerprint(reader), true)
        }),
    ]
}

/// Messages of the wrong shape, with a good signature in them.
fn shapes(content: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let draft = Draft::by("rsa");
    let signature = draft.sign(content);
    let (packet, announcement, message) = (bytes(&signature), announced(&signature), draft.message(content));
    let other = Draft::by("stranger").sign(content);
    let join = |parts: &[&[u8]]| parts.concat();
    let mut damaged = message.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let mut nested = announcement.clone();
    let end = nested.len() - 1;
    nested[end] = 0;
    let mut as_text = literal(content);
    let mode = as_text.iter().position(|byte| *byte == b'b').expect("the mode");
    as_text[mode] = b't';
    let mut inflated = compressed(&message);
    inflated.extend_from_slice(b"x");
    let empty = literal(b"");
    vec![
        ("nothing", Vec::new()),
        ("an image of the payload", content.to_vec()),
        ("a byte behind it", join(&[&message, b"\xc2"])),
        ("zeros behind it", join(&[&message, &[0; 4]])),
        ("a marker behind it", join(&[&message, b"\xca\x03PGP"])),
        ("content behind it", join(&[&message, &literal(b"{}")])),
        ("itself behind it", join(&[&message, &message])),
        ("the signature twice", join(&[&announcement, &announcement, &literal(content), &packet, &packet])),
        ("two announcements", join(&[&announcement, &announcement, &literal(content), &packet])),
        ("two signatures", join(&[&announcement, &literal(content), &packet, &bytes(&other)])),
        ("a stranger's signature inside", join(&[&announced(&other), &message, &bytes(&other)])),
        ("two contents", join(&[&announcement, &literal(content), &literal(b"x"), &packet])),
        ("other content first", join(&[&literal(b"{}"), &message])),
        ("content before its signature", join(&[&literal(content), &packet])),
        ("content alone", literal(content)),
        ("a signature alone", packet.clone()),
        ("an announcement alone", announcement.clone()),
        ("no signature", join(&[&announcement, &literal(content)])),
        (
            "another's announcement",
            join(&[
                &announced(&Draft { hash: HashAlgorithm::Sha512, ..draft.clone() }.sign(b"")),
                &literal(content),
                &packet,
            ]),
        ),
        ("an announcement of more", join(&[&nested, &literal(content), &packet])),
        ("no content", join(&[&announcement, &empty, &packet])),
        ("other content", join(&[&announcement, &literal(b"{}"), &packet])),
        ("content as text", join(&[&announcement, &as_text, &packet])),
        ("a flipped bit", damaged),
        ("all but a byte", message[..message.len() - 1].to_vec()),
        ("half", message[..message.len() / 2].to_vec()),
        ("compressed twice", compressed(&compressed(&message))),
        ("compressed, with a byte behind it", inflated),
        ("compressed, with a packet behind it inside", compressed(&join(&[&message, b"\xca\x03PGP"]))),
        ("compressed by an unknown algorithm", join(&[b"\xa3\x09", &message])),
        ("not compressed, in a packet that says so", join(&[b"\xa3\x00", &message])),
        ("compressed content only", compressed(&literal(content))),
        ("a signature around what is compressed", join(&[&announcement, &compressed(&literal(content)), &packet])),
        ("more than fits into memory", compressed(&literal(&vec![b' '; 64 << 20]))),
        ("of the first day of OpenPGP", {
            let mut early = packet.clone();
            let version = early.iter().position(|byte| *byte == 4).expect("the version");
            early[version] = 3;
            join(&[&early, &literal(content)])
        }),
    ]
}

/// Keys that are in the ring, and do not count.
const RINGS: [(&str, &str, &[&str]); 10] = [
    ("a revoked key", "revoked", &["revoked.gpg"]),
    ("a key that another file revokes", "revoked", &["not-yet-revoked.gpg", "revoked.gpg"]),
    ("a key that a certificate revokes", "revoked", &["not-yet-revoked.gpg", "revocation.asc"]),
    ("an expired key", "expired", &["expired.gpg"]),
    ("a key for certifying", "certify", &["certify.gpg"]),
    ("a key with subkeys for that", "subkeys", &["subkeys.gpg"]),
    ("a short key", "weak", &["weak.gpg"]),
    ("a stranger's ring", "rsa", &["stranger.gpg"]),
    ("other rings", "rsa", &["p256.gpg", "ed25519.gpg", "subkeys.gpg"]),
    ("a stranger beside others", "stranger", &["rsa.gpg", "p256.gpg"]),
];

#[allow(clippy::print_stdout, reason = "how many there were is what the test is for")]
#[test]
fn no_forgery_is_accepted() {
    let room = Room::new();
    let good = room.payload().to_string().into_bytes();
    let rsa = &["rsa.gpg"][..];
    // Each part by itself is right.
    let message = Draft::by("rsa").message(&good);
    for (what, message) in [
        ("as it is", message.clone()),
        ("compressed", compressed(&message)),
        ("in the old order", [bytes(&Draft::by("rsa").sign(&good)), literal(&good)].concat()),
        ("in a marked file", [b"\0simple-signing\n", &message[..]].concat()),
        (
            "with a note",
            Draft::by("rsa").with(SubpacketData::PolicyURI("https://company.example".into()), true).message(&good),
        ),
    ] {
        let signers = room.verify(rsa, &[&message]).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert!(matches!(&signers[..], [Signer::OpenPgp(key)] if key.len() == 40), "{what}: {signers:?}");
    }
    let subkey = Draft { subkey: Some(0), ..Draft::by("subkeys") };
    assert!(room.verify(&["subkeys.gpg"], &[&subkey.message(&good)]).is_ok());
    let mut forged = 0;
    let mut refuse = |what: &str, rings: &[&str], message: &[u8]| {
        let verified = room.verify(rings, &[message]);
        assert!(verified.is_err(), "{what} by {rings:?} is accepted: {verified:?}");
        forged += 1;
    };
    for (what, content) in payloads(&room) {
        refuse(what, rsa, &Draft::by("rsa").message(&content));
    }
    for (what, draft) in drafts() {
        refuse(what, rsa, &draft.message(&good));
    }
    for (what, message) in shapes(&good) {
        refuse(what, rsa, &message);
    }
    for (what, signer, rings) in RINGS {
        refuse(what, rings, &Draft::by(signer).message(&good));
    }
    for (number, what) in [(1, "an expired subkey"), (2, "a revoked subkey")] {
        let draft = Draft { subkey: Some(number), ..Draft::by("subkeys") };
        refuse(what, &["subkeys.gpg"], &draft.message(&good));
    }
    println!("{forged} forgeries, 0 accepted");
    assert!(forged >= 90, "{forged}");
}

/// One good signature is enough, beside others that are none; but what is no signature at all spoils the place.
#[test]
fn several_signatures_of_one_image() {
    let room = Room::new();
    let good = room.payload().to_string().into_bytes();
    let [ours, theirs] = ["rsa", "stranger"].map(|name| Draft::by(name).message(&good));
    let rsa = &["rsa.gpg"][..];
    assert_eq!(room.verify(rsa, &[&theirs, &ours]).expect("signed").len(), 1);
    assert_eq!(room.verify(&["armored.asc"], &[&theirs, &ours]).expect("signed").len(), 2);
    assert_eq!(room.verify(rsa, &[b"\0sigstore-json\n{}", &ours]).expect("signed").len(), 1);
    for spoiled in [&b"\0sigstore-jsonx\n{}"[..], b"-----BEGIN PGP MESSAGE-----", b"", b"{}", b"\0"] {
        let why = room.verify(rsa, &[&ours, spoiled]).expect_err("spoiled");
        assert!(why.contains("is no signature"), "{why}");
    }
    assert!(room.verify(rsa, &[]).expect_err("nothing").contains("is not signed"));
    assert!(room.verify(rsa, &[b"\0sigstore-json\n{}"]).expect_err("nothing").contains("is not signed"));
}

/// A stranger who takes another's signing key for a subkey of their own gains nothing by it.
#[test]
fn a_subkey_that_does_not_know_of_it() {
    use pgp::packet::{KeyFlags, SignatureConfig, Subpacket};
    use pgp::types::{KeyDetails, Password};
    let good = payload(NAME, "sha256:x").to_string().into_bytes();
    let (victim, thief) = (Draft::by("subkeys"), Draft::by("stranger").key);
    let subkey = &victim.key.secret_subkeys[0].key;
    let mut flags = KeyFlags::default();
    flags.set_sign(true);
    let mut config =
        SignatureConfig::v4(SignatureType::SubkeyBinding, thief.primary_key.algorithm(), HashAlgorithm::Sha256);
    config.hashed_subpackets = [
        SubpacketData::SignatureCreationTime(Timestamp::from_secs(MADE)),
        SubpacketData::KeyFlags(flags),
        SubpacketData::IssuerFingerprint(thief.primary_key.fingerprint()),
    ]
    .map(|data| Subpacket::regular(data).expect("a subpacket"))
    .to_vec();
    let public = subkey.public_key();
    let binding = config
        .sign_subkey_binding(&thief.primary_key, thief.primary_key.public_key(), &Password::empty(), &public)
        .expect("signing");
    let stolen = [vector("stranger.gpg"), bytes(&public), bytes(&binding)].concat();
    let message = Draft { subkey: Some(0), ..victim }.message(&good);
    let mut keyring = Keyring::default();
    keyring.add(&stolen).expect("a keyring");
    let why = open(&message, &keyring, SystemTime::now()).expect_err("not bound");
    assert!(why.to_string().contains("not bound"), "{why}");
}

/// Whatever is damaged, what is accepted is what was signed.
#[test]
fn damaged_messages_and_keyrings() {
    let wanted = vector("payload.json");
    let mut random = Random(number("STEVEDORE_SEED", 0x3c6e_f372_fe94_f82b) | 1);
    for _ in 0..number("STEVEDORE_MUTATIONS", 300) {
        for (name, keys) in [("plain", "rsa.gpg"), ("rsa", "rsa.gpg"), ("subkey", "subkeys.gpg")] {
            let mut message = vector(&format!("{name}.sig"));
            mutate(&mut message, &mut random);
            if let Ok(opened) = open(&message, &ring(&[keys]), SystemTime::now()) {
                assert_eq!(opened.content, wanted, "{name}");
            }
            let mut keyring = Keyring::default();
            let mut damaged = vector(keys);
            mutate(&mut damaged, &mut random);
            if keyring.add(&damaged).is_ok()
                && let Ok(opened) = open(&vector(&format!("{name}.sig")), &keyring, SystemTime::now())
            {
                assert_eq!(opened.content, wanted, "{name}");
            }
        }
    }
}

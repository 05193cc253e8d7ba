use p256::ecdsa::Signature;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::EncodePrivateKey;

use super::*;

/// RFC 6979, appendix A.2.5.
const SECRET: [u8; 32] = [
    0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e, 0x50, 0xc3,
    0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
];

fn secret() -> p256::SecretKey {
    p256::SecretKey::from_slice(&SECRET).expect("a scalar")
}

fn key() -> PrivateKey {
    let pkcs8 = secret().to_pkcs8_der().expect("written");
    PrivateKey::from_pkcs8(pkcs8.as_bytes()).expect("a key")
}

fn plain(stored: Result<Stored, Error>) -> Result<PublicKey, Error> {
    match stored? {
        Stored::Plain(key) => Ok(key.public_key()),
        Stored::Encrypted(_) => panic!("not encrypted"),
    }
}

#[test]
fn signatures_are_those_of_rfc_6979() {
    let signature = Signature::from_der(&key().sign(b"sample").expect("signed")).expect("DER");
    let hex: String = signature.to_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(
        hex,
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    );
    assert_eq!(key().sign(b"sample").expect("signed"), key().sign(b"sample").expect("signed"));
}

/// Signatures are strict DER; either of the two values of s is accepted, as both are valid for one signature.
#[test]
fn only_strict_der_verifies() {
    let public = key().public_key();
    let good = key().sign(b"message").expect("signed");
    assert!(public.verifies(b"message", &good));
    assert!(!public.verifies(b"Message", &good));
    assert!(!PrivateKey::generate().expect("a key").public_key().verifies(b"message", &good));
    let signature = Signature::from_der(&good).expect("DER");
    let (r, s) = signature.split_scalars();
    let other = Signature::from_scalars(*r, -*s).expect("two scalars");
    assert!(public.verifies(b"message", other.to_der().as_bytes()), "the other s");
    let (r, s) = (signature.r().to_bytes(), signature.s().to_bytes());
    let integer = |bytes: &[u8]| {
        let pad = if bytes[0] >= 0x80 { &[0][..] } else { &[] };
        let mut der = vec![2, u8::try_from(bytes.len() + pad.len()).expect("short")];
        der.extend(pad.iter().chain(bytes));
        der
    };
    let sequence = |parts: &[Vec<u8>]| {
        let content = parts.concat();
        let mut der = vec![0x30, u8::try_from(content.len()).expect("short")];
        der.extend(content);
        der
    };
    assert_eq!(sequence(&[integer(&r), integer(&s)]), good, "the forger's code makes good ones");
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let padded = |bytes: &[u8]| {
        let mut der = integer(bytes);
        der.insert(2, 0);
        der[1] += 1;
        der
    };
    let mut long_form = good.clone();
    long_form.splice(1..2, [0x81, good[1]]);
    let mut indefinite = good.clone();
    indefinite[1] = 0x80;
    indefinite.extend([0, 0]);
    for (what, bad) in [
        ("nothing", Vec::new()),
        ("a byte more", [&good[..], &[0]].concat()),
        ("a byte less", good[..good.len() - 1].to_vec()),
        ("padded r", sequence(&[padded(&r), integer(&s)])),
        ("padded s", sequence(&[integer(&r), padded(&s)])),
        ("negative r", sequence(&[[&[2, 32][..], &[0x80], &r[1..]].concat(), integer(&s)])),
        ("zero r", sequence(&[vec![2, 1, 0], integer(&s)])),
        ("zero s", sequence(&[integer(&r), vec![2, 1, 0]])),
        ("empty r", sequence(&[vec![2, 0], integer(&s)])),
        ("r of the order", sequence(&[integer(&order), integer(&s)])),
        ("s of the order", sequence(&[integer(&r), integer(&order)])),
        ("long form", long_form),
        ("indefinite form", indefinite),
        ("three integers", sequence(&[integer(&r), integer(&s), integer(&s)])),
        ("one integer", sequence(&[integer(&r)])),
        ("raw r and s", [&r[..], &s[..]].concat()),
    ] {
        assert!(!public.verifies(b"message", &bad), "{what}");
    }
}

#[test]
fn public_keys_in_every_form() {
    let pem = key().public_key().to_pem();
    assert_eq!(pem.len(), 178);
    let ours = [key().public_key()];
    let other = PrivateKey::generate().expect("a key").public_key();
    let both = [ours[0].clone(), other.clone()];
    let body = pem.lines().skip(1).take(2).collect::<String>();
    for (what, text, wanted) in [
        ("plain", pem.clone(), Some(&ours[..])),
        ("CRLF", pem.replace('\n', "\r\n"), Some(&ours)),
        ("preamble", format!("EC public key\n\n{pem}\nmore"), Some(&ours)),
        ("one line", format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"), Some(&ours)),
        ("two blocks", pem.clone() + &other.to_pem(), Some(&both)),
        ("another block", pem.clone() + &pem::write("CERTIFICATE", b"x"), None),
        ("another label", pem.replace("PUBLIC KEY", "EC PUBLIC KEY"), None),
        ("RSA", pem.replace("PUBLIC KEY", "RSA PUBLIC KEY"), None),
        ("private", key().to_encrypted_pem(b"").expect("written").to_string(), None),
        ("no end", pem.replace("-----END PUBLIC KEY-----", ""), None),
        ("base64 only", body.clone(), None),
        ("nothing", String::new(), None),
    ] {
        assert_eq!(PublicKey::parse_all(&text).ok().as_deref(), wanted, "{what}");
    }
}

#[test]
fn public_keys_that_are_none() {
    let good = key().public_key().to_der().to_vec();
    let point = good.len() - 65;
    let edit = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut der = good.clone();
        edit(&mut der);
        PublicKey::from_der(&der).map_err(|error| error.to_string())
    };
    assert!(edit(&|_| {}).is_ok());
    for (what, refused) in [
        ("a byte more", edit(&|der| der.push(0))),
        ("a byte less", edit(&|der| der.truncate(good.len() - 1))),
        ("off the curve", edit(&|der| *der.last_mut().expect("bytes") ^= 1)),
        ("infinity", edit(&|der| der[point] = 0)),
        ("a hybrid point", edit(&|der| der[point] = 6)),
        ("unused bits", edit(&|der| der[point - 1] = 1)),
    ] {
        assert!(refused.is_err(), "{what}");
    }
    // secp256k1 has points of the same size.
    let mut other =
        vec![0x30, 0x56, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x0a];
    other.extend(&good[point - 3..]);
    let refused = PublicKey::from_der(&other).expect_err("another curve").to_string();
    assert_eq!(
        refused,
        "it is a key of type ECDSA on secp256k1; RSA of 2048 to 8192 bits, ECDSA on P-256 and P-384, and Ed25519 are supported"
    );
    let compressed = secret().public_key().to_sec1_point(true);
    assert_eq!(compressed.len(), 33);
}

#[test]
fn private_keys_in_every_form() {
    let pkcs8 = secret().to_pkcs8_der().expect("written");
    assert_eq!(pkcs8.as_bytes().len(), 138);
    let sec1 = secret().to_sec1_der().expect("written");
    let encrypted = key().to_encrypted_pem(b"secret").expect("written");
    let ours = key().public_key();
    for text in [
        pem::write("PRIVATE KEY", pkcs8.as_bytes()).to_string(),
        pem::write("EC PRIVATE KEY", &sec1).to_string(),
        pem::write("EC PARAMETERS", &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]).to_string()
            + &pem::write("EC PRIVATE KEY", &sec1),
    ] {
        assert_eq!(plain(PrivateKey::parse(&text)).expect("a key"), ours);
    }
    for text in [
        ours.to_pem(),
        pem::write("RSA PRIVATE KEY", b"x").to_string(),
        pem::write("ENCRYPTED PRIVATE KEY", b"x").to_string(),
        pem::write("PRIVATE KEY", &sec1).to_string(),
        pem::write("EC PRIVATE KEY", pkcs8.as_bytes()).to_string(),
        encrypted.to_string() + &encrypted,
        encrypted.replace("SIGSTORE", "OTHER"),
    ] {
        assert!(PrivateKey::parse(&text).is_err(), "{text}");
    }
    for text in [encrypted.to_string(), encrypted.replace("SIGSTORE", "COSIGN"), encrypted.replace('\n', "\r\n")] {
        let Stored::Encrypted(stored) = PrivateKey::parse(&text).expect("a key") else { panic!("encrypted") };
        assert_eq!(stored.unlock(b"secret").expect("the password").public_key(), ours);
        assert!(matches!(stored.unlock(b"Secret"), Err(Error::Password)));
    }
}

#[test]
fn the_encrypted_file_is_cosigns() {
    let text = key().to_encrypted_pem(b"").expect("written");
    assert_eq!(text.len(), 653);
    assert!(text.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
    assert!(text.lines().all(|line| line.len() <= 64) && text.ends_with("-----\n"));
    let json = pem::blocks(&text).expect("a block").remove(0).content;
    assert_eq!(json.len(), 414);
    assert!(json.starts_with(br#"{"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1},"salt":""#));
    // SEC1 inside is refused, as cosign refuses it.
    let sealed = encrypted::seal(&secret().to_sec1_der().expect("written"), b"").expect("sealed");
    let Stored::Encrypted(stored) =
        PrivateKey::parse(&pem::write("ENCRYPTED SIGSTORE PRIVATE KEY", sealed.as_bytes())).expect("well formed")
    else {
        panic!("encrypted")
    };
    assert!(matches!(stored.unlock(b""), Err(Error::Damaged)));
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", key());
    assert_eq!(shown, format!("PrivateKey({})", key().public_key().fingerprint()));
}

#[test]
fn names_of_a_key() {
    let public = key().public_key();
    assert!(public.key_id().starts_with("SHA256:") && !public.key_id().ends_with('='));
    assert_eq!(public.key_id().len(), 7 + 43);
    assert_eq!(public.hint().len(), 44);
}

//! cosign's encrypted key file: JSON around a NaCl secretbox under a key that scrypt makes of the password.
//!
//! go-securesystemslib, `encrypted`: <https://pkg.go.dev/github.com/secure-systems-lab/go-securesystemslib/encrypted>

use crypto_secretbox::aead::{Aead, KeyInit};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use zeroize::Zeroizing;

use super::{Error, fill_random};
use crate::sign::encoding::{decode, encode};
use crate::sign::json;
use crate::splice::Members;

/// The costs of scrypt that are computed: log2 of N beside the N; r is 8 and p is 1 with all of them. A file that wants more is an attack
/// on memory, one that wants less is weak, and cosign refuses both.
const COSTS: [(u64, u8); 3] = [(32_768, 15), (65_536, 16), (131_072, 17)];
/// What new files get, as cosign's.
const COST: (u64, u8) = COSTS[1];
const BLOCK: u64 = 8;
const PARALLEL: u64 = 1;
const SALT: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;
const MAX_CIPHERTEXT: usize = 64 * 1024;

/// An encrypted key that is well formed, and whose password is not known yet.
#[derive(Debug)]
pub struct Encrypted {
    log_n: u8,
    salt: Vec<u8>,
    nonce: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl Encrypted {
    /// Reads the JSON and checks every number before anything is computed. Unknown members do not matter.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Error> {
        let all = json::loose_object(text).map_err(Error::Json)?;
        let part = |members: &Members, name| {
            json::member(members, name).and_then(|found| found.ok_or(json::Error::Missing(name))).map_err(Error::Json)
        };
        let (kdf, cipher) = (part(&all, "kdf")?, part(&all, "cipher")?);
        expect(&kdf, "name", "scrypt")?;
        expect(&cipher, "name", "nacl/secretbox")?;
        let params = part(&kdf, "params")?;
        let number = |name| params.decode::<u64>(name).ok().flatten().ok_or(Error::Json(json::Error::Type(name)));
        let (n, r, p) = (number("N")?, number("r")?, number("p")?);
        let cost = COSTS.iter().find(|(cost, _)| *cost == n && r == BLOCK && p == PARALLEL);
        let (_, log_n) = *cost.ok_or(Error::Cost { n, r, p })?;
        let encrypted = Self {
            log_n,
            salt: bytes(&kdf, "salt")?,
            nonce: bytes(&cipher, "nonce")?,
            ciphertext: bytes(&all, "ciphertext")?,
        };
        let Self { salt, nonce, ciphertext, .. } = &encrypted;
        if !(8..=1024).contains(&salt.len())
            || nonce.len() != NONCE
            || !(TAG..=MAX_CIPHERTEXT).contains(&ciphertext.len())
        {
            return Err(Error::Sizes);
        }
        Ok(encrypted)
    }

    /// Decrypts the key; takes 64 MiB and a fifth of a second.
    pub(super) fn open(&self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let cipher = cipher(password, &self.salt, self.log_n)?;
        let plain = cipher.decrypt(Nonce::from_slice(&self.nonce), &*self.ciphertext);
        plain.map(Zeroizing::new).map_err(|_| Error::Password)
    }
}

/// Encrypts a key in the members and the order that cosign writes.
pub(super) fn seal(plain: &[u8], password: &[u8]) -> Result<String, Error> {
    let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
    fill_random(&mut salt)?;
    fill_random(&mut nonce)?;
    let (n, log_n) = COST;
    let sealed = cipher(password, &salt, log_n)?.encrypt(Nonce::from_slice(&nonce), plain);
    let sealed = sealed.expect("a secretbox takes any content of this size");
    let (salt, nonce, sealed) = (encode(&salt), encode(&nonce), encode(&sealed));
    Ok(format!(
        r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":{BLOCK},"p":{PARALLEL}}},"salt":"{salt}"}},"cipher":{{"name":"nacl/secretbox","nonce":"{nonce}"}},"ciphertext":"{sealed}"}}"#
    ))
}

fn cipher(password: &[u8], salt: &[u8], log_n: u8) -> Result<XSalsa20Poly1305, Error> {
    let mut key = Zeroizing::new([0; 32]);
    let params = scrypt::Params::new(log_n, 8, 1).expect("one of the three known costs");
    scrypt::scrypt(password, salt, &params, &mut *key).map_err(|_| Error::Sizes)?;
    Ok(XSalsa20Poly1305::new(Key::from_slice(&*key)))
}

fn expect(members: &Members, name: &'static str, wanted: &str) -> Result<(), Error> {
    let found = json::required_text(members, name).map_err(Error::Json)?;
    if found == wanted { Ok(()) } else { Err(Error::Scheme(found.chars().take(64).collect())) }
}

fn bytes(members: &Members, name: &'static str) -> Result<Vec<u8>, Error> {
    let text = json::required_text(members, name).map_err(Error::Json)?;
    decode(&text).ok_or(Error::Json(json::Error::Type(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a file of the smallest accepted cost, without a password anybody knows.
    fn file(edit: impl Fn(String) -> String) -> Result<Encrypted, Error> {
        let text = format!(
            r#"{{"kdf":{{"name":"scrypt","params":{{"N":32768,"r":8,"p":1}},"salt":"{}"}},"cipher":{{"name":"nacl/secretbox","nonce":"{}"}},"ciphertext":"{}"}}"#,
            encode(&[1; 32]),
            encode(&[2; 24]),
            encode(&[3; 154]),
        );
        Encrypted::parse(edit(text).as_bytes())
    }

    #[test]
    fn what_is_taken() {
        assert!(file(|text| text).is_ok());
        assert!(file(|text| text.replace("32768", "65536")).is_ok());
        assert!(file(|text| text.replace("32768", "131072")).is_ok());
        assert!(file(|text| text.replace(r#"{"kdf""#, r#"{"later":[1],"kdf""#)).is_ok());
        assert!(file(|text| text.replace(r#""r":8,"p":1"#, r#" "p":1, "r":8 "#)).is_ok());
        assert!(file(|text| text.replace(&encode(&[1; 32]), &encode(&[1; 8]))).is_ok());
    }

    #[test]
    fn costs_are_refused_before_they_are_paid() {
        let begin = std::time::Instant::now();
        for (from, to) in [
            ("32768", "16384"),
            ("32768", "262144"),
            ("32768", "1073741824"),
            ("32768", "0"),
            (r#""r":8"#, r#""r":16"#),
            (r#""p":1"#, r#""p":2"#),
        ] {
            let refused = file(|text| text.replace(from, to)).expect_err(to);
            assert!(matches!(refused, Error::Cost { .. }), "{to}: {refused}");
        }
        assert!(begin.elapsed() < std::time::Duration::from_secs(1));
    }

    #[test]
    fn what_is_refused() {
        let (salt, nonce, sealed) = (encode(&[1; 32]), encode(&[2; 24]), encode(&[3; 154]));
        for (from, to) in [
            ("32768", "-1".to_owned()),
            ("32768", "65536.0".to_owned()),
            ("32768", "\"65536\"".to_owned()),
            ("32768", "1e999".to_owned()),
            ("scrypt", "pbkdf2".to_owned()),
            ("nacl/secretbox", "aes".to_owned()),
            (&salt, encode(&[1; 7])),
            (&salt, encode(&[1; 1025])),
            (&nonce, encode(&[2; 23])),
            (&nonce, encode(&[2; 25])),
            (&sealed, encode(&[3; 15])),
            (&sealed, encode(&[3; MAX_CIPHERTEXT + 1])),
            (&sealed, "*".to_owned()),
            (r#""r":8"#, r#""r":8,"r":8"#.to_owned()),
            (r#"{"kdf""#, r#"{"ciphertext":"","kdf""#.to_owned()),
            (r#""kdf""#, r#""KDF""#.to_owned()),
        ] {
            assert!(file(|text| text.replace(from, &to)).is_err(), "{from} to {to}");
        }
        assert!(file(|text| text + "{}").is_err());
    }

    #[test]
    fn the_password_matters() {
        let text = seal(b"content", "pässwörd ☃".as_bytes()).expect("sealed");
        let file = Encrypted::parse(text.as_bytes()).expect("well formed");
        assert_eq!(**file.open("pässwörd ☃".as_bytes()).expect("opens"), *b"content");
        assert!(matches!(file.open(b""), Err(Error::Password)));
        assert!(matches!(file.open("pässwörd ☃\n".as_bytes()), Err(Error::Password)));
    }
}

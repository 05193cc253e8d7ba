//! The tokens that this server makes itself.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::token::{self, Algorithm, Audience, Claims, Grant, Parts, Refusal, Wanted};
use super::watched::FileError;
use crate::durable::{self, Existing};

/// What our tokens say where they come from.
const ISSUER: &str = "stevedore";
/// Bytes of a key.
const KEY: usize = 32;

/// Makes tokens and knows its own again.
pub struct Issuer {
    key: hmac::Key,
    service: String,
    lifetime: Duration,
}

impl Issuer {
    /// Takes the key from a file, which is made, readable by its owner only, when it is not there: tokens then survive a restart, and
    /// servers with the same file take each other's.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no key.
    pub fn open(path: &Path, service: &str, lifetime: Duration) -> Result<Self, FileError> {
        let error = |verb| move |source| FileError::Io { verb, path: path.to_path_buf(), source };
        if !path.try_exists().map_err(error("read"))? {
            make(path).map_err(error("make"))?;
        }
        let text = fs::read_to_string(path).map_err(error("read"))?;
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok().filter(|bytes| bytes.len() >= KEY);
        let bytes = bytes.ok_or_else(|| FileError::Malformed {
            path: path.into(),
            line: 1,
            column: 1,
            reason: "expected a key: 32 bytes or more in base64url; without the file, one is made".into(),
        })?;
        Ok(Self::new(&bytes, service, lifetime))
    }

    /// Makes up a key. Its tokens end with the process.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn fresh(service: &str, lifetime: Duration) -> io::Result<Self> {
        Ok(Self::new(&random()?, service, lifetime))
    }

    fn new(key: &[u8], service: &str, lifetime: Duration) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), service: service.into(), lifetime }
    }

    /// Returns the name of the service that the tokens are for.
    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// Returns how long a token holds.
    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Makes a token for a user, or for nobody in particular.
    pub(super) fn issue(&self, user: Option<&str>, access: Vec<Grant>, now: u64) -> String {
        let signed = token::encode(&Claims {
            issuer: Some(ISSUER.into()),
            subject: Some(user.unwrap_or_default().into()),
            audience: Audience::One(self.service.clone()),
            expires: now + self.lifetime.as_secs(),
            not_before: Some(now),
            issued: Some(now),
            access,
        });
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Checks a token.
    pub(super) fn check(&self, text: &str, now: u64) -> Result<Claims, Refusal> {
        let parts = Parts::of(text)?;
        if parts.algorithm != Algorithm::Hs256 || hmac::verify(&self.key, parts.signed, &parts.signature).is_err() {
            return Err(Refusal::Signature);
        }
        parts.claims(&Wanted { issuer: ISSUER, audience: &self.service }, now)
    }
}

fn random() -> io::Result<[u8; KEY]> {
    let mut bytes = [0; KEY];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has no random bytes"))?;
    Ok(bytes)
}

/// Makes a key file; one that another process makes at the same time stays.
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(durable::folder_of(path))?;
    let key = URL_SAFE_NO_PAD.encode(random()?);
    match durable::write(path, 0o600, Existing::Keep, |out| writeln!(out, "{key}")) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn tokens_survive_a_restart_and_no_change() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("made/token.key");
        let open = |service: &str| Issuer::open(&path, service, HOUR).expect("opens");
        let access = vec![Grant::of_scope("repository:a:pull").expect("a scope")];
        let token = open("here").issue(Some("alice"), access.clone(), 1000);
        let mode = fs::metadata(&path).expect("it was made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let claims = open("here").check(&token, 1000).expect("holds");
        assert_eq!((claims.subject.as_deref(), claims.access), (Some("alice"), access));
        assert_eq!(open("here").check(&token, 1000 + 3630).map(drop), Err(Refusal::Expired));
        assert_eq!(open("there").check(&token, 1000).map(drop), Err(Refusal::Audience));
        let other = Issuer::fresh("here", HOUR).expect("a key");
        assert_eq!(other.check(&token, 1000).map(drop), Err(Refusal::Signature));
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let more = URL_SAFE_NO_PAD.encode(
            String::from_utf8(URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("text").replace("pull", "push"),
        );
        for forged in [
            format!("{none}.{claims}."),
            format!("{none}.{claims}.{signature}"),
            format!("{header}.{claims}."),
            format!("{header}.{more}.{signature}"),
            format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 32])),
        ] {
            assert!(open("here").check(&forged, 1000).is_err(), "{forged}");
        }
    }

    /// The name of the temporary file says nothing to anybody.
    #[test]
    #[cfg(target_os = "linux")]
    fn an_error_names_the_key_file() {
        let error =
            Issuer::open(Path::new("/proc/token.key"), "here", HOUR).map(drop).expect_err("nobody may write there");
        let wanted = "cannot make /proc/token.key: No such file or directory (os error 2)";
        assert_eq!(crate::error_chain::with_causes(&error), wanted);
    }

    #[test]
    fn a_file_without_a_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        for text in ["", "c2hvcnQ", "not base64!"] {
            fs::write(&path, text).expect("written");
            assert!(matches!(Issuer::open(&path, "here", HOUR), Err(FileError::Malformed { .. })), "{text}");
            assert_eq!(fs::read_to_string(&path).expect("there"), text);
        }
    }
}

//! Signing with an identity: a key that lives as long as one run, a certificate that says whose it is, and logs and clocks that saw the
//! signature within the certificate's ten minutes.
//!
//! The order is that of sigstore's client specification: the token, the key, the certificate, the signature, time stamps, entries of logs, the
//! bundle. What each service answers is held to the trusted root before the next one is asked, and the bundle as a whole is verified as
//! anybody would verify it, before it is returned. The key never leaves memory.
//!
//! sigstore, "Client specification": <https://github.com/sigstore/architecture-docs/blob/main/client-spec.md>

mod authority;
mod clock;
mod error;
mod issuer;
mod log;
mod services;
mod token;

use std::sync::OnceLock;

use serde_json::json;

use self::authority::Named;
use self::clock::Stamped;
use self::log::{Log, Record};
use super::certificate::Leaf;
use super::material::Entry;
use super::{Content, Identity, Keyless, Pattern, Signed, TrustedRoot};
use crate::registry::Client;
use crate::sign::authority::{Authority, Evidence, Material};
use crate::sign::blob::{self, Artifact};
use crate::sign::bundle::{self, Bundle};
use crate::sign::collect::MAX_ATTESTATION;
use crate::sign::encoding::encode;
use crate::sign::{PrivateKey, Reason, Recorded, Sealed, envelope};
use crate::timestamp;
use crate::watch::Watch;
use crate::{digest, sign};

pub use error::{Error, Result};
pub use issuer::{Prompt, github, people};
pub use services::{Generation, LogService, MAX_CONFIG, Services};
pub use token::{IdentityToken, MAX_TOKEN};

/// Where an identity token comes from, asked when it is needed.
pub type Tokens = Box<dyn Fn() -> Result<IdentityToken> + Send + Sync>;

/// Somebody who signs with an identity.
pub struct IdentitySigner {
    authority: Named,
    logs: Vec<Log>,
    clocks: Vec<Named>,
    root: TrustedRoot,
    tokens: Tokens,
    watch: Watch,
    session: OnceLock<Session>,
}

/// A key with its certificate.
struct Session {
    key: PrivateKey,
    leaf: Vec<u8>,
    verifier: Keyless,
}

impl IdentitySigner {
    /// Takes the services, whom to trust, and where the token comes from. Nothing is asked before the first signature.
    ///
    /// # Errors
    /// When the services do not suffice, or one of them has an URL that is none.
    pub fn new(client: &Client, services: &Services, root: TrustedRoot, tokens: Tokens, watch: &Watch) -> Result<Self> {
        services.check()?;
        let named = |what, url: &str| named(client, what, url, watch);
        let authority = named(AUTHORITY, &services.authority)?;
        check_secret(&authority, AUTHORITY, &services.authority)?;
        let logs = services.logs.iter().map(|log| {
            let named = named("the transparency log", &log.url)?;
            Ok(Log { named, generation: log.generation })
        });
        let clocks = services.clocks.iter().map(|url| named("the time stamp authority", url));
        Ok(Self {
            authority,
            logs: logs.collect::<Result<_>>()?,
            clocks: clocks.collect::<Result<_>>()?,
            root,
            tokens,
            watch: watch.clone(),
            session: OnceLock::new(),
        })
    }

    /// Signs a statement, and returns the bundle with its envelope.
    ///
    /// # Errors
    /// When a service refuses, or answers what the trusted root does not bear out.
    pub fn seal_statement(&self, payload: &[u8]) -> sign::Result<Sealed> {
        let session = self.session()?;
        let message = envelope::message(envelope::IN_TOTO, payload);
        let signature = session.key.sign(&message).map_err(Error::Key)?;
        let (material, entries) = self.material(session, Content::Message(&message), &signature)?;
        let content = bundle::write_with(&material, "dsseEnvelope", &envelope::write(payload, &signature));
        let verify = || {
            let bundle = Bundle::parse(&content, MAX_ATTESTATION)?;
            let material = Material::Bundle(&bundle.material);
            session.verifier.verify(&Evidence { message: &message, signature: &signature, key_id: None, material })
        };
        let signer = verify().map_err(unusable)?;
        Ok(Sealed { content, signer, entries })
    }

    /// Signs content of which the SHA-256 is known, and returns the bundle with its signature.
    ///
    /// # Errors
    /// As [`seal_statement`](Self::seal_statement).
    pub fn seal_digest(&self, sha256: &[u8; 32]) -> sign::Result<Sealed> {
        let session = self.session()?;
        let signature = session.key.sign_digest(sha256).map_err(Error::Key)?;
        let (material, entries) = self.material(session, Content::Sha256(sha256), &signature)?;
        let content = bundle::write_with(&material, "messageSignature", &blob::write_signature(sha256, &signature));
        let artifact = Artifact::of_text(&format!("sha256:{}", digest::hex(sha256))).expect("it is a digest");
        let verified = blob::verify(&content, &artifact, &session.verifier, None, MAX_ATTESTATION).map_err(unusable)?;
        Ok(Sealed { content, signer: verified.signer, entries })
    }

    fn session(&self) -> Result<&Session> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let token = (self.tokens)()?;
        token.check_time(timestamp::now().0)?;
        let key = PrivateKey::generate()?;
        let leaf = authority::certify(&self.authority, &token, &key, &self.root)?;
        let unacceptable = |refusal| self.authority.unacceptable(refusal);
        let (subject, issuer) = {
            let read = Leaf::parse(&leaf).map_err(unacceptable)?;
            (read.subject().map_err(unacceptable)?, read.issuer().map_err(unacceptable)?)
        };
        self.watch.note(&format!("signing as {subject:?}, vouched for by {issuer:?}"));
        let identity = Identity { subject: Pattern::exact(subject), issuer: Pattern::exact(issuer) };
        let verifier = Keyless::new(self.root.clone(), identity);
        Ok(self.session.get_or_init(|| Session { key, leaf, verifier }))
    }

    /// Has a signature stamped and recorded, and returns a bundle's `verificationMaterial`.
    fn material(&self, session: &Session, content: Content<'_>, signature: &[u8]) -> Result<(String, Vec<Recorded>)> {
        let leaf = &session.leaf;
        let stamps: Vec<Stamped> =
            self.clocks.iter().map(|clock| clock::stamp(clock, signature, &self.root)).collect::<Result<_>>()?;
        let times: Vec<u64> = stamps.iter().map(|stamp| stamp.time).collect();
        let record = Record { signed: Signed { content, signature }, leaf };
        let (mut entries, mut recorded): (Vec<Entry>, _) = (Vec::new(), Vec::new());
        for log in &self.logs {
            let entry = log.record(&record, &times, &self.root)?;
            let url = log.named.url();
            // What follows may fail, and the entry stays.
            self.watch.note(&format!("{} has the signature as entry {}", log.named.who, entry.index));
            recorded.push(Recorded { log: url, index: entry.index });
            entries.push(entry);
        }
        let written: Vec<_> = entries.iter().map(log::write).collect();
        let mut material = json!({"certificate": {"rawBytes": encode(leaf)}, "tlogEntries": written});
        if !stamps.is_empty() {
            let one = |stamp: &Stamped| json!({"signedTimestamp": encode(&stamp.content)});
            let all: Vec<_> = stamps.iter().map(one).collect();
            material["timestampVerificationData"] = json!({"rfc3161Timestamps": all});
        }
        Ok((material.to_string(), recorded))
    }
}

const AUTHORITY: &str = "the certificate authority";

fn named(client: &Client, what: &'static str, url: &str, watch: &Watch) -> Result<Named> {
    let refused = |reason| Error::Url { what, url: url.to_owned(), reason };
    let service = client.service(url, watch).ok_or_else(|| refused("it is no http or https URL"))?;
    Ok(Named { who: format!("{what} {}", service.url()), service })
}

/// Refuses a service that would get a secret in plain http.
fn check_secret(named: &Named, what: &'static str, url: &str) -> Result<()> {
    match named.service.may_have_secrets() {
        true => Ok(()),
        false => {
            let reason = "an identity token would go there in plain http; it goes by https, or to this machine";
            Err(Error::Url { what, url: url.to_owned(), reason })
        }
    }
}

impl Named {
    fn url(&self) -> String {
        self.service.url()
    }
}

/// A bundle that was made here and does not verify is worth nothing.
fn unusable(reason: Reason) -> sign::Error {
    sign::Error::Unverifiable { reason: Box::new(reason) }
}

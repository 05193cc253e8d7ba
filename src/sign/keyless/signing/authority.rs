//! Certificates for a key that was just made, from an authority that knows who asks.
//!
//! Fulcio's API, version 2: <https://github.com/sigstore/fulcio/blob/main/fulcio.proto>. What comes back is held to the trusted root before
//! anything is signed with it.

use serde::{Deserialize, Serialize};

use super::super::certificate::{Leaf, window};
use super::super::{Refusal, TrustedRoot, certificate, chain, material, sct};
use super::error::{Error, Result};
use super::token::IdentityToken;
use crate::registry::{self, Answer, Question, Service};
use crate::sign::PrivateKey;
use crate::sign::encoding::encode;

/// A service with what it is called in messages.
pub(super) struct Named {
    pub(super) service: Service,
    pub(super) who: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    public_key_request: KeyRequest<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRequest<'a> {
    public_key: KeyContent<'a>,
    proof_of_possession: &'a str,
}

#[derive(Serialize)]
struct KeyContent<'a> {
    algorithm: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    signed_certificate_embedded_sct: Option<Issued>,
    signed_certificate_detached_sct: Option<Issued>,
}

#[derive(Deserialize)]
struct Issued {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

impl Named {
    /// Makes the error of a service that answers something else than its protocol says.
    pub(super) fn senseless(&self, reason: impl Into<String>) -> Error {
        Error::Answer { who: self.who.clone(), reason: reason.into() }
    }

    /// Makes the error of a service whose answer the trusted root does not bear out.
    pub(super) fn unacceptable(&self, source: Refusal) -> Error {
        Error::Unacceptable { who: self.who.clone(), source: Box::new(source) }
    }

    /// Makes the error of a service that did not do what it was asked for.
    pub(super) fn failed(&self, what: &'static str, source: registry::Error) -> Error {
        Error::Service { who: self.who.clone(), what, source: Box::new(source) }
    }

    /// Asks, and says who did not do what.
    pub(super) fn ask(&self, what: &'static str, question: &Question<'_>) -> Result<Answer> {
        let asked = self.service.ask(question);
        asked.map_err(|source| self.failed(what, source))
    }
}

/// Asks for a certificate for a key, and returns it as DER.
pub(super) fn certify(
    authority: &Named,
    token: &IdentityToken,
    key: &PrivateKey,
    root: &TrustedRoot,
) -> Result<Vec<u8>> {
    let public = key.public_key();
    let proof = encode(&key.sign(token.challenge()?.as_bytes())?);
    let key_request = KeyRequest {
        public_key: KeyContent { algorithm: "ECDSA", content: &public.to_pem() },
        proof_of_possession: &proof,
    };
    let request = serde_json::to_vec(&Request { public_key_request: key_request }).expect("text is always writable");
    let answer = authority.ask(
        "issue a certificate",
        &Question {
            method: "POST",
            path: "/api/v2/signingCert",
            query: &[],
            authorization: Some(&token.authorization()),
            body: Some(("application/json", &request)),
            wanted: &[200, 201],
        },
    )?;
    let answered: Option<Answered> = serde_json::from_slice(&answer.content).ok();
    let issued = answered.and_then(|all| all.signed_certificate_embedded_sct.or(all.signed_certificate_detached_sct));
    let leaf = issued.and_then(|issued| issued.chain.certificates.into_iter().next());
    let leaf = leaf.and_then(|pem| material::certificate(pem.as_bytes()));
    let leaf = leaf.ok_or_else(|| authority.senseless("it holds no certificate"))?;
    check(&leaf, public.to_der(), token, root).map_err(|refusal| authority.unacceptable(refusal))?;
    Ok(leaf)
}

/// Checks that a certificate is for this key, vouched for by whom the token is of, and issued and logged by whom the root trusts.
fn check(der: &[u8], key: &[u8], token: &IdentityToken, root: &TrustedRoot) -> Result<(), Refusal> {
    let leaf = Leaf::parse(der)?;
    let read = certificate::read(der)?;
    if certificate::spki(&read)? != key {
        return Err(Refusal::OtherKey);
    }
    let issuer = leaf.issuer()?;
    if let Some(wanted) = token.vouches().filter(|wanted| *wanted != issuer) {
        return Err(Refusal::Issuer { found: issuer, wanted: format!("{wanted:?}") });
    }
    leaf.subject()?;
    let by = chain::verify(der, &root.authorities, &[window(&read).start], chain::CODE_SIGNING);
    sct::check(&leaf, &by.map_err(Refusal::from)?, &root.certificate_logs)
}

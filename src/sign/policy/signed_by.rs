//! `signedBy`: whoever has a key of an OpenPGP keyring, by the rules of containers/image.
//!
//! Where signatures are: a registry that keeps them itself is asked, for any other the lookaside; a `dir:` has them beside the image. One
//! file that is no signature spoils all, as in containers/image.

use std::time::SystemTime;

use super::{Identity, KeySource, Names};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::media_type::MediaType;
use crate::sign::collect::{Candidate, Form, Spot};
use crate::sign::lookaside::Lookaside;
use crate::sign::openpgp::{self, Kept, Keyring, MAX_KEYRING};
use crate::sign::verify::{Accepted, MAX_REASONS, Rejected, Verdict};
use crate::sign::{Claim, Error, Reason, Result, Signer};
use crate::transport::{KeptSignature, Source};
use crate::watch::Watch;

const MESSAGE: MediaType = MediaType::from_static("application/pgp-encrypted");

/// A signature by an OpenPGP key that is required.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// The keyrings, whose keys all may have signed.
    pub keys: Vec<KeySource>,
    /// Under which name.
    pub identity: Identity,
}

/// The image that is looked at.
pub(super) struct Asked<'a> {
    pub(super) names: &'a Names,
    pub(super) source: &'a dyn Source,
    pub(super) digest: &'a Digest,
}

impl SignedBy {
    /// Verifies that an image has a good signature.
    pub(super) fn verify(
        &self,
        asked: &Asked<'_>,
        lookaside: Option<&Lookaside>,
        judge: &dyn Fn(&Claim) -> Result<(), Reason>,
        watch: &Watch,
    ) -> Result<Verdict> {
        let digest = asked.digest.clone();
        let kept = asked.kept(lookaside, watch)?;
        if kept.is_empty() {
            return Err(Error::Unsigned { digest, is_index: false });
        }
        let keyring = self.keyring()?;
        let mut verdict = Verdict { digest, accepted: Vec::new(), rejected: Vec::new() };
        for file in &kept {
            let spot = Spot::Lookaside(file.place.clone());
            let message = match openpgp::read_file(&file.content) {
                Some(Kept::Message(message)) => message,
                Some(Kept::Sigstore) => continue,
                None => return Err(Error::NoSignature { place: file.place.clone() }),
            };
            let layer = Descriptor::of(MESSAGE, message);
            match self.check(asked, message, &keyring, judge) {
                Ok((signer, claim)) => {
                    let candidate = Candidate { spot, manifest: None, form: Form::Simple, layer, stated: None };
                    verdict.accepted.push(Accepted { candidate, signers: vec![(0, signer)], claim, envelope: None });
                }
                Err(reason) => {
                    let blob = Some(layer.digest);
                    verdict.rejected.push(Rejected { spot, manifest: None, blob, reason, is_sought: true });
                }
            }
        }
        match (verdict.accepted.is_empty(), verdict.rejected.is_empty()) {
            (false, _) => Ok(verdict),
            (true, true) => Err(Error::Unsigned { digest: verdict.digest, is_index: false }),
            (true, false) => {
                let reasons = verdict.rejected.iter().take(MAX_REASONS).map(ToString::to_string).collect();
                Err(Error::Unacceptable { digest: verdict.digest, reasons })
            }
        }
    }

    fn check(
        &self,
        asked: &Asked<'_>,
        message: &[u8],
        keyring: &Keyring,
        judge: &dyn Fn(&Claim) -> Result<(), Reason>,
    ) -> Result<(Signer, Claim), Reason> {
        let opened = openpgp::open(message, keyring, SystemTime::now())?;
        // Nothing of the payload was looked at before this line.
        let claim = openpgp::parse_payload(&opened.content).map_err(Reason::Payload)?;
        if claim.digest != *asked.digest {
            return Err(Reason::Subject);
        }
        let signed = claim.identity.as_deref().unwrap_or_default();
        if !self.identity.accepts(asked.names.reference.as_ref(), signed) {
            return Err(Reason::Identity(signed.to_owned()));
        }
        judge(&claim)?;
        Ok((Signer::OpenPgp(opened.fingerprint), claim))
    }

    /// Reads all keys into one ring: what one file says of another's key, such as that it is revoked, counts.
    fn keyring(&self) -> Result<Keyring> {
        let mut keyring = Keyring::default();
        for source in &self.keys {
            let (name, content) = source.content(MAX_KEYRING)?;
            keyring.add(&content).map_err(|source| Error::Keyring { name, source })?;
        }
        Ok(keyring)
    }
}

impl Asked<'_> {
    /// Reads the files of the image's signatures.
    fn kept(&self, lookaside: Option<&Lookaside>, watch: &Watch) -> Result<Vec<KeptSignature>> {
        if let Some(kept) = self.source.signatures(self.digest)? {
            return Ok(kept);
        }
        match (lookaside, &self.names.reference) {
            // Images elsewhere may have a name of a registry, too.
            (Some(lookaside), Some(image)) if self.names.transport == "docker" => {
                Ok(lookaside.signatures(&self.names.scopes, &image.repository, self.digest, watch)?)
            }
            _ => Ok(Vec::new()),
        }
    }
}

//! Policies: which images are acceptable, in the format of containers-policy.json.
//!
//! A file that podman, skopeo and CRI-O read is read unchanged, with `static` as one more transport. Of the requirements that apply to an
//! image, all must hold; nothing that is not supported ever counts as held. No file is read unless it is named.
//!
//! containers-policy.json(5): <https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md>

mod certificate;
mod gate;
mod identity;
mod parse;
mod scope;
#[cfg(feature = "openpgp")]
mod signed_by;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

pub use certificate::{Fulcio, Pki};
pub use gate::{Guard, Guarded};
pub use identity::Identity;
pub use parse::ParseError;
pub use scope::Names;
#[cfg(feature = "openpgp")]
pub use signed_by::SignedBy;

use super::authority::PolicyKey;
use super::key::{self, MAX_FILE, PublicKey};
use super::verify::{Verdict, Wanted, find, verify_image};
use super::{Authority, Claim, Error, Reason, Result};
use crate::copy::instances;
use crate::digest::Digest;
use crate::transport::{Location, Source};
use crate::watch::Watch;

/// Which images are acceptable.
///
/// ```
/// use stevedore::sign::Policy;
///
/// let policy = Policy::parse(br#"{"default": [{"type": "reject"}], "transports": {"oci": {"": [{"type": "insecureAcceptAnything"}]}}}"#)?;
/// assert_eq!(policy.requirements(&"oci:images:app".parse().unwrap()).len(), 1);
/// # Ok::<(), stevedore::sign::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    default: Vec<Requirement>,
    transports: BTreeMap<String, BTreeMap<String, Vec<Requirement>>>,
    #[cfg(feature = "openpgp")]
    lookaside: Option<super::Lookaside>,
}

/// What must hold.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Requirement {
    /// Nothing.
    AcceptAnything,
    /// Something that never does.
    Reject,
    /// A signature.
    Signed(Signed),
    /// A signature by an OpenPGP key.
    #[cfg(feature = "openpgp")]
    SignedBy(SignedBy),
    /// Something that is not supported, which never counts as held.
    Unsupported(&'static str),
}

/// A signature that is required.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Who may have signed.
    pub trust: Trust,
    /// Under which name.
    pub identity: Identity,
}

/// Who may have signed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Trust {
    /// Whoever has one of these keys.
    Keys(Vec<KeySource>),
    /// Whoever has one of these keys, where one of these logs has promised to include the signature.
    Logged {
        /// The keys.
        keys: Vec<KeySource>,
        /// The keys of the logs, which are ECDSA.
        logs: Vec<KeySource>,
    },
    /// Whoever had a certificate by Fulcio.
    Fulcio(Fulcio),
    /// Whoever has a certificate by other authorities.
    Pki(Pki),
}

/// Where public keys or certificates are.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// In this file.
    File(PathBuf),
    /// Here.
    Data(Vec<u8>),
}

impl Policy {
    /// Reads a policy. Anything that is not understood makes the whole of it unacceptable.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        parse::policy(text)
    }

    /// Says where the signatures by OpenPGP keys are that neither registries nor folders of images keep themselves. Without it there are none.
    #[cfg(feature = "openpgp")]
    #[must_use]
    pub fn with_lookaside(self, lookaside: super::Lookaside) -> Self {
        Self { lookaside: Some(lookaside), ..self }
    }

    /// Returns the requirements for the image at a location: those of the most specific scope, and no others.
    pub fn requirements(&self, location: &Location) -> &[Requirement] {
        self.requirements_of(&Names::of(location))
    }

    fn requirements_of(&self, names: &Names) -> &[Requirement] {
        let Some(scopes) = self.transports.get(names.transport) else {
            return &self.default;
        };
        let mut listed = names.scopes.iter().map(String::as_str).chain([""]);
        listed.find_map(|scope| scopes.get(scope)).unwrap_or(&self.default)
    }

    /// Verifies that the image at a location may be used; of an index, that every image in it may be as well, for whoever reads the policy
    /// elsewhere verifies the one that is run. `judge` may ask for more of each signature that is to count.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unsigned`] or [`Error::Unacceptable`] when it may not, [`Error::Image`] when there is none, others when
    /// that could not be found out.
    pub fn verify(
        &self,
        location: &Location,
        source: &dyn Source,
        judge: &dyn Fn(&Claim) -> Result<(), Reason>,
        watch: &Watch,
    ) -> Result<Verdict> {
        let names = Names::of(location);
        self.refuse(location, &names)?;
        let image = find(source, &location.at)?;
        let verdict = self.weigh(&names, source, image.digest(), judge, watch)?;
        if self.requirements_of(&names).iter().any(Requirement::is_signature) {
            for below in instances(&image, &|child| source.manifest(&child.clone().into()))? {
                self.weigh(&names, source, &below, judge, watch)?;
            }
        }
        Ok(verdict)
    }

    /// Verifies that the image with this digest may be used, when it is known to be the one at `location`, or in an index there. Nothing but
    /// this one manifest is verified.
    ///
    /// # Errors
    /// Those of [`Policy::verify`], but for [`Error::Image`].
    pub fn verify_digest(
        &self,
        location: &Location,
        source: &dyn Source,
        digest: &Digest,
        watch: &Watch,
    ) -> Result<Verdict> {
        let names = Names::of(location);
        self.refuse(location, &names)?;
        self.weigh(&names, source, digest, &|_| Ok(()), watch)
    }

    /// Refuses what is known not to be acceptable before anybody is asked for anything.
    fn refuse(&self, location: &Location, names: &Names) -> Result<()> {
        for requirement in self.requirements_of(names) {
            let reason = match requirement {
                Requirement::Reject => "it rejects it".to_owned(),
                Requirement::Unsupported(what) => format!("it asks for {what}, and that never counts as given"),
                _ => continue,
            };
            return Err(Error::Denied { place: location.to_string(), reason });
        }
        Ok(())
    }

    fn weigh(
        &self,
        names: &Names,
        source: &dyn Source,
        digest: &Digest,
        judge: &dyn Fn(&Claim) -> Result<(), Reason>,
        watch: &Watch,
    ) -> Result<Verdict> {
        let mut whole = Verdict { digest: digest.clone(), accepted: Vec::new(), rejected: Vec::new() };
        for requirement in self.requirements_of(names) {
            let signed = match requirement {
                Requirement::Signed(signed) => signed,
                #[cfg(feature = "openpgp")]
                Requirement::SignedBy(signed) => {
                    let asked = signed_by::Asked { names, source, digest };
                    whole.add(signed.verify(&asked, self.lookaside.as_ref(), judge, watch)?);
                    continue;
                }
                _ => continue,
            };
            let authorities = signed.trust.authorities()?;
            let authorities: Vec<&dyn Authority> = authorities.iter().map(|authority| &**authority).collect();
            let judge = |claim: &Claim| signed.judge(names, claim).and_then(|()| judge(claim));
            let wanted = Wanted { judge: &judge, ..Wanted::any_of(&authorities) };
            whole.add(verify_image(source, digest, &wanted, watch)?);
        }
        Ok(whole)
    }
}

impl Requirement {
    /// Says whether it asks for a signature, which each image of an index must have.
    fn is_signature(&self) -> bool {
        match self {
            Self::Signed(_) => true,
            #[cfg(feature = "openpgp")]
            Self::SignedBy(_) => true,
            Self::AcceptAnything | Self::Reject | Self::Unsupported(_) => false,
        }
    }
}

impl Signed {
    /// A bundle that cosign writes has no name, so that nothing tells which image its signer meant: no identity is met by that.
    fn judge(&self, names: &Names, claim: &Claim) -> Result<(), Reason> {
        match &claim.identity {
            Some(signed) if self.identity.accepts(names.reference.as_ref(), signed) => Ok(()),
            Some(signed) => Err(Reason::Identity(signed.clone())),
            None => Err(Reason::Anonymous),
        }
    }
}

impl Trust {
    /// Returns who may have signed; another kind of trust is another arm here.
    fn authorities(&self) -> Result<Vec<Box<dyn Authority>>> {
        match self {
            Self::Keys(keys) => policy_keys(keys, &[]),
            Self::Logged { keys, logs } => policy_keys(keys, logs),
            Self::Fulcio(fulcio) => Ok(vec![fulcio.authority()?]),
            Self::Pki(pki) => Ok(vec![pki.authority()?]),
        }
    }
}

fn policy_keys(keys: &[KeySource], logs: &[KeySource]) -> Result<Vec<Box<dyn Authority>>> {
    let logs: Vec<PublicKey> = logs.iter().map(KeySource::read_log).collect::<Result<_>>()?;
    let authority = |source: &KeySource| {
        let key = PolicyKey { key: source.read()?, logs: logs.clone() };
        Ok(Box::new(key) as Box<dyn Authority>)
    };
    keys.iter().map(authority).collect()
}

impl KeySource {
    /// Reads the key of a log, which is ECDSA: containers/image takes no other.
    fn read_log(&self) -> Result<PublicKey> {
        let key = self.read()?;
        if key.is_ecdsa() {
            return Ok(key);
        }
        let name = match self {
            Self::Data(_) => "in the policy".to_owned(),
            Self::File(path) => path.display().to_string(),
        };
        Err(Error::Key { name, source: key::Error::Log })
    }

    /// Reads what is there, of a file no more than a byte above `limit`, and says where that is.
    fn content(&self, limit: usize) -> Result<(String, Vec<u8>)> {
        match self {
            Self::Data(content) => Ok(("in the policy".to_owned(), content.clone())),
            Self::File(path) => {
                let unreadable = |source| Error::KeyFile { path: path.clone(), source };
                let mut content = Vec::new();
                let file = File::open(path).map_err(unreadable)?;
                file.take(limit as u64 + 1).read_to_end(&mut content).map_err(unreadable)?;
                Ok((path.display().to_string(), content))
            }
        }
    }

    /// Reads the one key that must be there. containers/image takes the first of several: whoever put a second one there would be surprised.
    fn read(&self) -> Result<PublicKey> {
        let (name, content) = self.content(MAX_FILE)?;
        let unusable = |source| Error::Key { name: name.clone(), source };
        if content.len() > MAX_FILE {
            return Err(unusable(key::Error::TooLarge));
        }
        let keys = PublicKey::parse_all(&String::from_utf8_lossy(&content)).map_err(unusable)?;
        match <[PublicKey; 1]>::try_from(keys) {
            Ok([key]) => Ok(key),
            Err(_) => {
                Err(unusable(key::Error::Pem("it has more than one PEM block; a policy lists each key by itself")))
            }
        }
    }
}

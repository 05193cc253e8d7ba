//! A public key with what is said of it: who it is of, until when it counts, which subkeys sign for it, and whether it was revoked.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType, SignatureVersion, SubpacketData, UserId};
use pgp::types::{EcdsaPublicParams, EddsaLegacyPublicParams, KeyDetails, KeyVersion, PublicParams, Tag, Timestamp};

/// Why a key does not count.
type Why = &'static str;

const REVOKED: Why = "is revoked";
const EXPIRED: Why = "has expired";
const TOO_NEW: Why = "is from the future";
const NAMELESS: Why = "has no name that it has signed itself";
const ALGORITHM: Why = "is of a kind that does not count";
const PURPOSE: Why = "is not for signing";
const UNBOUND: Why = "is not bound to its primary key by both";
const UNKNOWN: Why = "has something that is not understood";

/// A key with everything that came with it, none of it verified.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) primary: PublicKey,
    direct: Vec<Signature>,
    users: Vec<(UserId, Vec<Signature>)>,
    subkeys: Vec<(PublicSubkey, Vec<Signature>)>,
    last: Last,
    is_unknown: bool,
}

/// What a signature that follows is about.
#[derive(Clone, Copy, Debug)]
enum Last {
    Key,
    User(usize),
    Subkey(usize),
    Other,
}

impl Certificate {
    pub(super) fn new(primary: PublicKey) -> Self {
        let (direct, users, subkeys) = Default::default();
        Self { primary, direct, users, subkeys, last: Last::Key, is_unknown: false }
    }

    /// Says that what follows is about the primary key.
    pub(super) fn begin(&mut self) {
        self.last = Last::Key;
    }

    /// Counts what is here.
    pub(super) fn parts(&self) -> usize {
        let users = self.users.iter().map(|(_, signatures)| 1 + signatures.len()).sum::<usize>();
        let subkeys = self.subkeys.iter().map(|(_, signatures)| 1 + signatures.len()).sum::<usize>();
        1 + self.direct.len() + users + subkeys
    }

    pub(super) fn add_signature(&mut self, signature: Signature) {
        let list = match self.last {
            Last::Key => &mut self.direct,
            Last::User(at) => &mut self.users[at].1,
            Last::Subkey(at) => &mut self.subkeys[at].1,
            Last::Other => return,
        };
        list.push(signature);
    }

    pub(super) fn add_user(&mut self, user: UserId) {
        let known = self.users.iter().position(|(known, _)| known.id() == user.id());
        self.last = Last::User(known.unwrap_or(self.users.len()));
        if known.is_none() {
            self.users.push((user, Vec::new()));
        }
    }

    pub(super) fn add_subkey(&mut self, key: PublicSubkey) {
        let known = self.subkeys.iter().position(|(known, _)| known.fingerprint() == key.fingerprint());
        self.last = Last::Subkey(known.unwrap_or(self.subkeys.len()));
        if known.is_none() {
            self.subkeys.push((key, Vec::new()));
        }
    }

    /// What follows is about something that nobody needs.
    pub(super) fn add_other(&mut self) {
        self.last = Last::Other;
    }

    pub(super) fn add_unknown(&mut self) {
        self.is_unknown = true;
    }

    pub(super) fn subkeys(&self) -> impl Iterator<Item = &PublicSubkey> {
        self.subkeys.iter().map(|(key, _)| key)
    }

    /// Checks that the primary key counts at `now`, for itself or for its subkeys.
    pub(super) fn check(&self, loose: &[Signature], now: Timestamp) -> Result<(), Why> {
        if self.is_unknown {
            return Err(UNKNOWN);
        }
        check_kind(&self.primary)?;
        if self.is_revoked(loose) {
            return Err(REVOKED);
        }
        let named = self.newest_of_users();
        let Some(named) = named else { return Err(NAMELESS) };
        // GnuPG takes what the newest of them says; here none of them may have run out.
        for signature in [Some(named), self.newest_direct()].into_iter().flatten() {
            check_life(&self.primary, signature, now)?;
        }
        Ok(())
    }

    /// Checks that the primary key itself may sign. [`Certificate::check`] must have passed.
    pub(super) fn check_primary(&self) -> Result<(), Why> {
        let stated = [self.newest_direct(), self.newest_of_users()].into_iter().flatten();
        // A key that says nothing of its purpose is for everything that its kind can do.
        let may_sign = stated.filter_map(purposes).all(|may_sign| may_sign);
        if may_sign { Ok(()) } else { Err(PURPOSE) }
    }

    /// Checks that a subkey may sign for the primary key, which must have passed.
    pub(super) fn check_subkey(&self, subkey: &PublicSubkey, now: Timestamp) -> Result<(), Why> {
        check_kind(subkey)?;
        let said = self.subkeys.iter().find(|(key, _)| key.fingerprint() == subkey.fingerprint());
        let Some((_, said)) = said else { return Err(UNBOUND) };
        let by_primary = |kind: SignatureType| {
            let is_good = |signature: &&Signature| signature.verify_subkey_binding(&self.primary, subkey).is_ok();
            said.iter().filter(move |signature| is_of(signature, kind)).filter(is_good).collect::<Vec<_>>()
        };
        if !by_primary(SignatureType::SubkeyRevocation).is_empty() {
            return Err(REVOKED);
        }
        let binding = newest(by_primary(SignatureType::SubkeyBinding)).ok_or(UNBOUND)?;
        if purposes(binding) != Some(true) {
            return Err(PURPOSE);
        }
        check_life(subkey, binding, now)?;
        // Without it, anybody could take another's signing key for a subkey of their own.
        let back = binding.embedded_signature().filter(|back| is_sound(back));
        let is_bound = back.is_some_and(|back| back.verify_primary_key_binding(subkey, &self.primary).is_ok());
        if is_bound { Ok(()) } else { Err(UNBOUND) }
    }

    /// A revocation counts whatever its reason. One that another key may have made counts when the primary key names such keys.
    fn is_revoked(&self, loose: &[Signature]) -> bool {
        let revocations = || self.direct.iter().chain(loose).filter(|signature| is_revocation(signature));
        let names_others = |signature: &Signature| {
            let hashed = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
            hashed.into_iter().any(|subpacket| matches!(subpacket.data, SubpacketData::RevocationKey(_)))
        };
        let by_itself = revocations().any(|signature| signature.verify_key(&self.primary).is_ok());
        let users = self.users.iter().flat_map(|(_, signatures)| signatures);
        by_itself || self.direct.iter().any(is_revocation) && self.direct.iter().chain(users).any(names_others)
    }

    fn newest_direct(&self) -> Option<&Signature> {
        let direct = self.direct.iter().filter(|signature| is_of(signature, SignatureType::Key));
        newest(direct.filter(|signature| signature.verify_key(&self.primary).is_ok()).collect())
    }

    /// Returns the newest signature of the key over a name that it has not revoked.
    fn newest_of_users(&self) -> Option<&Signature> {
        newest(self.users.iter().filter_map(|(user, said)| certification(&self.primary, user, said)).collect())
    }
}

/// Returns the newest signature of a key over its own name, unless that is revoked.
fn certification<'a>(key: &PublicKey, user: &UserId, said: &'a [Signature]) -> Option<&'a Signature> {
    let is_good = |signature: &&Signature| signature.verify_certification(key, Tag::UserId, user).is_ok();
    let (revocations, certifications): (Vec<_>, Vec<_>) =
        said.iter().partition(|signature| signature.typ() == Some(SignatureType::CertRevocation));
    if revocations.iter().any(is_good) {
        return None;
    }
    newest(certifications.into_iter().filter(|signature| is_sound(signature)).filter(is_good).collect())
}

/// Says whether a signature is of this type, and one that may count.
fn is_of(signature: &Signature, kind: SignatureType) -> bool {
    // A revocation counts in any case.
    signature.typ() == Some(kind) && (kind == SignatureType::SubkeyRevocation || is_sound(signature))
}

fn is_revocation(signature: &Signature) -> bool {
    signature.typ() == Some(SignatureType::KeyRevocation)
}

/// Says whether what a key says of itself may count. SHA-1 does, as for GnuPG: many keys of distributions have nothing else, and nobody but
/// the key's owner chooses what is signed.
fn is_sound(signature: &Signature) -> bool {
    use HashAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
    let is_safe = matches!(signature.hash_alg(), Some(Sha1 | Sha224 | Sha256 | Sha384 | Sha512));
    is_safe
        && signature.version() == SignatureVersion::V4
        && created(signature).is_some()
        && !has_unknown_condition(signature)
}

/// Says whether a signature must not be used by whoever does not understand a part of it.
pub(super) fn has_unknown_condition(signature: &Signature) -> bool {
    let is_known = |data: &SubpacketData| {
        !matches!(
            data,
            SubpacketData::Notation(_)
                | SubpacketData::Experimental(..)
                | SubpacketData::Other(..)
                | SubpacketData::RegularExpression(_)
                | SubpacketData::SignatureTarget(..)
                | SubpacketData::IntendedRecipientFingerprint(_)
                | SubpacketData::TrustSignature(..)
        )
    };
    let Some(config) = signature.config() else { return true };
    config
        .hashed_subpackets()
        .chain(config.unhashed_subpackets())
        .any(|subpacket| subpacket.is_critical && !is_known(&subpacket.data))
}

/// Returns when a signature was made, as it says under the signature itself; nothing where it says so twice.
pub(super) fn created(signature: &Signature) -> Option<Timestamp> {
    let said = |subpacket: &SubpacketData| match subpacket {
        SubpacketData::SignatureCreationTime(time) => Some(*time),
        _ => None,
    };
    let mut times = signature.config()?.hashed_subpackets().filter_map(|subpacket| said(&subpacket.data));
    times.next().filter(|_| times.next().is_none())
}

fn newest(signatures: Vec<&Signature>) -> Option<&Signature> {
    signatures.into_iter().max_by_key(|signature| created(signature).map(Timestamp::as_secs))
}

/// Says whether a signature has run out at `now`.
pub(super) fn has_expired(signature: &Signature, now: Timestamp) -> bool {
    let Some((config, created)) = signature.config().zip(created(signature)) else { return true };
    config.hashed_subpackets().any(|subpacket| match &subpacket.data {
        SubpacketData::SignatureExpirationTime(after) => is_over(created, after.as_secs(), now),
        _ => false,
    })
}

/// Never, when that is after 0 seconds.
fn is_over(from: Timestamp, after: u32, now: Timestamp) -> bool {
    after != 0 && u64::from(from.as_secs()) + u64::from(after) <= u64::from(now.as_secs())
}

/// Checks that a key counts at `now` by what a signature over it says.
fn check_life(key: &impl KeyDetails, signature: &Signature, now: Timestamp) -> Result<(), Why> {
    if key.created_at().as_secs() > now.as_secs() {
        return Err(TOO_NEW);
    }
    let hashed = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    let is_over = hashed.into_iter().any(|subpacket| match &subpacket.data {
        SubpacketData::KeyExpirationTime(after) => is_over(key.created_at(), after.as_secs(), now),
        _ => false,
    });
    if is_over || has_expired(signature, now) { Err(EXPIRED) } else { Ok(()) }
}

/// Says whether a key is for signing; nothing where a signature over it does not tell.
fn purposes(signature: &Signature) -> Option<bool> {
    let flags = signature.config()?.hashed_subpackets().filter_map(|subpacket| match &subpacket.data {
        SubpacketData::KeyFlags(flags) => Some(flags.sign()),
        _ => None,
    });
    flags.reduce(|one, other| one && other)
}

/// Takes the keys that distributions sign with, none of which is weak.
fn check_kind(key: &impl KeyDetails) -> Result<(), Why> {
    let is_good = match key.public_params() {
        PublicParams::RSA(rsa) => (2048..=8192).contains(&rsa_bits(rsa)),
        PublicParams::ECDSA(ecdsa) => {
            !matches!(ecdsa, EcdsaPublicParams::Secp256k1 { .. } | EcdsaPublicParams::Unsupported { .. })
        }
        PublicParams::EdDSALegacy(EddsaLegacyPublicParams::Ed25519 { .. }) => true,
        _ => false,
    };
    if is_good && key.version() == KeyVersion::V4 { Ok(()) } else { Err(ALGORITHM) }
}

/// Counts the bits of the modulus, which is written behind its length.
fn rsa_bits(rsa: &pgp::types::RsaPublicParams) -> usize {
    use pgp::ser::Serialize;
    rsa.to_bytes()
        .ok()
        .and_then(|bytes| Some(usize::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))))
        .unwrap_or(0)
}

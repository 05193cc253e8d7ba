//! Why a keyless signature is not accepted: a reason of its own for each fact that can be wrong.

use super::key::Unusable;
use super::time::written;

/// Why a keyless signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A key has signed, and nobody says whose it is.
    #[error("it is signed by a key, and has no certificate that says whose")]
    NoCertificate,
    /// Something in it cannot be read.
    #[error("the {0} is malformed")]
    Malformed(&'static str),
    /// A certificate is no DER, or not the only DER of what it says.
    #[error("its certificate is malformed: {0}")]
    Certificate(&'static str),
    /// A certificate that signs itself has come with the signature.
    #[error("its certificates include a root, which nobody may bring along")]
    Root,
    /// The certificate is an authority's.
    #[error("its certificate is one of an authority")]
    Authority,
    /// The certificate is for something else.
    #[error("its certificate is not for signing code")]
    Usage,
    /// The certificate is for a key that somebody else has.
    #[error("its certificate is for another key")]
    OtherKey,
    /// The certificate's key may not sign.
    #[error("the key of its certificate is not for signatures")]
    KeyUsage,
    /// The certificate's key, or a log's, is of a kind that is not supported.
    #[error("it needs a key of type {0}, which is not supported")]
    Key(String),
    /// Only the digest of what is signed is known, and the kind of key needs all of it.
    #[error("a key of its kind verifies content, not a digest")]
    NeedsContent,
    /// The signature is of another key or of other content.
    #[error("the signature is not by the key of its certificate for this content")]
    Signature,
    /// The certificate was not valid.
    #[error("its certificate was not valid at {}, when it was signed", written(*.0))]
    Validity(u64),
    /// The certificate beside a key's signature is not valid.
    #[error("the certificate beside it is not valid now, at {}", written(*.0))]
    Lapsed(u64),
    /// The certificate is not valid now, and nothing but this machine's clock says when it counts.
    #[error("its certificate is not valid at {}", written(*.0))]
    NotValid(u64),
    /// A certificate was asked for, and another one has come with the signature.
    #[error("it is signed with another certificate")]
    OtherCertificate,
    /// The certificate does not have the name that a policy asks for.
    #[error("its certificate is not for {wanted}, but for {}", if found.is_empty() { "nobody" } else { found })]
    Subject {
        /// Its names.
        found: String,
        /// The name that it should have.
        wanted: String,
    },
    /// Nobody who is trusted has issued the certificate.
    #[error("no trusted authority has issued its certificate: {0}")]
    Untrusted(String),
    /// Whoever issued the certificate was not trusted.
    #[error("the authority of its certificate was not trusted at {}", written(*.0))]
    AuthorityWindow(u64),
    /// The certificate does not have exactly one name.
    #[error("its certificate has {0} names, not one")]
    Names(usize),
    /// The certificate's name is of a kind that nobody can ask for.
    #[error("its certificate's name is neither an address, nor a URI, nor a user's name")]
    NameKind,
    /// Somebody else has signed.
    #[error("it is signed by {found:?}, not by {wanted}")]
    Identity {
        /// Who has signed.
        found: String,
        /// Who should have.
        wanted: String,
    },
    /// The certificate claims something else of the build.
    #[error("its certificate claims {name} {found:?}, not {wanted:?}")]
    Claim {
        /// The claim.
        name: &'static str,
        /// What it claims.
        found: String,
        /// What it should.
        wanted: String,
    },
    /// The certificate does not claim what was asked for.
    #[error("its certificate claims no {name}, and {wanted:?} was asked for")]
    NoClaim {
        /// The claim.
        name: &'static str,
        /// What it should be.
        wanted: String,
    },
    /// The certificate does not say who knew the signer.
    #[error("its certificate does not say who vouches for the identity")]
    NoIssuer,
    /// The certificate says two things of who knew the signer.
    #[error("its certificate names two that vouch for the identity: {0:?} and {1:?}")]
    Issuers(String, String),
    /// Somebody else vouches for the signer.
    #[error("{found:?} vouches for the identity, not {wanted}")]
    Issuer {
        /// Who vouches.
        found: String,
        /// Who should.
        wanted: String,
    },
    /// The certificate has no timestamp of a log of certificates.
    #[error("its certificate has no timestamp of a log of certificates")]
    NoSct,
    /// The log of certificates is not known.
    #[error("its certificate was logged by a log that is not known")]
    SctLog,
    /// The log of certificates did not sign this.
    #[error("the timestamp in its certificate is not signed by the log for this certificate")]
    SctSignature,
    /// The log of certificates was not trusted.
    #[error("its certificate was logged at {}, when the log was not trusted", written(*.0))]
    SctWindow(u64),
    /// It is in no log.
    #[error("it has no entry of a transparency log")]
    NoEntry,
    /// It is said to be in more logs than are looked at.
    #[error("it has {0} entries or timestamps, which are too many")]
    TooMany(usize),
    /// The log is not known.
    #[error("its entry is of a log that is not known")]
    Log,
    /// The log was not trusted.
    #[error("it was logged at {}, when the log was not trusted", written(*.0))]
    LogWindow(u64),
    /// The log has made no promise, and no proof is there.
    #[error("its entry has no proof that the log includes it")]
    NoProof,
    /// The log has not promised this.
    #[error("the log's promise is not signed by the log for this entry")]
    Promise,
    /// The proof is for something else.
    #[error("the proof does not lead from the entry to the tree's root")]
    Proof,
    /// Proof and checkpoint are about different trees.
    #[error("the proof is about another tree than the checkpoint")]
    Tree,
    /// The checkpoint is not the log's.
    #[error("the checkpoint is not signed by the log")]
    Checkpoint,
    /// The entry is of a kind that is not supported.
    #[error("its entry is of kind {0:?}, version {1:?}, which is not supported")]
    Kind(String, String),
    /// The entry is not what is said of it.
    #[error("its entry is of another kind than it says")]
    Mislabeled,
    /// The entry is about another signature.
    #[error("the log's entry has another signature")]
    EntrySignature,
    /// The entry is about another signer.
    #[error("the log's entry has another certificate")]
    EntryCertificate,
    /// The entry is about a signer with another key, or with a certificate.
    #[error("the log's entry does not have this key")]
    EntryKey,
    /// The entry is about other content.
    #[error("the log's entry is about other content")]
    EntryContent,
    /// No trusted clock says when it was signed.
    #[error("nothing that is trusted says when it was signed")]
    NoTime,
    /// The time stamp was not granted.
    #[error("its time stamp was not granted")]
    NotGranted,
    /// The time stamp is about other content.
    #[error("its time stamp is about another signature")]
    Imprint,
    /// The time stamp answers another question.
    #[error("its time stamp does not have the number that was sent")]
    Nonce,
    /// The time stamp's signature is not over what it must be, or not by whom it says.
    #[error("its time stamp is not signed by the authority that it names")]
    StampSignature,
    /// Nobody who is trusted has made the time stamp.
    #[error("no trusted authority has made its time stamp: {0}")]
    StampUntrusted(String),
    /// Whoever made the time stamp was not trusted.
    #[error("its time stamp is of {}, when the authority was not trusted", written(*.0))]
    StampWindow(u64),
}

crate::class::classified!(Refusal => Verification);

impl From<Unusable> for Refusal {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Malformed => Self::Malformed("public key"),
            Unusable::Kind(kind) => Self::Key(kind),
        }
    }
}

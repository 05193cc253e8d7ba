//! Signatures of images, in cosign's two forms: made, found and verified.
//!
//! Whoever verifies denies by default, looks at every place where signatures lie ([`collect`]), and believes nothing of a payload before
//! its signature is verified ([`verify`]). A place that cannot tell whether it has signatures is an error, never "unsigned".
//!
//! cosign's two forms: [`classic`] payloads under the tag `sha256-….sig`, and [`bundle`]s that refer to the image.

mod authority;
pub mod blob;
pub mod bundle;
mod claim;
pub mod classic;
pub mod collect;
mod encoding;
pub mod envelope;
mod error;
pub mod json;
pub mod key;
pub mod keyless;
#[cfg(feature = "openpgp")]
mod lookaside;
mod name;
#[cfg(feature = "openpgp")]
pub mod openpgp;
pub mod pki;
pub mod policy;
pub mod predicate;
mod reason;
mod seal;
mod signer;
pub mod statement;
mod verify;

pub use crate::artifact::Made;
pub use authority::{Authority, Evidence, Material, Signer};
pub use claim::Claim;
pub use collect::{Candidate, Form, Kind, Spot};
pub use error::{Error, Outcome, Result};
pub use key::{PrivateKey, PublicKey, SigningKey};
pub use keyless::Keyless;
#[cfg(feature = "openpgp")]
pub use lookaside::{Error as LookasideError, Lookaside, MAX_SIGNATURES};
pub use name::{attested_name, signed_name};
pub use pki::{CertificateAuthorities, Certified, CertifiedKey, SigningCertificate};
pub use policy::{ParseError as PolicyError, Policy};
pub use predicate::PredicateType;
pub use reason::Reason;
pub use seal::{By, MAX_KEYED, Recorded, Sealed};
pub use signer::{Attesting, Image, Signing, attest, sign};
pub use verify::{
    Accepted, Rejected, Require, Sought, Verdict, Wanted, check, verify, verify_attestation, verify_image,
};

//! Certificates of authorities that the user names: a company's own, without Fulcio, and so without logs and clocks. All that says when a
//! certificate counts is this machine's clock.
//!
//! The same rules serve the flags of `verify` ([`Certified`]) and policies; what Go's crypto/x509 asks of a chain, with which cosign and skopeo
//! verify, is asked here as well ([`CertificateAuthorities`]).

mod authorities;
mod certified;
mod holder;
mod signing;

pub use authorities::{CertificateAuthorities, CertificateError};
pub use certified::Certified;
pub use signing::{CertifiedKey, SigningCertificate};

pub(super) use holder::{Brought, Name, issuer, names};

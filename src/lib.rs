//! Everything you can do to a container image except run it.
//!
//! Images at rest, as bytes: between registries ([`registry`]), layouts, archives and directories ([`transport`]), with every byte checked
//! on its way ([`blob`]). The primitive is [`copy`]: any place to any place.
//!
//! The library is synchronous. It never prints, exits, or reads the environment: paths, credentials and streams come in as options, and
//! what happens goes out through a [`watch::Watch`].
//!
//! ```no_run
//! use std::num::NonZeroUsize;
//! use stevedore::copy::{self, Options, Platforms, Request};
//! use stevedore::transport::{self, Location};
//! use stevedore::watch::Watch;
//!
//! let from: Location = "oci:images:app".parse()?;
//! let to: Location = "oci-archive:app.tar:app".parse()?;
//! let places = transport::Options::default();
//! let (source, destination) = (from.place.open_source(&places)?, to.place.open_destination(&places)?);
//! let options = Options { platforms: Platforms::All, ..Options::default() };
//! let request =
//!     Request { source: &*source, from: &from.at, destination: &*destination, to: &to.at, options: &options };
//! let report = copy::copy(&request, NonZeroUsize::MIN, &Watch::default())?;
//! assert_eq!(report.manifest.digest, report.source_digest);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! All are on by default. `client` is the registry client (`docker://`), `zstd` reads and writes zstd layers, `sync` is
//! mirroring, `server` a registry, `sign` signatures, `sbom` lists of packages. Without any, the core is left: layouts, archives,
//! directories, static trees. What is missing fails with a clear error. `cli` is the binary, with the client and with the verbs and flags
//! of the features that are on.

pub mod artifact;
pub mod blob;
pub mod build;
pub mod class;
pub mod config;
pub mod copy;
pub mod deploy;
pub mod descriptor;
pub mod diff;
pub mod digest;
pub mod draft;
pub mod durable;
pub mod error_chain;
pub mod filesystem;
#[cfg(feature = "server")]
pub mod http;
pub mod image;
pub mod layer;
mod locks;
pub mod manifest;
pub mod media_type;
pub mod mutate;
mod pages;
#[cfg(any(feature = "client", feature = "server", feature = "sbom"))]
mod percent;
pub mod platform;
pub mod pool;
#[cfg(any(feature = "client", feature = "sign"))]
mod program;
mod reading;
pub mod reference;
#[cfg(feature = "client")]
pub mod registry;
#[cfg(feature = "sbom")]
pub mod sbom;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "sign")]
pub mod sign;
pub mod splice;
pub mod store;
#[cfg(feature = "sync")]
pub mod sync;
mod tar;
pub mod timestamp;
pub mod transport;
pub mod validate;
pub mod watch;

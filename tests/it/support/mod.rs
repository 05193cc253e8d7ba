//! The harness: programs under test and their peers, registries (real, faulty and odd ones), and images to move between them.
//!
//! Nothing here uses the library under test, so that one bug cannot hide on both sides of a comparison.

pub(crate) mod answering;
pub(crate) mod bearer;
pub(crate) mod certificates;
pub(crate) mod clients;
pub(crate) mod command;
pub(crate) mod content;
pub(crate) mod docker;
pub(crate) mod finally;
pub(crate) mod fixture;
pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod kept;
pub(crate) mod killing;
pub(crate) mod layout;
pub(crate) mod listener;
pub(crate) mod listing;
pub(crate) mod memory;
pub(crate) mod nginx;
#[cfg(feature = "openpgp")]
pub(crate) mod openpgp;
pub(crate) mod oracle;
pub(crate) mod own_authority;
pub(crate) mod pages;
pub(crate) mod proxy;
pub(crate) mod registry;
pub(crate) mod scene;
pub(crate) mod secrets;
pub(crate) mod seed;
pub(crate) mod served;
pub(crate) mod shape;
pub(crate) mod sigstore;
#[allow(dead_code, reason = "other test binaries use the rest")]
pub(crate) mod skips;
pub(crate) mod tarball;
pub(crate) mod target;
pub(crate) mod trace;
pub(crate) mod web;
pub(crate) mod wire;

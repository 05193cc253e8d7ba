//! The registry, asked through its handler: what the conformance suite checks, and what it does not.

mod blobs;
mod collect;
mod lists;
mod manifests;
mod peers;
mod power;
mod refusing;
mod safety;
mod scrub;
mod site;
mod uploads;

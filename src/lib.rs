//! Everything you can do to a container image except run it.
pub mod blob;
pub mod class;
pub mod config;
pub mod copy;
pub mod descriptor;
pub mod digest;
pub mod layer;
pub mod manifest;
pub mod media_type;
pub mod platform;
pub mod reference;
#[cfg(feature = "client")]
pub mod registry;
pub mod splice;
pub mod store;
pub mod transport;
pub mod watch;

//! Proves that the harness works: each real server answers, each fault shows, each fixture is what it says.

mod bearer;
mod fixtures;
mod programs;
mod proxies;
mod registries;
mod secrets;

//! End-to-end tests of the binary against real and misbehaving registries, and against independent tools.
//!
//! One binary: a module per topic, and `support`, the harness they share (`selftest` proves that the harness works).

mod generated;
mod layering;
mod selftest;
mod support;

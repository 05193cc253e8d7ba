//! End-to-end tests of the binary against real and misbehaving registries, and against independent tools.
//!
//! One binary: a module per topic, and `support`, the harness they share (`selftest` proves that the harness works).

mod archives;
mod console;
mod copy_convert;
mod copy_corpus;
mod copy_docker_archive;
mod copy_layouts;
mod copy_memory;
mod copy_odd;
mod copy_places;
mod copy_platforms;
mod copy_registry;
mod credentials;
mod delete;
mod dir;
mod gc;
mod generated;
mod inspect;
mod layering;
mod login;
mod registry_client;
mod selftest;
mod static_tree;
mod support;

//! End-to-end tests of the binary against real and misbehaving registries, and against independent tools.
//!
//! One binary: a module per topic, and `support`, the harness they share (`selftest` proves that the harness works).

mod archives;
mod auth;
mod cat;
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
mod delete_peers;
mod deploy;
mod dir;
mod faults;
mod full_disk;
mod gc;
mod generated;
mod inspect;
mod inspect_peers;
mod killed;
mod layering;
mod leftovers;
mod login;
mod ls;
mod mirror_killed;
mod mirrors;
mod parallel;
mod proxies;
mod referrers;
mod registry_client;
mod requests;
mod resume;
mod selftest;
mod shells;
mod static_tree;
mod streams;
mod support;
mod sync;
mod tls;

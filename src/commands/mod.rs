//! The verbs: each parses, makes its library calls and emits one report.

pub(crate) mod auth;
pub(crate) mod cat;
pub(crate) mod completions;
mod copied;
pub(crate) mod copy;
mod dates;
pub(crate) mod delete;
pub(crate) mod deploy;
mod deployed;
pub(crate) mod digest;
pub(crate) mod gc;
pub(crate) mod inspect;
mod inspection;
mod layer_table;
mod listing;
pub(crate) mod login;
pub(crate) mod logout;
mod looking;
pub(crate) mod ls;
pub(crate) mod man;
mod naming;
mod package_list;
pub(crate) mod sbom;
pub(crate) mod sync;
mod synced;
pub(crate) mod tags;
mod tree;

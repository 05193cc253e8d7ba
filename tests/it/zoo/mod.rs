//! A zoo: one small profile for each registry that people use, over one fake registry.
//!
//! `manners` has what registries do otherwise than the specification has it, or in one of the ways that it allows, `profiles` which registry
//! has which, each with where that is documented or was reported; `fake` is the registry. For each manner `naive` shows that a client
//! which asks once and believes the first answer fails on it. `table` runs every verb that talks to a registry against every profile and
//! writes `docs/REGISTRIES.md`. `peers` has what other clients make of it, by hand.

mod fake;
mod manners;
mod naive;
mod peers;
mod profiles;
mod table;

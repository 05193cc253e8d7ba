//! The `stevedore` binary.
fn main() {}

//! `mutate`.

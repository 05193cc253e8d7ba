//! A limit on what is held in memory, shared by all that hold it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Error, Result};

/// How many bytes may be held; clones share the account.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    limit: u64,
    spent: Arc<AtomicU64>,
}

impl Budget {
    /// Makes a budget of so many bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, spent: Arc::default() }
    }

    /// Takes some bytes, or fails when there are no more.
    pub(super) fn spend(&self, bytes: u64) -> Result<()> {
        let before = self.spent.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limit {
            return Err(Error::Limit { what: "names", limit: self.limit });
        }
        Ok(())
    }

    /// Gives bytes back that were taken.
    pub(super) fn refund(&self, bytes: u64) {
        self.spent.fetch_sub(bytes, Ordering::Relaxed);
    }
}

//! How a registry behaves.

use std::fmt;
use std::sync::Arc;

use super::Authorize;
use crate::store::Error;

/// The largest manifest that is taken, in bytes, unless said otherwise: what clients expect to work.
const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// The largest manifest that can be taken: what stored ones are read up to.
pub const MAX_MANIFEST: u64 = super::storage::READ_LIMIT;

/// How a registry behaves.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// Who may do what.
    pub authorize: Arc<dyn Authorize>,
    /// Refuses everything that writes.
    pub read_only: bool,
    /// Takes manifests whose blobs and children are not there.
    pub allow_sparse: bool,
    /// The largest manifest that is taken, in bytes; at most [`MAX_MANIFEST`].
    pub manifest_limit: u64,
    /// The largest blob that is taken, in bytes; any that fits where this says nothing.
    pub blob_limit: Option<u64>,
    /// What stands before `/v2/` where clients see it, such as `/registry`; a proxy may have cut it off the requests. Empty for nothing.
    pub base_path: String,
    /// Is told why a request ended in a failure of this side; the client is not.
    pub report: Arc<dyn Fn(&Error) + Send + Sync>,
}

impl Options {
    /// Makes the usual options with a word on who may do what.
    pub fn new(authorize: Arc<dyn Authorize>) -> Self {
        Self {
            authorize,
            read_only: false,
            allow_sparse: false,
            manifest_limit: MANIFEST_LIMIT,
            blob_limit: None,
            base_path: String::new(),
            report: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("read_only", &self.read_only)
            .field("allow_sparse", &self.allow_sparse)
            .field("manifest_limit", &self.manifest_limit)
            .field("base_path", &self.base_path)
            .finish_non_exhaustive()
    }
}

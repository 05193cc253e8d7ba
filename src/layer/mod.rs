//! stub
#![expect(missing_docs, reason = "replaced by the next commit")]
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::media_type::{Compression, Format};
use std::num::NonZeroUsize;
use std::path::Path;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub enum Error {
    Content(Fault),
}
pub struct Recompressed {
    pub descriptor: Descriptor,
    pub diff_id: Digest,
}
impl Recompressed {
    pub fn blob(&self) -> Result<Blob<'_>, Fault> {
        unreachable!()
    }
}
pub fn recompress(
    _: Blob<'_>,
    _: Compression,
    _: Option<i32>,
    _: Format,
    _: &Path,
    _: NonZeroUsize,
) -> Result<Recompressed, Error> {
    unreachable!()
}

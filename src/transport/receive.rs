//! Receiving a blob into a stage, going on where an earlier attempt stopped.

use std::io;

use super::{Error, Result, Source};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::store::{self, Key, PARTIAL, Stage, Store};
use crate::watch::Outcome;

/// A blob that has passed its check, not yet visible; or the outcome of another who put it first.
pub(super) enum Received {
    /// To be committed by the caller.
    Staged(Box<dyn Stage>, Outcome),
    /// It is there already.
    Settled(Outcome),
}

/// Returns the key of the stage for a blob: `.partial/ALG-HEX`.
pub(super) fn partial(digest: &Digest) -> Key {
    let key = format!("{PARTIAL}/{}-{}", digest.algorithm(), digest.hex());
    key.parse().expect("algorithm and digits make a component")
}

/// Says whether the bytes of a blob that is at a place are its own.
pub(super) fn is_intact(place: &dyn Source, blob: &Descriptor) -> Result<bool> {
    match io::copy(&mut place.blob(blob)?, &mut io::sink()) {
        Ok(_) => Ok(true),
        Err(error) if Fault::of(&error).is_some_and(Fault::is_mismatch) => Ok(false),
        Err(error) => Err(Error::from_read(error)),
    }
}

/// Reads all of `blob` into its stage. `settled` is asked once the stage is held: whoever held it before may have put the blob.
///
/// # Errors
/// [`Error::Content`] when the blob failed: what came stays for the next attempt, unless it was wrong.
pub(super) fn receive(
    store: &dyn Store,
    blob: &mut Blob<'_>,
    resume: bool,
    settled: impl Fn() -> Result<Option<Outcome>>,
) -> Result<Received> {
    let key = partial(&blob.descriptor().digest);
    let mut resume = resume;
    loop {
        let mut stage = store.stage(&key)?;
        if let Some(outcome) = settled()? {
            stage.abort()?;
            return Ok(Received::Settled(outcome));
        }
        let at = take_over(stage.as_ref(), blob, resume)?;
        match stage.append(at, blob) {
            Ok(_) => return Ok(Received::Staged(stage, if at > 0 { Outcome::Resumed(at) } else { Outcome::Copied })),
            Err(error) if is_mismatch(&error) => {
                stage.abort()?;
                if at == 0 {
                    return Err(error.into());
                }
                // Either side of the joint may be the wrong one; from the start, only the source can be.
                blob.rewind();
                resume = false;
            }
            Err(error) => {
                if stage.is_empty() {
                    // What failed first is what the caller must know; an empty stage harms nobody.
                    let _ = stage.abort();
                }
                return Err(error.into());
            }
        }
    }
}

/// Hashes what the stage holds, if it is wanted and can be the blob's begin; returns where to go on.
fn take_over(stage: &dyn Stage, blob: &mut Blob<'_>, resume: bool) -> Result<u64> {
    if !resume || stage.is_empty() {
        blob.rewind();
        return Ok(0);
    }
    match blob.resume(stage.read()?) {
        Ok(at) => Ok(at),
        Err(error) if Fault::of(&error).is_some_and(Fault::is_mismatch) => {
            blob.rewind();
            Ok(0)
        }
        Err(error) => Err(Error::io("read", partial(&blob.descriptor().digest).as_str())(error)),
    }
}

fn is_mismatch(error: &store::Error) -> bool {
    matches!(error, store::Error::Content(fault) if fault.is_mismatch())
}

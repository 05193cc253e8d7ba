//! What a long operation tells its caller, and how the caller stops it.
//!
//! A [`Watch`] travels with the options down to the last retry loop: progress and notes go up through it, cancellation comes down.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::descriptor::Descriptor;

/// Something that happened. Sizes are in bytes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// So many blobs more are to be looked at, with so many bytes in all.
    Planned {
        /// The number of blobs.
        blobs: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// More content has gone into a layer in the making.
    Packed {
        /// Bytes, uncompressed, since the last such event.
        bytes: u64,
    },
    /// The transfer of a blob begins.
    Started {
        /// The blob.
        blob: &'a Descriptor,
    },
    /// An interrupted transfer goes on.
    Resumed {
        /// The blob.
        blob: &'a Descriptor,
        /// How much of it was there.
        at: u64,
    },
    /// More of a blob has gone through.
    Advanced {
        /// The blob.
        blob: &'a Descriptor,
        /// Bytes since the last such event.
        bytes: u64,
    },
    /// A blob is where it should be.
    Finished {
        /// The blob.
        blob: &'a Descriptor,
        /// How it got there.
        outcome: Outcome,
    },
    /// An attempt failed and another follows.
    Retrying {
        /// What is tried again, such as `GET https://…`.
        what: &'a str,
        /// Why the last attempt failed.
        reason: &'a str,
        /// The number of the next attempt, from 2.
        attempt: u32,
        /// The pause before it, in milliseconds.
        delay: u64,
    },
    /// Something that the person who asked should know: one sentence, no newline.
    Note {
        /// The sentence.
        text: &'a str,
    },
}

/// How content got to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was there already.
    Existed,
    /// The registry took it from another of its repositories.
    Mounted,
    /// Every byte was sent.
    Copied,
    /// The bytes from this offset on were sent.
    Resumed(u64),
}

type Listener = dyn Fn(&Event<'_>) + Send + Sync;

/// Ears and a stop button; clones share both. The default hears nothing and never stops.
#[derive(Clone, Default)]
pub struct Watch {
    listener: Option<Arc<Listener>>,
    cancelled: Arc<AtomicBool>,
    parent: Option<Arc<AtomicBool>>,
}

impl Watch {
    /// Makes a watch that passes every event to `listener`, from any thread.
    pub fn new(listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Arc::new(listener)), cancelled: Arc::default(), parent: None }
    }

    /// Returns a watch for a part of the work: it hears through the same ears and stops with this one, but can be stopped alone.
    pub fn part(&self) -> Self {
        Self { listener: self.listener.clone(), cancelled: Arc::default(), parent: Some(self.cancelled.clone()) }
    }

    /// Tells the listener.
    pub fn tell(&self, event: &Event<'_>) {
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }

    /// Tells the listener one sentence.
    pub fn note(&self, text: &str) {
        self.tell(&Event::Note { text });
    }

    /// Asks everything that holds this watch to stop soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Says whether someone asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
            || self.parent.as_ref().is_some_and(|parent| parent.load(Ordering::Relaxed))
    }

    /// Fails once someone asked to stop.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("listens", &self.listener.is_some())
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}

/// The operation was asked to stop.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Cancelled;

impl From<Cancelled> for io::Error {
    /// Of kind `Other`: `Interrupted` would be tried again by `io::copy`.
    fn from(cancelled: Cancelled) -> Self {
        Self::other(cancelled)
    }
}
crate::class::classified!(Cancelled => Interrupted);

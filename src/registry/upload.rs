//! Blobs up: mounted, found there, or sent in one PUT; in pieces only where a registry takes no large one.
//!
//! distribution-spec, "Pushing blobs": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs>. One PUT is
//! what works nearly everywhere: some registries have no PATCH, and one drops every piece after the first without a word. Where it is
//! refused, one PATCH and then pieces are tried.

use std::io::{self, Read};

use ureq::http::header::{CONTENT_RANGE, CONTENT_TYPE};

use super::error::{Error, Result};
use super::remote::Remote;
use super::retry::pause;
use super::scope::{Access, Scope};
use super::upload_state::UploadState;
use super::url::Url;
use super::wire::{Body, Request, Response};
use crate::blob::{Blob, Fault};
use crate::digest::Digest;
use crate::watch::Outcome;

/// The first size of a piece, where pieces are needed: what the usual content network takes. Each refusal halves it.
const LARGEST_PIECE: u64 = 64 << 20;
/// The size below which a registry that takes nothing is given up.
const SMALLEST_PIECE: u64 = 256 << 10;

/// How a mount went.
pub(super) enum Mount {
    Done,
    Session(Url),
    Refused,
}

impl Remote {
    /// Writes a blob, unless it is there or can be mounted from `from`, another repository at this registry.
    ///
    /// # Errors
    /// [`Error::Content`] when the blob itself could not be read or is wrong.
    pub fn put_blob(&self, blob: &mut Blob<'_>, from: Option<&str>) -> Result<Outcome> {
        let digest = blob.descriptor().digest.clone();
        let mut session = None;
        match from.filter(|from| *from != self.path()) {
            Some(from) => match self.mount(&digest, from)? {
                Mount::Done => return Ok(Outcome::Mounted),
                Mount::Session(url) => session = Some(url),
                Mount::Refused if self.has_blob(&digest, blob.size())? => return Ok(Outcome::Existed),
                Mount::Refused => {}
            },
            None if self.has_blob(&digest, blob.size())? => return Ok(Outcome::Existed),
            None => {}
        }
        self.send_blob(blob, session)
    }

    /// Sends a blob, with a new session for each attempt unless the last one still has something.
    fn send_blob(&self, blob: &mut Blob<'_>, mut session: Option<Url>) -> Result<Outcome> {
        let mut state =
            UploadState::open(self.upload_states.as_deref(), self.registry(), self.path(), blob.descriptor());
        let mut begun = state.read().filter(|_| self.resume);
        let mut failures = 0;
        let mut lost = 0;
        loop {
            let stands = begun.take().map_or(Ok(None), |url| self.stand(&url, blob))?;
            let held = blob.position();
            let url = match stands.or_else(|| session.take()) {
                Some(url) => url,
                None => self.start()?,
            };
            state.save(&url);
            let what = format!("PUT {url}");
            let Err(error) = self.put_rest(&url, blob) else {
                state.clear();
                return Ok(if held > 0 { Outcome::Resumed(held) } else { Outcome::Copied });
            };
            match error.status() {
                Some(413) => {
                    state.clear();
                    return self
                        .send_pieces(blob, LARGEST_PIECE.min(blob.size().div_ceil(2)))
                        .map(|()| Outcome::Copied);
                }
                // Whatever is wrong with the short way, the long one is tried before the copy fails.
                Some(400 | 405 | 411 | 415 | 501) if held == 0 => {
                    state.clear();
                    return self.send_otherwise(blob, error).map(|()| Outcome::Copied);
                }
                // The session is gone, or not where it should be: registries behind a balancer lose them.
                Some(404 | 409 | 416) if lost < 2 => lost += 1,
                // What it had may not be what we think.
                Some(400..=499) if held > 0 && !error.is_transient() && lost < 2 => lost += 1,
                // No session was the reason: it is too much at once.
                Some(416) if held == 0 => {
                    state.clear();
                    return self.send_otherwise(blob, error).map(|()| Outcome::Copied);
                }
                _ => {
                    pause(&self.session.watch, self.session.retries(), &what, &mut failures, error)?;
                    begun = Some(url);
                }
            }
            blob.rewind();
        }
    }

    /// Ends an upload with all that the session does not have yet.
    fn put_rest(&self, session: &Url, blob: &mut Blob<'_>) -> Result<()> {
        let (start, size) = (blob.position(), blob.size());
        if start == 0 {
            return self.put_whole(session, blob);
        }
        let url = session.clone().with("digest", &blob.descriptor().digest.to_string());
        let mut request = Request::new("PUT", url).header(CONTENT_TYPE, "application/octet-stream");
        if start < size {
            request = request.header(CONTENT_RANGE, format!("{start}-{}", size - 1));
        }
        let request = request.body(Body::Part(blob, size - start));
        self.session.expect(request, &self.scopes, &[201, 200, 204]).map(Response::discard)
    }

    fn put_whole(&self, session: &Url, blob: &mut Blob<'_>) -> Result<()> {
        let url = session.clone().with("digest", &blob.descriptor().digest.to_string());
        let request = Request::new("PUT", url).header(CONTENT_TYPE, "application/octet-stream").body(Body::Blob(blob));
        self.session.expect(request, &self.scopes, &[201, 200, 204]).map(Response::discard)
    }

    /// Asks for a mount; whatever is wrong with it, sending the blob may still work.
    pub(super) fn mount(&self, digest: &Digest, from: &str) -> Result<Mount> {
        let url = self.url("blobs/uploads/").with("mount", &digest.to_string()).with("from", from);
        let mut needed = self.scopes.clone();
        needed.push(Scope::repository(from, Access::Pull));
        let response = match self.session.send(Request::new("POST", url).body(Body::Bytes(&[])), &needed) {
            // A token server that gives nothing for the other repository.
            Err(Error::Status(_)) => return Ok(Mount::Refused),
            other => other?,
        };
        match response.status {
            201 => {
                response.discard();
                Ok(Mount::Done)
            }
            202 => match self.session_of(response) {
                // It began nothing that could be gone on with.
                Err(Error::Answer { .. }) => Ok(Mount::Refused),
                other => other.map(Mount::Session),
            },
            _ => {
                response.discard();
                Ok(Mount::Refused)
            }
        }
    }

    /// Starts an upload session.
    fn start(&self) -> Result<Url> {
        self.begin().map(|(session, _)| session)
    }

    /// Starts an upload session; returns the size as well that a piece must have unless it is the last (`OCI-Chunk-Min-Length`).
    fn begin(&self) -> Result<(Url, u64)> {
        let request = Request::new("POST", self.url("blobs/uploads/")).body(Body::Bytes(&[]));
        let response = self.session.expect(request, &self.scopes, &[202])?;
        let least = response.header("oci-chunk-min-length").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Ok((self.session_of(response)?, least))
    }

    /// Returns where an upload goes on.
    fn session_of(&self, response: Response) -> Result<Url> {
        let location = response.header("location").and_then(|location| response.url.join(location));
        let location = location.ok_or_else(|| response.senseless("it names no Location for the upload"))?;
        let url = self.session.allowed(&response.url, &response.url, location)?;
        response.discard();
        Ok(url)
    }

    /// Sends a blob that a PUT does not bring, as a registry's own client does: all of it with one PATCH, ended by an empty PUT; then in
    /// pieces. Where that does not work either, the first refusal says most.
    fn send_otherwise(&self, blob: &mut Blob<'_>, refusal: Error) -> Result<()> {
        let is_refused = |error: &Error| matches!(error, Error::Status(_) | Error::Answer { .. });
        for piece in [blob.size(), LARGEST_PIECE.min(blob.size().div_ceil(2))] {
            match self.send_pieces(blob, piece) {
                Err(error) if is_refused(&error) => {}
                other => return other,
            }
        }
        Err(refusal)
    }

    /// Sends a blob in pieces, smaller ones after each refusal.
    pub(super) fn send_pieces(&self, blob: &mut Blob<'_>, mut piece: u64) -> Result<()> {
        loop {
            blob.rewind();
            match self.try_pieces(blob, piece) {
                Err(error) if matches!(error.status(), Some(413 | 416)) && piece > SMALLEST_PIECE => {
                    piece = (piece / 2).max(SMALLEST_PIECE);
                }
                other => return other,
            }
        }
    }

    fn try_pieces(&self, blob: &mut Blob<'_>, piece: u64) -> Result<()> {
        let (mut session, least) = self.begin()?;
        let piece = piece.max(least);
        let mut failures = 0;
        while blob.position() < blob.size() {
            let before = blob.position();
            let error = match self.put_piece(&session, blob, piece) {
                Ok(next) => {
                    session = next;
                    failures = 0;
                    continue;
                }
                Err(error) => error,
            };
            let what = format!("PATCH {session} from byte {before}");
            pause(&self.session.watch, self.session.retries(), &what, &mut failures, error)?;
            session = self.stand(&session, blob)?.map_or_else(|| self.start(), Ok)?;
        }
        let url = session.with("digest", &blob.descriptor().digest.to_string());
        let request = Request::new("PUT", url).body(Body::Bytes(&[]));
        self.session.expect(request, &self.scopes, &[201, 200, 204]).map(Response::discard)
    }

    /// Sends one piece; returns where the next one goes.
    fn put_piece(&self, session: &Url, blob: &mut Blob<'_>, piece: u64) -> Result<Url> {
        let start = blob.position();
        let length = piece.min(blob.size() - start);
        let is_whole = length == blob.size();
        let mut request = Request::new("PATCH", session.clone()).header(CONTENT_TYPE, "application/octet-stream");
        if !is_whole {
            request = request.header(CONTENT_RANGE, format!("{start}-{}", start + length - 1));
        }
        let request = request.body(Body::Part(blob, length));
        let response = self.session.expect(request, &self.scopes, &[202, 201, 204])?;
        // One registry answers as if it took every piece and keeps only the first.
        let held = last_byte(&response);
        if held != Some(start + length - 1) && !(is_whole && held.is_none()) {
            return Err(response.senseless(format!("it took the bytes from {start} on and does not have them")));
        }
        self.session_of(response)
    }

    /// Asks a session how much it has, and brings the blob there; nothing, and the blob at its start, where the session is lost.
    fn stand(&self, session: &Url, blob: &mut Blob<'_>) -> Result<Option<Url>> {
        blob.rewind();
        let response = match self.session.send(Request::new("GET", session.clone()), &self.scopes) {
            Ok(response) => response,
            Err(error @ Error::Cancelled(_)) => return Err(error),
            // An old session may be at a host that is gone; a new one will tell what is wrong.
            Err(_) => return Ok(None),
        };
        // With nothing in it, distribution says `0-0`, as if there were one byte.
        let held = last_byte(&response).filter(|last| *last > 0).map_or(0, |last| last.saturating_add(1));
        if !matches!(response.status, 200 | 204) || held > blob.size() {
            response.discard();
            return Ok(None);
        }
        let next = if response.header("location").is_some() { self.session_of(response)? } else { session.clone() };
        // Hashed again: the digest is over all of it.
        io::copy(&mut blob.by_ref().take(held), &mut io::sink()).map_err(content)?;
        Ok(Some(next))
    }
}

/// Returns the last byte that a session says it has: `Range: 0-LAST`.
fn last_byte(response: &Response) -> Option<u64> {
    response.header("range")?.trim_start_matches("bytes=").rsplit_once('-')?.1.parse().ok()
}

fn content(error: io::Error) -> Error {
    Error::Content(Fault::take(error).expect("every error of a blob carries a fault"))
}

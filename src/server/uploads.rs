//! Uploads: distribution-spec, "Pushing Blobs".
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs>

use std::io::{self, Read};

use serde_json::json;

use super::Registry;
use super::answer::{Answer, Code, Failure, Refusal, is_full};
use super::condition;
use super::route;
use super::storage::{Opened, Put, Session};
use crate::digest::{Algorithm, Digest};
use crate::http::{Request, Response};

impl Registry {
    /// POST: starts an upload, unless the blob can be mounted or comes with the request.
    pub(super) fn start_upload(&self, request: &mut Request<'_>, name: &str) -> Answer {
        if let Some(algorithm) = request.parameter("digest-algorithm")
            && algorithm.parse::<Algorithm>().is_err()
        {
            let detail = json!({"digest-algorithm": algorithm});
            let message = "digest-algorithm is neither sha256 nor sha512";
            return Err(Refusal::with_detail(400, Code::DigestInvalid, message, &detail).into());
        }
        if let Some(digest) = request.parameter("mount") {
            let digest = route::digest(&digest)?;
            if let Some(from) = self.mount_source(request, &digest)?
                && self.storage.mount(&digest, &from, name)?
            {
                request.note("from", from);
                return Ok(self.created(name, &digest));
            }
        } else if let Some(digest) = request.parameter("digest") {
            let digest = route::digest(&digest)?;
            let mut content = self.limited(request, 0)?;
            let put = self.storage.put_blob(name, &digest, &mut content);
            if content.is_exceeded {
                return Err(self.too_large().into());
            }
            return match put? {
                Put::Done => Ok(self.created(name, &digest)),
                Put::Mismatch { got } => Err(mismatch(&digest, &got).into()),
            };
        }
        let id = self.storage.start_session(name)?;
        Ok(self.progress(202, name, &id, 0))
    }

    /// Returns the repository that a blob may be mounted from; whoever may not read it learns nothing.
    fn mount_source(&self, request: &Request<'_>, digest: &Digest) -> Result<Option<String>, Failure> {
        match request.parameter("from") {
            Some(from) => {
                request.note("from", &*from);
                let is_name = crate::reference::is_repository_path(&from);
                Ok(Some(from).filter(|from| is_name && self.may_pull(request, from)))
            }
            None => Ok(self.storage.find_blob(digest, |from| self.may_pull(request, from))?),
        }
    }

    /// GET: tells how much there is.
    pub(super) fn upload_status(&self, name: &str, id: &str) -> Answer {
        match self.storage.session_length(name, id)? {
            Some(length) => Ok(self.progress(204, name, id, length)),
            None => Err(unknown().into()),
        }
    }

    /// PATCH: appends a chunk, or all that comes.
    pub(super) fn append_upload(&self, request: &mut Request<'_>, name: &str, id: &str) -> Answer {
        let mut session = self.session(name, id)?;
        self.take(request, name, id, &mut session)?;
        Ok(self.progress(202, name, id, session.length()))
    }

    /// PUT: appends what comes, and ends the upload.
    pub(super) fn finish_upload(&self, request: &mut Request<'_>, name: &str, id: &str) -> Answer {
        let Some(digest) = request.parameter("digest") else {
            return Err(Refusal::new(400, Code::DigestInvalid, "the request names no digest").into());
        };
        let digest = route::digest(&digest)?;
        let mut session = self.session(name, id)?;
        if request.length != Some(0) {
            self.take(request, name, id, &mut session)?;
        }
        match session.commit(&digest)? {
            Put::Done => Ok(self.created(name, &digest)),
            Put::Mismatch { got } => Err(mismatch(&digest, &got).into()),
        }
    }

    /// DELETE: ends the upload and forgets it.
    pub(super) fn cancel_upload(&self, name: &str, id: &str) -> Answer {
        self.session(name, id)?.cancel()?;
        Ok(Response::new(204))
    }

    fn session(&self, name: &str, id: &str) -> Result<Session<'_>, Failure> {
        match self.storage.open_session(name, id)? {
            Opened::Session(session) => Ok(session),
            Opened::Unknown => Err(unknown().into()),
            Opened::Busy => Err(Refusal::new(409, Code::BlobUploadInvalid, "another request is at this upload").into()),
        }
    }

    /// Appends a request's body: at the place that it names, if it names one.
    fn take(&self, request: &mut Request<'_>, name: &str, id: &str, session: &mut Session<'_>) -> Result<(), Failure> {
        let begin = session.length();
        let wanted = match request.headers.first("Content-Range").map(condition::chunk) {
            None => None,
            Some(None) => {
                return Err(Refusal::new(400, Code::BlobUploadInvalid, "Content-Range is not FIRST-LAST").into());
            }
            Some(Some((first, last))) => {
                if first != begin {
                    let refusal = Refusal::new(416, Code::BlobUploadInvalid, "the chunk is not the next one");
                    let location = self.location(name, &format!("blobs/uploads/{id}"));
                    let refusal = refusal.with("Location", location).with("Range", range(begin));
                    return Err(refusal.with("Docker-Upload-UUID", id).into());
                }
                Some(last - first + 1)
            }
        };
        let is_other = |length: u64| wanted.is_some_and(|wanted| wanted != length);
        let odd = || Refusal::new(400, Code::SizeInvalid, "the chunk is not as long as Content-Range says");
        if request.length.is_some_and(is_other) {
            return Err(odd().into());
        }
        let limit = wanted.map_or(u64::MAX, |wanted| wanted.saturating_add(1));
        let mut content = self.limited(request, begin)?;
        let appended = session.append(&mut (&mut content).take(limit));
        if content.is_exceeded {
            // It can never become a blob.
            session.clear()?;
            return Err(self.too_large().into());
        }
        match appended {
            Ok(()) if is_other(session.length() - begin) => {
                session.shorten(begin)?;
                Err(odd().into())
            }
            Ok(()) => Ok(()),
            Err(error) => {
                if is_full(&error) {
                    // What came before is of no use where nothing more fits, and in the way of everybody else.
                    session.clear()?;
                }
                Err(error.into())
            }
        }
    }

    /// Returns a request's body, which fails when a blob of which so much is there becomes too large by it.
    fn limited<'r>(&self, request: &'r mut Request<'_>, there: u64) -> Result<Limited<'r>, Refusal> {
        let left = self.options.blob_limit.map_or(u64::MAX, |limit| limit.saturating_sub(there));
        // Not a byte is read of what is said to be too large.
        if request.length.is_some_and(|length| length > left) {
            return Err(self.too_large());
        }
        Ok(Limited { body: request.body(), left, is_exceeded: false })
    }

    fn too_large(&self) -> Refusal {
        let limit = self.options.blob_limit.unwrap_or(u64::MAX);
        Refusal::new(413, Code::SizeInvalid, &format!("the blob is larger than {limit} bytes"))
    }

    fn progress(&self, status: u16, name: &str, id: &str, length: u64) -> Response {
        Response::new(status)
            .with("Location", self.location(name, &format!("blobs/uploads/{id}")))
            .with("Range", range(length))
            .with("Docker-Upload-UUID", id)
    }

    fn created(&self, name: &str, digest: &Digest) -> Response {
        Response::new(201)
            .with("Location", self.location(name, &format!("blobs/{digest}")))
            .with("Docker-Content-Digest", digest.to_string())
    }
}

/// A body that fails behind so many bytes.
struct Limited<'r> {
    body: &'r mut dyn Read,
    left: u64,
    is_exceeded: bool,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                self.is_exceeded = true;
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(count)
    }
}

/// Formats how much is there. Of nothing it says `0-0`, as distribution does: the form has no word for it.
fn range(length: u64) -> String {
    format!("0-{}", length.saturating_sub(1))
}

fn unknown() -> Refusal {
    Refusal::new(404, Code::BlobUploadUnknown, "there is no such upload")
}

fn mismatch(wanted: &Digest, got: &Digest) -> Refusal {
    let detail = json!({"wanted": wanted, "got": got});
    Refusal::with_detail(400, Code::DigestInvalid, "the content has another digest, and is dropped", &detail)
}

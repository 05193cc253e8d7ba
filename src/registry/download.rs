//! Blobs down: opened at any offset, and gone on with where a connection broke.
//!
//! distribution-spec, "Pulling blobs": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs>.

use std::io::{self, Read};

use ureq::http::header::RANGE;

use super::answers::{Says, Thing, answer};
use super::error::{Error, Result};
use super::recorder::Incoming;
use super::remote::Remote;
use super::retry::pause;
use super::url::{Scheme, Url};
use super::wire::{self, Request, Response};
use crate::descriptor::Descriptor;
use crate::digest::Digest;

impl Remote {
    /// Returns a blob's size, or nothing when the repository has no such blob.
    ///
    /// # Errors
    /// When the registry cannot tell.
    pub fn blob_size(&self, digest: &Digest) -> Result<Option<u64>> {
        for method in ["HEAD", "GET"] {
            let response = self.session.send(Request::new(method, self.blob_url(digest)), &self.scopes)?;
            match answer(Thing::Blob, method, response.status, None) {
                Says::Present => return size(&response).map(Some),
                Says::Absent if method == "GET" => return Ok(None),
                Says::Nothing if method == "GET" => return Err(self.session.error(response)),
                _ => response.discard(),
            }
        }
        Ok(None)
    }

    /// Says whether the repository has a blob, of this size as far as the registry says one. A registry without HEAD is taken to have none:
    /// sending it again does no harm.
    ///
    /// # Errors
    /// When the registry cannot tell.
    pub fn has_blob(&self, digest: &Digest, size: u64) -> Result<bool> {
        let response = self.session.send(Request::new("HEAD", self.blob_url(digest)), &self.scopes)?;
        match answer(Thing::Blob, "HEAD", response.status, None) {
            Says::Present => Ok(content_length(&response).is_none_or(|length| length == size)),
            Says::Absent => Ok(false),
            // No other answer says that it is not wanted; only a login is needed for what follows, too.
            Says::Nothing if response.status == 401 => Err(self.session.error(response)),
            Says::Nothing => {
                response.discard();
                Ok(false)
            }
        }
    }

    /// Opens a blob at an offset. What comes is not checked. A foreign layer that the registry lacks is fetched from where its descriptor
    /// says, without credentials.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none.
    pub fn open(&self, blob: &Descriptor, offset: u64) -> Result<Download<'_>> {
        let mut download = Download {
            remote: self,
            url: self.blob_url(&blob.digest),
            is_foreign: false,
            size: blob.size,
            position: offset,
            reader: None,
            failures: 0,
            is_whole: false,
            encoding: None,
        };
        let missing = match download.connect() {
            Ok(()) => return Ok(download),
            Err(error) if error.is_not_found() && !blob.urls.is_empty() => error,
            Err(error) => return Err(error),
        };
        download.is_foreign = true;
        let mut failure = missing;
        for url in &blob.urls {
            match self.foreign(url).and_then(|url| {
                download.url = url;
                download.connect()
            }) {
                Ok(()) => return Ok(download),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    pub(super) fn blob_url(&self, digest: &Digest) -> Url {
        self.url(&format!("blobs/{digest}"))
    }

    /// A manifest's author must not be able to make us ask around in our own network.
    fn foreign(&self, text: &str) -> Result<Url> {
        let from = self.url("");
        let refuse = |reason| Error::Refused { from: from.to_string(), to: text.chars().take(200).collect(), reason };
        let url = Url::parse(text).ok_or_else(|| refuse("it is no http URL"))?;
        // Plain http is fine here: the digest is known, and nothing secret is sent.
        if from.may_lead_to(&url.at(Scheme::Https)) { Ok(url) } else { Err(refuse("it leads into a private network")) }
    }
}

/// A blob's bytes on their way.
pub struct Download<'a> {
    remote: &'a Remote,
    url: Url,
    is_foreign: bool,
    size: u64,
    position: u64,
    reader: Option<Incoming>,
    failures: u32,
    /// Whether a range was refused, so that no other is asked for.
    is_whole: bool,
    /// The encoding of the body, which was not asked for.
    encoding: Option<String>,
}

impl Download<'_> {
    /// Connects at the position, by a range where that is not the start. Resuming is an economy (RFC 9110, section 14.2: a server may
    /// ignore ranges): one that is refused, or whose answer is of no use, is followed by the whole blob, once.
    fn connect(&mut self) -> Result<()> {
        if self.position > 0 && !self.is_whole {
            match self.request(true) {
                Err(error) if error.is_range_refused() => self.is_whole = true,
                other => return other,
            }
        }
        self.request(false)
    }

    fn request(&mut self, is_ranged: bool) -> Result<()> {
        let mut request = Request::new("GET", self.url.clone()).retry(self.failures);
        if is_ranged {
            // Some registries take no range without an end.
            let last = self.size.saturating_sub(1).max(self.position);
            request = request.header(RANGE, format!("bytes={}-{last}", self.position));
        }
        let session = &self.remote.session;
        let response = if self.is_foreign {
            session.send_anonymously(request)?
        } else {
            session.send(request, &self.remote.scopes)?
        };
        self.encoding = response.encoding();
        self.reader = Some(match response.status {
            200 => {
                let mut reader = response.body;
                // A server without ranges sends everything; what is known is passed over.
                let passed = io::copy(&mut reader.by_ref().take(self.position), &mut io::sink());
                passed.map_err(|error| self.failed(error))?;
                reader
            }
            206 if is_ranged => {
                let range = response.header("content-range").and_then(parse_range);
                match range {
                    Some((start, total)) if start == self.position && total.is_none_or(|total| total == self.size) => {}
                    _ => {
                        return Err(
                            response.senseless(format!("it sends another range than the one from {}", self.position))
                        );
                    }
                }
                response.body
            }
            _ => return Err(session.error(response)),
        });
        Ok(())
    }

    fn read_once(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.reader.is_none() {
            self.connect()?;
        }
        let reader = self.reader.as_mut().expect("connected above");
        match reader.read(buffer) {
            Ok(0) if self.position < self.size && !buffer.is_empty() => {
                if let Some(encoding) = &self.encoding {
                    let reason = format!("it is encoded with {encoding}, which was not asked for");
                    return Err(Error::Answer { method: "GET", url: self.url.to_string(), reason });
                }
                Err(self.failed(io::ErrorKind::UnexpectedEof.into()))
            }
            Ok(n) => Ok(n),
            Err(error) => Err(self.failed(error)),
        }
    }
}

impl Download<'_> {
    fn failed(&self, error: io::Error) -> Error {
        wire::failed("GET", &self.url, ureq::Error::Io(error), self.remote.session.client.options().read_timeout)
    }
}

impl Read for Download<'_> {
    /// Reads on, with new connections as often as needed as long as each brings something.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let error = match self.read_once(buffer) {
                Ok(n) => {
                    self.position += n as u64;
                    if n > 0 {
                        self.failures = 0;
                    }
                    return Ok(n);
                }
                Err(error) => error,
            };
            self.reader = None;
            let session = &self.remote.session;
            let what = format!("GET {} from byte {}", self.url, self.position);
            pause(&session.watch, session.client.options().retries, &what, &mut self.failures, error)
                .map_err(io::Error::other)?;
        }
    }
}

fn size(response: &Response) -> Result<u64> {
    content_length(response).ok_or_else(|| response.senseless("it does not say how large the blob is"))
}

fn content_length(response: &Response) -> Option<u64> {
    response.header("content-length").and_then(|size| size.parse().ok())
}

/// Reads `bytes 5-9/10`: the start, and the total if it is known.
fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (start.trim().parse::<u64>().ok()?, end.trim().parse::<u64>().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    (start <= end).then_some((start, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, wanted) in [
            ("bytes 5-9/10", Some((5, Some(10)))),
            ("bytes 5-9/*", Some((5, None))),
            ("bytes */10", None),
            ("bytes 9-5/10", None),
            ("5-9/10", None),
            ("bytes 5-9", None),
        ] {
            assert_eq!(parse_range(text), wanted, "{text}");
        }
    }
}

//! Reads the head of a request: every byte has one meaning, or the head is refused.
//!
//! Two readers of one stream that disagree on where a request ends let an attacker hide a second one in the first ("request smuggling"), so
//! everything that some parser takes loosely is refused before httparse sees it: lines that end in LF alone, CR and NUL anywhere else,
//! folded lines, a request line of other than three parts. RFC 9112, sections 2 to 5: <https://www.rfc-editor.org/rfc/rfc9112>.

use std::mem::MaybeUninit;

use super::framing::{self, Framing};
use super::{Headers, Method};

/// What a head may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes of the request line; a longer one is answered with 414. 8 KiB by default.
    pub request_line: usize,
    /// Bytes of the whole head; a longer one is answered with 431. 32 KiB by default.
    pub bytes: usize,
    /// Number of header fields, at most 256; more are answered with 431. 100 by default.
    pub fields: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self { request_line: 8 << 10, bytes: 32 << 10, fields: 100 }
    }
}

/// The most fields that the parser has room for.
const MOST_FIELDS: usize = 256;

/// Why a request is not answered by the handler, and the status it gets instead. The connection ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) why: &'static str,
}

pub(super) const fn refuse(status: u16, why: &'static str) -> Refusal {
    Refusal { status, why }
}

/// A head that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    /// Whether it is HTTP/1.1 rather than 1.0.
    pub(super) modern: bool,
    pub(super) headers: Headers,
    pub(super) framing: Framing,
    /// Whether the client waits for a 100 before it sends the body.
    pub(super) expects_continue: bool,
    /// Whether the client wants to go on with this connection.
    pub(super) keep_alive: bool,
}

/// Finds the end of a head in bytes that come piecemeal, each looked at once.
#[derive(Debug, Default)]
pub(super) struct Scan {
    at: usize,
    line: usize,
    begun: bool,
}

impl Scan {
    /// Goes on with what has come so far, which starts with all that it has seen before. Returns the length of the head once it is whole.
    pub(super) fn advance(&mut self, bytes: &[u8], limits: &HeadLimits) -> Result<Option<usize>, Refusal> {
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\r' => match bytes.get(self.at + 1) {
                    None => break,
                    Some(b'\n') if self.end_line() => return self.within(limits).map(|()| Some(self.at)),
                    Some(b'\n') => {}
                    Some(_) => return Err(refuse(400, "a carriage return within a line")),
                },
                b'\n' => return Err(refuse(400, "a line that ends without a carriage return")),
                0 => return Err(refuse(400, "a NUL in the head")),
                b' ' | b'\t' if self.at == self.line => return Err(refuse(400, "a line that starts with a space")),
                _ => self.at += 1,
            }
            self.within(limits)?;
        }
        Ok(None)
    }

    /// Steps over the end of a line. Returns whether it was the empty one that ends the head.
    fn end_line(&mut self) -> bool {
        let is_empty = self.at == self.line;
        self.at += 2;
        self.line = self.at;
        let ends = is_empty && self.begun;
        // RFC 9112, section 2.2: an empty line before the request line is ignored. One, here.
        ends || {
            self.begun = true;
            false
        }
    }

    fn within(&self, limits: &HeadLimits) -> Result<(), Refusal> {
        // Only an ignored empty line puts the request line at 2.
        let in_request_line = self.line == 0 || self.line == 2;
        if in_request_line && self.at - self.line > limits.request_line {
            return Err(refuse(414, "the request line is too long"));
        }
        if self.at > limits.bytes { Err(refuse(431, "the header is too long")) } else { Ok(()) }
    }
}

/// Parses a whole head, as found by [`Scan`].
pub(super) fn parse(bytes: &[u8], limits: &HeadLimits) -> Result<Head, Refusal> {
    let bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
    let line = bytes.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let modern = check_request_line(line)?;
    let mut room = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    match parsed.parse_with_uninit_headers(bytes, &mut room[..limits.fields.min(MOST_FIELDS)]) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(refuse(431, "too many header fields")),
        _ => return Err(refuse(400, "the header is not well-formed")),
    }
    let mut headers = Headers::new();
    for field in parsed.headers.iter() {
        headers.add(field.name, text_of(field.value));
    }
    let method = Method::from(parsed.method.unwrap_or_default());
    let target = check_target(&method, parsed.path.unwrap_or_default(), &mut headers)?;
    check_host(&headers, modern)?;
    let framing = framing::of(&headers, modern)?;
    let expects_continue = expectation(&headers, modern)?;
    let keep_alive = keeps_alive(&headers, modern);
    Ok(Head { method, target, modern, headers, framing, expects_continue, keep_alive })
}

/// Returns a field's value: RFC 9110, section 5.5, has bytes above 127 that are opaque. Those that are not UTF-8 count as Latin-1, in which each
/// byte is a character.
fn text_of(value: &[u8]) -> String {
    str::from_utf8(value).map_or_else(|_| value.iter().copied().map(char::from).collect(), str::to_owned)
}

/// Checks that there are three parts, with one space between them, and the version. Returns whether that is 1.1.
fn check_request_line(line: &[u8]) -> Result<bool, Refusal> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(refuse(400, "the request line has not three parts"));
    };
    if method.is_empty() || target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
        return Err(refuse(400, "the request line is not well-formed"));
    }
    match version {
        b"HTTP/1.1" => Ok(true),
        b"HTTP/1.0" => Ok(false),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
            Err(refuse(505, "only HTTP/1.0 and 1.1 are spoken here"))
        }
        _ => Err(refuse(400, "the request line is not well-formed")),
    }
}

/// Returns path and query. The host of an absolute target replaces the Host field, as RFC 9112, section 3.2.2, demands.
fn check_target(method: &Method, target: &str, headers: &mut Headers) -> Result<String, Refusal> {
    if target.contains('#') {
        return Err(refuse(400, "the target has a fragment"));
    }
    if target.starts_with('/') || (target == "*" && *method == Method::Options) {
        return Ok(target.to_owned());
    }
    let Some((scheme, rest)) = target.split_once("://") else {
        return Err(refuse(400, "the target is no path"));
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(refuse(400, "the target is no path"));
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if host.is_empty() || !is_host(host) {
        return Err(refuse(400, "the target has no host"));
    }
    if headers.all("Host").count() == 1 {
        headers.set("Host", host);
    }
    Ok(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}

fn check_host(headers: &Headers, modern: bool) -> Result<(), Refusal> {
    let mut hosts = headers.all("Host");
    match (hosts.next(), hosts.next()) {
        (None, _) if !modern => Ok(()),
        (None, _) => Err(refuse(400, "the Host field is missing")),
        (Some(_), Some(_)) => Err(refuse(400, "two Host fields")),
        (Some(host), None) if is_host(host) => Ok(()),
        (Some(_), None) => Err(refuse(400, "the Host field is no host")),
    }
}

/// Says whether only such characters are there as a host and a port have. The empty host is one: RFC 9110, section 7.2.
fn is_host(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+;=".contains(&byte))
}

fn expectation(headers: &Headers, modern: bool) -> Result<bool, Refusal> {
    match headers.first("Expect") {
        Some(what) if what.eq_ignore_ascii_case("100-continue") => Ok(modern),
        Some(_) if modern => Err(refuse(417, "an unknown expectation")),
        _ => Ok(false),
    }
}

fn keeps_alive(headers: &Headers, modern: bool) -> bool {
    let says = |word: &str| {
        let mut options = headers.all("Connection").flat_map(|value| value.split(','));
        options.any(|option| option.trim().eq_ignore_ascii_case(word))
    };
    !says("close") && (modern || says("keep-alive"))
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;

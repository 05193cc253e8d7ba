//! A request, its body yet to be read.

use std::cell::RefCell;
use std::io::{self, Read};
use std::net::IpAddr;

use super::Headers;
use crate::percent;

/// A method: RFC 9110, section 9, and PATCH of RFC 5789. Methods have case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// OPTIONS.
    Options,
    /// Any other token.
    Other(String),
}

impl Method {
    /// Returns the method as it stands in a request line.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Method {
    fn from(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A request: its head, and a body that is read as it comes.
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// The path as it was sent, not decoded.
    pub path: String,
    /// What stands behind the `?`, as it was sent.
    pub query: Option<String>,
    /// The header fields.
    pub headers: Headers,
    /// The client's address, where it has one: behind a proxy, the proxy's.
    pub peer: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// How long the body is, where it was said: 0 without a body, nothing for a chunked one.
    pub length: Option<u64>,
    notes: RefCell<Vec<(&'static str, String)>>,
    body: Box<dyn Read + 'a>,
}

impl<'a> Request<'a> {
    /// Makes a request of a method and a target such as `/v2/?n=1`, without fields and without a body.
    pub fn new(method: Method, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let (path, headers) = (path.to_owned(), Headers::new());
        let (notes, body) = (RefCell::default(), Box::new(io::empty()));
        Self { method, path, query, headers, peer: None, secure: false, length: Some(0), notes, body }
    }

    /// Gives the request a body, of a length when that is known. A body that ends before its length, or in the middle of a chunk, must
    /// fail: its end would be taken for the content's.
    #[must_use]
    pub fn with_body(mut self, body: impl Read + 'a, length: Option<u64>) -> Self {
        self.body = Box::new(body);
        self.length = length;
        self
    }

    /// Returns the body, as far as it was not read yet.
    pub fn body(&mut self) -> &mut dyn Read {
        &mut *self.body
    }

    /// Notes something of the request for the access log. The last word under a name counts.
    pub fn note(&self, name: &'static str, text: impl Into<String>) {
        let mut notes = self.notes.borrow_mut();
        notes.retain(|(known, _)| *known != name);
        notes.push((name, text.into()));
    }

    /// Returns what was noted, and forgets it.
    pub fn take_notes(&self) -> Vec<(&'static str, String)> {
        self.notes.take()
    }

    /// Returns the decoded values of a parameter of the query, in their order. One that is not UTF-8 is left out.
    pub fn parameters<'q>(&'q self, name: &'q str) -> impl Iterator<Item = String> + 'q {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs.filter_map(move |pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if decode(key)? == name { decode(value) } else { None }
        })
    }

    /// Returns the first decoded value of a parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).next()
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No fields: one of them has the password.
        f.debug_struct("Request").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// Decodes a key or value of a query: percent escapes, and `+` for a space.
fn decode(text: &str) -> Option<String> {
    percent::decode(&text.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let request = Request::new(Method::Get, "/v2/?tag=a&digest=sha256%3Aab&tag=b+c&tag=%zz&last");
        assert_eq!(request.path, "/v2/");
        assert_eq!(request.parameters("tag").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(request.parameter("digest").as_deref(), Some("sha256:ab"));
        assert_eq!(request.parameter("last").as_deref(), Some(""));
        assert_eq!(request.parameter("n"), None);
    }
}

//! A response, its content yet to be sent.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::Headers;

/// A status code: RFC 9110, section 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Returns the phrase that goes with the code, or nothing for one that is not used here.
    pub fn reason(self) -> &'static str {
        match self.0 {
            100 => "Continue",
            200 => "OK",
            201 => "Created",
            202 => "Accepted",
            204 => "No Content",
            206 => "Partial Content",
            304 => "Not Modified",
            307 => "Temporary Redirect",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            409 => "Conflict",
            411 => "Length Required",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            414 => "URI Too Long",
            416 => "Range Not Satisfiable",
            417 => "Expectation Failed",
            429 => "Too Many Requests",
            431 => "Request Header Fields Too Large",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            503 => "Service Unavailable",
            505 => "HTTP Version Not Supported",
            507 => "Insufficient Storage",
            _ => "",
        }
    }

    /// Says whether a response of this status never has content: RFC 9112, section 6.3.
    pub fn is_without_content(self) -> bool {
        matches!(self.0, 100..=199 | 204 | 304)
    }
}

/// What a response carries.
#[non_exhaustive]
pub enum Content {
    /// Nothing.
    Empty,
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// Bytes that several responses share: each is sent without a copy of its own.
    Shared(Arc<dyn AsRef<[u8]> + Send + Sync>),
    /// As many bytes from where the file stands; they need not pass through this process.
    File(File, u64),
    /// Bytes as they are read. Without a length, they are sent in chunks.
    Reader(Box<dyn Read + Send>, Option<u64>),
    /// Content of this length that nobody opened: the answer to a HEAD, which carries none.
    Unread(u64),
}

impl Content {
    /// Returns the length in bytes, where it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Shared(bytes) => Some((**bytes).as_ref().len() as u64),
            Self::File(_, length) | Self::Unread(length) => Some(*length),
            Self::Reader(_, length) => *length,
        }
    }
}

impl Content {
    /// Returns what reads the content, and its length where that is known: of content that nobody opened, the length alone.
    pub fn into_reader(self) -> (Box<dyn Read + Send>, Option<u64>) {
        let length = self.length();
        let reader: Box<dyn Read + Send> = match self {
            Self::Empty | Self::Unread(_) => Box::new(io::empty()),
            Self::Bytes(bytes) => Box::new(io::Cursor::new(bytes)),
            Self::Shared(bytes) => Box::new(io::Cursor::new(SharedBytes(bytes))),
            Self::File(file, length) => Box::new(file.take(length)),
            Self::Reader(reader, _) => reader,
        };
        (reader, length)
    }
}

struct SharedBytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} bytes", self.length())
    }
}

/// A response. Content-Length, Connection and Date are the server's to send.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: Status,
    /// The header fields.
    pub headers: Headers,
    /// The content.
    pub content: Content,
    /// Whether the connection ends with this response.
    pub close: bool,
}

impl Response {
    /// Makes a response without fields or content.
    pub fn new(status: u16) -> Self {
        Self { status: Status(status), headers: Headers::new(), content: Content::Empty, close: false }
    }

    /// Adds a field.
    ///
    /// # Panics
    /// As for [`Headers::add`].
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.add(name, value);
        self
    }

    /// Gives the response its content.
    #[must_use]
    pub fn with_content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }
}

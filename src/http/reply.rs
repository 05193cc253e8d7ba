//! Puts a response on the wire: RFC 9112, sections 4 to 7.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

use super::wire::Wire;
use super::{Content, Headers, Method, Response};
use crate::reading::read_some;
use crate::timestamp;

/// Content up to this length goes out in one write with its head.
const SMALL: u64 = 32 << 10;
/// Bytes copied at a time.
const PIECE: usize = 128 << 10;
/// Bytes of a file handed to the kernel at a time: the most that goes unnoticed by the limits on time.
const FILE_PIECE: usize = 2 << 20;

/// Fields that are the server's to send: a handler's own could contradict how the content is sent.
const RESERVED: [&str; 4] = ["Content-Length", "Transfer-Encoding", "Connection", "Date"];

/// How the end of the content is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// There is never content with this status.
    Nothing,
    Length(u64),
    Chunks,
    /// By the end of the connection, to clients of HTTP/1.0.
    Close,
}

/// How a response is sent: what the client understands, and whether the connection goes on.
#[derive(Clone, Copy)]
pub(super) struct ReplyOptions {
    /// Whether it speaks 1.1.
    pub(super) modern: bool,
    /// Whether it asked for the head only.
    pub(super) head_only: bool,
    /// Whether the connection goes on, as far as the request is concerned.
    pub(super) keep: bool,
}

impl ReplyOptions {
    pub(super) fn of(method: &Method, modern: bool, keep: bool) -> Self {
        Self { modern, head_only: *method == Method::Head, keep }
    }
}

/// What was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) status: u16,
    /// Bytes of content.
    pub(super) bytes: u64,
    /// Whether the connection can go on; an error when it broke, or the content did.
    pub(super) kept: io::Result<bool>,
}

/// Writes responses, over and over into the same buffer.
#[derive(Default)]
pub(super) struct Writer {
    buffer: Vec<u8>,
    date: String,
    second: u64,
}

impl Writer {
    /// Sends a response.
    pub(super) fn send(&mut self, wire: &mut Wire, response: Response, how: ReplyOptions) -> Sent {
        let response = sendable(response, how);
        let status = response.status.0;
        let ending = ending(&response, how);
        let keep = how.keep && !response.close && ending != Ending::Close;
        self.write_head(&response, ending, keep, how.modern);
        let mut bytes = 0;
        let content = if how.head_only { Content::Empty } else { response.content };
        let sent = self.send_content(wire, content, ending, &mut bytes);
        if self.buffer.capacity() > 2 * PIECE {
            self.buffer = Vec::new();
        }
        Sent { status, bytes, kept: sent.map(|()| keep) }
    }

    fn write_head(&mut self, response: &Response, ending: Ending, keep: bool, modern: bool) {
        self.refresh_date();
        let out = &mut self.buffer;
        out.clear();
        let status = response.status;
        put(out, format_args!("HTTP/1.1 {} {}\r\nDate: {}\r\n", status.0, status.reason(), self.date));
        for (name, value) in response.headers.iter() {
            if !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
                for part in [name, ": ", value, "\r\n"] {
                    out.extend_from_slice(part.as_bytes());
                }
            }
        }
        match ending {
            Ending::Length(length) => put(out, format_args!("Content-Length: {length}\r\n")),
            Ending::Chunks => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Ending::Nothing | Ending::Close => {}
        }
        match (keep, modern) {
            (false, _) => out.extend_from_slice(b"Connection: close\r\n"),
            (true, false) => out.extend_from_slice(b"Connection: keep-alive\r\n"),
            (true, true) => {}
        }
        out.extend_from_slice(b"\r\n");
    }

    fn refresh_date(&mut self) {
        let second = timestamp::seconds(SystemTime::now());
        if second != self.second || self.date.is_empty() {
            self.second = second;
            self.date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(second));
        }
    }

    fn send_content(&mut self, wire: &mut Wire, content: Content, ending: Ending, sent: &mut u64) -> io::Result<()> {
        match (content, ending) {
            (Content::Empty | Content::Unread(_), _) | (_, Ending::Nothing) => wire.write_all(&self.buffer),
            (Content::Bytes(bytes), _) => self.send_bytes(wire, &bytes, sent),
            (Content::Shared(bytes), _) => self.send_bytes(wire, (*bytes).as_ref(), sent),
            (Content::File(file, length), _) if length > SMALL => {
                wire.write_all(&self.buffer)?;
                self.send_file(wire, &file, length, sent)
            }
            (Content::File(mut file, length), _) => self.copy(wire, &mut file, length, sent),
            (Content::Reader(mut reader, _), Ending::Length(length)) => self.copy(wire, &mut reader, length, sent),
            (Content::Reader(reader, _), Ending::Chunks) => self.send_chunks(wire, reader, sent),
            (Content::Reader(reader, _), Ending::Close) => self.send_rest(wire, reader, sent),
        }
    }

    fn send_bytes(&mut self, wire: &mut Wire, bytes: &[u8], sent: &mut u64) -> io::Result<()> {
        if bytes.len() as u64 <= SMALL {
            self.buffer.extend_from_slice(bytes);
            wire.write_all(&self.buffer)?;
        } else {
            wire.write_all(&self.buffer)?;
            wire.write_all(bytes)?;
        }
        *sent = bytes.len() as u64;
        Ok(())
    }

    fn send_file(&mut self, wire: &mut Wire, mut file: &File, length: u64, sent: &mut u64) -> io::Result<()> {
        while *sent < length {
            let most = usize::try_from(length - *sent).unwrap_or(usize::MAX).min(FILE_PIECE);
            match wire.send_file(file, most)? {
                Some(0) => return Err(too_short()),
                Some(count) => *sent += count as u64,
                None => {
                    self.buffer.clear();
                    return self.copy(wire, &mut file, length, sent);
                }
            }
        }
        Ok(())
    }

    /// Copies as many bytes as were promised, the first of them in one write with what the buffer holds.
    fn copy(&mut self, wire: &mut Wire, from: &mut dyn Read, length: u64, sent: &mut u64) -> io::Result<()> {
        loop {
            let head = self.buffer.len();
            let most = usize::try_from(length - *sent).unwrap_or(usize::MAX).min(PIECE);
            self.buffer.resize(head + most, 0);
            let mut filled = head;
            while filled < head + most {
                match read_some(from, &mut self.buffer[filled..])? {
                    0 => return Err(too_short()),
                    count => filled += count,
                }
            }
            wire.write_all(&self.buffer)?;
            *sent += most as u64;
            if *sent == length {
                return Ok(());
            }
            self.buffer.clear();
        }
    }

    fn send_chunks(&mut self, wire: &mut Wire, mut from: Box<dyn Read + Send>, sent: &mut u64) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let count = read_some(&mut from, &mut piece)?;
            if count == 0 {
                self.buffer.extend_from_slice(b"0\r\n\r\n");
                return wire.write_all(&self.buffer);
            }
            put(&mut self.buffer, format_args!("{count:x}\r\n"));
            self.buffer.extend_from_slice(&piece[..count]);
            self.buffer.extend_from_slice(b"\r\n");
            wire.write_all(&self.buffer)?;
            self.buffer.clear();
            *sent += count as u64;
        }
    }

    fn send_rest(&mut self, wire: &mut Wire, mut from: Box<dyn Read + Send>, sent: &mut u64) -> io::Result<()> {
        wire.write_all(&self.buffer)?;
        self.buffer.resize(PIECE, 0);
        loop {
            let count = read_some(&mut from, &mut self.buffer)?;
            if count == 0 {
                return Ok(());
            }
            wire.write_all(&self.buffer[..count])?;
            *sent += count as u64;
        }
    }
}

/// Replaces a response that cannot be sent by a 500: one whose status is not final, or whose content was asked for and not opened.
fn sendable(response: Response, how: ReplyOptions) -> Response {
    let unopened = matches!(response.content, Content::Unread(1..)) && !how.head_only;
    if (200..=599).contains(&response.status.0) && (!unopened || response.status.is_without_content()) {
        return response;
    }
    Response { close: true, ..Response::new(500) }
}

fn ending(response: &Response, how: ReplyOptions) -> Ending {
    match response.content.length() {
        _ if response.status.is_without_content() => Ending::Nothing,
        Some(length) => Ending::Length(length),
        None if how.modern => Ending::Chunks,
        None => Ending::Close,
    }
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a vector takes all that is written to it");
}

fn too_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the content is shorter than was promised")
}

/// Makes the server's own answer to what no handler sees.
pub(super) fn plain(status: u16, why: &str) -> Response {
    let mut headers = Headers::new();
    headers.add("Content-Type", "text/plain; charset=utf-8");
    let content = Content::Bytes(format!("{why}\n").into_bytes());
    Response { headers, close: true, ..Response::new(status).with_content(content) }
}

//! HTTP/1.1 on the wire: heads, body framing and canned replies, shared by the test client and the test servers.
//!
//! Bodies stream; nothing here holds more than a buffer of one. RFC 9112: <https://www.rfc-editor.org/rfc/rfc9112>.

use std::io::{self, BufRead, Read, Write};

/// The header fields of a message, in order, names compared without case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Replaces `from` by `to` in every value.
    pub(crate) fn rewrite(&mut self, from: &str, to: &str) {
        for (_, value) in &mut self.0 {
            *value = value.replace(from, to);
        }
    }

    fn names(&self, name: &str, token: &str) -> bool {
        self.get(name).is_some_and(|value| value.to_ascii_lowercase().contains(token))
    }
}

/// A request line or status line with its header fields.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    line: [String; 3],
    pub(crate) headers: Headers,
}

impl Head {
    pub(crate) fn request(method: &str, path: &str) -> Head {
        Head { line: [method.to_owned(), path.to_owned(), "HTTP/1.1".to_owned()], headers: Headers::default() }
    }

    pub(crate) fn method(&self) -> &str {
        &self.line[0]
    }

    /// Returns the request target: path and query.
    pub(crate) fn path(&self) -> &str {
        &self.line[1]
    }

    pub(crate) fn status(&self) -> u16 {
        self.line[1].parse().unwrap_or_else(|_| panic!("no status in {:?}", self.line))
    }

    /// Reads the next head; `None` when the peer closed the connection before its first byte.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Head>> {
        // A client that tries TLS first waits for an answer to its hello, which need not have a line end in it.
        if from.fill_buf()?.first().is_some_and(|byte| !byte.is_ascii_graphic()) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(start) = read_line(from)? else {
            return Ok(None);
        };
        let mut parts = start.splitn(3, ' ').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let mut head = Head { line: [part(), part(), part()], headers: Headers::default() };
        loop {
            let line = read_line(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if line.is_empty() {
                return Ok(Some(head));
            }
            let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
            head.headers.add(name.trim(), value.trim());
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.line.join(" ").trim_end());
        for (name, value) in self.headers.iter() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// Whether the sender ends the connection after this message.
    pub(crate) fn closes(&self) -> bool {
        self.headers.names("connection", "close") || self.line.iter().any(|part| part == "HTTP/1.0")
    }

    pub(crate) fn expects_continue(&self) -> bool {
        self.headers.names("expect", "100-continue")
    }

    /// Returns how the body of this request is framed.
    pub(crate) fn request_framing(&self) -> Framing {
        self.declared_framing().unwrap_or(Framing::Length(0))
    }

    /// Returns how the body of this response to a `method` request is framed.
    pub(crate) fn response_framing(&self, method: &str) -> Framing {
        let status = self.status();
        if method == "HEAD" || status < 200 || status == 204 || status == 304 {
            return Framing::Length(0);
        }
        self.declared_framing().unwrap_or(Framing::UntilClose)
    }

    fn declared_framing(&self) -> Option<Framing> {
        if self.headers.names("transfer-encoding", "chunked") {
            return Some(Framing::Chunked);
        }
        Some(Framing::Length(self.headers.get("content-length")?.parse().ok()?))
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// Reads the content of a body, without its framing; a body that ends early is `UnexpectedEof`.
pub(crate) struct Body<'a, R> {
    from: &'a mut R,
    framing: Framing,
    /// What is left of the body, or of the current chunk.
    left: u64,
    ended: bool,
}

impl<'a, R: BufRead> Body<'a, R> {
    pub(crate) fn new(from: &'a mut R, framing: Framing) -> Self {
        let left = if let Framing::Length(length) = framing { length } else { 0 };
        Body { from, framing, left, ended: framing == Framing::Length(0) }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let line = read_line(self.from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        self.left = u64::from_str_radix(size, 16).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        if self.left == 0 {
            while read_line(self.from)?.is_some_and(|trailer| !trailer.is_empty()) {}
            self.ended = true;
        }
        Ok(())
    }

    fn after(&mut self, read: usize) -> io::Result<()> {
        self.left -= read as u64;
        if self.left > 0 {
            return Ok(());
        }
        match self.framing {
            Framing::Length(_) => self.ended = true,
            Framing::Chunked => drop(read_line(self.from)?),
            Framing::UntilClose => {}
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.framing == Framing::Chunked && self.left == 0 && !self.ended {
            self.next_chunk()?;
        }
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        if self.framing == Framing::UntilClose {
            return self.from.read(buffer);
        }
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.from.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.after(read)?;
        Ok(read)
    }
}

/// Copies a body's content to `sink` with the framing given, and returns the content's length.
pub(crate) fn copy_body(from: &mut dyn Read, sink: &mut dyn Write, framing: Framing) -> io::Result<u64> {
    let mut buffer = [0; 16 * 1024];
    let mut total = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if framing == Framing::Chunked {
            write!(sink, "{read:x}\r\n")?;
        }
        sink.write_all(&buffer[..read])?;
        if framing == Framing::Chunked {
            sink.write_all(b"\r\n")?;
        }
        if read == 0 {
            return Ok(total);
        }
        total += read as u64;
    }
}

/// An answer that a test server makes itself.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Reply {
        Reply { status, headers: Headers::default(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Reply {
        self.headers.add(name, value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Reply {
        self.body = body.into();
        self
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Reply {
        Reply::new(status).header("Content-Type", "application/json").body(value.to_string())
    }

    /// Makes an error body of the distribution specification.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
        Reply::json(status, &serde_json::json!({"errors": [{"code": code, "message": message}]}))
    }

    pub(crate) fn head(&self) -> Head {
        let mut headers = self.headers.clone();
        headers.add("Content-Length", &self.body.len().to_string());
        Head { line: ["HTTP/1.1".to_owned(), self.status.to_string(), "Reply".to_owned()], headers }
    }
}

//! A plain HTTP/1.1 client for seeding registries and for looking at what a server really says.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::wire::{Body, Framing, Head, Headers, copy_body};

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    /// What arrived of the body.
    pub(crate) body: Vec<u8>,
    /// Why the body ended early, if it did; a server that falls silent is `WouldBlock`.
    pub(crate) cut: Option<io::ErrorKind>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Returns the body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// Asserts the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Response {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Talks to one `HOST:PORT`, a connection for each request, with the same extra header fields every time.
#[derive(Clone)]
pub(crate) struct Client {
    host: String,
    headers: Headers,
    timeout: Duration,
}

impl Client {
    pub(crate) fn new(host: &str) -> Client {
        Client { host: host.to_owned(), headers: Headers::default(), timeout: Duration::from_secs(30) }
    }

    /// Adds a header field to every request.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Client {
        self.headers.add(name, value);
        self
    }

    /// Adds basic credentials to every request.
    pub(crate) fn basic(self, user: &str, password: &str) -> Client {
        use base64::Engine;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.with("Authorization", &format!("Basic {encoded}"))
    }

    /// Waits for the next byte no longer than this.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Client {
        self.timeout = timeout;
        self
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[])
    }

    #[track_caller]
    pub(crate) fn head(&self, path: &str) -> Response {
        self.send("HEAD", path, &[])
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, &[])
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &[u8]) -> Response {
        self.send("POST", path, body)
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, media_type: &str, body: &[u8]) -> Response {
        self.clone().with("Content-Type", media_type).send("PUT", path, body)
    }

    /// Sends a file as the body of a PUT, without holding it in memory.
    #[track_caller]
    pub(crate) fn put_file(&self, path: &str, file: &Path) -> Response {
        let mut body = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let length = body.metadata().expect("an open file has metadata").len();
        let client = self.clone().with("Content-Type", "application/octet-stream");
        client
            .exchange("PUT", path, &mut body, length)
            .unwrap_or_else(|error| panic!("PUT {}{path}: {error}", self.host))
    }

    /// Sends a request; panics when no response head comes back.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8]) -> Response {
        self.try_send(method, path, body).unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.host))
    }

    /// Sends a request; fails when no response head comes back.
    pub(crate) fn try_send(&self, method: &str, path: &str, mut body: &[u8]) -> io::Result<Response> {
        let length = body.len() as u64;
        self.exchange(method, path, &mut body, length)
    }

    fn exchange(&self, method: &str, path: &str, body: &mut dyn Read, length: u64) -> io::Result<Response> {
        let mut connection = Connection::open(self)?;
        connection.headers.add("Connection", "close");
        connection.exchange(method, path, body, length)
    }
}

/// One connection, for several requests.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    headers: Headers,
}

impl Connection {
    pub(crate) fn open(client: &Client) -> io::Result<Connection> {
        let stream = TcpStream::connect(&client.host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(client.timeout))?;
        let mut headers = client.headers.clone();
        headers.add("Host", &client.host);
        Ok(Connection { stream: BufReader::new(stream), headers })
    }

    /// Sends a GET and reads the response.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Response> {
        self.exchange("GET", path, &mut io::empty(), 0)
    }

    fn exchange(&mut self, method: &str, path: &str, body: &mut dyn Read, length: u64) -> io::Result<Response> {
        let mut head = Head::request(method, path);
        head.headers = self.headers.clone();
        if length > 0 || matches!(method, "POST" | "PUT" | "PATCH") {
            head.headers.add("Content-Length", &length.to_string());
        }
        self.stream.get_ref().write_all(&head.encode())?;
        copy_body(body, &mut self.stream.get_ref(), Framing::Length(length))?;
        let head = Head::read(&mut self.stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut body = Vec::new();
        let framing = head.response_framing(method);
        let cut = Body::new(&mut self.stream, framing).read_to_end(&mut body).err().map(|error| error.kind());
        Ok(Response { status: head.status(), headers: head.headers, body, cut })
    }
}

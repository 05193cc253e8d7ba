//! An HTTP/1.1 server in front of another: rules answer a request themselves or let it through; every request is logged.
//!
//! Bodies stream both ways, connections are kept alive, and the target's address in header values becomes the gateway's own.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::listener::{Bound, Listener, Stop};
use super::shape::{Paced, Shape, Shaped};
use super::wire::{self, Body, Framing, Head, Headers, Reply};

/// One request as the gateway saw it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) path: String,
    /// 0 while the target has not answered.
    pub(crate) status: u16,
    /// Body bytes received.
    pub(crate) request_bytes: u64,
    /// Body bytes sent, the framing of a chunked body included.
    pub(crate) response_bytes: u64,
    pub(crate) range: Option<String>,
    pub(crate) content_range: Option<String>,
    pub(crate) authorization: bool,
    /// Whether the gateway answered, and not its target.
    pub(crate) fault: bool,
    pub(crate) headers: Headers,
}

/// What a gateway does with requests.
pub(crate) trait Rules: Send + Sync + 'static {
    /// Answers a request; `None` sends it to the target.
    fn answer(&self, request: &Head, body: &mut dyn Read) -> io::Result<Option<Reply>>;

    /// Changes a request on its way to the target.
    fn prepare(&self, _request: &mut Head) {}

    /// Returns how bytes flow.
    fn shape(&self) -> Shape {
        Shape::default()
    }
}

type Entry = Arc<Mutex<Request>>;

/// The log of a gateway.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Entry>>>);

impl Log {
    /// Returns the requests so far, in the order of their arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.0).iter().map(|entry| lock(entry).clone()).collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    fn add(&self, head: &Head) -> Entry {
        let field = |name| head.headers.get(name).map(str::to_owned);
        let entry = Arc::new(Mutex::new(Request {
            at: Instant::now(),
            method: head.method().to_owned(),
            path: head.path().to_owned(),
            status: 0,
            request_bytes: 0,
            response_bytes: 0,
            range: field("range"),
            content_range: field("content-range"),
            authorization: field("authorization").is_some(),
            fault: false,
            headers: head.headers.clone(),
        }));
        lock(&self.0).push(Arc::clone(&entry));
        entry
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds this lock")
}

/// A running gateway.
pub(crate) struct Gateway {
    listener: Listener,
    log: Log,
}

impl Gateway {
    /// Serves a bound port in front of `target`, a `HOST:PORT`.
    pub(crate) fn start(bound: Bound, target: &str, rules: impl Rules) -> Gateway {
        let log = Log::default();
        let own = format!("127.0.0.1:{}", bound.port());
        let front = Front { target: target.to_owned(), own, log: log.clone(), rules: Box::new(rules) };
        let listener = bound.serve(move |stream, stop| {
            // Connections end with errors here all the time: that is what faults are.
            let _ = front.serve(&stream, stop);
        });
        Gateway { listener, log }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.port()
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }
}

struct Front {
    target: String,
    own: String,
    log: Log,
    rules: Box<dyn Rules>,
}

impl Front {
    fn serve(&self, stream: &TcpStream, stop: &Stop) -> io::Result<()> {
        let shape = self.rules.shape();
        let mut client = Shaped { stream, shape, stop, sent: 0, count: None };
        let mut from = BufReader::new(stream);
        while let Some(head) = Head::read(&mut from)? {
            let entry = self.log.add(&head);
            stop.wait(Some(shape.latency))?;
            if head.expects_continue() {
                client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let mut body = Body::new(&mut from, head.request_framing());
            let mut body = Paced { from: &mut body, rate: shape.rate, stop };
            let mut body = Counted { from: &mut body, entry: &entry };
            let goes_on = match self.rules.answer(&head, &mut body)? {
                Some(reply) => reply_with(&mut client, &head, &mut body, &reply, &entry).map(|()| true)?,
                None => self.forward(&mut client, &head, &mut body, &entry)?,
            };
            if head.closes() || !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends the request to the target and its response back; whether the connection can be used again.
    fn forward(&self, client: &mut Shaped<'_>, head: &Head, body: &mut dyn Read, entry: &Entry) -> io::Result<bool> {
        let upstream = TcpStream::connect(&self.target)?;
        upstream.set_nodelay(true)?;
        let framing = head.request_framing();
        let mut sent = Lossy { stream: &upstream, lost: false };
        sent.write_all(&self.request(head).encode())?;
        wire::copy_body(body, &mut sent, framing)?;
        let mut from = BufReader::new(&upstream);
        let mut answer = loop {
            let answer = Head::read(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if answer.status() >= 200 {
                break answer;
            }
        };
        lock(entry).status = answer.status();
        let framing = answer.response_framing(head.method());
        answer.headers.remove("connection");
        answer.headers.rewrite(&self.target, &self.own);
        if framing == Framing::UntilClose {
            answer.headers.add("Connection", "close");
        }
        client.write_all(&answer.encode())?;
        count_body(client, entry, |client| wire::copy_body(&mut Body::new(&mut from, framing), client, framing))?;
        Ok(framing != Framing::UntilClose)
    }

    fn request(&self, head: &Head) -> Head {
        let mut request = head.clone();
        for name in ["connection", "expect", "keep-alive"] {
            request.headers.remove(name);
        }
        request.headers.add("Connection", "close");
        self.rules.prepare(&mut request);
        request
    }
}

fn reply_with(
    client: &mut Shaped<'_>,
    head: &Head,
    body: &mut dyn Read,
    reply: &Reply,
    entry: &Entry,
) -> io::Result<()> {
    // Unread bytes would reset the connection, and the answer with it.
    io::copy(body, &mut io::sink())?;
    {
        let mut entry = lock(entry);
        entry.status = reply.status;
        entry.fault = true;
    }
    client.write_all(&reply.head().encode())?;
    if head.method() != "HEAD" {
        lock(entry).response_bytes += reply.body.len() as u64;
        client.write_all(&reply.body)?;
    }
    Ok(())
}

fn count_body(
    client: &mut Shaped<'_>,
    entry: &Entry,
    send: impl FnOnce(&mut Shaped<'_>) -> io::Result<u64>,
) -> io::Result<u64> {
    let count = |bytes| lock(entry).response_bytes += bytes;
    let mut counting = Shaped {
        stream: client.stream,
        shape: client.shape,
        stop: client.stop,
        sent: client.sent,
        count: Some(&count),
    };
    let result = send(&mut counting);
    client.sent = counting.sent;
    result
}

/// Counts what is read from the client.
struct Counted<'a> {
    from: &'a mut dyn Read,
    entry: &'a Entry,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        lock(self.entry).request_bytes += read as u64;
        Ok(read)
    }
}

/// Writes to a target that may answer and close before it has read the whole request: its answer still counts.
struct Lossy<'a> {
    stream: &'a TcpStream,
    lost: bool,
}

impl Write for Lossy<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.lost {
            self.lost = self.stream.write_all(bytes).is_err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

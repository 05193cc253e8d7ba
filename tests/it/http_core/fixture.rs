//! A server with a handler for every attack, and a client that sends exactly the bytes it is told to.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use stevedore::http::{Content, Counters, Handler, Method, Options, Request, Response, Server, Stop};

pub(super) const GIB: u64 = 1 << 30;

/// What the handler saw, and a gate that holds requests up.
#[derive(Default)]
pub(super) struct Probe {
    /// Method, path, and what became of the body.
    pub(super) seen: Mutex<Vec<String>>,
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Probe {
    fn note(&self, what: String) {
        self.seen.lock().unwrap().push(what);
        self.opened.notify_all();
    }

    /// Waits until the handler has seen so many requests.
    pub(super) fn wait_for(&self, count: usize) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let limit = Duration::from_secs(10);
        let (seen, late) = self.opened.wait_timeout_while(seen, limit, |seen| seen.len() < count).unwrap();
        assert!(!late.timed_out(), "{seen:?} instead of {count} requests");
        seen.clone()
    }

    pub(super) fn open_gate(&self) {
        *self.gate.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn pass_gate(&self) {
        let gate = self.gate.lock().unwrap();
        drop(self.opened.wait_while(gate, |open| !*open).unwrap());
    }
}

impl Handler for Probe {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        let (name, path) = (request.method.as_str().to_owned(), request.path.clone());
        let text = |status: u16, text: String| Response::new(status).with_content(Content::Bytes(text.into_bytes()));
        match path.as_str() {
            "/read" => {
                let body = request.body();
                let outcome = io::copy(body, &mut io::sink());
                self.note(format!("{name} {path} {outcome:?}"));
                // A success even for a broken body: the server must not pass it on.
                return text(201, format!("{outcome:?}"));
            }
            "/gate" => {
                self.note(format!("{name} {path}"));
                self.pass_gate();
            }
            _ if path != "/" => self.note(format!("{name} {path}")),
            _ => {}
        }
        match path.as_str() {
            "/reject" => Response::new(413),
            "/close" => Response { close: true, ..Response::new(200) },
            "/panic" => panic!("as asked"),
            "/big" => Response::new(200).with_content(Content::File(sparse(), GIB)),
            "/big-reader" => Response::new(200).with_content(Content::Reader(Box::new(sparse()), Some(GIB))),
            "/chunks" => Response::new(200).with_content(Content::Reader(Box::new(&b"in chunks"[..]), None)),
            "/short" => Response::new(200).with_content(Content::Reader(Box::new(&b"half"[..]), Some(8))),
            "/broken" => Response::new(200).with_content(Content::Reader(Box::new((&b"half"[..]).chain(Broken)), None)),
            "/panicking" => Response::new(200).with_content(Content::Reader(Box::new(Panicking), Some(8))),
            "/none" => Response::new(204),
            "/unmodified" => Response::new(304).with("ETag", "\"x\""),
            "/unread" => Response::new(200).with_content(Content::Unread(GIB)),
            "/odd" => Response::new(200).with("Content-Length", "7").with("transfer-encoding", "chunked"),
            "/method" if request.method == Method::Head => Response::new(200).with_content(Content::Unread(5)),
            _ => text(200, "ok\n".to_owned()),
        }
    }
}

struct Broken;
impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

struct Panicking;
impl Read for Panicking {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("as asked, by the content")
    }
}

/// Makes a file of 1 GiB that takes no room.
fn sparse() -> File {
    let file = tempfile::tempfile().unwrap();
    file.set_len(GIB).unwrap();
    file
}

/// A server that runs until dropped.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) probe: Arc<Probe>,
    pub(super) stop: Stop,
    pub(super) counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(super) fn start(options: Options) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(listener, options).unwrap();
        let (stop, counters) = (server.stopper(), server.counters());
        let probe = Arc::new(Probe::default());
        let handler = Arc::clone(&probe);
        let thread = Some(thread::spawn(move || server.run(&handler)));
        Running { address, probe, stop, counters, thread }
    }

    /// Starts with the limits of time so short that a test can wait for them.
    pub(super) fn hasty() -> Running {
        Running::start(hasty())
    }

    pub(super) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Waits for the server's end.
    pub(super) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// Asserts that another client is answered at once.
    pub(super) fn assert_serves(&self) {
        assert_serves(self.address);
    }

    /// Waits until so many connections are open, and no more.
    pub(super) fn wait_for_open(&self, count: usize) {
        wait_until(&format!("{count} open connections"), || self.counters.open() == count);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.probe.open_gate();
        self.stop.cut();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed.
            let _ = thread.join();
        }
    }
}

pub(super) fn hasty() -> Options {
    let mut options = Options::default();
    options.head_deadline = Duration::from_millis(400);
    options.idle = Duration::from_millis(800);
    options.body_deadline = Duration::from_millis(500);
    options.write_deadline = Duration::from_millis(500);
    options.grace = Duration::from_millis(700);
    options
}

pub(super) fn assert_serves(address: SocketAddr) {
    let begun = Instant::now();
    let mut client = Client::connect(address);
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    // Machines that test are busy; without the attack it takes less than a millisecond.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never {what}");
        thread::yield_now();
    }
}

/// A connection that sends bytes as they are.
pub(super) struct Client {
    pub(super) stream: TcpStream,
}

/// An answer that was read by its Content-Length.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream }
    }

    /// Sends as much as the server takes.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        // A server that has refused reads no more, and what it said counts.
        let _ = self.stream.write_all(bytes);
    }

    pub(super) fn half_close(&self) {
        match self.stream.shutdown(Shutdown::Write) {
            // A server that has refused may have closed it already.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            done => done.unwrap(),
        }
    }

    /// Reads to the end of the connection, which must come.
    pub(super) fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("after {}: {error}", bytes.escape_ascii()),
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads a head.
    pub(super) fn head(&mut self) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match self.stream.read(&mut byte) {
                Ok(1..) => bytes.push(byte[0]),
                end => panic!("{end:?} after {}", bytes.escape_ascii()),
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    /// Reads an answer with its content.
    pub(super) fn answer(&mut self) -> Answer {
        let head = self.head();
        let length = field(&head, "Content-Length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        Answer { status: status(&head), head, body: String::from_utf8(body).unwrap() }
    }

    /// Says whether the server has ended the connection, without saying more.
    pub(super) fn ends_silently(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0))
    }
}

pub(super) fn status(head: &str) -> u16 {
    head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("0").parse().unwrap()
}

pub(super) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().take_while(|line| !line.is_empty());
    lines
        .find_map(|line| line.split_once(": ").filter(|(other, _)| other.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
}

/// Sends bytes on a connection of their own and returns all that comes back until the server closes it, which it must.
pub(super) fn refused(address: SocketAddr, bytes: &[u8]) -> u16 {
    let mut client = Client::connect(address);
    client.send(bytes);
    let answer = client.rest();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {answer:?}"));
    // What stands behind the content would be another answer.
    let length = field(head, "Content-Length").map(str::to_owned);
    assert_eq!(length, Some(body.len().to_string()), "one answer to {}: {answer}", bytes.escape_ascii());
    assert_eq!(field(head, "Connection"), Some("close"), "{answer}");
    status(head)
}

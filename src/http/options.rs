//! Limits of the server, and what it tells about its work.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::{HeadLimits, Method, Peer, Throttled, Tls, TlsError};

/// What is called with each response, from the thread that has sent it.
pub type OnResponse = Box<dyn Fn(&Record<'_>) + Send + Sync>;
/// What is called with troubles, those that repeat once a second.
pub type OnTrouble = Box<dyn Fn(&Throttled<Trouble>) + Send + Sync>;

/// Tells how urgent a request is, by its method and its path.
pub type UrgencyOf = fn(&Method, &str) -> Urgency;

/// Whether a request may use a reserved connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It may not: it gets a 503 when only those are left.
    None,
    /// It may, as long as a quarter of them is left: it writes.
    Write,
    /// It may: it asks whether the server is well.
    Health,
}

/// Limits and hooks of a server. The defaults can face a network.
#[non_exhaustive]
pub struct Options {
    /// What a head may take.
    pub head: HeadLimits,
    /// From the first byte of a head to its last (for the first head of a connection, from its start, the TLS handshake included): 15 s.
    pub head_deadline: Duration,
    /// How long a connection may be idle between two requests: 75 s, more than the 60 s of proxies in front.
    pub idle: Duration,
    /// How long a body may keep the server waiting in all, beyond what [`minimum_rate`](Self::minimum_rate) excuses: 20 s. Time that the
    /// handler takes does not count.
    pub body_deadline: Duration,
    /// How long a client may take nothing of a response, with the same excuse: 30 s.
    pub write_deadline: Duration,
    /// Bytes a second that are fast enough for ever: 256. A faster transfer extends the deadline, up to its initial length. From half of the
    /// connections on, readers have to be faster, with the last one 64 times as fast.
    pub minimum_rate: u64,
    /// Connections at the same time: 512. Each has a thread. Where there are as many, the one ends that has waited longest for a request, of
    /// the client that has most of those; when requests run on all, more get a 503 and are closed.
    pub connections: usize,
    /// Connections beyond those, for urgent requests: none. Others get a 503 on them.
    pub reserved_connections: usize,
    /// Which requests are urgent: none.
    pub urgency: UrgencyOf,
    /// Connections of one address at the same time, of a network of 64 bits with IPv6: not limited, since behind a proxy all clients have
    /// one address.
    pub connections_per_address: Option<usize>,
    /// Bytes of a body left unread that are read for the sake of the next request: 64 KiB. A longer rest ends the connection.
    pub drain: u64,
    /// How long running requests may go on after a stop: 10 s.
    pub grace: Duration,
    /// Certificates, for a server that speaks TLS.
    pub tls: Option<Tls>,
    /// Is told of each response, for an access log.
    pub on_response: Option<OnResponse>,
    /// Is told of what went wrong without ending the server: of each kind once a second, and how often it was.
    pub on_trouble: Option<OnTrouble>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            head: HeadLimits::default(),
            head_deadline: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            body_deadline: Duration::from_secs(20),
            write_deadline: Duration::from_secs(30),
            minimum_rate: 256,
            connections: 512,
            reserved_connections: 0,
            urgency: |_, _| Urgency::None,
            connections_per_address: None,
            drain: 64 << 10,
            grace: Duration::from_secs(10),
            tls: None,
            on_response: None,
            on_trouble: None,
        }
    }
}

/// One response, for an access log.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// The client, or a proxy in front.
    pub peer: Peer,
    /// The method; nothing when the head could not be read.
    pub method: Option<&'a Method>,
    /// The path as it was sent, without the query, which may hold secrets; empty when the head could not be read.
    pub path: &'a str,
    /// The status that was sent.
    pub status: u16,
    /// How many bytes of content were sent.
    pub bytes: u64,
    /// How many bytes of the request's content were read for it.
    pub received: u64,
    /// From the end of the head to the end of the response.
    pub duration: Duration,
    /// The client's name for itself.
    pub user_agent: Option<&'a str>,
    /// Whether the response was sent whole.
    pub complete: bool,
    /// What the handler has noted of the request, by name.
    pub notes: &'a [(&'static str, String)],
}

impl<'a> Record<'a> {
    /// Returns what was noted under a name.
    pub fn note(&self, name: &str) -> Option<&'a str> {
        self.notes.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }
}

/// What went wrong without ending the server.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// No connection could be taken, often for lack of file descriptors; the server pauses and tries again.
    Accept(io::Error),
    /// No thread could be made for a connection, which got a 503.
    Thread(Peer, io::Error),
    /// A TLS handshake failed, or its client showed no certificate that is taken here.
    Handshake(Peer, io::Error),
    /// The certificates have changed and cannot be used; the old ones stay.
    Certificates(TlsError),
    /// A handler or its content panicked; the client got a 500 or half an answer.
    Panic(Peer),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accept(error) => write!(f, "cannot take connections: {error}"),
            Self::Thread(peer, error) => write!(f, "no thread for a connection of {peer}: {error}"),
            Self::Handshake(peer, error) => write!(f, "a TLS handshake of {peer} failed: {error}"),
            Self::Certificates(error) => write!(f, "the old certificates stay in use: {error}"),
            Self::Panic(peer) => write!(f, "answering a request of {peer} panicked"),
        }
    }
}

/// What a server has counted since it was made.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) open: AtomicUsize,
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) evicted: AtomicU64,
    pub(super) requests: AtomicU64,
}

impl Counters {
    /// Returns how many connections are open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Returns how many connections were taken, those refused afterwards included.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Returns how many connections were refused by a limit, or for lack of a thread.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Returns how many connections that waited for a request were ended for another one.
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Returns how many requests were answered, refused heads included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

//! A small blocking HTTP/1.1 server that can face a network, and the shape of what it serves.
//!
//! A [`Handler`] makes a [`Response`] of a [`Request`] and knows nothing of sockets, so that it can be mounted in another program's server.

use std::net::{IpAddr, Ipv6Addr};

mod body;
mod chunk;
mod connection;
mod connection_table;
mod deadline;
mod error_throttle;
mod framing;
mod head;
mod header;
mod listener;
mod options;
mod reply;
mod request;
mod response;
mod server;
mod socket;
mod tls;
mod wire;

pub use error_throttle::{ErrorThrottle, Throttled};
pub use head::HeadLimits;
pub use header::Headers;
pub use listener::{Address, Listener, Peer};
pub use options::{Counters, OnResponse, OnTrouble, Options, Record, Trouble, Urgency, UrgencyOf};
pub use request::{Method, Request};
pub use response::{Content, Response, Status};
pub use server::{Server, Stop};
pub use tls::{Tls, TlsError, TlsFiles};

/// Answers requests. Called from many threads at the same time; a panic costs the client a 500 and nobody else anything.
pub trait Handler: Send + Sync {
    /// Answers a request. What is left unread of its body is the server's to deal with. For a HEAD, the answer is that of a GET: the server
    /// sends its length and leaves the content out.
    fn handle(&self, request: &mut Request<'_>) -> Response;
}

/// Returns the network that a client is counted by: one has many IPv6 addresses for each of its hosts, of which 64 bits are the host's to choose.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

impl<H: Handler + ?Sized> Handler for &H {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        (**self).handle(request)
    }
}

impl<H: Handler + ?Sized> Handler for std::sync::Arc<H> {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        (**self).handle(request)
    }
}

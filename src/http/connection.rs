//! One connection: its requests one after the other, each answered before the next is read.

use std::io::{self, Read};
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::body::{Body, Failure, Leftover};
use super::connection_table::SILENCE;
use super::deadline::{Deadline, MinRate};
use super::framing::Framing;
use super::head::{Head, Refusal};
use super::reply::{ReplyOptions, Sent, Writer, plain};
use super::server::Shared;
use super::socket::{Link, Socket};
use super::wire::{Arrival, Wire};
use super::{Handler, Method, Record, Request, Response, Tls, Trouble};

/// How long a client that was told to stop may still send: with its words unread, the kernel would take the answer back.
const LINGER: Duration = Duration::from_secs(1);
/// How much of that is read.
const LINGER_BYTES: usize = 4 << 20;

/// Serves a connection to its end.
pub(super) fn serve(shared: &Shared, link: &Arc<Link>, handler: &dyn Handler) {
    link.stream.set_nodelay();
    let options = &shared.options;
    let deadline = Instant::now() + options.head_deadline;
    let rate = MinRate::new(options.write_deadline, options.minimum_rate);
    let socket = Socket::new(Arc::clone(link), Deadline::At(deadline), rate, shared.connections.minimum_rate());
    let mut connection = Connection { shared, link, handler, wire: Wire::new(socket), writer: Writer::default() };
    let ended = match &options.tls {
        Some(tls) if !connection.secure(tls) => return,
        _ => connection.run(deadline),
    };
    if ended.is_err() {
        // An answer that broke off must not look whole.
        link.stream.abort();
    }
}

struct Connection<'s> {
    shared: &'s Shared,
    link: &'s Arc<Link>,
    handler: &'s dyn Handler,
    wire: Wire,
    writer: Writer,
}

impl Connection<'_> {
    /// Takes the client's TLS handshake. Says whether there is anything to go on with.
    fn secure(&mut self, tls: &Tls) -> bool {
        // A record of TLS begins with another byte than a method does. net/http and nginx answer this as well.
        if matches!(self.wire.socket.peek(), Ok(Some(b'A'..=b'Z'))) {
            self.link.start();
            let refusal = super::head::refuse(400, "this port speaks https, and the request came as plain http");
            if self.refuse(refusal).is_ok() {
                self.linger();
            }
            return false;
        }
        let (config, error) = tls.config();
        if let Some(error) = error {
            self.shared.report(Trouble::Certificates(error));
        }
        match self.wire.secure(config) {
            Ok(()) => true,
            Err(error) => {
                // Whoever goes away or falls silent has nothing to be told of: load balancers look for open ports.
                if error.kind() == io::ErrorKind::InvalidData {
                    self.shared.report(Trouble::Handshake(self.link.peer, error));
                }
                false
            }
        }
    }

    /// Answers requests until one side ends. Fails when an answer broke off.
    fn run(&mut self, first: Instant) -> io::Result<()> {
        let mut deadline = Some(first);
        loop {
            let arrival = self.next(deadline.take());
            let goes_on = self.link.start();
            let keep = match arrival {
                Arrival::Nothing => {
                    self.wire.finish();
                    return Ok(());
                }
                Arrival::Refused(refusal) => self.refuse(refusal)?,
                Arrival::Head(mut head) => {
                    head.keep_alive &= goes_on;
                    self.answer(head)?
                }
            };
            if !keep {
                self.linger();
                return Ok(());
            }
        }
    }

    /// Waits for the next head; the deadline is that of the first.
    fn next(&mut self, deadline: Option<Instant>) -> Arrival {
        let now = self.shared.connections.now();
        // The first request is given a moment to come, as is the rest of any.
        self.link.wait(if deadline.is_some() { now + SILENCE } else { now });
        if self.shared.is_stopped() && self.wire.waiting().is_empty() {
            return Arrival::Nothing;
        }
        let options = &self.shared.options;
        if self.wire.waiting().is_empty() {
            self.wire.socket.reading = Deadline::At(deadline.unwrap_or_else(|| Instant::now() + options.idle));
            // Silence ends without a word: a 408 could be taken for the answer to a request that is just on its way.
            let Ok(1..) = self.wire.fill() else { return Arrival::Nothing };
        }
        self.link.wait(self.shared.connections.now() + SILENCE);
        self.wire.socket.reading = Deadline::At(deadline.unwrap_or_else(|| Instant::now() + options.head_deadline));
        self.wire.head(&options.head)
    }

    fn refuse(&mut self, refusal: Refusal) -> io::Result<bool> {
        let begun = Instant::now();
        let how = ReplyOptions { modern: true, head_only: false, keep: false };
        self.send(plain(refusal.status, refusal.why), how, &AccessRecord::new(begun, None))
    }

    fn answer(&mut self, mut head: Head) -> io::Result<bool> {
        let begun = Instant::now();
        let options = &self.shared.options;
        let mut access = AccessRecord::new(begun, options.on_response.is_some().then(|| RequestLine::of(&head)));
        let path = head.target.split('?').next().unwrap_or_default();
        if !self.shared.connections.may_answer(self.link, (options.urgency)(&head.method, path)) {
            self.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
            let how = ReplyOptions::of(&head.method, head.modern, false);
            return self.send(plain(503, "too many connections").with("Retry-After", "1"), how, &access);
        }
        let (modern, keep_alive, head_method) = (head.modern, head.keep_alive, head.method.clone());
        self.wire.socket.reading = Deadline::MinRate(MinRate::new(options.body_deadline, options.minimum_rate));
        let (framing, expected) = (head.framing, head.expects_continue);
        let secure = self.wire.is_secure();
        let mut body = Body::new(&mut self.wire, framing, expected);
        let mut request = Request::new(head.method, &head.target);
        request.headers = std::mem::take(&mut head.headers);
        request.peer = self.link.peer.ip();
        request.secure = secure;
        let length = if let Framing::Length(length) = framing { Some(length) } else { None };
        let mut request = request.with_body(&mut body, length);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.handler.handle(&mut request)));
        access.notes = request.take_notes();
        drop(request);
        let (leftover, failure) = (body.leftover(), body.failure());
        access.received = body.received();
        let response = outcome.unwrap_or_else(|_| {
            self.shared.report(Trouble::Panic(self.link.peer));
            plain(500, "the request could not be answered")
        });
        let is_ending = self.shared.is_stopped() || self.link.is_evicted();
        let response = require_whole_body(response, failure, is_ending);
        let bearable = match leftover {
            Leftover::None => true,
            Leftover::Bytes(count) => count <= options.drain,
            Leftover::Unknown => false,
        };
        let keep = keep_alive && bearable && !self.shared.is_stopped();
        let kept = self.send(response, ReplyOptions::of(&head_method, modern, keep), &access)?;
        Ok(kept && self.drain(leftover))
    }

    /// Sends a response and tells of it. Returns whether the connection goes on.
    fn send(&mut self, response: Response, how: ReplyOptions, access: &AccessRecord) -> io::Result<bool> {
        let options = &self.shared.options;
        self.wire.socket.writing = MinRate::new(options.write_deadline, options.minimum_rate);
        let sent = self.writer.send(&mut self.wire, response, how);
        self.shared.counters.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(tell) = &options.on_response {
            tell(&access.record(self.link, &sent));
        }
        sent.kept
    }

    /// Reads what the handler has left, so that the next request can be found. Returns whether it can.
    fn drain(&mut self, leftover: Leftover) -> bool {
        let Leftover::Bytes(mut left) = leftover else { return true };
        let mut scratch = [0; 4 << 10];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len());
            // Whatever ended the body, there is no next request behind it.
            let Ok(count @ 1..) = self.wire.read(&mut scratch[..most]) else { return false };
            left -= count as u64;
        }
        true
    }

    /// Ends the connection so that the last answer arrives.
    fn linger(&mut self) {
        self.wire.finish();
        self.link.stream.shut(Shutdown::Write);
        // Who is answered already takes nobody's place.
        self.shared.connections.give_up_place(self.link);
        let deadline = Instant::now() + LINGER;
        self.wire.socket.reading = Deadline::At(deadline);
        let (mut scratch, mut left) = (vec![0; 16 << 10], LINGER_BYTES);
        while left > 0 && !self.shared.is_stopped() {
            let Ok(count @ 1..) = self.wire.socket.read(&mut scratch) else { return };
            left = left.saturating_sub(count);
        }
    }
}

/// Replaces a success with an error if the body was not received completely.
fn require_whole_body(response: Response, failure: Option<Failure>, is_ending: bool) -> Response {
    match failure {
        // An end can fall between a head and its body: that is not the client's fault, and it may try again.
        Some(Failure::Cut) if is_ending => plain(503, "the server ends this connection"),
        Some(Failure::Slow) => plain(408, "the body came too slowly"),
        Some(failure) if response.status.0 < 400 => plain(failure.status(), "the body did not come whole"),
        Some(_) => Response { close: true, ..response },
        None => response,
    }
}

/// What is known of a request for the access log.
struct AccessRecord {
    begun: Instant,
    received: u64,
    request: Option<RequestLine>,
    notes: Vec<(&'static str, String)>,
}

struct RequestLine {
    method: Method,
    path: String,
    user_agent: Option<String>,
}

impl RequestLine {
    fn of(head: &Head) -> Self {
        let path = head.target.split('?').next().unwrap_or_default().to_owned();
        let user_agent = head.headers.first("User-Agent").map(str::to_owned);
        Self { method: head.method.clone(), path, user_agent }
    }
}

impl AccessRecord {
    fn new(begun: Instant, request: Option<RequestLine>) -> Self {
        Self { begun, received: 0, request, notes: Vec::new() }
    }

    fn record(&self, link: &Link, sent: &Sent) -> Record<'_> {
        Record {
            peer: link.peer,
            method: self.request.as_ref().map(|request| &request.method),
            path: self.request.as_ref().map_or("", |request| &request.path),
            status: sent.status,
            bytes: sent.bytes,
            received: self.received,
            duration: self.begun.elapsed(),
            user_agent: self.request.as_ref().and_then(|request| request.user_agent.as_deref()),
            complete: sent.kept.is_ok(),
            notes: &self.notes,
        }
    }
}

//! Takes connections and gives each a thread.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::mem::{self, Discriminant};
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connection::serve;
use super::connection_table::{ConnectionTable, SILENCE};
use super::error_throttle::ErrorThrottle;
use super::listener::{Listener, Peer, Stream};
use super::socket::Link;
use super::{Counters, Handler, Options, Trouble};

/// How long the server waits after a failure to take connections, for others to end.
const PAUSE: Duration = Duration::from_millis(100);
/// How many connections of one socket are taken before the others are looked at.
const TURN: usize = 64;
/// The stack of a connection's thread.
const STACK: usize = 1 << 20;

/// Memory that must be free when a thread is made, so that running requests can finish: a failed allocation ends the process.
const HEADROOM: usize = 1 << 20;

const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 1\r\n\
Content-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n";

/// A server on listening sockets.
///
/// ```
/// use stevedore::http::{Content, Options, Request, Response, Server};
///
/// struct Hello;
/// impl stevedore::http::Handler for Hello {
///     fn handle(&self, _: &mut Request<'_>) -> Response {
///         Response::new(200).with_content(Content::Bytes(b"hello\n".to_vec()))
///     }
/// }
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let server = Server::new(listener, Options::default())?;
/// let stop = server.stopper();
/// std::thread::scope(|scope| {
///     scope.spawn(|| server.run(&Hello));
///     // … until there is a reason to end:
///     stop.stop();
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listener>,
    wake: PipeReader,
    shared: Arc<Shared>,
}

/// What the server shares with the threads of its connections and with those who stop it.
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) counters: Arc<Counters>,
    pub(super) connections: ConnectionTable,
    throttle: ErrorThrottle<Discriminant<Trouble>, Trouble>,
    stopped: AtomicBool,
    cut: AtomicBool,
    waker: PipeWriter,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("counters", &self.counters).finish_non_exhaustive()
    }
}

/// Stops a server, from any thread.
#[derive(Clone, Debug)]
pub struct Stop(Arc<Shared>);

impl Stop {
    /// Takes no more connections, ends those that are idle, lets running requests finish for the grace that the options give them, and
    /// has [`Server::run`] return.
    pub fn stop(&self) {
        if !self.0.stopped.swap(true, Ordering::SeqCst) {
            self.0.wake();
        }
    }

    /// Stops, and ends running requests too.
    pub fn cut(&self) {
        self.0.cut.store(true, Ordering::SeqCst);
        self.stop();
        self.0.connections.wake();
        self.0.connections.cut();
    }
}

impl Shared {
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Reports a trouble, now or with others of its kind.
    pub(super) fn report(&self, trouble: Trouble) {
        if self.tell(trouble) {
            self.wake();
        }
    }

    /// Reports a trouble; returns whether somebody has to see to it that one that is held back is reported later.
    fn tell(&self, trouble: Trouble) -> bool {
        let Some(tell) = &self.options.on_trouble else { return false };
        self.throttle.report(mem::discriminant(&trouble), trouble, Instant::now(), tell)
    }

    /// Reports the troubles that were held back for long enough, or `all`; returns how long the rest has to wait.
    fn flush(&self, all: bool) -> Option<Duration> {
        self.throttle.flush(Instant::now(), all, self.options.on_trouble.as_ref()?)
    }

    fn wake(&self) {
        // A few bytes a second, into a pipe whose other end lives as long as the server: it cannot fail while anyone waits.
        let _ = (&self.waker).write_all(b"!");
    }
}

impl Server {
    /// Makes a server of a listener, which [`run`](Self::run) starts.
    ///
    /// # Errors
    /// When the system has no more file descriptors.
    pub fn new(listener: impl Into<Listener>, options: Options) -> io::Result<Self> {
        let (wake, waker) = io::pipe()?;
        let (stopped, cut) = (AtomicBool::new(false), AtomicBool::new(false));
        let connections = ConnectionTable::new(&options);
        let (throttle, counters) = Default::default();
        let shared = Arc::new(Shared { options, counters, connections, throttle, stopped, cut, waker });
        Self { listeners: Vec::new(), wake, shared }.also(listener)
    }

    /// Has the server take connections of another listener, too. The limits are for all of them together.
    ///
    /// # Errors
    /// Those of the system.
    pub fn also(mut self, listener: impl Into<Listener>) -> io::Result<Self> {
        let listener = listener.into();
        // A connection that has gone between the news of it and its taking must not hold up the others.
        listener.set_nonblocking()?;
        self.listeners.push(listener);
        Ok(self)
    }

    /// Returns what stops the server.
    pub fn stopper(&self) -> Stop {
        Stop(Arc::clone(&self.shared))
    }

    /// Returns what the server counts.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.shared.counters)
    }

    /// Serves until stopped. Returns when all connections have ended: a handler that hangs for another reason than its client holds it up.
    pub fn run(&self, handler: &dyn Handler) {
        thread::scope(|scope| {
            while !self.shared.is_stopped() {
                let held = self.shared.flush(false);
                if let Err(error) = self.wait(held, true).and_then(|()| self.take_all(scope, handler)) {
                    self.shared.tell(Trouble::Accept(error));
                    // Should this fail as well, the loop turns without a pause, which is still service.
                    let _ = self.wait(Some(PAUSE), false);
                }
            }
            self.wind_up();
        });
        self.shared.flush(true);
    }

    /// Waits for somebody who wakes it, and for connections where they are wanted, for a while or for ever.
    fn wait(&self, pause: Option<Duration>, connections: bool) -> io::Result<()> {
        let pause = pause.map(|pause| Timespec::try_from(pause).expect("a short time"));
        let mut sources = vec![PollFd::new(&self.wake, PollFlags::IN)];
        sources.extend(self.listeners.iter().map(|listener| PollFd::new(listener, PollFlags::IN)));
        let count = if connections { sources.len() } else { 1 };
        match poll(&mut sources[..count], pause.as_ref()) {
            Err(rustix::io::Errno::INTR) => return Ok(()),
            other => other.map_err(io::Error::from)?,
        };
        // Whoever stops says so before waking: the bytes themselves mean nothing.
        if sources[0].revents().contains(PollFlags::IN) && !self.shared.is_stopped() {
            self.empty_pipe();
        }
        Ok(())
    }

    /// Takes the connections that wait, of each listener in turn.
    fn take_all<'s>(&'s self, scope: &'s Scope<'s, '_>, handler: &'s dyn Handler) -> io::Result<()> {
        for listener in &self.listeners {
            for _ in 0..TURN {
                if self.shared.is_stopped() {
                    return Ok(());
                }
                match listener.accept() {
                    Ok((stream, peer)) => self.start(scope, handler, stream, peer),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if is_of_one(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    fn start<'s>(&'s self, scope: &'s Scope<'s, '_>, handler: &'s dyn Handler, stream: Stream, peer: Peer) {
        let shared = &*self.shared;
        shared.counters.accepted.fetch_add(1, Ordering::Relaxed);
        let link = Arc::new(Link::new(stream, peer, shared.connections.now() + SILENCE));
        let Some(added) = shared.connections.add(&link) else {
            return self.refuse(&link);
        };
        shared.counters.evicted.fetch_add(u64::from(added.evicted), Ordering::Relaxed);
        let slot = Slot { shared, number: added.number };
        shared.counters.open.store(shared.connections.len(), Ordering::Relaxed);
        let mut headroom: Vec<u8> = Vec::new();
        if let Err(error) = headroom.try_reserve_exact(HEADROOM) {
            shared.tell(Trouble::Thread(peer, error.into()));
            return self.refuse(&link);
        }
        // Never touched, so it costs no memory; the compiler must not notice.
        let headroom = std::hint::black_box(headroom);
        let own = Arc::clone(&link);
        let thread = thread::Builder::new().name("connection".to_owned()).stack_size(STACK);
        let started = thread.spawn_scoped(scope, move || {
            let slot = slot;
            // The handler's panics are caught closer to it; here it is the content's. Nobody is to learn of it from a scope that ends.
            if catch_unwind(AssertUnwindSafe(|| serve(slot.shared, &own, handler))).is_err() {
                own.stream.abort();
                let told = catch_unwind(AssertUnwindSafe(|| slot.shared.report(Trouble::Panic(own.peer))));
                // A hook that panics has only itself to tell.
                drop(told);
            }
        });
        drop(headroom);
        if let Err(error) = started {
            shared.tell(Trouble::Thread(peer, error));
            self.refuse(&link);
        }
    }

    /// Answers 503 without a thread, hence without ever waiting.
    fn refuse(&self, link: &Link) {
        self.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
        if self.shared.options.tls.is_some() || link.stream.set_nonblocking().is_err() {
            return;
        }
        let stream = &link.stream;
        // It fits the socket's buffer, or the client has gone already.
        let _ = stream.write(BUSY);
        stream.shut(Shutdown::Write);
        // What has come is read, since the kernel would take the answer back otherwise.
        let mut scratch = [0; 4 << 10];
        for _ in 0..16 {
            let Ok(1..) = stream.read(&mut scratch) else { break };
        }
    }

    /// Ends the connections: the idle ones at once, the others after the grace.
    fn wind_up(&self) {
        let shared = &*self.shared;
        self.listeners.iter().for_each(Listener::close);
        shared.connections.end_idle();
        let is_cut = || shared.cut.load(Ordering::SeqCst);
        shared.connections.wait_until_empty(Instant::now() + shared.options.grace, is_cut);
        shared.connections.cut();
    }

    /// Takes what woke it out of the pipe. Call it when something is there, for it waits otherwise.
    fn empty_pipe(&self) {
        // More than is ever written between two looks; what stays only wakes once more.
        let _ = (&self.wake).read(&mut [0; 64]);
    }
}

/// An entry of the connection table, removed when the connection ends, however it does.
struct Slot<'s> {
    shared: &'s Shared,
    number: u64,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.shared.connections.remove(self.number);
        self.shared.counters.open.store(self.shared.connections.len(), Ordering::Relaxed);
    }
}

/// Says whether an error of `accept` is that of one connection, which has gone: accept(2) names these.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
    };
    let kind = error.kind();
    matches!(
        kind,
        ConnectionAborted | ConnectionReset | HostUnreachable | Interrupted | NetworkDown | NetworkUnreachable
    )
}

//! A listening socket on 127.0.0.1 with a thread for each connection, all of which end when it is dropped.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A port that is taken but not served yet, for servers that must know their own address first.
pub(crate) struct Bound(TcpListener);

impl Bound {
    pub(crate) fn new() -> Bound {
        Bound(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binding port 0 of 127.0.0.1"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().expect("a bound socket has an address").port()
    }

    /// Serves each connection on a thread of its own.
    pub(crate) fn serve(self, serve: impl Fn(TcpStream, &Stop) + Send + Sync + 'static) -> Listener {
        let port = self.port();
        let stop = Arc::new(Stop::default());
        let thread = thread::spawn({
            let stop = Arc::clone(&stop);
            move || accept(&self.0, &stop, &Arc::new(serve))
        });
        Listener { port, stop, thread: Some(thread) }
    }
}

fn accept<F>(listener: &TcpListener, stop: &Arc<Stop>, serve: &Arc<F>)
where
    F: Fn(TcpStream, &Stop) + Send + Sync + 'static,
{
    for (id, stream) in listener.incoming().enumerate() {
        let Ok(stream) = stream else { continue };
        // Small heads and bodies answer each other: without this every exchange may wait for a delayed acknowledgment.
        stream.set_nodelay(true).expect("a fresh socket takes options");
        if !stop.enter(id, &stream) {
            return;
        }
        let (stop, serve) = (Arc::clone(stop), Arc::clone(serve));
        thread::spawn(move || {
            serve(stream, &stop);
            stop.leave(id);
        });
    }
}

/// Tells the connections of a listener that it is gone.
#[derive(Default)]
pub(crate) struct Stop {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    open: HashMap<usize, TcpStream>,
}

impl Stop {
    /// Waits for `duration`, or forever, and returns early with an error when the listener is dropped.
    pub(crate) fn wait(&self, duration: Option<Duration>) -> io::Result<()> {
        let duration = duration.unwrap_or(Duration::from_secs(3600));
        let (state, _) = self
            .changed
            .wait_timeout_while(self.lock(), duration, |state| !state.stopped)
            .expect("no thread panics while it holds this lock");
        if state.stopped { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    fn enter(&self, id: usize, stream: &TcpStream) -> bool {
        let mut state = self.lock();
        let copy = stream.try_clone().expect("duplicating a socket");
        state.open.insert(id, copy);
        !state.stopped
    }

    /// Closes the connection for both sides: the copy kept here would hold it open.
    fn leave(&self, id: usize) {
        if let Some(stream) = self.lock().open.remove(&id) {
            // The peer may have closed it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        for stream in state.open.values() {
            // The peer may have closed it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds this lock")
    }
}

/// A served port; dropping it ends every connection.
pub(crate) struct Listener {
    port: u16,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.stop();
        // Wakes the accepting thread, which then sees that it is over.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            // A panic of the accepting thread has been printed already.
            let _ = thread.join();
        }
    }
}

//! What happens on the wire, for whoever wants to see it: one [`Exchange`] for each request that was sent, without secrets.

use std::time::{Duration, SystemTime};

/// Hears of every request of a client, once its answer has been read or it has failed: those to registries and to token servers, those
/// that follow a redirect, and those to other services. Called from many threads.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use stevedore::registry::{Client, Exchange, Observer, Options};
/// use stevedore::watch::Watch;
///
/// #[derive(Default)]
/// struct Lines(Mutex<Vec<String>>);
///
/// impl Observer for Lines {
///     fn exchanged(&self, exchange: &Exchange) {
///         let line = format!("{} {} {:?}", exchange.method, exchange.url, exchange.status);
///         self.0.lock().unwrap().push(line);
///     }
/// }
///
/// let lines = Arc::new(Lines::default());
/// let client = Client::new(Options { observer: Some(lines.clone()), retries: 0, ..Options::default() });
/// // Nothing listens on this port.
/// assert!(client.ping("127.0.0.1:1", &Watch::default()).is_err());
/// assert_eq!(lines.0.lock().unwrap()[0], "GET http://127.0.0.1:1/v2/ None");
/// ```
pub trait Observer: Send + Sync {
    /// Hears of one.
    fn exchanged(&self, exchange: &Exchange);
}

/// A request, and what became of it. It holds no secret: no password, no token, no cookie, no signature of a URL, and nothing of bodies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// When it was sent.
    pub started: SystemTime,
    /// The method.
    pub method: &'static str,
    /// The URL. `***` stands for the values of parameters that are not the API's.
    pub url: String,
    /// What it was for.
    pub purpose: Purpose,
    /// The registry that it is about, as references name it; the host of any other service.
    pub registry: String,
    /// The registry that is stood in for, when a mirror is asked.
    pub mirror_of: Option<String>,
    /// How many attempts had failed before.
    pub retry: u32,
    /// How the request proved who asks.
    pub login: Option<Proof>,
    /// The proxy on the way, without its login.
    pub proxy: Option<String>,
    /// The fields of the request's head, in the order in which they were set.
    pub request_head: Vec<(String, String)>,
    /// The status, once there is an answer.
    pub status: Option<u16>,
    /// The fields of the answer's head.
    pub response_head: Vec<(String, String)>,
    /// How many bytes of a body were sent.
    pub sent: u64,
    /// How many bytes of the answer's body were read.
    pub received: u64,
    /// The time until the answer's head was there.
    pub waited: Duration,
    /// The time until the answer had been read, or was no longer wanted. What was done with its content meanwhile is part of it.
    pub elapsed: Duration,
    /// Why there is no answer, or not all of it.
    pub error: Option<String>,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// The registry itself.
    Registry,
    /// A token for the registry.
    Token,
    /// What the registry keeps at another host: where it redirects to, where uploads go on, where foreign layers are.
    Elsewhere,
    /// A server that is no registry.
    Service,
}

/// How a request proved who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// The scheme of its `Authorization`: `Basic` or `Bearer`.
    pub scheme: String,
    /// The name that was logged in with, where the login has one.
    pub username: Option<String>,
    /// Where the login is from: a file, a variable, a helper. Nothing for a token that everybody gets.
    pub from: Option<String>,
}

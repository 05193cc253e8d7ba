//! What stands around a registry: the prefix of its paths, `/healthz`, `/readyz`, `/metrics`, `/token`, what logs call a request, and that it
//! may be read-only.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::access::Guard;
use super::brief;
use super::metrics::Metrics;
use crate::http::{Content, Handler, Headers, Method, Request, Response, Urgency, network_of};
use crate::locks;

/// How a [`Front`] is set up.
#[derive(Default)]
pub struct FrontOptions {
    /// What stands before `/v2/` in paths: empty, or as in `/registry`. Requests without it are answered too, for some proxies take it off;
    /// what is given back always has it.
    pub base_path: String,
    /// Whether to refuse all that writes.
    pub read_only: bool,
    /// Who hands out tokens.
    pub guard: Option<Arc<Guard>>,
    /// What `/metrics` tells.
    pub metrics: Arc<Metrics>,
    /// Whether `/metrics` is answered here, and not by a [`Health`] alone.
    pub without_metrics: bool,
    /// Why nothing can be served now, for `/readyz`.
    pub readiness: Option<Readiness>,
    /// Requests of one client at the same time, as its address is known behind a proxy; more are refused. Not limited by default.
    pub requests_per_client: Option<usize>,
}

/// Says why nothing can be served now, in words for whoever runs the server.
pub type Readiness = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// `/healthz`, `/readyz` and `/metrics`, for an address of their own.
pub struct Health {
    metrics: Arc<Metrics>,
    readiness: Option<Readiness>,
}

impl Health {
    /// Makes the handler.
    pub fn new(metrics: Arc<Metrics>, readiness: Option<Readiness>) -> Self {
        Self { metrics, readiness }
    }

    fn answer(&self, request: &Request<'_>) -> Option<Response> {
        match request.path.as_str() {
            "/healthz" => Some(plain(request, 200, "ok\n".into())),
            "/readyz" => Some(match self.readiness.as_ref().map_or(Ok(()), |ready| ready()) {
                Ok(()) => plain(request, 200, "ok\n".into()),
                Err(why) => plain(request, 503, format!("{why}\n")),
            }),
            "/metrics" => Some(plain(request, 200, self.metrics.text())),
            _ => None,
        }
    }
}

impl Handler for Health {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        self.answer(request).unwrap_or_else(|| brief::problem(404, "UNSUPPORTED", "there is nothing at this path"))
    }
}

/// Says how urgent a request is: a server that has no room left must still tell that it is well, and take what is pushed.
pub fn urgency_of(method: &Method, path: &str) -> Urgency {
    match method {
        Method::Get | Method::Head if ["/healthz", "/readyz", "/metrics"].iter().any(|known| path.ends_with(known)) => {
            Urgency::Health
        }
        Method::Post | Method::Put | Method::Patch | Method::Delete => Urgency::Write,
        _ => Urgency::None,
    }
}

/// A registry with what stands around it.
pub struct Front<H> {
    registry: H,
    options: FrontOptions,
    health: Health,
    /// Tells the requests of this process from those of others, and from each other.
    instance: u64,
    number: AtomicU64,
    clients: Mutex<HashMap<IpAddr, usize>>,
}

impl<H: Handler> Front<H> {
    /// Puts the front before a registry.
    pub fn new(registry: H, options: FrontOptions) -> Self {
        let health = Health::new(Arc::clone(&options.metrics), options.readiness.clone());
        let instance = RandomState::new().hash_one(std::process::id()) >> 32;
        Self { registry, options, health, instance, number: AtomicU64::new(0), clients: Mutex::default() }
    }

    fn answer(&self, request: &mut Request<'_>) -> Response {
        if (request.path != "/metrics" || !self.options.without_metrics)
            && let Some(response) = self.health.answer(request)
        {
            return response;
        }
        match request.path.as_str() {
            "/token" => match self.options.guard.as_ref().and_then(|guard| guard.token(request)) {
                Some(response) => response,
                None => brief::problem(404, "UNSUPPORTED", "no tokens are handed out here"),
            },
            path if path == "/v2" || path.starts_with("/v2/") => self.registry(request),
            _ => brief::problem(404, "UNSUPPORTED", "this is a registry; all it has is below /v2/"),
        }
    }

    /// Returns what a request is called in logs: what a proxy in front calls it, or a name of our own.
    fn request_id(&self, request: &Request<'_>) -> String {
        let is_believed = self.options.guard.as_ref().is_some_and(|guard| guard.is_behind_proxy());
        let is_plain = |id: &&str| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match request.headers.only("x-request-id").filter(is_plain).filter(|_| is_believed) {
            Some(id) => id.to_owned(),
            None => format!("{:08x}-{}", self.instance, self.number.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Counts a request of a client until the result is dropped; nothing when it has too many already.
    fn admit(&self, client: Option<IpAddr>) -> Option<Admitted<'_>> {
        let (Some(most), Some(client)) = (self.options.requests_per_client, client.map(network_of)) else {
            return Some(Admitted { clients: &self.clients, client: None });
        };
        let mut clients = locks::lock(&self.clients);
        let running = clients.entry(client).or_insert(0);
        if *running >= most {
            return None;
        }
        *running += 1;
        Some(Admitted { clients: &self.clients, client: Some(client) })
    }

    fn registry(&self, request: &mut Request<'_>) -> Response {
        let reads = matches!(request.method, Method::Get | Method::Head | Method::Options);
        if self.options.read_only && !reads {
            return brief::problem(405, "UNSUPPORTED", "this registry is read-only").with("Allow", "GET, HEAD");
        }
        let _running = self.options.metrics.begin(request);
        let mut response = self.registry.handle(request);
        self.prefix(&mut response.headers);
        response
    }

    /// Puts the prefix before the paths that are given back.
    fn prefix(&self, headers: &mut Headers) {
        let base = &self.options.base_path;
        if base.is_empty() {
            return;
        }
        if let Some(path) = headers.first("location").filter(|path| path.starts_with("/v2/")) {
            let path = format!("{base}{path}");
            headers.set("Location", path);
        }
        if let Some(rest) = headers.first("link").and_then(|link| link.strip_prefix("</v2/")) {
            let link = format!("<{base}/v2/{rest}");
            headers.set("Link", link);
        }
    }
}

/// A request of a client, counted while it runs.
struct Admitted<'a> {
    clients: &'a Mutex<HashMap<IpAddr, usize>>,
    client: Option<IpAddr>,
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut clients = locks::lock(self.clients);
        match clients.get_mut(&client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(clients.remove(&client)),
        }
    }
}

impl<H: Handler> Handler for Front<H> {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        if let Some(rest) = request.path.strip_prefix(&self.options.base_path).filter(|rest| rest.starts_with('/')) {
            request.path = rest.to_owned();
        }
        let client = self.options.guard.as_ref().map_or(request.peer, |guard| guard.client(request));
        if let Some(client) = client {
            request.note("client", client.to_string());
        }
        let id = self.request_id(request);
        request.note("id", &*id);
        let response = match self.admit(client) {
            Some(_admitted) => self.answer(request),
            None => {
                brief::problem(503, "TOOMANYREQUESTS", "too many requests of this client run").with("Retry-After", "1")
            }
        };
        response.with("X-Request-Id", id)
    }
}

fn plain(request: &Request<'_>, status: u16, text: String) -> Response {
    if !matches!(request.method, Method::Get | Method::Head) {
        return brief::not_allowed("GET, HEAD");
    }
    Response::new(status)
        .with("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        .with("Cache-Control", "no-store")
        .with_content(Content::Bytes(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells the path that it was asked for.
    struct Echo;

    impl Handler for Echo {
        fn handle(&self, request: &mut Request<'_>) -> Response {
            Response::new(202)
                .with("Location", request.path.clone())
                .with("Link", format!("<{}?n=1>; rel=\"next\"", request.path))
        }
    }

    fn ask(base_path: &str, read_only: bool, method: Method, path: &str) -> Response {
        let options = FrontOptions { base_path: base_path.into(), read_only, ..FrontOptions::default() };
        Front::new(Echo, options).handle(&mut Request::new(method, path))
    }

    #[test]
    fn the_prefix_is_taken_off_and_put_on() {
        for (base, path, location) in [
            ("", "/v2/a", Some("/v2/a")),
            ("/r", "/r/v2/a", Some("/r/v2/a")),
            ("/r", "/v2/a", Some("/r/v2/a")),
            ("/r", "/rv2/a", None),
            ("/r", "/r/r/v2/a", None),
            ("", "/v2x", None),
            ("", "/", None),
            ("", "/../v2/", None),
        ] {
            let response = ask(base, false, Method::Post, path);
            assert_eq!(response.headers.first("location"), location, "{base} {path}");
            let link = location.map(|path| format!("<{path}?n=1>; rel=\"next\""));
            assert_eq!(response.headers.first("link"), link.as_deref());
            assert_eq!(response.status.0, if location.is_some() { 202 } else { 404 });
        }
    }

    #[test]
    fn read_only_refuses_every_method_that_writes() {
        for (method, status) in [
            (Method::Get, 202),
            (Method::Head, 202),
            (Method::Post, 405),
            (Method::Put, 405),
            (Method::Patch, 405),
            (Method::Delete, 405),
            (Method::Other("BREW".into()), 405),
        ] {
            assert_eq!(ask("", true, method.clone(), "/v2/a").status.0, status, "{method:?}");
        }
    }

    #[test]
    fn what_is_beside_the_registry() {
        for (method, path, status) in [
            (Method::Get, "/healthz", 200),
            (Method::Get, "/r/healthz", 200),
            (Method::Head, "/metrics", 200),
            (Method::Post, "/metrics", 405),
            (Method::Get, "/token", 404),
        ] {
            assert_eq!(ask("/r", true, method, path).status.0, status, "{path}");
        }
    }
}

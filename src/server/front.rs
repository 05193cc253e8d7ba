//! What stands around a registry: the prefix of its paths, `/healthz`, `/metrics`, `/token`, and that it may be read-only.

use std::sync::Arc;

use super::access::Guard;
use super::brief;
use super::metrics::Metrics;
use crate::http::{Content, Handler, Headers, Method, Request, Response};

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
}

/// A registry with what stands around it.
pub struct Front<H> {
    registry: H,
    options: FrontOptions,
}

impl<H: Handler> Front<H> {
    /// Puts the front before a registry.
    pub fn new(registry: H, options: FrontOptions) -> Self {
        Self { registry, options }
    }

    fn answer(&self, request: &mut Request<'_>) -> Response {
        match request.path.as_str() {
            "/healthz" => plain(request, "ok\n".into()),
            "/metrics" => plain(request, self.options.metrics.text()),
            "/token" => match self.options.guard.as_ref().and_then(|guard| guard.token(request)) {
                Some(response) => response,
                None => brief::problem(404, "UNSUPPORTED", "no tokens are handed out here"),
            },
            path if path == "/v2" || path.starts_with("/v2/") => self.registry(request),
            _ => brief::problem(404, "UNSUPPORTED", "this is a registry; all it has is below /v2/"),
        }
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

impl<H: Handler> Handler for Front<H> {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        if let Some(rest) = request.path.strip_prefix(&self.options.base_path).filter(|rest| rest.starts_with('/')) {
            request.path = rest.to_owned();
        }
        self.answer(request)
    }
}

fn plain(request: &Request<'_>, text: String) -> Response {
    if !matches!(request.method, Method::Get | Method::Head) {
        return brief::not_allowed("GET, HEAD");
    }
    Response::new(200)
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

//! Registries that exist only as a function from request to answer, and one of them that lists tags by pages.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::bearer::parse_query;
use super::wire::{Headers, Reply};

/// A request to a fake registry.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) url: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// Returns the path without its query.
    pub(crate) fn path(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }

    /// Returns a parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        parse_query(query).into_iter().find(|(have, _)| have == name).map(|(_, value)| value)
    }
}

/// A server on 127.0.0.1 whose answers a function makes.
pub(crate) struct Fake {
    server: Arc<tiny_http::Server>,
    log: Arc<Mutex<Vec<Asked>>>,
    workers: Vec<JoinHandle<()>>,
}

impl Fake {
    /// Starts a server; `handler` runs on several threads.
    pub(crate) fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Fake {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").expect("binding port 0 of 127.0.0.1"));
        let log = Arc::new(Mutex::default());
        let handler = Arc::new(handler);
        let workers = (0..4).map(|_| {
            let (server, log, handler) = (Arc::clone(&server), Arc::clone(&log), Arc::clone(&handler));
            thread::spawn(move || work(&server, &log, &*handler))
        });
        Fake { workers: workers.collect(), server, log }
    }

    /// Returns its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        self.server.server_addr().to_string()
    }

    /// Returns the requests so far.
    pub(crate) fn log(&self) -> Vec<Asked> {
        self.log.lock().expect("no thread panics while it holds this lock").clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        for _ in &self.workers {
            self.server.unblock();
        }
        for worker in self.workers.drain(..) {
            // A panic of the handler has been printed already, and the client saw no answer.
            let _ = worker.join();
        }
    }
}

fn work(server: &tiny_http::Server, log: &Mutex<Vec<Asked>>, handler: &dyn Fn(&Asked) -> Reply) {
    // `recv` fails when the server is told to stop.
    while let Ok(mut request) = server.recv() {
        let mut headers = Headers::default();
        for header in request.headers() {
            headers.add(header.field.as_str().as_str(), header.value.as_str());
        }
        let mut asked =
            Asked { method: request.method().to_string(), url: request.url().to_owned(), headers, body: Vec::new() };
        if request.as_reader().read_to_end(&mut asked.body).is_err() {
            // The client went away in the middle of its request.
            continue;
        }
        log.lock().expect("no thread panics while it holds this lock").push(asked.clone());
        let reply = handler(&asked);
        let mut response = tiny_http::Response::from_data(reply.body)
            .with_status_code(reply.status)
            // Registries say how long a blob is.
            .with_chunked_threshold(usize::MAX);
        for (name, value) in reply.headers.iter() {
            let header = tiny_http::Header::from_bytes(name, value).expect("a handler names valid headers");
            response.add_header(header);
        }
        // The client may be gone, which is its own affair.
        let _ = request.respond(response);
    }
}

/// How the next page is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Relative,
    Absolute,
}

/// Starts a registry whose repository `many` has `total` tags in pages of at most `page`, and whose `none` says `"tags": null`.
pub(crate) fn paged_tags(total: usize, page: usize, link: Link) -> Fake {
    let tags = tag_names(total);
    Fake::start(move |asked| match asked.path() {
        "/v2/" => Reply::json(200, &serde_json::json!({})),
        "/v2/many/tags/list" => tag_page(&tags, page, link, asked),
        "/v2/none/tags/list" => Reply::json(200, &serde_json::json!({"name": "none", "tags": null})),
        _ => Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry"),
    })
}

/// Returns the tags that `paged_tags` lists, in order.
pub(crate) fn tag_names(total: usize) -> Vec<String> {
    (0..total).map(|number| format!("v{number:05}")).collect()
}

fn tag_page(tags: &[String], page: usize, link: Link, asked: &Asked) -> Reply {
    let wanted = asked.parameter("n").map_or(page, |n| n.parse().unwrap_or(page)).min(page);
    let start = asked.parameter("last").map_or(0, |last| tags.partition_point(|tag| *tag <= last));
    let end = tags.len().min(start + wanted);
    let reply = Reply::json(200, &serde_json::json!({"name": "many", "tags": &tags[start..end]}));
    if end == tags.len() {
        return reply;
    }
    let host = match link {
        Link::Relative => String::new(),
        Link::Absolute => format!("http://{}", asked.headers.get("host").unwrap_or_default()),
    };
    let next = format!("<{host}/v2/many/tags/list?last={}&n={wanted}>; rel=\"next\"", tags[end - 1]);
    reply.header("Link", &next)
}

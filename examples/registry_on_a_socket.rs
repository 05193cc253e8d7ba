//! A registry inside another program's server: on a Unix socket, with a rule of its own about who may push.
//!
//! ```sh
//! cargo run --example registry_on_a_socket -- store /tmp/registry.sock
//! curl --unix-socket /tmp/registry.sock http://registry/v2/
//! curl --unix-socket /tmp/registry.sock -H 'X-Role: builder' -X POST http://registry/v2/app/blobs/uploads/
//! ```

use std::error::Error;
use std::io;
use std::sync::Arc;

use stevedore::http::{Handler, Method, Request, Response};
use stevedore::server::{Action, Authorize, Decision, Options, Registry, Storage, Wish};

/// Everyone may read; builders, whom this program knows by a header that it sets itself, may write.
struct Builders;

impl Authorize for Builders {
    fn authorize(&self, request: &Request<'_>, wish: &Wish<'_>) -> Decision {
        match wish.action {
            Action::Push | Action::Delete if request.headers.only("x-role") != Some("builder") => {
                Decision::Forbid { message: "only builders may write".into() }
            }
            _ => Decision::Allow,
        }
    }
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(store), Some(socket)) = (arguments.next(), arguments.next()) else {
        return Err("usage: registry_on_a_socket DIR SOCKET".into());
    };
    let registry = Registry::new(Arc::new(Storage::open(store)?), Options::new(Arc::new(Builders)));
    let server = tiny_http::Server::http_unix(std::path::Path::new(&socket))?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Ok(request) = server.recv() {
                    // Whoever is gone does not hear the answer.
                    let _ = answer(&registry, request);
                }
            });
        }
    });
    Ok(())
}

/// Translates a request of the other server, and the response back.
fn answer(registry: &impl Handler, mut theirs: tiny_http::Request) -> io::Result<()> {
    let method = Method::from(theirs.method().as_str());
    let target = theirs.url().to_owned();
    let length = theirs.body_length().map(|length| length as u64);
    let fields: Vec<(String, String)> = (theirs.headers().iter())
        .map(|field| (field.field.as_str().as_str().to_owned(), field.value.as_str().to_owned()))
        .collect();
    let mut ours = Request::new(method, &target).with_body(theirs.as_reader(), length);
    for (name, value) in fields {
        ours.headers.add(name, value);
    }
    let Response { status, headers, content, .. } = registry.handle(&mut ours);
    drop(ours);
    let fields = headers.iter().filter_map(|(name, value)| tiny_http::Header::from_bytes(name, value).ok()).collect();
    let (body, length) = content.into_reader();
    let length = length.and_then(|length| usize::try_from(length).ok());
    let response = tiny_http::Response::new(status.0.into(), fields, body, length, None);
    theirs.respond(response.with_chunked_threshold(usize::MAX))
}

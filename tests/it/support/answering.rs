//! A registry that answers some requests in its own way: a function in front of a real one.

use std::io::{self, Read};

use super::gateway::{Gateway, Request, Rules};
use super::listener::Bound;
use super::wire::{Head, Reply};

/// A gateway whose answers are a function's, which gets the gateway's own `HOST:PORT`.
pub(crate) struct Answering(Gateway);

struct Function<F> {
    host: String,
    answer: F,
}

impl<F: Fn(&Head, &str) -> Option<Reply> + Send + Sync + 'static> Rules for Function<F> {
    fn answer(&self, request: &Head, _body: &mut dyn Read) -> io::Result<Option<Reply>> {
        Ok((self.answer)(request, &self.host))
    }
}

impl Answering {
    /// Starts it in front of `target`; what the function does not answer goes there.
    pub(crate) fn start(
        target: &str,
        answer: impl Fn(&Head, &str) -> Option<Reply> + Send + Sync + 'static,
    ) -> Answering {
        let bound = Bound::new();
        let host = format!("127.0.0.1:{}", bound.port());
        Answering(Gateway::start(bound, target, Function { host, answer }))
    }

    /// Returns `docker://HOST:PORT/REST`.
    pub(crate) fn docker(&self, rest: &str) -> String {
        format!("docker://{}/{rest}", self.host())
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.0.port())
    }

    pub(crate) fn log(&self) -> Vec<Request> {
        self.0.log().requests()
    }
}

//! A registry front that wants bearer tokens, the server that gives them, and a "CDN" on another host for blobs.
//!
//! Each token is good for the scopes it was asked for and nothing else.
//! Token protocol: <https://distribution.github.io/distribution/spec/auth/token/>.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use serde_json::json;

use super::gateway::{Gateway, Request, Rules};
use super::listener::Bound;
use super::secrets;
use super::wire::{Head, Reply};

/// How a `Bearer` differs from the plainest one, which gives tokens to everybody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Names the token `access_token`, not `token`.
    pub(crate) access_token: bool,
    /// Leaves `expires_in` out.
    pub(crate) no_expires_in: bool,
    /// Answers 404 to POST, as token servers without OAuth do.
    pub(crate) post404: bool,
    /// Sends downloads of blobs to the CDN: 307 to `localhost`, another host and port.
    pub(crate) redirect: bool,
    /// Offers Basic, with a quoted comma, before Bearer in the same header.
    pub(crate) two_challenges: bool,
    /// Grants only the first scope asked for; the others come back as `insufficient_scope`.
    pub(crate) first_scope_only: bool,
    /// Gives tokens only for this user and password.
    pub(crate) credentials: Option<(&'static str, &'static str)>,
    /// Gives tokens only for this refresh token, by POST.
    pub(crate) identity_token: Option<&'static str>,
}

/// One request for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    pub(crate) method: String,
    /// Each scope, also of those joined by spaces.
    pub(crate) scopes: Vec<String>,
    /// How many `scope` parameters the request had.
    pub(crate) scope_parameters: usize,
    pub(crate) service: Option<String>,
    /// The user of the basic credentials.
    pub(crate) user: Option<String>,
    pub(crate) status: u16,
}

/// The running front, with its token server and CDN.
pub(crate) struct Bearer {
    front: Gateway,
    cdn: Gateway,
    state: Arc<State>,
}

impl Bearer {
    /// Starts a front for `target`, the `HOST:PORT` of a registry that wants no credentials.
    pub(crate) fn start(target: &str, options: Options) -> Bearer {
        let (bound, cdn) = (Bound::new(), Bound::new());
        let state = Arc::new(State { options, port: bound.port(), cdn: cdn.port(), issued: Mutex::default() });
        Bearer {
            front: Gateway::start(bound, target, Front(Arc::clone(&state))),
            cdn: Gateway::start(cdn, target, Cdn),
            state,
        }
    }

    /// Returns the `HOST:PORT` of the front.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.front.port())
    }

    /// Returns all requests to the front, those for tokens included.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.front.log().requests()
    }

    /// Returns the requests for tokens.
    pub(crate) fn tokens(&self) -> Vec<TokenRequest> {
        self.state.issued().requests.clone()
    }

    /// Returns the requests to the CDN.
    pub(crate) fn cdn(&self) -> Vec<Request> {
        self.cdn.log().requests()
    }

    /// Returns the requests that the front refused for want of a good token.
    pub(crate) fn denied(&self) -> Vec<Request> {
        self.log().into_iter().filter(|request| request.status == 401 && !is_token(&request.path)).collect()
    }

    /// Forgets the requests so far; tokens stay good.
    pub(crate) fn clear(&self) {
        self.front.log().clear();
        self.cdn.log().clear();
        self.state.issued().requests.clear();
    }
}

struct State {
    options: Options,
    port: u16,
    cdn: u16,
    issued: Mutex<Issued>,
}

#[derive(Default)]
struct Issued {
    /// The scopes of each token.
    tokens: HashMap<String, Vec<String>>,
    requests: Vec<TokenRequest>,
}

impl State {
    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().expect("no thread panics while it holds this lock")
    }

    fn give_token(&self, request: &Head, body: &mut dyn Read) -> io::Result<Reply> {
        let mut query = request.path().split_once('?').map_or("", |(_, query)| query).to_owned();
        if request.method() == "POST" {
            query.clear();
            body.take(64 * 1024).read_to_string(&mut query)?;
        }
        let parameters = parse_query(&query);
        let scope_parameters: Vec<_> = parameters.iter().filter(|(name, _)| name == "scope").collect();
        let scopes: Vec<String> =
            scope_parameters.iter().flat_map(|(_, value)| value.split_whitespace().map(str::to_owned)).collect();
        let find = |name| parameters.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
        let basic = request.headers.get("authorization").and_then(decode_basic);
        let granted = self.options.identity_token.is_some_and(|token| find("refresh_token") == Some(token))
            || self
                .options
                .credentials
                .is_some_and(|(user, password)| basic == Some((user.to_owned(), password.to_owned())))
            || (self.options.identity_token.is_none() && self.options.credentials.is_none());
        let reply = if request.method() == "POST" && self.options.post404 {
            Reply::new(404).body("nope")
        } else if granted {
            self.issue(&scopes)
        } else {
            Reply::error(401, "UNAUTHORIZED", "wrong credentials")
        };
        self.issued().requests.push(TokenRequest {
            method: request.method().to_owned(),
            scope_parameters: scope_parameters.len(),
            scopes,
            service: find("service").map(str::to_owned),
            user: basic.map(|(user, _)| user),
            status: reply.status,
        });
        Ok(reply)
    }

    fn issue(&self, scopes: &[String]) -> Reply {
        let mut issued = self.issued();
        let token = secrets::issue("token");
        let granted = if self.options.first_scope_only { &scopes[..scopes.len().min(1)] } else { scopes };
        issued.tokens.insert(token.clone(), granted.to_vec());
        let mut body = serde_json::Map::new();
        body.insert(if self.options.access_token { "access_token" } else { "token" }.to_owned(), json!(token));
        if !self.options.no_expires_in {
            body.insert("expires_in".to_owned(), json!(300));
        }
        Reply::json(200, &body.into())
    }

    /// Whether the request carries a token for all that it touches.
    fn is_allowed(&self, request: &Head, needs: &[Need]) -> bool {
        let token = request.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let issued = self.issued();
        let Some(scopes) = token.and_then(|token| issued.tokens.get(token)) else {
            return false;
        };
        needs.iter().all(|need| scopes.iter().any(|scope| need.is_met_by(scope)))
    }

    fn challenge(&self, request: &Head, needs: &[Need]) -> Reply {
        let mut challenge = format!(r#"Bearer realm="http://127.0.0.1:{}/token",service="test.svc""#, self.port);
        if !needs.is_empty() {
            let scopes: Vec<_> = needs.iter().map(Need::scope).collect();
            challenge.push_str(&format!(r#",scope="{}""#, scopes.join(" ")));
        }
        if request.headers.get("authorization").is_some() {
            challenge.push_str(r#",error="insufficient_scope""#);
        }
        if self.options.two_challenges {
            challenge = format!(r#"Basic realm="a \"quoted\", name", {challenge}"#);
        }
        Reply::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", &challenge)
    }
}

/// A repository and whether it is written.
struct Need {
    repository: String,
    writes: bool,
}

impl Need {
    fn scope(&self) -> String {
        format!("repository:{}:pull{}", self.repository, if self.writes { ",push" } else { "" })
    }

    fn is_met_by(&self, scope: &str) -> bool {
        let wanted = if self.writes { "push" } else { "pull" };
        let parts: Vec<_> = scope.split(':').collect();
        let [_, name, actions] = parts[..] else {
            return false;
        };
        name == self.repository && actions.split(',').any(|action| action == wanted || action == "*")
    }
}

/// Returns what a request needs: its repository, and for a mount the other one too.
fn needs(request: &Head) -> Vec<Need> {
    let (path, query) = request.path().split_once('?').unwrap_or((request.path(), ""));
    let repository = path.strip_prefix("/v2/").and_then(|rest| {
        let end =
            ["/manifests/", "/blobs/", "/tags/", "/referrers/"].iter().filter_map(|part| rest.find(part)).min()?;
        Some(rest[..end].to_owned())
    });
    let Some(repository) = repository else {
        return Vec::new();
    };
    let from = parse_query(query).into_iter().find(|(name, _)| name == "from");
    let mut needs = vec![Need { repository, writes: !matches!(request.method(), "GET" | "HEAD") }];
    needs.extend(from.map(|(_, repository)| Need { repository, writes: false }));
    needs
}

struct Front(Arc<State>);

impl Rules for Front {
    fn answer(&self, request: &Head, body: &mut dyn Read) -> io::Result<Option<Reply>> {
        if is_token(request.path()) {
            return self.0.give_token(request, body).map(Some);
        }
        let needs = needs(request);
        if !self.0.is_allowed(request, &needs) {
            return Ok(Some(self.0.challenge(request, &needs)));
        }
        if self.0.options.redirect && request.method() == "GET" && request.path().contains("/blobs/sha256:") {
            let location = format!("http://localhost:{}{}", self.0.cdn, request.path());
            return Ok(Some(Reply::new(307).header("Location", &location)));
        }
        Ok(None)
    }

    fn prepare(&self, request: &mut Head) {
        request.headers.remove("authorization");
    }
}

fn is_token(path: &str) -> bool {
    path.split('?').next() == Some("/token")
}

/// Serves blobs to everybody; whether a client gave its token away is in the log.
struct Cdn;

impl Rules for Cdn {
    fn answer(&self, _request: &Head, _body: &mut dyn Read) -> io::Result<Option<Reply>> {
        Ok(None)
    }

    fn prepare(&self, request: &mut Head) {
        request.headers.remove("authorization");
    }
}

fn decode_basic(value: &str) -> Option<(String, String)> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Splits a query or form into names and values.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).expect("escapes are ASCII");
                u8::from_str_radix(&digits, 16).unwrap_or_else(|_| panic!("a bad escape in {text:?}"))
            }
            other => other,
        };
        plain.push(decoded);
    }
    String::from_utf8(plain).unwrap_or_else(|_| panic!("{text:?} is not UTF-8"))
}

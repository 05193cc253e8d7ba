//! The token endpoint: a name and a password, or nothing, against a token.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>, and POST with `grant_type=password` as in
//! <https://distribution.github.io/distribution/spec/auth/oauth/>.

use std::io::Read;

use serde::Serialize;

use super::credentials::Credentials;
use super::guard::{Guard, Identity, Tokens};
use super::issuer::Issuer;
use super::token::{self, Grant};
use super::{Decision, realm};
use crate::http::{Content, Method, Request, Response};
use crate::server::brief;
use crate::timestamp;

/// The largest form.
const MAX_FORM: u64 = 16 * 1024;

#[derive(Serialize)]
struct Issued {
    token: String,
    /// The name of the same in OAuth.
    access_token: String,
    expires_in: u64,
    issued_at: String,
}

impl Guard {
    /// Answers a request to the token endpoint; nothing when tokens are not made here.
    pub fn token(&self, request: &mut Request<'_>) -> Option<Response> {
        let Tokens::Own(issuer) = &self.options().tokens else {
            return None;
        };
        let response = match request.method {
            Method::Get | Method::Head => self.token_of_query(issuer, request),
            Method::Post => self.token_of_form(issuer, request),
            _ => brief::not_allowed("GET, HEAD, POST"),
        };
        Some(response.with("Cache-Control", "no-store"))
    }

    fn token_of_query(&self, issuer: &Issuer, request: &Request<'_>) -> Response {
        match Credentials::of(&request.headers) {
            Ok(None) => self.issue(issuer, request, &Ok(Identity::Anonymous)),
            Ok(Some(Credentials::Basic { user, password })) => {
                let identity = self.log_in(request, user, &password, refuse);
                self.issue(issuer, request, &identity)
            }
            Ok(Some(Credentials::Bearer { .. })) => {
                brief::of_decision(refuse("a token is not given for another one".into()))
            }
            Err(unclear) => brief::of_decision(refuse(unclear.0.into())),
        }
    }

    fn token_of_form(&self, issuer: &Issuer, request: &mut Request<'_>) -> Response {
        let mut form = Vec::new();
        let read = request.body().take(MAX_FORM + 1).read_to_end(&mut form);
        let form = match (read, String::from_utf8(form)) {
            (Ok(length), Ok(form)) if length as u64 <= MAX_FORM => form,
            _ => return failure("invalid_request"),
        };
        // A form is written as a query is: URL Standard, section 5.1.
        let form = Request::new(Method::Post, &format!("?{form}"));
        let (user, password) = match (form.parameter("username"), form.parameter("password")) {
            (Some(user), Some(password)) if form.parameter("grant_type").as_deref() == Some("password") => {
                (user, password)
            }
            _ => return failure("unsupported_grant_type"),
        };
        let identity = self.log_in(request, user, password.as_bytes(), refuse);
        self.issue(issuer, &form, &identity)
    }

    fn issue(&self, issuer: &Issuer, form: &Request<'_>, identity: &Result<Identity, Decision>) -> Response {
        let user = match identity {
            Ok(Identity::User(user)) => Some(user.as_str()),
            Ok(_) => None,
            Err(decision) => return brief::of_decision(decision.clone()),
        };
        if form.parameter("service").is_some_and(|service| service != issuer.service()) {
            let message = format!("tokens are made for the service {} here", issuer.service());
            return brief::problem(400, "UNSUPPORTED", &message);
        }
        let wanted: Vec<Grant> = form
            .parameters("scope")
            .flat_map(|scopes| scopes.split(' ').filter_map(Grant::of_scope).collect::<Vec<_>>())
            .collect();
        let now = token::now();
        let token = issuer.issue(user, self.grants(user, &wanted), now);
        let issued_at = timestamp::format(i64::try_from(now).unwrap_or(i64::MAX));
        let issued = Issued { access_token: token.clone(), token, expires_in: issuer.lifetime().as_secs(), issued_at };
        brief::json(200, &issued)
    }
}

fn refuse(message: String) -> Decision {
    Decision::Challenge { challenge: realm::basic(), message }
}

/// RFC 6749, section 5.2.
fn failure(error: &str) -> Response {
    let body = format!("{{\"error\":\"{error}\"}}");
    Response::new(400).with("Content-Type", "application/json").with_content(Content::Bytes(body.into_bytes()))
}

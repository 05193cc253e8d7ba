//! Small answers that several handlers give.
//!
//! distribution-spec, "Error Codes": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>.

use serde::Serialize;

use super::Decision;
use crate::http::{Content, Response};

/// Makes an answer of JSON.
pub(super) fn json(status: u16, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("text, numbers and lists are JSON");
    Response::new(status).with("Content-Type", "application/json").with_content(Content::Bytes(bytes))
}

/// Makes the answer for a failure.
pub(super) fn problem(status: u16, code: &str, message: &str) -> Response {
    json(status, &serde_json::json!({ "errors": [{ "code": code, "message": message }] }))
}

/// Makes the answer to a method that a resource does not have.
pub(super) fn not_allowed(allowed: &str) -> Response {
    problem(405, "UNSUPPORTED", "this cannot be done here").with("Allow", allowed)
}

/// Makes the answer to whoever may not.
pub(super) fn of_decision(decision: Decision) -> Response {
    match decision {
        Decision::Allow => Response::new(200),
        Decision::Challenge { challenge, message } => {
            problem(401, "UNAUTHORIZED", &message).with("WWW-Authenticate", challenge).with("Cache-Control", "no-store")
        }
        Decision::Forbid { message } => problem(403, "DENIED", &message),
        Decision::Wait { seconds, message } => {
            problem(429, "TOOMANYREQUESTS", &message).with("Retry-After", seconds.to_string())
        }
    }
}

//! What a registry answers, and its errors in JSON: distribution-spec, "Error Codes".
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>. What failed on this side is told in words that name
//! no path of it.

use serde::Serialize;
use serde_json::{Value, json};

use super::storage::is_busy;
use crate::http::{Content, Response};
use crate::store::Error;

/// The code of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    #[serde(rename = "TOOMANYREQUESTS")]
    TooManyRequests,
    /// Distribution's word for what is not the client's fault.
    Unknown,
}

/// A request that is not done, and what is said about it.
#[derive(Debug)]
pub(super) struct Refusal(Box<Response>);

impl Refusal {
    /// Makes a refusal.
    pub(super) fn new(status: u16, code: Code, message: &str) -> Self {
        Self::with_detail(status, code, message, &Value::Null)
    }

    /// Makes a refusal that says more to programs.
    pub(super) fn with_detail(status: u16, code: Code, message: &str, detail: &Value) -> Self {
        let mut error = json!({"code": code, "message": message});
        if !detail.is_null() {
            error["detail"] = detail.clone();
        }
        Self(Box::new(json_response(status, &json!({"errors": [error]}))))
    }

    /// Adds a header field.
    pub(super) fn with(self, name: &str, value: impl Into<String>) -> Self {
        Self(Box::new(self.0.with(name, value)))
    }

    /// Ends the connection behind it.
    fn closing(mut self) -> Self {
        self.0.close = true;
        self
    }

    /// Returns the status.
    #[cfg(test)]
    pub(super) fn status(&self) -> u16 {
        self.0.status.0
    }

    /// Returns the answer.
    pub(super) fn into_response(self) -> Response {
        *self.0
    }
}

/// Why there is no answer of the usual kind.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request cannot be done.
    Refused(Refusal),
    /// The storage failed.
    Storage(Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Storage(error)
    }
}

/// An answer, or why there is none.
pub(super) type Answer = Result<Response, Failure>;

/// Makes an answer of JSON.
pub(super) fn json_response(status: u16, value: &Value) -> Response {
    let body = serde_json::to_vec(value).expect("JSON values are always writable");
    Response::new(status).with("Content-Type", "application/json").with_content(Content::Bytes(body))
}

/// Says of a failed storage what a client may know.
pub(super) fn of_storage(error: &Error) -> Refusal {
    match error {
        Error::Content(_) => Refusal::new(400, Code::SizeInvalid, "the content ended too early"),
        // A link that is not followed, or damage: what is asked for may be there, so it is not "not found".
        Error::Malformed { .. } => {
            let message = "the registry cannot reach this part of its storage, or finds it damaged; its log says where";
            Refusal::new(503, Code::Unknown, message)
        }
        // The connection ends, for others may need its place.
        error if is_busy(error) => {
            let message = "the registry is busy: a collection or another request holds what this one needs";
            Refusal::new(503, Code::Unknown, message).with("Retry-After", "10").closing()
        }
        error if is_full(error) => Refusal::new(507, Code::Unknown, "the registry's disk is full"),
        _ => Refusal::new(500, Code::Unknown, "the registry could not read or write its storage"),
    }
}

/// Formats a warning: distribution-spec, "Warnings".
/// <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings>.
pub(super) fn warning(text: &str) -> String {
    debug_assert!(
        text.bytes().all(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\\')),
        "nothing in it is escaped"
    );
    format!("299 - \"{text}\"")
}

/// Says whether a disk or a quota is full.
pub(super) fn is_full(error: &Error) -> bool {
    let Error::Io { source, .. } = error else {
        return false;
    };
    matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_form_of_the_specification_and_no_paths() {
        let full = Error::io("write", "/secret/place")(rustix::io::Errno::NOSPC.into());
        let broken = Error::io("read", "/secret/place")(rustix::io::Errno::IO.into());
        let table = [
            (full, 507, r#"{"errors":[{"code":"UNKNOWN","message":"the registry's disk is full"}]}"#),
            (
                broken,
                500,
                r#"{"errors":[{"code":"UNKNOWN","message":"the registry could not read or write its storage"}]}"#,
            ),
        ];
        for (error, status, body) in table {
            let response = of_storage(&error).into_response();
            assert_eq!(response.status.0, status);
            let Content::Bytes(bytes) = response.content else { panic!("bytes") };
            assert_eq!(String::from_utf8(bytes).expect("UTF-8"), body);
        }
        let busy = of_storage(&Error::io("lock", "/secret/place")(std::io::ErrorKind::TimedOut.into())).into_response();
        assert_eq!((busy.status.0, busy.headers.first("Retry-After"), busy.close), (503, Some("10"), true));
        let codes = [Code::TooManyRequests, Code::ManifestBlobUnknown].map(|code| json!(code));
        assert_eq!(codes, [json!("TOOMANYREQUESTS"), json!("MANIFEST_BLOB_UNKNOWN")]);
    }
}

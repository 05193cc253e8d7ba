//! A line for each request.

use std::fmt::{self, Write};
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::filesystem::is_active;
use crate::http::{Method, Record};
use crate::timestamp;

/// A line of an access log: for people as it is displayed, for machines as it is serialized. Member names are those of docs/JSON.md.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessLine<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    path: &'a str,
    status: u16,
    bytes: u64,
    received: u64,
    seconds: f64,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}

impl<'a> AccessLine<'a> {
    /// Makes the line for a response that was sent at `time`.
    pub fn new(record: &Record<'a>, time: SystemTime) -> Self {
        let time = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            time: instant(i64::try_from(time.as_secs()).unwrap_or(i64::MAX), time.subsec_millis()),
            id: record.note("id"),
            peer: record.peer.ip(),
            client: record.note("client"),
            user: record.note("user"),
            refused: record.note("refused"),
            action: record.note("action"),
            repository: record.note("repository"),
            reference: record.note("reference"),
            digest: record.note("digest"),
            from: record.note("from"),
            method: record.method.map(Method::as_str),
            path: record.path,
            status: record.status,
            bytes: record.bytes,
            received: record.received,
            seconds: record.duration.as_secs_f64(),
            complete: record.complete,
            user_agent: record.user_agent,
        }
    }

    /// Says whether the request wrote, or was refused to: pieces of an upload are left out, its end is not.
    pub fn is_write(&self) -> bool {
        let is_piece = self.status == 202 && matches!(self.method, Some("POST" | "PATCH"));
        !is_piece && matches!(self.action, Some("push" | "delete")) && !matches!(self.method, Some("GET" | "HEAD"))
    }

    /// Returns the line as a JSON object, without a newline.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a line has text keys and finite numbers")
    }
}

/// Without a newline. What clients sent is harmless for a terminal.
impl fmt::Display for AccessLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, status, bytes, seconds, .. } = self;
        let peer = self.peer.map(|peer| peer.to_string());
        let client = self.client.or(peer.as_deref()).unwrap_or("-");
        let user = self.user.unwrap_or("-");
        let from = self.from.map(|from| format!(" from {from}")).unwrap_or_default();
        let refused = self.refused.map(|user| format!(" refused {user}")).unwrap_or_default();
        let id = self.id.unwrap_or("-");
        let method = self.method.unwrap_or("-");
        let path = if self.path.is_empty() { "-" } else { self.path };
        let cut = if self.complete { "" } else { " cut" };
        let agent = self.user_agent.unwrap_or("-");
        let line = format!(
            "{time} {client} {user} {method} {path}{from} {status} {bytes} {seconds:.3}{cut}{refused} {id} {agent}"
        );
        line.chars().try_for_each(|c| f.write_char(if is_active(c) { ' ' } else { c }))
    }
}

/// Writes seconds since 1970 as `2024-01-02T03:04:05.006Z`.
fn instant(seconds: i64, milliseconds: u32) -> String {
    let text = timestamp::format(seconds);
    format!("{}.{milliseconds:03}Z", text.trim_end_matches('Z'))
}

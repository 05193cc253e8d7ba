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
    peer: IpAddr,
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
            peer: record.peer.ip(),
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

    /// Returns the line as a JSON object, without a newline.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a line has text keys and finite numbers")
    }
}

/// Without a newline. What clients sent is harmless for a terminal.
impl fmt::Display for AccessLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, peer, status, bytes, seconds, .. } = self;
        let method = self.method.unwrap_or("-");
        let path = if self.path.is_empty() { "-" } else { self.path };
        let cut = if self.complete { "" } else { " cut" };
        let agent = self.user_agent.unwrap_or("-");
        let line = format!("{time} {peer} {method} {path} {status} {bytes} {seconds:.3}{cut} {agent}");
        line.chars().try_for_each(|c| f.write_char(if is_active(c) { ' ' } else { c }))
    }
}

/// Writes seconds since 1970 as `2024-01-02T03:04:05.006Z`.
fn instant(seconds: i64, milliseconds: u32) -> String {
    let text = timestamp::format(seconds);
    format!("{}.{milliseconds:03}Z", text.trim_end_matches('Z'))
}

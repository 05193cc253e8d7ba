//! A line for each request.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use stevedore::http::{Method, Record};
use stevedore::timestamp;

use crate::cli::report::printable;

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Json,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    time: String,
    peer: String,
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

/// Writes the line for a response that was sent now.
pub(super) fn line(record: &Record<'_>, form: Form) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = instant(i64::try_from(now.as_secs()).unwrap_or(i64::MAX), now.subsec_millis());
    let method = record.method.map(Method::as_str);
    let seconds = record.duration.as_secs_f64();
    if form == Form::Json {
        let (path, user_agent) = (record.path, record.user_agent);
        let peer = record.peer.ip().to_string();
        let (status, bytes, received, complete) = (record.status, record.bytes, record.received, record.complete);
        let entry = Entry { time, peer, method, path, status, bytes, received, seconds, complete, user_agent };
        return serde_json::to_string(&entry).expect("an entry has text keys and finite numbers");
    }
    let method = method.unwrap_or("-");
    let path = if record.path.is_empty() { "-" } else { record.path };
    let cut = if record.complete { "" } else { " cut" };
    let agent = record.user_agent.unwrap_or("-");
    let (peer, status, bytes) = (record.peer.ip(), record.status, record.bytes);
    printable(&format!("{time} {peer} {method} {path} {status} {bytes} {seconds:.3}{cut} {agent}"))
}

/// Writes seconds since 1970 as `2024-01-02T03:04:05.006Z`.
fn instant(seconds: i64, milliseconds: u32) -> String {
    let text = timestamp::format(seconds);
    format!("{}.{milliseconds:03}Z", text.trim_end_matches('Z'))
}

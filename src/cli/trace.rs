//! Every request to a registry, for people (`-v`, `-vv`) and as JSON lines (`--trace`). What is shown holds no secret: the library sees to
//! that.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use serde::Serialize;
use stevedore::registry::{Exchange, Observer, Proof, Purpose};
use stevedore::timestamp;

use super::progress::Progress;
use super::report::printable;
use super::{Context, Result, units};

/// Hears of requests.
pub(crate) struct Trace {
    progress: Progress,
    verbose: u8,
    file: Option<Sink>,
}

/// Where JSON lines go.
enum Sink {
    Stderr,
    /// Nothing once a line could not be written.
    File(PathBuf, Mutex<Option<File>>),
}

/// A line of a trace, documented in docs/JSON.md.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    time: String,
    method: &'a str,
    url: &'a str,
    purpose: &'a str,
    registry: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror_of: Option<&'a str>,
    retry: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<LoginView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<&'a str>,
    request: &'a [(String, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    response: &'a [(String, String)],
    sent: u64,
    received: u64,
    head_ms: u64,
    total_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct LoginView<'a> {
    scheme: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
}

impl Trace {
    /// Makes what the flags ask for, if anything.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(progress: Progress, verbose: u8, path: Option<&Path>) -> Result<Option<Self>> {
        let file = match path {
            Some(path) if path == Path::new("-") => Some(Sink::Stderr),
            Some(path) => {
                let file = open(path).with_context(|| format!("cannot write the trace to {}", path.display()))?;
                Some(Sink::File(path.to_owned(), Mutex::new(Some(file))))
            }
            None => None,
        };
        Ok((verbose > 0 || file.is_some()).then_some(Self { progress, verbose, file }))
    }

    fn write(&self, line: &str) {
        let (path, file) = match &self.file {
            None => return,
            Some(Sink::Stderr) => return self.progress.line(line),
            Some(Sink::File(path, file)) => (path, file),
        };
        let mut slot = file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &mut *slot else { return };
        // In one call: another process that appends to the file does not write into the line.
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            *slot = None;
            self.progress.note(&format!("the trace ends: cannot write to {}: {error}", path.display()));
        }
    }
}

/// Opens a file that is the owner's alone. A link that somebody put there is not followed, and nobody else's file is written to.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        file.set_permissions(PermissionsExt::from_mode(0o600))?;
    }
    if metadata.is_file() && metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file belongs to another user"));
    }
    Ok(file)
}

impl Observer for Trace {
    fn exchanged(&self, exchange: &Exchange) {
        if self.file.is_some() {
            // Text and numbers alone can always be written.
            let json = serde_json::to_string(&Line::of(exchange)).unwrap_or_default();
            self.write(&json);
        }
        if self.verbose == 0 || self.progress.is_json() {
            return;
        }
        let mut text = printable(&described(exchange));
        if self.verbose > 1 {
            for (mark, head) in [('>', &exchange.request_head), ('<', &exchange.response_head)] {
                for (name, value) in head {
                    text.push_str(&format!("\n  {mark} {name}: {}", printable(value)));
                }
            }
        }
        self.progress.line(&text);
    }
}

/// Describes a request in one line.
fn described(exchange: &Exchange) -> String {
    let Exchange { method, url, .. } = exchange;
    let mut line = match (exchange.status, &exchange.error) {
        (Some(status), _) => format!("request: {method} {url}: {status}"),
        (None, Some(error)) => format!("request: {method} {url}: {error}"),
        (None, None) => format!("request: {method} {url}: no answer"),
    };
    line.push_str(&format!(", {} ms", exchange.elapsed.as_millis()));
    for (verb, count) in [("sent", exchange.sent), ("received", exchange.received)] {
        if count > 0 {
            line.push_str(&format!(", {verb} {}", units::bytes(count)));
        }
    }
    if exchange.retry > 0 {
        line.push_str(&format!(", retry {}", exchange.retry));
    }
    if let Some(registry) = &exchange.mirror_of {
        line.push_str(&format!(", mirror of {registry}"));
    }
    if exchange.purpose == Purpose::Token {
        line.push_str(&format!(", token for {}", exchange.registry));
    }
    if let Some(proof) = &exchange.login {
        line.push_str(&format!(", {}", proved(proof)));
    }
    if let Some(proxy) = &exchange.proxy {
        line.push_str(&format!(", proxy {proxy}"));
    }
    if let (Some(_), Some(error)) = (exchange.status, &exchange.error) {
        line.push_str(&format!(", broke off: {error}"));
    }
    line
}

fn proved(proof: &Proof) -> String {
    match (&proof.username, &proof.from) {
        (Some(username), Some(from)) => format!("login {username} from {from}"),
        (None, Some(from)) => format!("login from {from}"),
        _ => format!("{} without a login", proof.scheme),
    }
}

impl<'a> Line<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let login = |proof: &'a Proof| LoginView {
            scheme: &proof.scheme,
            username: proof.username.as_deref(),
            from: proof.from.as_deref(),
        };
        Self {
            time: time(exchange.started),
            method: exchange.method,
            url: &exchange.url,
            purpose: purpose(exchange.purpose),
            registry: &exchange.registry,
            mirror_of: exchange.mirror_of.as_deref(),
            retry: exchange.retry,
            login: exchange.login.as_ref().map(login),
            proxy: exchange.proxy.as_deref(),
            request: &exchange.request_head,
            status: exchange.status,
            response: &exchange.response_head,
            sent: exchange.sent,
            received: exchange.received,
            head_ms: milliseconds(exchange.waited),
            total_ms: milliseconds(exchange.elapsed),
            error: exchange.error.as_deref(),
        }
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Registry => "registry",
        Purpose::Token => "token",
        Purpose::Elsewhere => "elsewhere",
        _ => "service",
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// RFC 3339 with milliseconds.
fn time(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = timestamp::format(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), since.subsec_millis())
}

//! Numbers about a server's work, for Prometheus.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. Names of users and repositories are no part of them:
//! they would make the number of series grow without end, and tell them to whoever asks.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::storage::{Storage, Usage};
use crate::http::{Counters, Method, Record, Request};
use crate::locks;

const ROUTES: [&str; 10] =
    ["ping", "catalog", "tags", "manifests", "blobs", "uploads", "referrers", "token", "health", "other"];
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "other"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Upper ends of the buckets, in milliseconds.
const BUCKETS: [u64; 10] = [1, 5, 25, 100, 500, 1_000, 5_000, 30_000, 120_000, 600_000];

/// Counts what a server does.
#[derive(Default)]
pub struct Metrics {
    routes: [Route; ROUTES.len()],
    uploads: AtomicU64,
    sweeps: AtomicU64,
    failed_sweeps: AtomicU64,
    freed: AtomicU64,
    connections: OnceLock<Arc<Counters>>,
    storage: OnceLock<Arc<Storage>>,
    stored: Mutex<Stored>,
}

/// What is known of what is stored, since it was last looked at.
#[derive(Debug, Default)]
struct Stored {
    usage: Option<Usage>,
    /// Seconds since 1970.
    collected: Option<u64>,
    scrubbed: Option<i64>,
    damaged: Option<u64>,
}

#[derive(Default)]
struct Route {
    requests: [[AtomicU64; CLASSES.len()]; METHODS.len()],
    bytes: AtomicU64,
    received: AtomicU64,
    broken: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    microseconds: AtomicU64,
}

impl Metrics {
    /// Tells the numbers of a listener's connections, too.
    pub fn count_connections(&self, counters: Arc<Counters>) {
        // The first listener's are told.
        let _ = self.connections.set(counters);
    }

    /// Tells the room of a storage, too.
    pub fn measure(&self, storage: Arc<Storage>) {
        // The first one's is told.
        let _ = self.storage.set(storage);
    }

    /// Remembers how much is stored.
    pub fn stored(&self, usage: Usage) {
        locks::lock(&self.stored).usage = Some(usage);
    }

    /// Remembers when the last scrub ended, in seconds since 1970, and how many damaged blobs this process has found in it.
    pub fn scrubbed(&self, last: Option<i64>, damaged: Option<u64>) {
        let mut stored = locks::lock(&self.stored);
        stored.scrubbed = last.or(stored.scrubbed);
        stored.damaged = damaged.or(stored.damaged);
    }

    /// Remembers that a collection ended well, at this time in seconds since 1970.
    pub fn collected(&self, at: u64) {
        locks::lock(&self.stored).collected = Some(at);
    }

    /// Counts a response.
    pub fn observe(&self, record: &Record<'_>) {
        let route = &self.routes[route(record.path)];
        let method = record.method.map_or(METHODS.len() - 1, |method| index(&METHODS, method.as_str()));
        let class = usize::from(record.status / 100).clamp(1, CLASSES.len()) - 1;
        add(&route.requests[method][class], 1);
        add(&route.bytes, record.bytes);
        add(&route.received, record.received);
        add(&route.broken, u64::from(!record.complete));
        if let Some(bucket) = BUCKETS.iter().position(|end| record.duration <= Duration::from_millis(*end)) {
            add(&route.buckets[bucket], 1);
        }
        add(&route.count, 1);
        add(&route.microseconds, u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts a run of the collector, and the bytes it freed; nothing when it failed.
    pub fn swept(&self, freed: Option<u64>) {
        add(if freed.is_some() { &self.sweeps } else { &self.failed_sweeps }, 1);
        add(&self.freed, freed.unwrap_or(0));
    }

    /// Counts a request among the uploads on their way, if it is one, until what is returned is dropped.
    pub(super) fn begin(&self, request: &Request<'_>) -> Option<Running<'_>> {
        let sends = matches!(request.method, Method::Post | Method::Patch | Method::Put);
        let is_upload = sends && ROUTES[route(&request.path)] == "uploads";
        is_upload.then(|| {
            add(&self.uploads, 1);
            Running(&self.uploads)
        })
    }

    /// Returns the numbers as Prometheus reads them. Those that are 0 and have labels are left out.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write_requests(&mut text);
        self.write_durations(&mut text);
        for (name, help, kind, value) in self.plain() {
            write(&mut text, &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"));
        }
        text
    }

    fn write_requests(&self, text: &mut String) {
        let name = "stevedore_http_requests_total";
        write(text, &format!("# HELP {name} Responses sent.\n# TYPE {name} counter\n"));
        for (route, at) in ROUTES.iter().zip(&self.routes) {
            for (method, counts) in METHODS.iter().zip(&at.requests) {
                for (class, count) in CLASSES.iter().zip(counts).filter(|(_, count)| read(count) > 0) {
                    let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{class}\"");
                    write(text, &format!("{name}{{{labels}}} {}\n", read(count)));
                }
            }
        }
        let bytes: fn(&Route) -> u64 = |at| read(&at.bytes);
        let received: fn(&Route) -> u64 = |at| read(&at.received);
        let broken: fn(&Route) -> u64 = |at| read(&at.broken);
        for (name, help, value) in [
            ("stevedore_http_request_bytes_total", "Bytes of content received.", received),
            ("stevedore_http_response_bytes_total", "Bytes of content sent.", bytes),
            ("stevedore_http_responses_broken_total", "Responses that were not sent whole.", broken),
        ] {
            write(text, &format!("# HELP {name} {help}\n# TYPE {name} counter\n"));
            for (route, at) in ROUTES.iter().zip(&self.routes).filter(|(_, at)| read(&at.count) > 0) {
                write(text, &format!("{name}{{route=\"{route}\"}} {}\n", value(at)));
            }
        }
    }

    fn write_durations(&self, text: &mut String) {
        let name = "stevedore_http_request_duration_seconds";
        let help = "From the end of a head to the end of its response.";
        write(text, &format!("# HELP {name} {help}\n# TYPE {name} histogram\n"));
        for (route, at) in ROUTES.iter().zip(&self.routes).filter(|(_, at)| read(&at.count) > 0) {
            let mut sum = 0;
            for (end, count) in BUCKETS.iter().zip(&at.buckets) {
                sum += read(count);
                write(text, &format!("{name}_bucket{{route=\"{route}\",le=\"{}\"}} {sum}\n", seconds(end * 1000)));
            }
            // Counted after its bucket: a response in between must not make the last bucket smaller than the one before.
            let count = read(&at.count).max(sum);
            write(text, &format!("{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}\n"));
            write(text, &format!("{name}_sum{{route=\"{route}\"}} {}\n", seconds(read(&at.microseconds))));
            write(text, &format!("{name}_count{{route=\"{route}\"}} {count}\n"));
        }
    }

    fn plain(&self) -> Vec<(&'static str, &'static str, &'static str, u64)> {
        let mut plain = vec![
            ("stevedore_uploads_in_progress", "Requests that send a blob now.", "gauge", read(&self.uploads)),
            ("stevedore_gc_runs_total", "Garbage collections that ended well.", "counter", read(&self.sweeps)),
            ("stevedore_gc_failures_total", "Garbage collections that failed.", "counter", read(&self.failed_sweeps)),
            ("stevedore_gc_freed_bytes_total", "Bytes that garbage collections freed.", "counter", read(&self.freed)),
        ];
        plain.extend(self.of_storage());
        if let Some(counters) = self.connections.get() {
            plain.extend([
                ("stevedore_connections", "Connections that are open now.", "gauge", counters.open() as u64),
                ("stevedore_connections_accepted_total", "Connections taken.", "counter", counters.accepted()),
                (
                    "stevedore_connections_refused_total",
                    "Connections refused by a limit.",
                    "counter",
                    counters.refused(),
                ),
                (
                    "stevedore_connections_evicted_total",
                    "Connections without a request that were ended for another one.",
                    "counter",
                    counters.evicted(),
                ),
            ]);
        }
        plain
    }
}

impl Metrics {
    fn of_storage(&self) -> Vec<(&'static str, &'static str, &'static str, u64)> {
        let space = self.storage.get().and_then(|storage| storage.space().ok());
        let stored = locks::lock(&self.stored);
        let number = |seconds: i64| u64::try_from(seconds).unwrap_or(0);
        let found = [
            ("stevedore_store_size_bytes", "Bytes of blobs, as last counted.", stored.usage.map(|usage| usage.bytes)),
            ("stevedore_store_blobs", "Blobs and manifests, as last counted.", stored.usage.map(|usage| usage.blobs)),
            ("stevedore_store_disk_bytes", "Bytes of the store's file system.", space.map(|space| space.size)),
            ("stevedore_store_free_bytes", "Bytes that can still be written.", space.map(|space| space.free)),
            ("stevedore_store_free_files", "Files that can still be made.", space.and_then(|space| space.free_files)),
            (
                "stevedore_gc_last_success_timestamp_seconds",
                "When the last garbage collection ended well.",
                stored.collected,
            ),
            (
                "stevedore_scrub_last_success_timestamp_seconds",
                "When the last scrub ended, of whichever process.",
                stored.scrubbed.map(number),
            ),
            ("stevedore_scrub_damaged_blobs", "Damaged blobs that the last scrub found.", stored.damaged),
        ];
        found.into_iter().filter_map(|(name, help, value)| value.map(|value| (name, help, "gauge", value))).collect()
    }
}

/// A request on its way.
pub(super) struct Running<'a>(&'a AtomicU64);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Finds the route of a path, with a prefix or without.
fn route(path: &str) -> usize {
    let parts: Vec<&str> = path.rsplit('/').take(4).collect();
    let name = match *parts.as_slice() {
        ["healthz" | "readyz" | "metrics", ..] => "health",
        ["token", ""] | ["token", _, ""] => "token",
        ["", "v2", ..] | ["v2", ..] => "ping",
        ["_catalog", "v2", ..] => "catalog",
        ["list", "tags", ..] => "tags",
        [_, "manifests", ..] => "manifests",
        ["uploads", "blobs", ..] | [_, "uploads", "blobs", ..] => "uploads",
        [_, "blobs", ..] => "blobs",
        [_, "referrers", ..] => "referrers",
        _ => "other",
    };
    index(&ROUTES, name)
}

/// Returns where a name stands; the last one is for all others.
fn index(names: &[&str], name: &str) -> usize {
    names.iter().position(|each| *each == name).unwrap_or(names.len() - 1)
}

fn add(counter: &AtomicU64, value: u64) {
    counter.fetch_add(value, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn write(text: &mut String, line: &str) {
    text.write_str(line).expect("a string takes all text");
}

fn seconds(microseconds: u64) -> String {
    let text = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_routes() {
        for (path, name) in [
            ("/v2/", "ping"),
            ("/v2", "ping"),
            ("/r/v2/", "ping"),
            ("/v2/_catalog", "catalog"),
            ("/v2/a/b/tags/list", "tags"),
            ("/v2/a/manifests/v1", "manifests"),
            ("/v2/a/blobs/sha256:0", "blobs"),
            ("/v2/a/blobs/uploads/", "uploads"),
            ("/v2/a/blobs/uploads/0-1", "uploads"),
            ("/v2/a/referrers/sha256:0", "referrers"),
            ("/token", "token"),
            ("/r/token", "token"),
            ("/healthz", "health"),
            ("/r/metrics", "health"),
            ("", "other"),
            ("/v2/manifests", "other"),
        ] {
            assert_eq!(ROUTES[route(path)], name, "{path}");
        }
    }

    #[test]
    fn seconds_are_exact() {
        for (microseconds, text) in
            [(0, "0"), (1_000, "0.001"), (25_000, "0.025"), (600_000_000, "600"), (1_000_001, "1.000001")]
        {
            assert_eq!(seconds(microseconds), text);
        }
    }

    #[test]
    fn uploads_are_counted_while_they_run() {
        let metrics = Metrics::default();
        let upload = Request::new(Method::Patch, "/v2/a/blobs/uploads/1");
        let pull = Request::new(Method::Get, "/v2/a/blobs/sha256:0");
        let running = (metrics.begin(&upload), metrics.begin(&pull));
        assert!(running.0.is_some() && running.1.is_none());
        assert!(metrics.text().contains("\nstevedore_uploads_in_progress 1\n"));
        drop(running);
        metrics.swept(Some(7));
        metrics.swept(None);
        let text = metrics.text();
        for line in ["uploads_in_progress 0", "gc_runs_total 1", "gc_failures_total 1", "gc_freed_bytes_total 7"] {
            assert!(text.contains(&format!("\nstevedore_{line}\n")), "{line}: {text}");
        }
    }
}
